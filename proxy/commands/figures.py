"""Reads what was used, and writes it as a table, as JSON or as CSV."""

import csv
import io
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from proxy.commands.ledgers import opened
from proxy.commands.tables import Column, table
from proxy.config.schema import LedgerConfig
from proxy.ledger.figures import figures, in_dollars, unknown
from proxy.ledger.queries import BY, Row
from proxy.ledger.written import moment, short_dollars

_COUNTS = {
    "requests": "requests",
    "failed": "failed",
    "input": "input_tokens",
    "cached": "cached_tokens",
    "written": "cache_write_tokens",
    "output": "output_tokens",
    "reasoning": "reasoning_tokens",
}
"""Columns of a table, and what is in them."""


class Question(NamedTuple):
    """What is asked."""

    by: tuple[str, ...]
    since: float
    """Unix seconds, as is ``until``."""
    until: float


class Answer(NamedTuple):
    """What was used, dearest first; money in pico-dollars."""

    groups: list[Row]
    total: Row
    """A request that was sent to two targets is in both their groups, and here once."""


def question(by: tuple[str, ...], since: str, until: str | None) -> Question:
    """Understand what is asked.

    Raises:
        ValueError: it makes no sense.
    """
    if wrong := unknown(by):
        raise ValueError(f"usage cannot be summed up by {', '.join(wrong)}; it can by {', '.join(BY)}")
    now = time.time()
    asked = Question(by, moment(since, now), now if until is None else moment(until, now))
    if asked.until <= asked.since:
        raise ValueError("--until has to be later than --since")
    return asked


async def read(config: LedgerConfig, asked: Question) -> Answer:
    """Ask the ledger.

    Raises:
        Trouble: there is none, or it cannot be read.
    """
    async with opened(config) as database:
        groups = await database.run(lambda connection: figures(connection, *asked))
        (total,) = await database.run(lambda connection: figures(connection, (), asked.since, asked.until))
    return Answer(groups, total)


def as_json(asked: Question, answer: Answer) -> str:
    """One object; money as text, exact."""
    content = {
        "object": "usage",
        "by": asked.by,
        "since": _iso(asked.since),
        "until": _iso(asked.until),
        "data": [in_dollars(row) for row in answer.groups],
        "total": in_dollars(answer.total),
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def as_csv(asked: Question, answer: Answer) -> str:
    """A line for each group; money in dollars, exact."""
    names = [*asked.by, *[name for name in answer.total if name not in asked.by]]
    written = io.StringIO()
    writer = csv.DictWriter(written, names, lineterminator="\n")
    writer.writeheader()
    for row in answer.groups:
        writer.writerow({name: _harmless(cell) for name, cell in in_dollars(row).items()})
    return written.getvalue()


def as_table(asked: Question, answer: Answer) -> str:
    """For people: six decimals of a dollar, and which share of the cost was estimated or charged as it was held."""
    columns = [Column(name) for name in asked.by]
    columns += [Column(title, right=True) for title in (*_COUNTS, "cost", "estimated", "held")]
    rows = [[_shown(row[name]) for name in asked.by] + _cells(row) for row in answer.groups]
    labels = ["total", *[""] * (len(asked.by) - 1)] if asked.by else []
    head = f"{_iso(asked.since)} to {_iso(asked.until)}\n"
    drawn = table(columns, rows, [*labels, *_cells(answer.total)] if asked.by else None)
    unpriced = answer.total["unpriced"]
    return head + drawn + (f"{unpriced} without a price are not in the cost\n" if unpriced else "")


def _cells(row: Row) -> list[str]:
    counts = [f"{row[name]:,}" for name in _COUNTS.values()]
    return [*counts, short_dollars(row["cost"]), _share(row, "estimated"), _share(row, "held")]


def _share(row: Row, source: str) -> str:
    """Of the cost; where there is none, of the requests."""
    figure = "cost" if row["cost"] else "requests"
    whole, part = row[figure], row[f"{source}_{figure}"]
    if not part:
        return ""
    tenths = -(-1000 * part // whole)  # rounded up: a doubt that is there is never shown as none
    return f"{tenths // 10}.{tenths % 10} %"


def _shown(cell: Any) -> str:
    return "-" if cell is None else "".join(c if c.isprintable() else "�" for c in str(cell))


def _harmless(cell: Any) -> Any:
    """No text that a spreadsheet would take for a formula: clients choose names
    (https://owasp.org/www-community/attacks/CSV_Injection, 2026-11)."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in _FORMULA else cell


_FORMULA: Sequence[str] = ("=", "+", "-", "@", "\t", "\r")


def _iso(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):  # so long ago that no calendar has it
        return str(int(seconds))
