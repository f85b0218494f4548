"""What was used, with how much of it nobody counted: for ``switchgear usage`` and ``GET /v1/usage``."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from policies.base import Principal
from proxy.ledger.queries import BY, Row, usage
from proxy.ledger.written import dollars

DOUBTFUL = ("estimated", "held")
"""Sources of tokens that are no provider's: foreseen or counted by ourselves, and charged because nobody can know."""
MONEY = ("cost", *[f"{source}_cost" for source in DOUBTFUL])
"""Figures in pico-dollars."""


def unknown(by: Iterable[str]) -> list[str]:
    """What nothing is summed up by."""
    return [name for name in by if name not in BY]


def figures(
    connection: Connection,
    by: Sequence[str] = (),
    since: float = 0.0,
    until: float | None = None,
    tenant: Principal | None = None,
) -> list[Row]:
    """As :func:`proxy.ledger.queries.usage`, and for each group how many requests were estimated or charged as they
    were held, and what they cost. Dearest first."""
    split = by if "source" in by else [*by, "source"]
    groups: dict[tuple[Any, ...], Row] = {}
    for part in usage(connection, split, since, until, tenant):
        labels = {name: part.pop(name) for name in split}
        group = groups.setdefault(tuple([labels[name] for name in by]), {name: labels[name] for name in by})
        _add(group, part, labels["source"])
    if not by and not groups:
        groups[()] = _nothing()
    return sorted(groups.values(), key=lambda row: (-row["cost"], [str(row[name]) for name in by]))


def in_dollars(row: Row) -> Row:
    """The same with its money as text, exact: no float holds it."""
    return row | {name: dollars(row[name]) for name in MONEY}


def _add(group: Row, part: Row, source: str | None) -> None:
    for name, figure in part.items():
        group[name] = group.get(name, 0) + figure
    for doubtful in DOUBTFUL:
        for figure in ("requests", "cost"):
            name = f"{doubtful}_{figure}"
            group[name] = group.get(name, 0) + (part[figure] if source == doubtful else 0)


def _nothing() -> Row:
    tokens = ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")
    doubtful = [f"{source}_{figure}" for source in DOUBTFUL for figure in ("requests", "cost")]
    return dict.fromkeys(("requests", "failed", *tokens, "cost", "unpriced", *doubtful), 0)
