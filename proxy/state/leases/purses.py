"""All purses of a worker: where leases are asked for, reported on and given back."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from math import inf
from secrets import token_hex

from policies.claims import Claim, Granted, Standing, Unavailable, Unit
from proxy.state.leases.demand import HOT, Demand
from proxy.state.leases.purse import Lease, Purse
from proxy.state.store import Leasing
from proxy.tasks import spawn

LEASE = 30.0
"""Seconds that a lease lasts, unless it is renewed."""
PAUSE = 1.0
"""Seconds for which nothing of an account is leased that had nothing to spare; then it is tried again."""
_FORGOTTEN = 60.0
"""Seconds after its last use that an account is forgotten."""
_ASKED = -(2**63)
"""Below this nothing is: the next lease has been asked for, or there is none to be had."""
_PLENTY = 2**52
"""What there is of an account that refuses nothing."""


class Purses:
    """What one worker has leased of which account.

    Args:
        store: what is leased from.
        workers: who share it.
        clock: monotonic seconds.
    """

    def __init__(self, store: Leasing, workers: int, clock: Callable[[], float]) -> None:
        self._store, self._workers, self._clock = store, workers, clock
        self.current: dict[str, Purse] = {}
        """What may be drawn from, by account."""
        self._old: list[Purse] = []
        self._demands: dict[str, Demand] = {}
        self._asking: set[asyncio.Task[None]] = set()
        self._swept_at = clock()
        self.ends = inf
        """From then on one of them is over (monotonic)."""
        self.version = 0
        """The newest configuration's that was seen: leases under an older one's limits are not spent (F34)."""

    def __len__(self) -> int:
        """How many leases there are."""
        return sum([len(purse.leases) for purse in self._all()])

    def learn(self, claim: Claim, amount: int, standing: Standing, version: int) -> None:
        """The store was asked, and there was room: if that happens often, lease a part."""
        now, purse, demand = self._clock(), self.current.get(claim.account), self._demand(claim)
        demand.add(amount, now)
        if purse is not None:
            purse.learn(standing)
        if version >= self.version and demand.hot(amount or 1):
            self._lease(claim, purse, amount, standing.left, version)

    def scarce(self, claim: Claim) -> None:
        """The store was asked, and there was no room."""
        self._demand(claim).paused_until = self._clock() + PAUSE

    def more(self, purse: Purse, amount: int) -> None:
        """A purse runs low: ask for its next lease."""
        now, purse.low = self._clock(), _ASKED
        purse.count(now)
        self._lease(purse.claim, purse, amount, purse.left, purse.version)

    def put_away(self, now: float, version: int) -> None:
        """Spend no more from purses that are over."""
        self.version = max(version, self.version)
        for purse in list(self.current.values()):
            if now >= purse.until or self.version > purse.version:
                self._retire(purse)
        self.ends = min([purse.until for purse in self.current.values()], default=inf)

    def drawable(self, before: str, after: str) -> set[str]:
        """The accounts on which there is anything to draw, and whose names begin and end like that."""
        now = self._clock()
        return {
            name
            for name, purse in self.current.items()
            if purse.avail > 0 and now < purse.until and name.startswith(before) and name.endswith(after)
        }

    def has_spare(self, claim: Claim) -> bool:
        """Whether something of an account could be given back."""
        purse = self.current.get(claim.account)
        return purse is not None and purse.spare

    async def recall(self, claim: Claim) -> None:
        """Give back what is not needed of an account, now."""
        purse = self.current[claim.account]
        purse.recalled = True
        self.scarce(claim)
        await self._tell([purse])

    async def flush(self) -> None:
        """Report what was spent since the last time; renew, replace and give back leases."""
        now = self._clock()
        self.put_away(now, self.version)
        for purse in self.current.values():
            if purse.low == _ASKED and not purse.demand.asked and now >= purse.demand.paused_until:
                purse.low = purse.leases[-1].amount // 2 if purse.leases else 0
        recalled = await self._tell(self._all())
        if recalled:
            await self._tell(recalled)
        self._tidy(now)
        self.put_away(now, self.version)

    async def end(self) -> None:
        """Give everything back; what open draws hold counts as spent."""
        await asyncio.gather(*self._asking, return_exceptions=True)
        for purse in self._all():
            purse.end()
        await self._tell(self._all())

    def forget(self) -> None:
        """The store knows nothing of these leases any more."""
        self.current.clear()
        self._old.clear()

    def _all(self) -> list[Purse]:
        return [*self.current.values(), *self._old]

    def _demand(self, claim: Claim) -> Demand:
        demand = self._demands.get(claim.account)
        if demand is None:
            demand = self._demands[claim.account] = Demand(self._clock())
        return demand

    def _lease(self, claim: Claim, purse: Purse | None, amount: int, left: int, version: int) -> None:
        demand, slots = self._demand(claim), claim.unit is Unit.SLOTS
        if demand.asked or self._clock() < demand.paused_until:
            return
        if claim.shadow:
            left = _PLENTY
        least = 1 if slots else HOT * (amount or 1)
        most = demand.chunk(least, left, self._workers)
        if slots and most:  # they come back, so the most that was ever taken at a time matters, not how often
            most = min(most, purse.drawn + 1 if purse is not None else 1)
        if most:
            demand.asked = True
            task = spawn(self._ask(claim, most, least, version), "lease")
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _ask(self, claim: Claim, most: int, least: int, version: int) -> None:
        hold, sent, demand, reply = token_hex(16), self._clock(), self._demand(claim), None
        try:
            reply = await self._store.lease(hold, claim, most, least, LEASE, version)
        finally:
            demand.asked = False
            if reply is None or isinstance(reply, Unavailable):  # nobody knows whether it was made
                self._store.void(hold)
        if isinstance(reply, Granted):
            standing = reply.standings[0]
            purse = self._purse(claim, standing, version)
            purse.add(Lease(hold, standing.held, sent), standing, LEASE)
            self.ends = min(self.ends, purse.until)
        else:
            demand.paused_until = self._clock() + PAUSE

    def _purse(self, claim: Claim, standing: Standing, version: int) -> Purse:
        """Where a new lease goes: to the purse of its window."""
        self.put_away(self._clock(), version)
        purse = self.current.get(claim.account)
        if purse is None or purse.window != standing.window:
            if purse is not None:
                self._retire(purse)
            purse = self.current[claim.account] = Purse(claim, version, self._demand(claim))
        return purse

    def _retire(self, purse: Purse) -> None:
        purse.retired = True
        self._old.append(purse)
        if self.current.get(purse.claim.account) is purse:
            del self.current[purse.claim.account]

    async def _tell(self, purses: Iterable[Purse]) -> list[Purse]:
        """Report on these, and learn which of them the store wants back."""
        sent = self._clock()
        due = [(purse, report) for purse in purses for report in purse.due(sent, LEASE)]
        answers: Sequence[bool] = ()
        if due and self._store.mode == "ok":
            answers = await self._store.report([report for _, report in due], LEASE)
        if self._store.mode != "ok":  # whatever was said: nobody has renewed them for certain
            return []
        recalled = {}
        for (purse, report), wanted in zip(due, answers, strict=False):  # none while the store cannot be asked
            purse.acknowledge(report, sent, LEASE)
            if wanted and not report.give_back:
                purse.recalled, recalled[id(purse)] = True, purse
                purse.demand.paused_until = sent + PAUSE
        return list(recalled.values())

    def _tidy(self, now: float) -> None:
        for account in [account for account, purse in self.current.items() if purse.empty]:
            del self.current[account]
        self._old = [purse for purse in self._old if not purse.empty]
        if now - self._swept_at > _FORGOTTEN:
            self._swept_at = now
            idle = [name for name, demand in self._demands.items() if demand.idle_since(now - _FORGOTTEN)]
            for name in idle:
                if name not in self.current:
                    del self._demands[name]
