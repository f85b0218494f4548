"""How fast this worker draws on an account, and how much of it is worth leasing therefore."""

HOT = 4
"""Uses within about a second from which on an account is worth a lease; the least that one is taken for, too."""
SPAN = 2.0
"""Seconds of this worker's own spending that a lease is made for."""
_RATE = 0.693
"""Of a steady rate a sum that halves with each second holds 1 / ln 2 seconds' worth."""


class Demand:
    """What one worker draws on one account: a sum that halves with each second."""

    __slots__ = ("_at", "_sum", "asked", "paused_until")

    def __init__(self, now: float) -> None:
        self._at, self._sum = now, 0.0
        self.asked = False
        """A lease is on its way."""
        self.paused_until = float("-inf")
        """No lease is asked for before: there was nothing to be had."""

    def add(self, amount: int, now: float) -> None:
        """So much has been drawn since the last time (monotonic seconds)."""
        self._sum = self._sum * 0.5 ** (now - self._at) + amount
        self._at = now

    def hot(self, amount: int) -> bool:
        """Whether draws of this amount are frequent enough for a lease."""
        return self._sum >= HOT * amount

    def idle_since(self, moment: float) -> bool:
        """Whether nothing was drawn from then on."""
        return self._at < moment

    def chunk(self, least: int, left: int, workers: int) -> int:
        """How much to lease, 0 where the account is too scarce: each request has to ask then.

        Args:
            least: what is worth a lease.
            left: what the account has, as far as is known.
            workers: who share it.
        """
        if left < workers * least:
            return 0
        spending = int(self._sum * _RATE * SPAN)
        return max(min(spending, left // (2 * workers)), least)
