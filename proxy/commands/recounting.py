"""Recounts what the ledger's sums by account come to, out of its rows.

A row says who asked and what it cost, but not which limits were in force then; so the rows' sum is the most that an
account can have been charged. An account that was charged more was charged for a request of which there is no row.
"""

import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from policies.claims import Claim, Unit
from proxy.commands.accounts import subject_name
from proxy.ledger.accounts import claim_of
from proxy.ledger.queries import MICRO
from proxy.ledger.schema import postings, requests
from proxy.state.windows import window_of

LEAD = 3600.0
"""Seconds: a request belongs to the window in which it was let pass, and may have come in so long before."""
_COLUMNS = {"key": requests.c.key, "team": requests.c.team, "org": requests.c.org, "model": requests.c.model}
_UNITS = (Unit.COST, Unit.REQUESTS)
"""Of tokens, rows say nothing where they were charged as they were held."""
_PICO = 1_000_000


class Excess(NamedTuple):
    """An account that was charged more than all rows come to."""

    account: str
    charged: int
    rows: int
    """The most that they allow, in the account's unit."""


def excesses(connection: Connection, retention: float) -> list[Excess]:
    """Accounts that were charged, in their window of now, for what is in no row.

    Args:
        connection: to the ledger.
        retention: seconds for which rows are kept.
    """
    now = time.time()
    found, known = [], dict[tuple[str, float], dict[str, tuple[int, int]]]()
    for account, charged in _charged(connection, now):
        claim = claim_of(account)
        kind, name = account.split(":")[1:3]
        start = window_of(claim.window, now).start - LEAD
        if start < now - retention:
            continue  # some of its rows may be gone
        if (kind, start) not in known:
            known[kind, start] = _rows(connection, kind, start)
        cost, count = known[kind, start].get(name, (0, 0))
        most = cost if claim.unit is Unit.COST else count
        if charged > most:
            found.append(Excess(account, charged, most))
    return found


def _charged(connection: Connection, now: float) -> Iterable[tuple[str, int]]:
    query = select(postings.c.account, postings.c.window_id, func.sum(postings.c.amount)).group_by(
        postings.c.account, postings.c.window_id
    )
    for account, window, amount in connection.execute(query):
        claim = _countable(account)
        if claim is not None and window == window_of(claim.window, now).id:
            yield account, int(amount)


def _countable(account: str) -> Claim | None:
    """Of a calendar's window, and of somebody whom rows name as the account does."""
    try:
        claim = claim_of(account)
    except ValueError:
        return None
    kind = account.split(":")[1]
    known = kind in _COLUMNS or kind == "global"
    return claim if known and claim.unit in _UNITS and claim.window.calendar is not None else None


def _rows(connection: Connection, kind: str, start: float) -> dict[str, tuple[int, int]]:
    """By name: micro-dollars and requests, at most. Each attempt's cost is rounded up where it is charged."""
    figures: list[Any] = [func.coalesce(func.sum(requests.c.cost), 0), func.sum(requests.c.attempts), func.count()]
    query = select(*figures).where(requests.c.created >= int(start * MICRO))
    if kind == "global":
        rows = [("all", *connection.execute(query).one())]
    else:
        column = _COLUMNS[kind]
        named = query.add_columns(column).where(column.is_not(None)).group_by(column)
        rows = [(subject_name(kind, name), *sums) for *sums, name in connection.execute(named)]
    return {name: (-(-int(cost) // _PICO) + int(tries or 0), int(count)) for name, cost, tries, count in rows}
