"""What one request holds and is charged with: reserved before each attempt, settled once at its end (RELIABILITY H).

One rule covers first attempts, fail-overs and repeats: before an attempt every account must hold what has been spent on
it so far and what the attempt may cost at most. What is missing is reserved in one step, all or nothing; after a
failure that cost nothing that is nothing at all, as long as the next target is not dearer.
"""

from collections.abc import Awaitable, Sequence
from random import getrandbits

from policies.base import Attempt, Target
from policies.claims import Claim, Granted, Refused, Reply, Unavailable, Unit
from proxy.engine.plan import Plan
from proxy.engine.story import Held, Story
from proxy.money import micro
from proxy.money.bounds import Bound
from proxy.state.store import Store

GRACE = 30.0
"""Seconds that a hold outlives its request's deadline (H3): whoever has not settled by then is dead."""


def new_hold() -> str:
    """128 random bits in hex. No secret: whoever could send it to the store could write anything there."""
    return f"{getrandbits(128):032x}"


class Reservation:
    """One request's.

    Args:
        plan: what its policies claim.
        story: where holds are noted.
        store: where accounts are.
        version: of the configuration.
    """

    __slots__ = ("_asked", "_attempts", "_plan", "_store", "_story", "_version", "sent")

    def __init__(self, plan: Plan, story: Story, store: Store, version: int) -> None:
        self._plan, self._story, self._store, self._version = plan, story, store, version
        self._asked = False
        self._attempts: list[tuple[Target, int, int]] = []
        self.sent: list[Target] = []
        """Where attempts have been sent to."""

    def reserve(self, target: Target, bound: Bound | None, now: float) -> Reply | Awaitable[Reply] | None:
        """Hold what an attempt there needs beyond what is held.

        Args:
            target: where to.
            bound: what it takes at most; None where no claim depends on it.
            now: monotonic seconds.

        Returns:
            None if all of it is held already; else the store's answer, for :meth:`granted` or :meth:`refused`.
        """
        plan, story = self._plan, self._story
        tokens, cost = (bound.input + bound.output, bound.cost or 0) if bound is not None else (0, 0)
        if story.held or plan.placed:
            claims, amounts = self._missing(target, tokens, cost)
        else:
            claims, amounts = plan.claims, plan.amounts((1, 1, tokens, cost))
        if not claims:
            return None
        # The first one goes by the request's own id; another one never by an id that a store has heard before.
        hold, self._asked = new_hold() if self._asked else story.uid, True
        story.held.append(Held(hold, claims, amounts, ()))
        return self._store.reserve(hold, claims, amounts, story.call.deadline - now + GRACE, self._version)

    def granted(self, reply: Granted) -> None:
        """The store has said yes to the last hold."""
        self._story.held[-1].standings = reply.standings

    def refused(self, reply: Refused | Unavailable) -> Claim:
        """It has said no, or nothing: there is no such hold.

        Returns:
            The claim that there was no room for.
        """
        return self._story.held.pop().claims[reply.position]

    def unanswered(self) -> None:
        """Nobody is waiting for the answer any more: if there is a hold, it is given up."""
        self._store.void(self._story.held.pop().id)

    def charge(self, attempt: Attempt) -> None:
        """An attempt is over: what it took. That may be tokens and no money: some models are free."""
        usage = attempt.usage
        tokens = usage.input_tokens + usage.output_tokens if usage is not None else 0
        self._attempts.append((attempt.target, tokens, attempt.cost or 0))

    def settle(self) -> None:
        """The request is over: charge what it took, give back the rest. Sync, once."""
        if self._settle_one():
            return
        due = {claim.account: self.taken(claim) for held in self._story.held for claim in held.claims}
        for position, held in enumerate(self._story.held):
            if not self.sent:
                self._store.void(held.id)
                continue
            later = self._story.held[position + 1 :]
            held.posted = tuple(
                [_share(claim, amount, due, later) for claim, amount in zip(held.claims, held.amounts, strict=True)]
            )
            self._store.post(held.id, held.posted)

    def _settle_one(self) -> bool:
        """One hold and one attempt, which took what it took: a quarter of the time (measured)."""
        held, attempts = self._story.held, self._attempts
        if len(held) != 1 or len(attempts) != 1 or not self.sent or self._plan.placed:
            return False
        _, tokens, cost = attempts[0]
        held[0].posted = posted = self._plan.amounts((1, 0, tokens, micro(cost)))
        self._store.post(held[0].id, posted)
        return True

    def _missing(self, target: Target, tokens: int, cost: int) -> tuple[tuple[Claim, ...], tuple[int, ...]]:
        """What an attempt that may come to so much needs beyond what is held."""
        have: dict[str, int] = {}
        for held in self._story.held:
            for claim, amount in zip(held.claims, held.amounts, strict=True):
                have[claim.account] = have.get(claim.account, 0) + amount
        short: list[tuple[Claim, int]] = []
        for claim in self._plan.at(target):
            needed = 1
            if claim.unit is Unit.TOKENS or claim.unit is Unit.COST:
                needed = self.taken(claim) + (tokens if claim.unit is Unit.TOKENS else cost)
            if claim.account not in have or needed > have[claim.account]:
                short.append((claim, needed - have.get(claim.account, 0)))
        return tuple([claim for claim, _ in short]), tuple([amount for _, amount in short])

    def spare(self, claim: Claim) -> int:
        """What is held of a claim's account and no attempt has taken: the next one need not find room for it."""
        held = [zip(each.claims, each.amounts, strict=True) for each in self._story.held]
        mine = [amount for pairs in held for other, amount in pairs if other.account == claim.account]
        return max(sum(mine) - self.taken(claim), 0)

    def taken(self, claim: Claim) -> int:
        """What attempts have taken of a claim so far, in its unit."""
        unit, place = claim.unit, claim.place
        if unit is Unit.SLOTS:
            return 0
        if unit is Unit.REQUESTS:
            return int(any(place is None or place in (target.name, target.upstream) for target in self.sent))
        own = [each for each in self._attempts if place is None or place in (each[0].name, each[0].upstream)]
        return (
            sum([tokens for _, tokens, _ in own]) if unit is Unit.TOKENS else micro(sum([cost for _, _, cost in own]))
        )


def _share(claim: Claim, amount: int, due: dict[str, int], later: Sequence[Held]) -> int:
    """What one hold is charged of what is due on an account: no more than it holds, but for the last one."""
    left = due[claim.account]
    more = any(other.account == claim.account for held in later for other in held.claims)
    share = min(left, amount) if more else left
    due[claim.account] = left - share
    return share
