"""Virtual workers that share one store in memory, on a clock that the test moves, over lines that lose and repeat."""

import asyncio
from collections.abc import Awaitable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from policies.claims import EVER, Claim, Granted, Reply, Standing, Unavailable, Unit, Window
from proxy.state.leases.store import LeasedStore
from proxy.state.memory import MemoryStore
from proxy.state.store import Report, Sum

T = TypeVar("T")
NOON = 1_795_262_400.0
"""2026-11-21T12:00:00Z."""


class Clock:
    """One for all, wall and monotonic alike; says what the test says."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """Seconds."""
        return self.now

    def wall(self) -> float:
        """Unix seconds."""
        return NOON + self.now - 1000.0


class Line:
    """One worker's way to the store. See :class:`proxy.state.store.Leasing`."""

    shared = True

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.mode = "ok"
        self.down = False
        """Nothing gets through."""
        self.deaf = False
        """What is sent gets through, answers do not."""
        self.sent: list[Sequence[Report]] = []
        """All reports that ever were, for being repeated."""
        self.trips = 0
        """Calls, of whatever kind."""

    async def reserve(
        self, hold: str, claims: Sequence[Claim], amounts: Sequence[int], seconds: float, version: int
    ) -> Reply:
        """Where the answer is lost the store's client gives the hold up."""
        self.trips += 1
        reply = None if self.down else self._store.reserve(hold, claims, amounts, seconds, version)
        if reply is None or self.deaf:
            self._store.void(hold)
            return Unavailable(0)
        return reply

    async def lease(self, hold: str, claim: Claim, most: int, least: int, seconds: float, version: int) -> Reply:
        """Where the answer is lost whoever asked for it has to see to it."""
        self.trips += 1
        reply = None if self.down else await self._store.lease(hold, claim, most, least, seconds, version)
        return Unavailable(0) if reply is None or self.deaf else reply

    async def report(self, reports: Sequence[Report], seconds: float) -> Sequence[bool]:
        """Nothing where it, or its answer, was lost."""
        self.trips += 1
        self.sent.append(list(reports))
        answers: Sequence[bool] = () if self.down else await self._store.report(reports, seconds)
        return () if self.deaf else answers

    async def repeat(self, index: int) -> None:
        """A report that had been on its way for long arrives, maybe again."""
        await self._store.report(self.sent[index], 30.0)

    def post(self, hold: str, amounts: Sequence[int], *, final: bool = True) -> None:
        """Never lost: the store's client sends it until it is acknowledged."""
        self._store.post(hold, amounts, final=final)

    def void(self, hold: str) -> None:
        """As above."""
        self._store.void(hold)

    async def standings(self, claims: Iterable[Claim]) -> list[Standing]:
        """See the store."""
        return await self._store.standings(claims)

    async def adjust(self, claim: Claim, amount: int, adjustment: str) -> Standing:
        """See the store."""
        return await self._store.adjust(claim, amount, adjustment)

    async def rebuild(self, sums: Iterable[Sum], settled: Iterable[str]) -> None:
        """See the store."""
        await self._store.rebuild(sums, settled)

    def health(self) -> Mapping[str, Any]:
        """See the store."""
        return self._store.health()

    async def start(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to do."""


class Fleet:
    """Workers on one store.

    Args:
        workers: how many.
    """

    def __init__(self, workers: int) -> None:
        self.loop = asyncio.new_event_loop()
        self.clock = Clock()
        self.alarms: list[Claim] = []
        self.store = MemoryStore(lambda claim, _: self.alarms.append(claim), self.clock.wall, self.clock.monotonic)
        self.size = workers
        self.lines: list[Line] = []
        self.workers: list[LeasedStore] = []
        for _ in range(workers):
            self.join()

    def join(self) -> int:
        """A new worker; its number."""
        line = Line(self.store)
        self.lines.append(line)
        self.workers.append(LeasedStore(line, self.size, self.clock.monotonic, self.clock.wall))
        return len(self.workers) - 1

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Let all of this happen, and what it has set off."""

        async def settled() -> T:
            answer = await work
            for _ in range(8):  # a lease that was asked for takes a few turns
                await asyncio.sleep(0)
            return answer

        return self.loop.run_until_complete(settled())

    def reserve(
        self, worker: int, hold: str, claims: Sequence[Claim], amounts: Sequence[int], version: int = 1
    ) -> Reply:
        """A request comes."""

        async def asked() -> Reply:
            reply = self.workers[worker].reserve(hold, claims, amounts, 600.0, version)
            return await reply if isinstance(reply, Awaitable) else reply

        return self.run(asked())

    def spend(self, worker: int, claims: Sequence[Claim], amounts: Sequence[int], times: int, name: str = "r") -> int:
        """Requests come and are settled by all that they hold; how many were let pass."""
        passed = 0
        for index in range(times):
            hold = f"{name}{worker}.{index}"
            if isinstance(self.reserve(worker, hold, claims, amounts), Granted):
                passed += 1
                self.workers[worker].post(
                    hold, [0 if claim.unit is Unit.SLOTS else n for claim, n in zip(claims, amounts, strict=True)]
                )
        return passed

    def flush(self, worker: int) -> None:
        """A quarter of a second is over."""
        self.run(self.workers[worker].flush())

    def standing(self, claim: Claim) -> Standing:
        """As the store has it."""
        return self.loop.run_until_complete(self.store.standings([claim]))[0]

    def close(self) -> None:
        """The end."""
        self.loop.close()


def budget(limit: int = 1_000_000, *, shadow: bool = False, alerts: tuple[float, ...] = ()) -> Claim:
    """Money, by the hour."""
    window = Window(calendar="hour")
    name = f"{'shadow-' if shadow else ''}budget:team:growth:cost:{window.name}"
    return Claim(name, Unit.COST, limit, window, "budget", "team growth", shadow=shadow, alerts=alerts)


def rate(limit: int = 600, seconds: float = 60.0) -> Claim:
    """Requests, in a rolling window."""
    window = Window(rolling=seconds)
    return Claim(f"rate:key:app:requests:{window.name}", Unit.REQUESTS, limit, window, "rate", "key app")


def slots(limit: int = 40) -> Claim:
    """Requests at a time."""
    return Claim(f"concurrency:key:app:slots:{EVER.name}", Unit.SLOTS, limit, EVER, "concurrency", "key app")
