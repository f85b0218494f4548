"""What is asked of the ledger. Plain functions of a connection, for :meth:`proxy.ledger.database.Database.run`."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, case, func, literal_column, null, or_, select

from policies.base import Principal
from proxy.ledger.schema import adjustments, attempts, postings, requests, standings, tries
from proxy.state.store import Sum
from translators.value import value

MICRO = 1_000_000
_LONGEST = 86_400 * MICRO
"""No request lasts longer; those that ended in a span began so long before it at most."""

_OF_REQUESTS = (
    "key",
    "team",
    "org",
    "session",
    "model",
    "endpoint",
    "chain",
    "config",
    "outcome",
    "price",
    "source",
    "failure",
)
_OF_ATTEMPTS = ("target", "upstream")
_TOKENS = ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")
_NAMES = {"user": "end_user"}
_SPANS = {"day": (86_400 * MICRO, "%Y-%m-%d"), "hour": (3_600 * MICRO, "%Y-%m-%dT%H")}
BY = (*_OF_REQUESTS, *_OF_ATTEMPTS, *_NAMES, *_SPANS)
"""What usage can be summed up by."""

Row = dict[str, Any]


@value
class Discrepancy:
    """Rows that do not agree with each other."""

    uid: str
    what: str
    expected: int | None
    found: int | None


def usage(
    connection: Connection,
    by: Sequence[str] = (),
    since: float = 0.0,
    until: float | None = None,
    tenant: Principal | None = None,
) -> list[Row]:
    """What was used, dearest first. By target or upstream, what each attempt there used; else the requests' sums.

    Args:
        connection: to the ledger.
        by: of ``BY``; empty: all in one row.
        since: Unix seconds at which the first request came in.
        until: and before which the last one did; None: now.
        tenant: only its own; None: everybody's.

    Returns:
        For each group its labels, ``requests``, ``failed``, the tokens by bucket, and ``cost`` in pico-dollars, with
        ``unpriced``: how many were sent, and had no price. ``day`` is ``2026-11-21``, ``hour`` ``2026-11-21T14`` (UTC).

    Raises:
        ValueError: nothing can be summed up by that.
    """
    unknown = sorted(set(by) - set(BY))
    if unknown:
        raise ValueError(f"nothing is summed up by {', '.join(unknown)}; known are {', '.join(BY)}")
    single = any(name in _OF_ATTEMPTS for name in by)
    span = and_(*_span(since, until), *_own(tenant))
    table = _single(span) if single else requests
    figures, labels = _sums(table, single=single), [_label(name, table, connection.dialect.name) for name in by]
    query = select(*[label.label(name) for name, label in zip(by, labels, strict=True)], *figures).select_from(table)
    query = query if single else query.where(span)
    if labels:  # by position: the database could not know two expressions with parameters for the same one
        places: list[ColumnElement[Any]] = [literal_column(str(place + 1)) for place in range(len(labels))]
        query = query.group_by(*places).order_by(literal_column("cost").desc(), *places)
    return [_plain(dict(row)) for row in connection.execute(query).mappings()]


def sums(connection: Connection, now: float | None = None) -> list[Sum]:
    """What is charged to each account in each window that is not over, adjustments included; never below 0.

    Args:
        connection: to the ledger.
        now: Unix seconds; None: as this machine has it.
    """
    moment = int((time.time() if now is None else now) * MICRO)
    parts = [
        select(table.c.account, table.c.window_id, table.c.amount).where(
            or_(table.c.closes.is_(None), table.c.closes > moment)
        )
        for table in (postings, adjustments)
    ]
    both = parts[0].union_all(parts[1]).subquery()
    query = select(both.c.account, both.c.window_id, func.sum(both.c.amount)).group_by(both.c.account, both.c.window_id)
    return [Sum(account, window, max(int(amount), 0)) for account, window, amount in connection.execute(query)]


def recent_holds(connection: Connection, seconds: float = 900.0, now: float | None = None) -> list[str]:
    """Ids of the holds that were settled in the last so many seconds: they are in :func:`sums` already."""
    moment = int((time.time() if now is None else now) * MICRO)
    since = moment - int(seconds * MICRO)
    ended = requests.c.created + func.coalesce(requests.c.duration, 0)
    query = select(requests.c.holds).where(
        requests.c.created >= since - _LONGEST, ended >= since, requests.c.holds.is_not(None)
    )
    return [hold for (holds,) in connection.execute(query) for hold in holds.split()]


def adjustments_since(connection: Connection, number: int) -> list[Row]:
    """The adjustments after the one of this number, in order."""
    query = select(adjustments).where(adjustments.c.number > number).order_by(adjustments.c.number)
    return [dict(row) for row in connection.execute(query).mappings()]


def last_standings(connection: Connection) -> list[Row]:
    """How the accounts of a server with ``state: memory`` stood when it last said so, by account."""
    return [dict(row) for row in connection.execute(select(standings).order_by(standings.c.account)).mappings()]


def discrepancies(connection: Connection, since: float = 0.0, limit: int = 100) -> list[Discrepancy]:
    """Requests whose attempts are not all there, or do not come to what the request cost (I4)."""
    per_request = (
        select(attempts.c.created, attempts.c.uid, func.count().label("rows"), func.sum(attempts.c.cost).label("cost"))
        .where(attempts.c.created >= int(since * MICRO))
        .group_by(attempts.c.created, attempts.c.uid)
        .subquery()
    )
    same = and_(per_request.c.created == requests.c.created, per_request.c.uid == requests.c.uid)
    found, cost = func.coalesce(per_request.c.rows, 0), func.coalesce(per_request.c.cost, 0)
    query = (
        select(requests.c.uid, requests.c.attempts, found, requests.c.cost, per_request.c.cost)
        .select_from(requests.outerjoin(per_request, same))
        .where(requests.c.created >= int(since * MICRO))
        .where(or_(requests.c.attempts != found, func.coalesce(requests.c.cost, 0) != cost))
        .limit(limit)
    )
    return [_discrepancy(*row) for row in connection.execute(query)]


def _discrepancy(uid: str, counted: int, found: int, cost: int | None, sum_of_costs: Any) -> Discrepancy:
    if counted != found:
        return Discrepancy(uid, "attempts", counted, found)
    return Discrepancy(uid, "cost", cost, None if sum_of_costs is None else int(sum_of_costs))


def _sums(table: FromClause, *, single: bool) -> list[ColumnElement[Any]]:
    """The figures: of requests, or of single attempts."""
    failed = table.c.attempt_failure.is_not(None) if single else table.c.outcome != "ok"
    unpriced = table.c.cost.is_(None)
    return [
        (func.count(func.distinct(table.c.uid)) if single else func.count()).label("requests"),
        func.sum(case((failed, 1), else_=0)).label("failed"),
        *[func.coalesce(func.sum(table.c[name]), 0).label(name) for name in _TOKENS],
        func.coalesce(func.sum(table.c.cost), 0).label("cost"),
        func.sum(case((unpriced if single else and_(unpriced, table.c.attempts > 0), 1), else_=0)).label("unpriced"),
    ]


def _single(span: ColumnElement[bool]) -> FromClause:
    """Single attempts, with what is said of their requests. Not out of the view, which SQLite would make a table of
    first: a join with a union is nothing that it looks into (3.40)."""
    names = ("created", "uid", *_OF_REQUESTS, *_NAMES.values())
    of_requests = [requests.c[name] for name in names]
    failure, used = null().label("attempt_failure"), ("target", *_TOKENS, "cost")
    alone = select(*of_requests, *[requests.c[name] for name in used], failure).where(
        span, requests.c.ended.is_not(None)
    )
    same = and_(tries.c.created == requests.c.created, tries.c.uid == requests.c.uid)
    others = select(*of_requests, *[tries.c[name] for name in used], tries.c.failure.label("attempt_failure"))
    return alone.union_all(others.select_from(requests.join(tries, same)).where(span)).subquery()


def _label(name: str, table: FromClause, dialect: str) -> ColumnElement[Any]:
    if name in _SPANS:
        return table.c.created // _SPANS[name][0]
    if name == "upstream":
        place = func.instr if dialect == "sqlite" else func.strpos
        return func.substr(table.c.target, 1, place(table.c.target, "/") - 1)
    column: ColumnElement[Any] = table.c[_NAMES.get(name, name)]
    return column


def _span(since: float, until: float | None) -> list[ColumnElement[bool]]:
    span = [requests.c.created >= int(since * MICRO)]
    return span if until is None else [*span, requests.c.created < int(until * MICRO)]


def _own(tenant: Principal | None) -> list[ColumnElement[bool]]:
    """As :attr:`policies.base.Principal.tenant`: a team's, or a key's own where it has no team."""
    if tenant is None:
        return []
    if tenant.team:
        return [requests.c.team == tenant.team]
    return [requests.c.key == tenant.key, requests.c.team.is_(None)]


def _plain(row: Mapping[str, Any]) -> Row:
    """As people read it. PostgreSQL sums up to Decimal; a sum over no rows is none."""
    return {name: _shown(name, cell) if name in BY else int(cell or 0) for name, cell in row.items()}


def _shown(name: str, cell: Any) -> Any:
    if name not in _SPANS:
        return cell
    length, written = _SPANS[name]
    return datetime.fromtimestamp(cell * length / MICRO, UTC).strftime(written)
