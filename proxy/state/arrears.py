"""What was let pass while the store could not be asked, until it has been told (H7; H6 where it has forgotten).

It is held afterwards under ids of its own, by claims that never refuse: it has been admitted, so it counts. What was
over by then is told as one sum for each account.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from secrets import token_hex

from policies.claims import Claim, Granted, Reply, Unit
from proxy.state.store import Store
from proxy.state.windows import counts_until, window_of

LONGEST = 630.0
"""Seconds that a hold lasts of which nobody knows better: a request's longest time, and some."""
_AT_ONCE = 30.0
"""What is told as a sum is posted as soon as it is held; should this worker die in between, its expiry charges it."""
_MOST = 16
"""Claims in one reservation."""

_Sums = dict[tuple[str, str], tuple[Claim, int]]


class Arrear:
    """One hold that its store does not know of yet."""

    __slots__ = ("amounts", "claims", "posted", "seconds", "told", "windows")

    def __init__(self, claims: Sequence[Claim], amounts: Sequence[int], windows: Sequence[str], seconds: float) -> None:
        self.claims, self.amounts, self.windows, self.seconds = claims, tuple(amounts), windows, seconds
        self.posted: Sequence[int] | None = None
        self.told: str | None = None
        """The id by which the store knows it."""


class Arrears:
    """What a store has to be told when it is back.

    Args:
        store: whom.
        wall: Unix seconds; charges of windows that are over are of no interest any more.
    """

    def __init__(self, store: Store, wall: Callable[[], float]) -> None:
        self._store, self._wall = store, wall
        self._open: dict[str, Arrear] = {}
        self._sums: _Sums = {}
        self._version = 0

    def __len__(self) -> int:
        return len(self._open) + len(self._sums)

    def owe(
        self, hold: str, claims: Sequence[Claim], amounts: Sequence[int], version: int, seconds: float = LONGEST
    ) -> None:
        """This was let pass, now.

        Args:
            hold: its id.
            claims: of the request, as far as the store has not heard of them.
            amounts: one for each.
            version: of the configuration.
            seconds: after which it expires once the store knows of it: should this worker die (I15).
        """
        now = self._wall()
        self._version = max(version, self._version)
        self._open[hold] = Arrear(claims, amounts, [window_of(claim.window, now).id for claim in claims], seconds)

    def post(self, hold: str, amounts: Sequence[int], *, final: bool) -> bool:
        """It came to so much; False where nothing is owed under this id."""
        arrear = self._open.get(hold)
        if arrear is None:
            return False
        arrear.posted = tuple(amounts)
        if arrear.told is not None:
            self._store.post(arrear.told, amounts, final=final)
        if final:
            del self._open[hold]
            if arrear.told is None:
                self._add(arrear, amounts)
        return True

    def void(self, hold: str) -> bool:
        """It came to nothing beyond what was posted; False where nothing is owed under this id."""
        arrear = self._open.pop(hold, None)
        if arrear is None:
            return False
        if arrear.told is not None:
            self._store.void(arrear.told)
        elif arrear.posted is not None:
            self._add(arrear, arrear.posted)
        return True

    async def pay(self) -> bool:
        """Tell the store, as far as it listens. True once it knows all."""
        now = self._wall()
        over = [key for key, (claim, _) in self._sums.items() if counts_until(claim.window, key[1]) <= now]
        for key in over:
            del self._sums[key]
        return await self._pay_open() and await self._pay_sums()

    async def _pay_open(self) -> bool:
        for hold, arrear in [(hold, arrear) for hold, arrear in self._open.items() if arrear.told is None]:
            told = token_hex(16)
            reply = await self._reserve(told, arrear.claims, arrear.amounts, arrear.seconds)
            if not isinstance(reply, Granted):
                return False
            if self._open.get(hold) is not arrear:  # it ended meanwhile, and is in the sums
                self._store.void(told)
                continue
            arrear.told = told
            if arrear.posted is not None:
                self._store.post(told, arrear.posted, final=False)
        return True

    async def _pay_sums(self) -> bool:
        while self._sums:
            batch = self._first()
            claims, amounts = zip(*batch.values(), strict=True)
            told = token_hex(16)
            if not isinstance(await self._reserve(told, claims, amounts, _AT_ONCE), Granted):
                return False
            self._store.post(told, amounts)
            for key, (_, amount) in batch.items():
                self._owe_more(key, self._sums[key][0], -amount)
        return True

    def _first(self) -> _Sums:
        """Some sums, of different accounts each."""
        batch: dict[str, tuple[str, str]] = {}
        for key in self._sums:
            batch.setdefault(key[0], key)
            if len(batch) == _MOST:
                break
        return {key: self._sums[key] for key in batch.values()}

    async def _reserve(self, hold: str, claims: Sequence[Claim], amounts: Sequence[int], seconds: float) -> Reply:
        reply = self._store.reserve(hold, [self._force(claim) for claim in claims], amounts, seconds, self._version)
        return reply if isinstance(reply, Reply) else await reply

    def _force(self, claim: Claim) -> Claim:
        """The same claim, as one that counts and never refuses."""
        return claim if claim.shadow else replace(claim, shadow=True)

    def _add(self, arrear: Arrear, amounts: Sequence[int]) -> None:
        for claim, amount, window in zip(arrear.claims, amounts, arrear.windows, strict=True):
            if amount and claim.unit is not Unit.SLOTS:
                self._owe_more((claim.account, window), claim, amount)

    def _owe_more(self, key: tuple[str, str], claim: Claim, amount: int) -> None:
        total = amount + self._sums.get(key, (claim, 0))[1]
        if total:
            self._sums[key] = claim, total
        else:
            del self._sums[key]
