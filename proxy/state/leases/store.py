"""A store that most requests need not ask: each worker leases parts of busy accounts and spends from these (H4).

A request is free of round trips if all its accounts are leased with enough in them; else the store is asked for all.
What leases have been spent on is reported four times a second, all in one call, and a lease that is half spent gets a
successor. An account that is nearly used up is leased to nobody: whoever has unspent parts of it gives them back, and
each request asks, so that the last of it goes to whoever comes first.

What is drawn from a lease lives and dies with this process: what expires if it does not come back is the lease, which
is charged in full. All deadlines are monotonic (I22).
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from time import monotonic, time
from typing import Any

import structlog

from policies.claims import Claim, Granted, Refused, Reply, Standing, Unavailable, Unit
from proxy.state.arrears import Arrears
from proxy.state.leases.purse import Purse
from proxy.state.leases.purses import PAUSE, Purses
from proxy.state.store import Leasing, Sum
from proxy.tasks import spawn

FLUSH = 0.25
"""Seconds between two reports."""
_REMEMBERED = 10_000
"""Holds that are over and known still, so that settling one again is without effect."""

_Drawn = tuple[list[Purse], Sequence[int], Granted, Sequence[int] | None]
"""An open draw: its purses, what it holds of each, what was answered, what has been posted of it so far."""

_log = structlog.get_logger("switchgear")


class LeasedStore:
    """See :class:`proxy.state.store.Store`. The standings of what is drawn here are as the store told them last, and
    what this worker has drawn since: the others' latest doings are not in them.

    Args:
        store: what is leased from.
        workers: who share it.
        clock: monotonic seconds.
        wall: Unix seconds; only to tell whether a window is over that the store has to hear of late.
    """

    def __init__(
        self,
        store: Leasing,
        workers: int,
        clock: Callable[[], float] = monotonic,
        wall: Callable[[], float] = time,
    ) -> None:
        self._store, self._clock = store, clock
        self._purses = Purses(store, workers, clock)
        self._arrears = Arrears(store, wall)
        self._drawn: dict[str, _Drawn] = {}
        self._known: dict[str, bool] = {}
        """Other holds: whether it is the store that knows of them; else they were drawn, and are over."""
        self._ended: deque[str] = deque()
        self._flushing: asyncio.Task[None] | None = None
        self.shared = store.shared
        """As the store below."""
        self.draws = self.asked = 0
        """Reservations that asked nobody, and those that did."""

    @property
    def mode(self) -> str:
        """As the store below."""
        return self._store.mode

    def reserve(
        self, hold: str, claims: Sequence[Claim], amounts: Sequence[int], seconds: float, version: int
    ) -> Reply | Awaitable[Reply]:
        """Draw it from leases; where one of them has not enough the store is asked for all."""
        if hold not in self._known:
            reply = self.draw(hold, claims, amounts, version)
            if type(reply) is Granted:
                return reply
        elif not self._known[hold]:
            return Refused(0, Standing(0, 0, claims[0].limit))
        self.asked += 1
        return self._ask(hold, claims, amounts, seconds, version)

    def draw(self, hold: str, claims: Sequence[Claim], amounts: Sequence[int], version: int) -> Granted | Unavailable:
        """Hold these amounts out of leases alone: all that can be had while the store is away.

        Returns:
            ``Unavailable`` with the first claim that there is no lease for, or not enough of one.
        """
        if hold in self._drawn:
            return self._drawn[hold][2]
        leased, now = self._purses, self._clock()
        if now >= leased.ends or version > leased.version:
            leased.put_away(now, version)
        current = leased.current
        purses: list[Purse] = []
        for claim, amount in zip(claims, amounts):  # noqa: B905 - a keyword costs as much as the rest of the turn
            purse = current.get(claim.account)
            if purse is None or (amount or 1) > purse.avail:
                return Unavailable(len(purses))
            purses.append(purse)
        standings = []
        for purse, amount in zip(purses, amounts):  # noqa: B905
            purse.avail = avail = purse.avail - amount
            purse.taken += amount
            purse.held = held = purse.held + amount
            ends = purse.resets_at
            standings.append(
                Standing(purse.used, held, purse.limit, purse.window, ends if ends is None else ends - now)
            )
            if avail < purse.low:
                leased.more(purse, amount)
        granted = Granted(tuple(standings))
        self._drawn[hold] = purses, amounts, granted, None
        self.draws += 1
        return granted

    def drawable(self, account: str) -> set[str]:
        """The accounts of this name, in which ``*`` stands for any subject, on which there is anything to draw."""
        before, _, after = account.partition("*")
        return self._purses.drawable(before, after)

    def post(self, hold: str, amounts: Sequence[int], *, final: bool = True) -> None:
        """Settle it where it was drawn, or in the store."""
        drawn = self._drawn.pop(hold, None)
        if drawn is None:
            self._post_asked(hold, amounts, final=final)
            return
        purses, helds, granted, posted = drawn
        fresh = amounts if posted is None else [amount - before for amount, before in zip(amounts, posted, strict=True)]
        if not final:
            lasting = [max(held - amount, 0) for held, amount in zip(helds, fresh, strict=True)]
            self._drawn[hold] = purses, lasting, granted, tuple(amounts)
            helds = [held - rest for held, rest in zip(helds, lasting, strict=True)]
        for purse, held, amount in zip(purses, helds, fresh):  # noqa: B905
            purse.used += amount
            purse.held -= held
            purse.avail += held - amount
        if final:
            self._known[hold] = False
            self._ended.append(hold)

    def void(self, hold: str) -> None:
        """Give it back where it was drawn, or in the store."""
        drawn = self._drawn.pop(hold, None)
        if drawn is not None:
            for purse, held in zip(drawn[0], drawn[1], strict=True):
                purse.held -= held
                purse.avail += held
            self._known[hold] = False
        elif self._known.setdefault(hold, True) and not self._arrears.void(hold):
            self._store.void(hold)
        self._ended.append(hold)

    async def standings(self, claims: Iterable[Claim]) -> list[Standing]:
        """As the store tells them: unspent parts of leases are held."""
        return await self._store.standings(claims)

    async def adjust(self, claim: Claim, amount: int, adjustment: str) -> Standing:
        """In the store."""
        return await self._store.adjust(claim, amount, adjustment)

    async def rebuild(self, sums: Iterable[Sum], settled: Iterable[str]) -> None:
        """In the store; leases are forgotten, for what has been spent of them is in the sums."""
        self.forget()
        await self._store.rebuild(sums, settled)

    def health(self) -> Mapping[str, Any]:
        """The store's, and how much it is spared."""
        return {**self._store.health(), "leases": len(self._purses), "draws": self.draws, "asked": self.asked}

    async def start(self) -> None:
        """Start the store, and report on leases from now on."""
        await self._store.start()
        self._flushing = spawn(self._flush(), "leases")

    async def close(self) -> None:
        """Give everything back. What open draws hold is charged: nobody will settle it."""
        if self._flushing is not None:
            self._flushing.cancel()
            with suppress(asyncio.CancelledError):
                await self._flushing
        for hold in list(self._drawn):
            self._known[hold] = False
        self._drawn.clear()
        await self._purses.end()
        await self._arrears.pay()
        await self._store.close()

    async def flush(self) -> None:
        """Report on leases; tell the store what it has lost."""
        if self._store.mode == "rebuilding":
            self.forget()
        await self._purses.flush()
        if self._arrears and self._store.mode == "ok":
            await self._arrears.pay()
        while len(self._ended) > _REMEMBERED:
            self._known.pop(self._ended.popleft(), None)

    def forget(self) -> None:
        """The store has lost what it knew of leases (H6): what is under way is held anew once it is back."""
        for hold, (purses, helds, _, posted) in self._drawn.items():
            before = posted or [0] * len(helds)
            amounts = [held + amount for held, amount in zip(helds, before, strict=True)]
            self._arrears.owe(
                hold, [purse.claim for purse in purses], amounts, max([purse.version for purse in purses])
            )
            self._known[hold] = True
        self._drawn.clear()
        self._purses.forget()

    def _ask(
        self, hold: str, claims: Sequence[Claim], amounts: Sequence[int], seconds: float, version: int
    ) -> Reply | Awaitable[Reply]:
        reply = self._store.reserve(hold, claims, amounts, seconds, version)
        if not isinstance(reply, Reply) or self._to_recall(claims, reply):
            return self._answer(reply, hold, claims, amounts, seconds, version)
        return self._heard(reply, hold, claims, amounts, version)

    async def _answer(
        self,
        reply: Reply | Awaitable[Reply],
        hold: str,
        claims: Sequence[Claim],
        amounts: Sequence[int],
        seconds: float,
        version: int,
    ) -> Reply:
        """What the store says; where this worker's own unspent leases are in the way, once these are given back."""
        reply = reply if isinstance(reply, Reply) else await reply
        while (scarce := self._to_recall(claims, reply)) is not None:
            await self._purses.recall(scarce)
            again = self._store.reserve(hold, claims, amounts, seconds, version)
            reply = again if isinstance(again, Reply) else await again
        return self._heard(reply, hold, claims, amounts, version)

    def _to_recall(self, claims: Sequence[Claim], reply: Reply) -> Claim | None:
        claim = claims[reply.position] if isinstance(reply, Refused) else None
        return claim if claim is not None and self._purses.has_spare(claim) else None

    def _heard(self, reply: Reply, hold: str, claims: Sequence[Claim], amounts: Sequence[int], version: int) -> Reply:
        if isinstance(reply, Granted):
            self._known[hold] = True
            for claim, amount, standing in zip(claims, amounts, reply.standings, strict=True):
                self._purses.learn(claim, amount, standing, version)
        elif isinstance(reply, Refused):
            self._purses.scarce(claims[reply.position])
            return _softened(reply, claims[reply.position].unit, amounts[reply.position])
        return reply

    def _post_asked(self, hold: str, amounts: Sequence[int], *, final: bool) -> None:
        if self._known.get(hold, True) and not self._arrears.post(hold, amounts, final=final):
            self._store.post(hold, amounts, final=final)
        if final:
            self._known.setdefault(hold, True)
            self._ended.append(hold)

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH)
            try:
                await self.flush()
            except Exception as fault:  # noqa: BLE001 - without reports leases expire, and what is unspent of them is lost
                _log.error("leases_not_reported", error=repr(fault))


def _softened(refused: Refused, unit: Unit, amount: int) -> Refused:
    """Where nothing but holds is in the way, asking again soon makes sense: they may be others' unspent leases, which
    are recalled."""
    standing = refused.standing
    if unit is Unit.SLOTS or standing.used + amount > standing.limit:
        return refused
    return replace(refused, retry_after=min(refused.retry_after or PAUSE, PAUSE))
