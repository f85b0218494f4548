"""What a call's policies claim together, made ready once: every call of the same subjects claims the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from policies.base import Target
from policies.claims import Claim, Reserve, Terms, Unit

PLANS = 4096
"""Plans that are kept. Clients choose users and sessions, so there is no end of them."""
_PLACES = {Unit.REQUESTS: 0, Unit.SLOTS: 1, Unit.TOKENS: 2, Unit.COST: 3}
Taken = tuple[int, int, int, int]
"""Requests, slots, tokens and micro-dollars."""

MOST_CLAIMS = 16
"""Accounts of one request (RELIABILITY H3). More of them would make one script run for too long."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The claims of one call."""

    claims: tuple[Claim, ...]
    """Of every attempt, each account once."""
    placed: tuple[Claim, ...]
    """Of attempts at single targets or upstreams alone."""
    most: tuple[Claim, ...]
    """Those that bound one request: ``max_cost``."""
    terms: Terms
    """The strictest of all."""
    bounded: bool
    """Some claim depends on the size of the request: it is in tokens or in money."""
    priced: bool
    """Some claim is in money, so a target without a price cannot be asked."""
    queues: tuple[Claim, ...]
    """Slots that may be waited for."""
    watched: bool
    """Some claim only watches."""
    amounts: Callable[[Taken], tuple[int, ...]]
    """One for each of ``claims``, by its unit."""

    def at(self, target: Target) -> tuple[Claim, ...]:
        """The claims of an attempt there."""
        if not self.placed:
            return self.claims
        own = [claim for claim in self.placed if claim.place in (target.name, target.upstream)]
        return (*self.claims, *own)


class Plans:
    """Makes plans, and remembers them by what the policies said: the very objects, which they keep for each subject."""

    def __init__(self) -> None:
        self._known: dict[tuple[Reserve, ...], Plan] = {}

    def of(self, reserves: Sequence[Reserve]) -> Plan:
        """The plan of one call.

        Args:
            reserves: what its policies said, in the chain's order.
        """
        said = tuple(reserves)
        plan = self._known.get(said)
        if plan is None:
            if len(self._known) >= PLANS:
                self._known.clear()
            plan = self._known[said] = plan_of(said)
        return plan


def plan_of(reserves: Sequence[Reserve]) -> Plan:
    """All claims together: of several on one account the lowest limit holds, and one that acts goes before a shadow."""
    accounts: dict[str, Claim] = {}
    most: list[Claim] = []
    for claim in [claim for reserve in reserves for claim in reserve.claims]:
        if claim.per_request:
            most.append(claim)
        else:
            before = accounts.get(claim.account)
            if before is None or (claim.shadow, claim.limit) < (before.shadow, before.limit):
                accounts[claim.account] = claim
    every = [*accounts.values()]
    units = {claim.unit for claim in (*every, *most)}
    claims = tuple([claim for claim in every if claim.place is None])
    return Plan(
        claims=claims,
        placed=tuple([claim for claim in every if claim.place is not None]),
        most=tuple(most),
        terms=_strictest([claim.terms for claim in (*every, *most) if claim.unit in (Unit.TOKENS, Unit.COST)]),
        bounded=not units.isdisjoint({Unit.TOKENS, Unit.COST}),
        priced=any(claim.unit is Unit.COST and not claim.shadow for claim in (*every, *most)),
        queues=tuple([claim for claim in every if claim.queue is not None and not claim.shadow]),
        watched=any(claim.shadow for claim in every),
        amounts=_amounts(claims),
    )


def _amounts(claims: Sequence[Claim]) -> Callable[[Taken], tuple[int, ...]]:
    places = [_PLACES[claim.unit] for claim in claims]
    if len(places) > 1:
        return itemgetter(*places)
    return lambda taken: tuple([taken[place] for place in places])


def _strictest(several: Sequence[Terms]) -> Terms:
    if not several:
        return Terms()
    outputs = [terms.output for terms in several if terms.output is not None]
    return replace(
        several[0],
        bound="sound" if any(terms.bound == "sound" for terms in several) else "tight",
        output=min(outputs) if outputs else None,
        clamp=any(terms.clamp for terms in several),
        finish=all(terms.finish for terms in several),
    )
