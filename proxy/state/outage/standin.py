"""Who answers while the store cannot be asked: leases for one claim, this worker's share for the next (H7)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from secrets import token_hex
from typing import Protocol

from policies.claims import EVER, Claim, Granted, Refused, Reply, Standing, Unavailable, Unit
from proxy.state.leases.store import LeasedStore
from proxy.state.windows import counts_until, window_of

_SECONDS = 630.0
"""How long something counts at most that nobody settles: a request's longest time, and some."""


class Local(Protocol):
    """A store in this process."""

    def reserve(
        self, hold: str, claims: Sequence[Claim], amounts: Sequence[int], seconds: float, version: int
    ) -> Reply:
        """See :meth:`proxy.state.store.Store.reserve`."""

    def post(self, hold: str, amounts: Sequence[int], *, final: bool = True) -> None:
        """See :meth:`proxy.state.store.Store.post`."""

    def void(self, hold: str) -> None:
        """See :meth:`proxy.state.store.Store.void`."""


class Split:
    """A request that was let pass in an outage: which of its claims are drawn from leases, and which are owed."""

    __slots__ = ("granted", "leased", "local", "owed", "standin")

    def __init__(self, standin: "Standin", leased: list[int], owed: list[int]) -> None:
        self.standin, self.leased, self.owed = standin, leased, owed
        self.local = token_hex(16)
        """What the local store knows it by."""
        self.granted = Granted(())


class Standin:
    """One outage.

    Args:
        local: empty; it is given claims for this worker's share.
        leases: what this worker has leased.
        workers: who share the store.
        known: how accounts stood, as far as this worker has heard.
        began: monotonic seconds.
        wall: Unix seconds.
    """

    def __init__(
        self,
        local: Local,
        leases: LeasedStore | None,
        workers: int,
        known: Mapping[str, Standing],
        began: float,
        wall: Callable[[], float],
    ) -> None:
        self._local, self._leases, self._workers = local, leases, workers
        self._known, self._wall, self.began = known, wall, began
        self._shares: dict[Claim, Claim] = {}
        self._mirrored: dict[str, list[int]] = {}

    def mirror(self, holds: Iterable[tuple[str, Sequence[Claim], Sequence[int]]], version: int) -> None:
        """What this worker has under way counts in its share until it is settled."""
        for hold, claims, amounts in holds:
            ours = [at for at, claim in enumerate(claims) if claim.outage.mode == "local" and not claim.shadow]
            if ours:
                shares = [replace(self._share(claims[at], version), shadow=True) for at in ours]
                self._local.reserve(hold, shares, [amounts[at] for at in ours], _SECONDS, version)
                self._mirrored[hold] = ours

    def post(self, hold: str, amounts: Sequence[int], *, final: bool) -> None:
        """One that was under way before has come to so much."""
        ours = self._mirrored.get(hold)
        if ours is not None:
            self._local.post(hold, [amounts[at] for at in ours], final=final)

    def void(self, hold: str) -> None:
        """One that was under way before has come to nothing."""
        if hold in self._mirrored:
            self._local.void(hold)

    def settle(self, split: Split, amounts: Sequence[int], *, final: bool) -> None:
        """One that was let pass in this outage has come to so much of what is owed."""
        self._local.post(split.local, amounts, final=final)

    def give_up(self, split: Split) -> None:
        """One that was let pass in this outage has come to nothing."""
        self._local.void(split.local)

    def reserve(
        self, hold: str, claims: Sequence[Claim], amounts: Sequence[int], seconds: float, version: int, now: float
    ) -> Split | Refused | Unavailable:
        """Let it pass if each claim's own mode does."""
        leased: list[int] = []
        owed: list[int] = []
        for at, claim in enumerate(claims):
            outage = claim.outage
            if claim.shadow or outage.mode == "local" or self._still_open(claim, now):
                owed.append(at)
            elif outage.mode == "leased_only" and self._leases is not None:
                leased.append(at)
            else:
                return Unavailable(at)
        split = Split(self, leased, owed)
        return self._hold(hold, split, claims, amounts, seconds, version)

    def _hold(
        self,
        hold: str,
        split: Split,
        claims: Sequence[Claim],
        amounts: Sequence[int],
        seconds: float,
        version: int,
    ) -> Split | Refused | Unavailable:
        standings: dict[int, Standing] = {}
        if split.owed:
            shares = [self._share(claims[at], version) for at in split.owed]
            reply = self._local.reserve(split.local, shares, [amounts[at] for at in split.owed], seconds, version)
            if not isinstance(reply, Granted):
                return _refusal(reply, split.owed[reply.position], claims)
            for at, standing in zip(split.owed, reply.standings, strict=True):
                standings[at] = self._dated(claims[at], standing)
        if split.leased and self._leases is not None:
            drawn = self._leases.draw(
                hold, [claims[at] for at in split.leased], [amounts[at] for at in split.leased], version
            )
            if isinstance(drawn, Unavailable):
                self._local.void(split.local)
                return Unavailable(split.leased[drawn.position])
            standings.update(zip(split.leased, drawn.standings, strict=True))
        split.granted = Granted(tuple([standings[at] for at in range(len(claims))]))
        return split

    def _still_open(self, claim: Claim, now: float) -> bool:
        return claim.outage.mode == "open" and now - self.began <= claim.outage.seconds

    def _share(self, claim: Claim, version: int) -> Claim:
        share = self._shares.get(claim)
        if share is None:
            share = self._shares[claim] = self._made(claim)
            if claim.outage.mode == "local" and not claim.shadow:
                self._begin_with(claim, share, version)
        return share

    def _dated(self, claim: Claim, standing: Standing) -> Standing:
        """By the window that it is charged in: an allowance has none, and the ledger goes by it."""
        return replace(standing, window=window_of(claim.window, self._wall()).id)

    def _made(self, claim: Claim) -> Claim:
        if claim.shadow:
            return claim
        if claim.outage.mode == "open":
            return replace(claim, limit=claim.outage.amount // self._workers, window=EVER)
        return replace(claim, limit=claim.limit // self._workers)

    def _begin_with(self, claim: Claim, share: Claim, version: int) -> None:
        """A share begins with as much used as is known to be of the whole, in proportion."""
        standing = self._known.get(claim.account)
        if standing is None or claim.unit is Unit.SLOTS or counts_until(claim.window, standing.window) <= self._wall():
            return
        used, seed = -(-standing.used // self._workers), token_hex(16)
        self._local.reserve(seed, [replace(share, shadow=True)], [used], _SECONDS, version)
        self._local.post(seed, [used])


def _refusal(reply: Refused | Unavailable, at: int, claims: Sequence[Claim]) -> Refused | Unavailable:
    """An allowance that is used up says nothing of the account itself."""
    if isinstance(reply, Unavailable) or claims[at].outage.mode == "open":
        return Unavailable(at)
    return Refused(at, reply.standing, reply.retry_after)
