"""Lets go of old rows, a bounded piece at a time; sums of windows that are not over stay."""

import time

from sqlalchemy import Connection, and_, delete, or_, select

from proxy.ledger.postings import MICRO
from proxy.ledger.schema import postings, requests, tries

PIECE = 2000
"""Rows that go in one transaction, so that nobody waits long for it (B33)."""
GRACE = 3600 * MICRO
"""What belongs to a window may still be posted so long after its end."""


def prune(connection: Connection, retention: float, now: float | None = None) -> bool:
    """Delete a piece of what is too old.

    Args:
        connection: to the ledger.
        retention: seconds that requests are kept, and sums of sessions that nobody goes on with.
        now: Unix seconds; None: as this machine has it.

    Returns:
        Whether there is more.
    """
    moment = int((time.time() if now is None else now) * MICRO)
    limit = moment - int(retention * MICRO)
    session = and_(postings.c.account.like("%:session:%"), postings.c.account.not_like("%:%:session:%"))
    idle = and_(postings.c.closes.is_(None), postings.c.at < limit, session)
    connection.execute(delete(postings).where(or_(postings.c.closes < moment - GRACE, idle)))
    old = select(requests.c.created).where(requests.c.created < limit).order_by(requests.c.created)
    last = connection.execute(old.limit(1).offset(PIECE - 1)).scalar_one_or_none()
    until = limit - 1 if last is None else last
    for table in (tries, requests):
        connection.execute(delete(table).where(table.c.created <= until))
    return last is not None
