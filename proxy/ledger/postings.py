"""Sums by account and window: what the stores are rebuilt from."""

import math
from collections.abc import Mapping
from functools import lru_cache

from sqlalchemy import Connection

from proxy.ledger.statements import many, statements
from proxy.state.windows import counts_until, window_of_account

MICRO = 1_000_000
Sums = Mapping[tuple[str, str], int]
"""Amounts by account and window."""


_window_of_account = lru_cache(4096)(window_of_account)


@lru_cache(4096)
def closes(account: str, window_id: str) -> int | None:
    """When a window is over, in microseconds since 1970; None: never, or nobody knows."""
    try:
        end = counts_until(_window_of_account(account), window_id)
    except (ValueError, LookupError):  # an account of another version's making: rather kept for good than lost
        return None
    return None if math.isinf(end) else int(end * MICRO)


def post(connection: Connection, journal: str, sums: Sums, at: int) -> None:
    """Add to the sums of this journal, which nobody else changes: there is nothing to wait for, or to lock up on."""
    rows = [
        (account, window, journal, amount, closes(account, window), at)
        for (account, window), amount in sorted(sums.items())
    ]
    if rows:
        many(connection, statements(connection.dialect).post, rows)
