"""What the script is told of a claim, and what it tells of its account."""

from collections.abc import Callable, Sequence
from math import inf
from typing import Any

from policies.claims import Claim, Standing, Unit
from proxy.state.windows import BUCKETS, bucket_length, window_of

MICRO = 1_000_000
SLOTS, SHADOW = 1, 2
"""Bits of a claim's mode, as in accounts.lua."""
_KNOWN = 50_000
"""Claims whose place is remembered; there are as many as subjects that were active lately."""

Place = tuple[str, str, int, int, int, int]
"""Account, window, and: a calendar's beginning and end (microseconds); a bucket's length and 0; or 0 and 0. Then the
claim's mode and limit."""
WIDTH = 7
"""Arguments of a claim: its place and an amount."""


class Places:
    """The places of claims at the moment, by the store's clock.

    Args:
        clock: Unix seconds, by that clock.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: dict[Claim, Place] = {}
        self._until = -inf

    def current(self) -> dict[Claim, Place]:
        """Places that hold now, by claim; one that is not among them is found by :meth:`find`."""
        if self._clock() >= self._until or len(self._known) > _KNOWN:
            self.forget()
        return self._known

    def forget(self) -> None:
        """The clock is another one than was thought."""
        self._known, self._until = {}, inf

    def find(self, claim: Claim) -> Place:
        """The place of a claim; it is remembered until its window, or that of any other claim, ends."""
        first = last = 0
        span = window_of(claim.window, self._clock())
        name = span.id
        if claim.window.calendar is not None:
            first, last = round(span.start * MICRO), round(span.end * MICRO)
            self._until = min(self._until, span.end)
        elif claim.window.rolling:
            name, first = "", bucket_length(claim.window)
        mode = SLOTS * (claim.unit is Unit.SLOTS) + SHADOW * claim.shadow
        place = self._known[claim] = claim.account, name, first, last, mode, claim.limit
        return place


def standing(arguments: Sequence[Any], at: int, used: int, held: int, limit: int, now: int) -> Standing:
    """How an account stands just after something was reserved on it.

    Args:
        arguments: of the operation.
        at: where among them its place begins.
        used: settled.
        held: not settled yet.
        limit: in force.
        now: the store's time, microseconds.
    """
    window, first, last = arguments[at + 1], arguments[at + 2], arguments[at + 3]
    if last:
        return Standing(used, held, limit, window, (last - now) / MICRO)
    if first:
        bucket = now // first
        return Standing(used, held, limit, str(bucket), ((bucket + BUCKETS + 1) * first - now) / MICRO)
    return Standing(used, held, limit, window, None)


def standing_of(place: Place, found: Sequence[int], now: int) -> Standing:
    """How an account stands that nothing was reserved on.

    Args:
        place: of the claim.
        found: settled, held, limit, and microseconds until nothing is left of it, or -1.
        now: the store's time, microseconds.
    """
    used, held, limit, empty = found
    window = str(now // place[2]) if place[2] and not place[3] else place[1]
    return Standing(used, held, limit, window, seconds(empty))


def seconds(micro: int) -> float | None:
    """Of microseconds; None for those that never pass."""
    return micro / MICRO if micro >= 0 else None
