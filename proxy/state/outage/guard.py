"""Decides by each claim's own outage mode what happens while the shared store cannot be asked (H7).

What is let pass meanwhile is told to the store as soon as it is back: it has been admitted, so it counts.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from time import monotonic, time
from typing import Any

import structlog

from policies.claims import Claim, Granted, Reply, Standing, Unavailable
from proxy.state.arrears import Arrears
from proxy.state.leases.store import LeasedStore
from proxy.state.outage.standin import Local, Split, Standin
from proxy.state.store import Store, Sum
from proxy.tasks import spawn

TICK = 0.1
"""Seconds between two looks at how the store is."""
CALM = 1.0
"""Seconds without an unanswered request after which an outage is over."""
_HEARD = 2048
"""Answers that are kept, to know how accounts stood when an outage begins."""
_REMEMBERED = 10_000
"""Requests of outages that are over and known still, so that settling one again is without effect."""

_log = structlog.get_logger("switchgear")


def _ignore(mode: str) -> None:
    """Nobody has to know."""


class OutageGuard:
    """See :class:`proxy.state.store.Store`.

    Args:
        store: the shared one.
        leases: what is leased from it; None: each request asks it.
        workers: who share it.
        local: makes an empty store in this process, for an outage.
        changed: told ``down`` or ``rebuilding`` when an outage begins, ``ok`` when it is over.
        clock: monotonic seconds.
        wall: Unix seconds, as the local store has them.
    """

    def __init__(
        self,
        store: Store,
        leases: LeasedStore | None,
        workers: int,
        local: Callable[[], Local],
        changed: Callable[[str], None] = _ignore,
        clock: Callable[[], float] = monotonic,
        wall: Callable[[], float] = time,
    ) -> None:
        self._below, self._leases = store, leases
        self._store: Store = store if leases is None else leases
        self._workers, self._local, self._changed = workers, local, changed
        self._clock, self._wall = clock, wall
        self._arrears = Arrears(store, wall)
        self._open: dict[str, tuple[Sequence[Claim], Sequence[int]]] = {}
        self._heard: deque[tuple[Sequence[Claim], Granted]] = deque(maxlen=_HEARD)
        self._split: dict[str, Split] = {}
        self._over: dict[str, None] = {}
        self._dry: set[str] = set()
        """Accounts on which the last request did not pass: of their leases something may be left, but too little."""
        self._standin: Standin | None = None
        self._unanswered_at = float("-inf")
        self._watching: asyncio.Task[None] | None = None
        self.shared = store.shared
        """As the store below."""

    @property
    def mode(self) -> str:
        """As the store below; ``down`` as long as it leaves requests unanswered."""
        mode = self._below.mode
        return "down" if mode == "ok" and self._standin is not None else mode

    def reserve(
        self, hold: str, claims: Sequence[Claim], amounts: Sequence[int], seconds: float, version: int
    ) -> Reply | Awaitable[Reply]:
        """Ask the store; while it does not answer, each claim's own mode decides."""
        if self._below.mode != "ok" or hold in self._split:
            return self._without(hold, claims, amounts, seconds, version)
        reply = self._store.reserve(hold, claims, amounts, seconds, version)
        if type(reply) is Granted:
            self._open[hold] = claims, amounts
            self._heard.append((claims, reply))
            return reply
        if isinstance(reply, Reply):
            return self._checked(reply, hold, claims, amounts, seconds, version)
        return self._answer(reply, hold, claims, amounts, seconds, version)

    def post(self, hold: str, amounts: Sequence[int], *, final: bool = True) -> None:
        """Charge it where it was let pass."""
        if self._split or self._over:
            if hold in self._over:
                return
            split = self._split.get(hold)
            if split is not None:
                self._settle(hold, split, amounts, final=final)
                return
        if self._standin is not None:
            self._standin.post(hold, amounts, final=final)
        if final:
            self._open.pop(hold, None)
        self._store.post(hold, amounts, final=final)

    def void(self, hold: str) -> None:
        """Give it up where it was let pass."""
        if hold in self._over:
            return
        split = self._split.pop(hold, None)
        if split is not None:
            self._end(hold)
            self._arrears.void(hold)
            split.standin.give_up(split)
            if self._leases is not None and split.leased:
                self._leases.void(hold)
            return
        if self._standin is not None:
            self._standin.void(hold)
        self._open.pop(hold, None)
        self._store.void(hold)

    def refuses(self, claim: Claim) -> bool:
        """Whether at present nobody passes a claim like this one, in which ``*`` stands for the subject."""
        mode, outage = self._below.mode, claim.outage
        if mode == "ok" or claim.shadow or outage.mode == "local":
            return False
        if outage.mode == "open":
            return self._standin is not None and self._clock() - self._standin.began > outage.seconds
        leases = self._leases if outage.mode == "leased_only" and mode == "down" else None
        return leases is None or leases.drawable(claim.account) <= self._dry

    async def standings(self, claims: Iterable[Claim]) -> list[Standing]:
        """As the store tells them."""
        return await self._store.standings(claims)

    async def adjust(self, claim: Claim, amount: int, adjustment: str) -> Standing:
        """In the store."""
        return await self._store.adjust(claim, amount, adjustment)

    async def rebuild(self, sums: Iterable[Sum], settled: Iterable[str]) -> None:
        """The store."""
        await self._store.rebuild(sums, settled)

    def health(self) -> Mapping[str, Any]:
        """The store's; in an outage how long it has lasted, and how much the store has not heard of."""
        health = {**self._store.health(), "mode": self.mode, "owed": len(self._arrears)}
        if self._standin is not None:
            health["outage_seconds"] = round(self._clock() - self._standin.began, 1)
        return health

    async def start(self) -> None:
        """Start the store, and look after it."""
        await self._store.start()
        self._watching = spawn(self._watch(), "outage")

    async def close(self) -> None:
        """Tell the store what it has not heard of, if it listens, and close it."""
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
        if self._below.mode == "ok":
            await self._arrears.pay()
        await self._store.close()

    async def look(self) -> None:
        """See whether the store is away or back, and tell it what it has not heard of."""
        if self._below.mode != "ok":
            self._begin(0)
            return
        if self._standin is not None and self._clock() - self._unanswered_at >= CALM:
            self._back(self._standin)
        if self._arrears:
            await self._arrears.pay()

    async def _answer(
        self,
        asked: Awaitable[Reply],
        hold: str,
        claims: Sequence[Claim],
        amounts: Sequence[int],
        seconds: float,
        version: int,
    ) -> Reply:
        return self._checked(await asked, hold, claims, amounts, seconds, version)

    def _checked(
        self,
        reply: Reply,
        hold: str,
        claims: Sequence[Claim],
        amounts: Sequence[int],
        seconds: float,
        version: int,
    ) -> Reply:
        if isinstance(reply, Granted):
            self._open[hold] = claims, amounts
            self._heard.append((claims, reply))
        elif isinstance(reply, Unavailable):
            return self._without(hold, claims, amounts, seconds, version)
        return reply

    def _without(
        self, hold: str, claims: Sequence[Claim], amounts: Sequence[int], seconds: float, version: int
    ) -> Reply:
        """Decide without the store."""
        if hold in self._split:
            return self._split[hold].granted
        now = self._clock()
        self._unanswered_at = now
        split = self._begin(version).reserve(hold, claims, amounts, seconds, version, now)
        if not isinstance(split, Split):
            if isinstance(split, Unavailable) and len(self._dry) < _REMEMBERED:
                self._dry.add(claims[split.position].account)
            return split
        self._dry.difference_update([claims[at].account for at in split.leased])
        self._split[hold] = split
        if owed := split.owed:
            self._arrears.owe(hold, [claims[at] for at in owed], [amounts[at] for at in owed], version, seconds)
        return split.granted

    def _begin(self, version: int) -> Standin:
        """The outage: the one that lasts, or a new one."""
        if self._standin is None:
            mode = self._below.mode
            leases = None if mode == "rebuilding" else self._leases  # it has forgotten them
            self._standin = Standin(self._local(), leases, self._workers, self._known(), self._clock(), self._wall)
            self._standin.mirror([(hold, *held) for hold, held in self._open.items()], version)
            _log.warning("store_away", mode=self.mode)
            self._changed(self.mode)
        return self._standin

    def _known(self) -> dict[str, Standing]:
        """How accounts stood, as far as has been heard. What was held then and is not under way here any more may have
        been spent, so it counts as that; what is under way here is counted by itself."""
        ours: Counter[str] = Counter()
        for claims, amounts in self._open.values():
            for claim, amount in zip(claims, amounts, strict=True):
                ours[claim.account] += amount
        return {
            claim.account: replace(standing, used=standing.used + max(standing.held - ours[claim.account], 0), held=0)
            for claims, granted in self._heard
            for claim, standing in zip(claims, granted.standings, strict=True)
        }

    def _back(self, standin: Standin) -> None:
        self._standin = None
        self._dry.clear()
        _log.warning("store_back", seconds=round(self._clock() - standin.began, 1), owed=len(self._arrears))
        self._changed("ok")

    def _settle(self, hold: str, split: Split, amounts: Sequence[int], *, final: bool) -> None:
        owed = [amounts[at] for at in split.owed]
        if owed:
            self._arrears.post(hold, owed, final=final)
            split.standin.settle(split, owed, final=final)
        if self._leases is not None and split.leased:
            self._leases.post(hold, [amounts[at] for at in split.leased], final=final)
        if final:
            del self._split[hold]
            self._end(hold)

    def _end(self, hold: str) -> None:
        self._over[hold] = None
        if len(self._over) > _REMEMBERED:
            del self._over[next(iter(self._over))]

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            try:
                await self.look()
            except Exception as fault:  # noqa: BLE001 - whatever it is, the next look may succeed
                _log.error("store_not_told", error=repr(fault))
