"""Where requests wait for a slot, instead of being refused at once: bounded, fair, and never beyond their deadline.

The order is by priority, then each tenant in turn, then as they came. Turns are dealt when a request joins (start-time
fair queueing: its round is one after its tenant's last one, or the one that is being served), so a place never changes,
and whoever has tried in vain has the same one again.
"""

import asyncio
from bisect import bisect_left, insort
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from policies.claims import Claim

LOOK_AGAIN = 0.075
"""Seconds after which the first in line tries by itself: other workers give back slots, too, and nobody tells us."""


@dataclass(slots=True, eq=False)
class _Place:
    """Of one request."""

    line: "_Line"
    rank: tuple[int, int, int]
    """Priority (the highest first), round, arrival."""
    deadline: float
    turn: "asyncio.Future[bool]" = field(init=False)
    """True: it may try. False: its time is up."""


class _Line:
    """Those who wait for a slot of one account. It lives while anybody is in it, or has left it to try."""

    def __init__(self) -> None:
        self.places: list[_Place] = []
        self._arrivals = count()
        self._served: dict[int, int] = {}
        """By priority: the round of whoever had a turn last."""
        self._dealt: dict[tuple[int, str], int] = {}
        """By priority and tenant: the last round that was dealt."""

    def rank(self, tenant: str, priority: int) -> tuple[int, int, int]:
        """Of one who joins now."""
        turn = max(self._served.get(priority, 0), self._dealt.get((priority, tenant), -1) + 1)
        self._dealt[priority, tenant] = turn
        return -priority, turn, next(self._arrivals)

    def insert(self, place: _Place) -> None:
        """One who waits."""
        insort(self.places, place, key=_rank)

    def remove(self, place: _Place) -> None:
        """One who waits no longer."""
        del self.places[bisect_left(self.places, place.rank, key=_rank)]

    def call(self) -> None:
        """It is the turn of the first one that has not been called yet."""
        for place in self.places:
            if not place.turn.done():
                self._served[-place.rank[0]] = place.rank[1]
                place.turn.set_result(True)
                return


def _rank(place: _Place) -> tuple[int, int, int]:
    return place.rank


class WaitingRoom:
    """One line for each account, of this worker's requests. Times are the event loop's own clock, monotonic."""

    def __init__(self) -> None:
        self._lines: WeakValueDictionary[str, _Line] = WeakValueDictionary()
        self._known: WeakKeyDictionary[asyncio.Task[Any], _Place] = WeakKeyDictionary()
        """Places of requests that were called; they come back to them if they tried in vain."""
        self._timer: asyncio.TimerHandle | None = None

    def waiting(self, account: str) -> int:
        """How many wait. Whoever comes while somebody does has to wait as well, or nobody's turn is worth much."""
        line = self._lines.get(account)
        return len(line.places) if line is not None else 0

    def full(self, claim: Claim) -> bool:
        """Whether no more may join."""
        return claim.queue is None or self.waiting(claim.account) >= claim.queue.most

    async def wait(self, claim: Claim, tenant: str, priority: int, deadline: float) -> bool:
        """Wait for a slot.

        A request that has tried and found none calls this again, from the same task: it has its old place and no more
        time than it had. It is let in then though the line be full.

        Args:
            claim: the slot's, with a queue.
            tenant: whose turn it takes.
            priority: the highest goes first.
            deadline: the request's; it waits for ``claim.queue.wait`` at most, in all.

        Returns:
            True: try again now. False: there is no room to wait, or the time is up.
        """
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert claim.queue is not None
        assert task is not None
        line, place = self._line(claim.account), self._known.pop(task, None)
        if place is None or place.line is not line:
            if self.full(claim):
                return False
            place = _Place(line, line.rank(tenant, priority), min(loop.time() + claim.queue.wait, deadline))
        if place.deadline <= loop.time():
            return False
        called = await self._seated(place, loop)
        if called:
            self._known[task] = place
        return called

    def released(self, account: str) -> None:
        """A slot is free again: the first in line may try."""
        line = self._lines.get(account)
        if line is not None:
            line.call()

    async def _seated(self, place: _Place, loop: asyncio.AbstractEventLoop) -> bool:
        line, place.turn = place.line, loop.create_future()
        line.insert(place)
        expiry = loop.call_at(place.deadline, _expire, place.turn)
        self._look_again(loop)
        try:
            return await place.turn
        except asyncio.CancelledError:
            if place.turn.done() and not place.turn.cancelled() and place.turn.result():
                line.call()  # it leaves with a turn that somebody else can use
            raise
        finally:
            expiry.cancel()
            line.remove(place)

    def _line(self, account: str) -> _Line:
        line = self._lines.get(account)
        if line is None:
            line = self._lines[account] = _Line()
        return line

    def _look_again(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is None:
            self._timer = loop.call_later(LOOK_AGAIN, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        lines = [line for line in self._lines.values() if line.places]
        for line in lines:
            line.call()
        if lines:
            self._look_again(loop)


def _expire(turn: "asyncio.Future[bool]") -> None:
    if not turn.done():
        turn.set_result(False)
