"""What people change: adjustments of accounts, with who and why. And what a server in memory mode last knew."""

import time
from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from policies.claims import Claim, Standing
from proxy.ledger.postings import MICRO, closes
from proxy.ledger.schema import adjustments, standings
from proxy.ledger.statements import upsert
from translators.value import value


@value
class Adjustment:
    """A change of what is settled in an account."""

    id: str
    """As :meth:`proxy.state.store.Store.adjust` knows it."""
    account: str
    window: str
    """Id of the window that is meant."""
    amount: int
    """In the account's unit: what its sum really changes by."""
    who: str
    why: str


def adjust(connection: Connection, adjustment: Adjustment) -> int:
    """Write down an adjustment; once, however often it is asked for.

    Returns:
        Its number, for :func:`proxy.ledger.queries.adjustments_since`.
    """
    row = {
        "id": adjustment.id,
        "at": _now(),
        "account": adjustment.account,
        "window_id": adjustment.window,
        "amount": adjustment.amount,
        "closes": closes(adjustment.account, adjustment.window),
        "who": adjustment.who,
        "why": adjustment.why,
    }
    connection.execute(upsert(connection.dialect.name, adjustments).values(row).on_conflict_do_nothing())
    number = connection.execute(select(adjustments.c.number).where(adjustments.c.id == adjustment.id)).scalar_one()
    return int(number)


def note_standings(connection: Connection, known: Iterable[tuple[Claim, Standing]]) -> None:
    """Replace what is known of the accounts of a server with ``state: memory``, for the command line to show."""
    now = _now()
    rows = {claim.account: _standing(claim, standing, now) for claim, standing in known}
    connection.execute(delete(standings))
    if rows:
        connection.execute(insert(standings), list(rows.values()))


def _standing(claim: Claim, standing: Standing, now: int) -> dict[str, object]:
    return {
        "account": claim.account,
        "window_id": standing.window,
        "policy": claim.policy,
        "subject": claim.subject,
        "unit": claim.unit.value,
        "used": standing.used,
        "held": standing.held,
        "cap": standing.limit,
        "resets": None if standing.resets_in is None else now + int(standing.resets_in * MICRO),
        "at": now,
    }


def _now() -> int:
    return int(time.time() * MICRO)
