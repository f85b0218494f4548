"""The ledger as plain SQL, the upstream's bill, and what clients were told: compared, row by row."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from tests.rig.bill import Entry, Rate
from tests.rig.crowd import Told
from tests.soak.spending.accounts import Account

PICO = 1_000_000
"""Pico-dollars of a micro-dollar."""


@dataclass(frozen=True)
class Row:
    """One attempt in the ledger, with its request."""

    request: str
    user: str | None
    outcome: str
    target: str
    source: str | None
    """Who counted its tokens."""
    cost: int
    """Pico-dollars."""


@dataclass(frozen=True)
class Ledger:
    """All of it."""

    requests: Mapping[str, tuple[str | None, str, int]]
    """By id: user, outcome, cost in pico-dollars."""
    attempts: Sequence[Row]
    repeated: int
    """Rows of requests whose id another row has: ids are unique here, so that there must be none."""
    postings: Mapping[Account, int]
    """By account and window, what was charged."""
    held: Mapping[str, int]
    """What a server that keeps its accounts in memory has last said to be held, by account."""


_REQUESTS = "SELECT id, end_user, outcome, coalesce(cost, 0) FROM requests"
_ATTEMPTS = (
    "SELECT r.id, r.end_user, r.outcome, a.target, a.source, coalesce(a.cost, 0) FROM attempts a "
    "JOIN requests r ON r.created = a.created AND r.uid = a.uid ORDER BY r.id, a.ordinal"
)
_POSTINGS = "SELECT account, window_id, sum(amount) FROM postings GROUP BY account, window_id"
_HELD = "SELECT account, held FROM standings WHERE held <> 0"


def read(url: str) -> Ledger:
    """The ledger at the URL of a SQLite file, or of PostgreSQL (``postgresql+asyncpg``)."""
    requests, attempts, postings, held = asyncio.run(_postgres(url)) if url.startswith("postgres") else _sqlite(url)
    return Ledger(
        {row[0]: (row[1], row[2], int(row[3])) for row in requests},
        [Row(*row[:5], int(row[5])) for row in attempts],
        len(requests) - len({row[0] for row in requests}),
        {(row[0], row[1]): int(row[2]) for row in postings},
        {row[0]: int(row[1]) for row in held},
    )


def _sqlite(url: str) -> list[Sequence[Any]]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return _rows(connection)


async def _postgres(url: str) -> list[Sequence[Any]]:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        return await connection.run_sync(_rows)


def _rows(connection: Connection) -> list[Sequence[Any]]:
    return [connection.execute(text(query)).all() for query in (_REQUESTS, _ATTEMPTS, _POSTINGS, _HELD)]


@dataclass(frozen=True)
class Comparison:
    """What was found. All of :attr:`faults` must be nothing."""

    requests: int
    answered: int
    attempts: int
    dearest: int
    """Micro-dollars of the user who spent most."""
    overspent: int
    """Micro-dollars that users spent beyond their limit, by the ledger: all of them together."""
    unexact: tuple[str, ...]
    """Answered requests whose cost in the ledger is not what the upstream billed."""
    lost: tuple[str, ...]
    """Requests without a row that were answered, or that an upstream was asked for."""
    unheard: tuple[str, ...]
    """Attempts that the upstream knows of and the ledger does not."""
    repeated: int
    refusals_lost: int
    """Refusals without a row: a worker that was killed at once had not written it down yet, and nothing was spent."""
    billed: int
    charged: int
    """Pico-dollars of all attempts: the upstream's, and the ledger's. The latter is more: what nobody could count is
    charged in full."""
    kinds: Mapping[str, int]
    """How requests ended for their clients."""

    @property
    def faults(self) -> dict[str, int]:
        """What must not be, by name."""
        return {
            "micro-dollars overspent (ledger)": self.overspent,
            "answered requests not exact": len(self.unexact),
            "rows lost": len(self.lost),
            "attempts lost": len(self.unheard),
            "rows twice": self.repeated,
        }


def compare(
    ledger: Ledger, bill: Sequence[Entry], told: Sequence[Told], rates: Mapping[str, Rate], limit: int
) -> Comparison:
    """Hold the three against each other.

    Args:
        ledger: once all is written.
        bill: of an upstream that has stopped.
        told: of all clients.
        rates: by model.
        limit: micro-dollars that each user may spend.
    """
    spent = _spent(ledger)
    entries: dict[str, list[Entry]] = defaultdict(list)
    for entry in bill:
        entries[entry.request].append(entry)
    answered = [one for one in told if one.answered]
    rows = Counter(row.request for row in ledger.attempts)
    asked = {one.wish.script.id for one in answered} | set(entries)
    refused = {one.wish.script.id for one in told if one.ending == "refused"} - set(entries)
    return Comparison(
        requests=sum(one.ending != "unsent" for one in told),
        answered=len(answered),
        attempts=len(bill),
        dearest=max(spent.values(), default=0),
        overspent=sum(max(amount - limit, 0) for amount in spent.values()),
        unexact=tuple(_unexact(answered, ledger, entries, rates)),
        lost=tuple(sorted(asked - ledger.requests.keys())),
        unheard=tuple(sorted(name for name, found in entries.items() if len(found) > rows[name])),
        repeated=ledger.repeated,
        refusals_lost=len(refused - ledger.requests.keys()),
        billed=sum(rates[entry.model].of(entry) for entry in bill),
        charged=sum(row.cost for row in ledger.attempts),
        kinds=Counter(one.ending for one in told),
    )


def _spent(ledger: Ledger) -> dict[str, int]:
    """Micro-dollars by user, each request rounded up as stores do."""
    spent: dict[str, int] = Counter()
    for user, _, cost in ledger.requests.values():
        if user is not None:
            spent[user] += -(-cost // PICO)
    return spent


def _unexact(
    answered: Iterable[Told], ledger: Ledger, entries: Mapping[str, Sequence[Entry]], rates: Mapping[str, Rate]
) -> Iterable[str]:
    """Those whose last attempt costs another sum in the ledger than on the bill, where the answer said its usage."""
    last = {row.request: row for row in ledger.attempts}
    for one in answered:
        name = one.wish.script.id
        truth = [
            entry for entry in entries.get(name, ()) if entry.end == "complete" and entry.usage in ("right", "twice")
        ]
        row = last.get(name)
        if truth and row is not None and row.outcome == "ok" and row.cost != rates[truth[-1].model].of(truth[-1]):
            yield f"{name}: {row.cost} in the ledger, {rates[truth[-1].model].of(truth[-1])} billed ({row.source})"
