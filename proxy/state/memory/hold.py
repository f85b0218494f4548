"""One hold, and the ids of those that are over."""

from collections.abc import Sequence
from math import inf

from policies.claims import Granted
from proxy.state.memory.account import Account, Bucket

TOMBSTONE = 900.0
"""Seconds for which the id of a hold that is over is known, so that what comes again, or late, is seen to."""
LAPSED = 86400.0
"""Seconds for which a hold is known that has expired: the truth about it may come that much later."""
MOST = 50_000
"""Ids that are known at most of each sort and quarter of an hour, whatever the time; a few megabytes. Nothing comes
late in one process, but for a request that has outlived its hold."""


class Hold:
    """What is held for an attempt, or a lease.

    Args:
        parts: what it draws on.
        amounts: one for each.
        granted: what was answered to it.
        expires: when it does (seconds).
    """

    __slots__ = ("expires", "granted", "lapsed", "parts", "posted", "rests")

    def __init__(
        self, parts: Sequence[Account | Bucket], amounts: Sequence[int], granted: Granted, expires: float
    ) -> None:
        self.parts, self.rests, self.granted = parts, amounts, granted
        self.posted: Sequence[int] | None = None
        """What each part has come to so far; None: nothing. ``rests`` is what is held of it still, or was when it
        lapsed."""
        self.expires = expires
        self.lapsed = False
        """It has expired: its rests are charged; slots are given back."""

    def settle(self, amounts: Sequence[int]) -> None:
        """Charge what it has come to in the end. What was charged when it lapsed is put right by the difference."""
        if self.posted is None and not self.lapsed:
            for part, rest, amount in zip(self.parts, self.rests, amounts):  # noqa: B905 - its check costs a part
                part.used += amount  # each request comes by here: ``move`` without its calls
                part.held -= rest
                whole = part.account
                if whole is not None:
                    whole.used += amount
                    whole.held -= rest
                    part = whole
                if part.used >= part.alarm_at:
                    part.ring()
        else:
            self._move(amounts, (0,) * len(self.parts))
        self.rests = (0,) * len(self.parts)

    def progress(self, amounts: Sequence[int]) -> None:
        """Charge what it has come to so far, and go on with the rest, though it may have lapsed. What is said again, or
        was overtaken, changes nothing."""
        posted = self.posted or (0,) * len(self.parts)
        amounts = [max(each) for each in zip(amounts, posted, strict=True)]
        self._move(
            amounts,
            [max(before + rest - amount, 0) for before, rest, amount in zip(posted, self.rests, amounts, strict=True)],
        )

    def _move(self, amounts: Sequence[int], lefts: Sequence[int]) -> None:
        posted = self.posted or (0,) * len(self.parts)
        for part, before, rest, amount, left in zip(self.parts, posted, self.rests, amounts, lefts, strict=True):
            if not self.lapsed:
                part.move(amount - before, left - rest)
            else:
                part.move(amount - before - (0 if part.slots else rest), left)
        self.posted, self.rests, self.lapsed = amounts, lefts, False

    def lapse(self) -> None:
        """Its time is up: nobody knows better than that all of it was taken."""
        for part, rest in zip(self.parts, self.rests, strict=True):
            part.move(0 if part.slots else rest, -rest)
        self.lapsed = True

    def void(self) -> None:
        """Give it up. What was posted stays; what was charged when it lapsed is given back."""
        for part, rest in zip(self.parts, self.rests, strict=True):
            if not self.lapsed:
                part.move(0, -rest)
            elif not part.slots:
                part.move(-rest, 0)
        self.rests = (0,) * len(self.parts)
        self.lapsed = False


class Past:
    """Holds that are over, by id: None where it was settled, the hold where it was given up.

    In two generations, so that forgetting is one assignment.
    """

    def __init__(self) -> None:
        self.new: dict[str, Hold | None] = {}
        self.old: dict[str, Hold | None] = {}
        self._turns_at = -inf

    def settled(self, hold: str) -> bool:
        """Whether this one is known to have been settled."""
        return self.new.get(hold, self.old.get(hold, _NEVER_WAS)) is None

    def given_up(self, hold: str) -> Hold | None:
        """The one that was given up, as long as it is known."""
        return self.new.get(hold, self.old.get(hold))

    def turn(self, now: float) -> None:
        """Forget what was over long ago."""
        if now >= self._turns_at or len(self.new) > MOST:
            self.new, self.old = {}, self.new
            self._turns_at = now + TOMBSTONE


_NEVER_WAS = Hold((), (), Granted(()), 0.0)
