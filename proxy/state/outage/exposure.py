"""How much an outage of the shared store can cost beyond the limit at worst: for ``switchgear check``."""

from collections.abc import Callable, Iterable

from policies.claims import Claim, Unit
from translators.value import value

Written = Callable[[Unit, int], str]
"""An amount in words."""


@value
class Exposure:
    """What an account may be overdrawn by in one outage."""

    claim: Claim
    amount: int | None
    """In the claim's unit, over all workers; None: without bound, for the claim is shadow and refuses nothing."""
    words: str
    """Why, for people."""


def worst_case(claims: Iterable[Claim], workers: int, ttl: float, written: Written) -> list[Exposure]:
    """The most that each account can exceed its limit by, in one outage.

    Args:
        claims: as policies make them.
        workers: who share the store.
        ttl: seconds that a lease lasts.
        written: how amounts are written.
    """
    return [_exposure(claim, workers, ttl, written) for claim in claims]


def _exposure(claim: Claim, workers: int, ttl: float, written: Written) -> Exposure:
    outage = claim.outage
    if claim.shadow:
        return Exposure(claim, None, "it only counts, and never refuses")
    if outage.mode == "closed":
        return Exposure(claim, 0, "nothing passes")
    if outage.mode == "leased_only":
        return Exposure(claim, 0, _leased(claim, ttl))
    if outage.mode == "open":
        share = outage.amount // workers
        words = f"{written(claim.unit, share)} for each of {workers} workers, for {outage.seconds:g}s at most"
        return Exposure(claim, share * workers, words)
    return Exposure(claim, _local(claim, workers), _words(claim, workers, written))


def _leased(claim: Claim, ttl: float) -> str:
    ends = f" or {ttl:g}s are over" if claim.unit is Unit.SLOTS else ""
    return f"what is leased is used up{ends}, then nothing passes; all of it was held before"


def _local(claim: Claim, workers: int) -> int:
    """A worker begins with its share of what it knows to be used; of what it does not know, nothing is deducted. Slots
    that one worker has taken before do not lower the others' shares."""
    share = claim.limit // workers
    return share * (workers - 1 if claim.unit is Unit.SLOTS else workers)


def _words(claim: Claim, workers: int, written: Written) -> str:
    share = claim.limit // workers
    if not share:
        return f"the limit is less than one for each of {workers} workers: nothing passes"
    each = f"{written(claim.unit, share)} for each of {workers} workers"
    if claim.unit is Unit.SLOTS:
        return f"{each}, if one of them had taken all before"
    return f"{each} and window, if all was used before and none of them knew"
