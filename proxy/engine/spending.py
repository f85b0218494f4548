"""One request's way through the limits: is there room for the next attempt, on which terms, what did it cost.

The path that nearly all requests take is synchronous and short: the bound, one call of the store, a grant. All else is
:meth:`Spending._make_room`: a store that has to be asked, a queue, a second look at how large the request really is.
"""

from collections.abc import Awaitable, Coroutine
from dataclasses import replace
from functools import lru_cache
from typing import Any

from policies.base import Attempt, Deny, Note, Target, Verdict
from policies.claims import EVER, Claim, Granted, Refused, Reply, Reserve, Unavailable, Unit
from proxy.engine import refusal
from proxy.engine.accounting import Accounting
from proxy.engine.plan import Plan
from proxy.engine.ports import Job
from proxy.engine.reservation import Reservation
from proxy.engine.stream_limit import StreamLimit
from proxy.money.bounds import Bound, afford, bound_of, cost_of, limited
from translators.base import EmbeddingsRequest
from translators.facts import Usage
from translators.value import value

LEAST_OUTPUT = 16
"""Tokens; an answer that would be cut shorter than that is none."""
TRIES = 8
"""Times that a request is made smaller: what is left moves while others come and go."""


@value
class Shut:
    """A target that this request cannot have: the next one is asked."""

    why: str
    back_in: float | None = None
    """Seconds until there may be room again."""
    denial: Deny | None = None
    """What the client is told if no other target is left; None: that none is available."""


LOOK_AGAIN = Shut("it took a moment to find out")
"""There was room, but routes may have changed meanwhile."""


@lru_cache(maxsize=1024)
def allowance(most: int) -> Reserve:
    """What a client itself allows a request to cost, in micro-dollars."""
    claim = Claim("", Unit.COST, most, EVER, "max_cost", "this request", per_request=True)
    return Reserve((claim,))


Room = Deny | Shut | None
"""None: there is room, and it is held."""


class Spending:
    """One request's.

    Args:
        accounting: the worker's.
        job: the request.
    """

    __slots__ = ("_accounting", "_counted", "_job", "_plan", "_reservation", "ask", "bound", "reserves")

    def __init__(self, accounting: Accounting, job: Job) -> None:
        self._accounting, self._job = accounting, job
        self._plan: Plan | None = None
        self._reservation: Reservation | None = None
        self._counted = False
        self.reserves: list[Reserve] = [] if job.max_cost is None else [allowance(job.max_cost)]
        """What the policies say; complete before the first :meth:`room`."""
        self.ask = job.ask
        """The request as the attempt should send it: with the limit of output that is held for, if it has none."""
        self.bound: Bound | None = None
        """What the attempt may take at most; None where no policy wants to know."""

    def asks(self, job: Job) -> None:
        """The request is another one now: with what its provider wants to see again."""
        self._job, self.ask = job, job.ask

    def room(self, target: Target, now: float) -> Room | Coroutine[Any, Any, Room]:
        """Whether there is room for an attempt; if so, it is held.

        Args:
            target: where to.
            now: monotonic seconds.
        """
        accounting = self._accounting
        if accounting.books is not None and accounting.books.full and accounting.refuse_when_full:
            return refusal.ledger_full()
        if not self.reserves:
            return None
        plan = self._plan
        if plan is None:
            plan = self._plan = accounting.plans.of(self.reserves)
            self._reservation = Reservation(plan, self._job.story, accounting.store, self._job.serial)
        self.ask, self.bound = self._job.ask, None
        if plan.bounded:
            self._measure(bound_of(self._job.ask, target, plan.terms))
            if plan.priced and self.bound is not None and self.bound.cost is None:
                return Shut("its price is unknown", denial=refusal.unpriced(target.model))
            if plan.most:
                dear = self._too_dear(target)
                if dear is not None:
                    return dear
        if plan.queues and self._others_wait(plan):
            return self._make_room(target, now, None)
        reply = self._reserve(target, now)
        if reply is None:
            return None
        if type(reply) is Granted:
            self._granted(reply)
            return None
        return self._make_room(target, now, reply)

    def dispatched(self, target: Target) -> None:
        """The attempt is about to be sent: from now on it may cost."""
        books, held = self._accounting.books, self._job.story.held
        if self._reservation is not None:
            self._reservation.sent.append(target)
        if books is not None:
            bound = self.bound
            books.dispatch(self._job.story, target.name, held[-1] if held else None, bound.cost if bound else None)

    @property
    def stream_limit(self) -> StreamLimit | None:
        """What its stream may come to."""
        if self.bound is None or self._plan is None:
            return None
        return StreamLimit(self.bound.output, finish=self._plan.terms.finish)

    def cost(self, target: Target, usage: Usage | None) -> int | None:
        """Pico-dollars of so many tokens there; None where nobody knows."""
        return None if usage is None else cost_of(self.ask, target, usage)

    def worst(self, target: Target) -> Usage:
        """The tokens of an attempt that nobody can count any more: its bound (never refund on ignorance)."""
        bound = self.bound or bound_of(self._job.ask, target)
        return Usage(bound.input, bound.output, source="held")

    def doubt(self, target: Target, usage: Usage) -> None:
        """A provider's count cannot be: it counts all the same, and somebody is told."""
        self._accounting.implausible(self._job.call.id, target.name, usage.input_tokens, usage.output_tokens)

    def over(self, attempt: Attempt) -> None:
        """An attempt is over, with its cost."""
        if self._reservation is not None:
            self._reservation.charge(attempt)
        usage, tokenizer = attempt.usage, self._accounting.tokenizer
        if self._counted and tokenizer is not None and usage is not None and usage.source == "provider":
            tokenizer.learn(self._job.ask, attempt.target, usage.input_tokens)

    def settle(self) -> None:
        """The request is over. Sync, once."""
        if self._reservation is None:
            return
        self._reservation.settle()
        line = self._accounting.line
        if line is not None and self._plan is not None:
            for claim in self._plan.queues:
                line.released(claim.account)

    def _measure(self, bound: Bound) -> None:
        self.bound = bound
        self.ask = self._job.ask if bound.limit is None else limited(self._job.ask, bound.limit)

    def _reserve(self, target: Target, now: float) -> Reply | Awaitable[Reply] | None:
        assert self._reservation is not None
        books, story = self._accounting.books, self._job.story
        reply = self._reservation.reserve(target, self.bound, now)
        if type(reply) is not Granted and reply is not None and books is not None and self._accounting.store.shared:
            books.intend(story, story.held[-1])  # what is drawn from a lease the store will never hear of by itself
        return reply

    def _granted(self, granted: Granted) -> None:
        assert self._reservation is not None
        assert self._plan is not None
        self._reservation.granted(granted)
        if self._plan.watched:
            for claim, standing in zip(self._job.story.held[-1].claims, granted.standings, strict=True):
                if claim.shadow and standing.used + standing.held > standing.limit:
                    self._accounting.exceeded(claim, standing)

    async def _make_room(self, target: Target, now: float, first: Reply | Awaitable[Reply] | None) -> Room:
        """All that is not an immediate yes.

        Args:
            target: where to.
            now: monotonic seconds.
            first: the store's answer; None: it was not asked, for others are in line.
        """
        assert self._plan is not None
        counted, lowered, reply = False, 0, None
        if first is not None:
            reply = await self._answer(first)
        else:
            for claim in self._plan.queues:
                await self._slot(claim)  # if there is no room in line the store says what is to be said
            reply = await self._answer(self._reserve(target, now))
        while reply is not None:
            assert self._reservation is not None
            claim = self._reservation.refused(reply)
            if isinstance(reply, Unavailable):
                return self._denied(claim, refusal.store_down(claim))
            self._accounting.exceeded(claim, reply.standing)
            if claim.place is not None:
                again = refusal.SLOT_WAIT if claim.unit is Unit.SLOTS else reply.retry_after
                return Shut(f"{claim.policy} of {claim.subject} is used up", again)
            if claim.unit is Unit.SLOTS:
                fits = await self._slot(claim)
            else:
                fits = not counted and await self._count(target)
                counted = True
                if not fits and lowered < TRIES:
                    fits, lowered = self._lower(claim, reply, target), lowered + 1
            if not fits:
                return self._refuse(claim, reply, target)
            reply = await self._answer(self._reserve(target, now))
        return None

    def _others_wait(self, plan: Plan) -> bool:
        """Whether somebody is in line for what this request needs: whoever comes later waits as well."""
        line = self._accounting.line
        return line is not None and not self._job.story.held and any(line.waiting(each.account) for each in plan.queues)

    async def _answer(self, reply: Reply | Awaitable[Reply] | None) -> Refused | Unavailable | None:
        """The store's answer, if it is not a yes."""
        if reply is None:
            return None
        if not isinstance(reply, Granted | Refused | Unavailable):
            try:
                reply = await reply
            except BaseException:  # the client has left, or a fault of the store's: there may be a hold or not
                assert self._reservation is not None
                self._reservation.unanswered()
                raise
        if isinstance(reply, Granted):
            self._granted(reply)
            return None
        return reply

    async def _slot(self, claim: Claim) -> bool:
        """Wait for a slot, where that is allowed."""
        call, line = self._job.call, self._accounting.line
        if claim.queue is None or line is None:
            return False
        return await line.wait(claim, call.principal.tenant, call.principal.priority, call.deadline)

    async def _count(self, target: Target) -> bool:
        """Look closer at the size of a request that does not fit by its bytes; whether that made it smaller."""
        plan, tokenizer, bound = self._plan, self._accounting.tokenizer, self.bound
        if plan is None or bound is None or tokenizer is None or plan.terms.bound != "tight":
            return False
        self._counted, tokens = True, await tokenizer.count(self._job.ask, target)
        if tokens >= bound.input:
            return False
        self._measure(bound_of(self._job.ask, target, plan.terms, counted=tokens))
        return True

    def _lower(self, claim: Claim, refused: Refused, target: Target) -> bool:
        """Ask for less output, where the client has set no limit, or the policy says so; whether that may fit."""
        bound, plan = self.bound, self._plan
        if bound is None or plan is None or claim.unit not in (Unit.TOKENS, Unit.COST):
            return False
        if not bound.free and not plan.terms.clamp:
            return False
        assert self._reservation is not None
        limit = afford(target, bound, claim.unit, refused.standing.left + self._reservation.spare(claim))
        if limit is None or limit < LEAST_OUTPUT or bound.output <= limit * bound.choices:
            return False
        self._measure(bound_of(self._job.ask, target, plan.terms, counted=bound.input, output=limit))
        return True

    def _too_dear(self, target: Target) -> Deny | None:
        """Whether the request alone, with what its attempts have cost so far, costs more than one may, and cannot be
        made smaller."""
        assert self._plan is not None
        assert self._reservation is not None
        for claim in self._plan.most:
            assert self.bound is not None
            spent = self._reservation.taken(claim)
            cost = spent + (self.bound.cost or 0)
            if cost > claim.limit and not claim.shadow:
                limit = afford(target, self.bound, Unit.COST, claim.limit - spent)
                may_lower = self.bound.free or self._plan.terms.clamp
                if limit is None or limit < LEAST_OUTPUT or not may_lower:
                    return self._denied(claim, refusal.too_dear(claim, cost, limit))
                self._measure(bound_of(self._job.ask, target, self._plan.terms, counted=self.bound.input, output=limit))
        return None

    def _refuse(self, claim: Claim, refused: Refused, target: Target) -> Deny:
        bound, affordable = self.bound, None
        if bound is not None and claim.unit in (Unit.TOKENS, Unit.COST):
            affordable = afford(target, bound, claim.unit, refused.standing.limit)
        self._job.story.refused = claim, refused
        return self._denied(claim, refusal.no_room(claim, refused, _amount(claim, bound), affordable))

    def _denied(self, claim: Claim, denial: Deny) -> Deny:
        self._job.story.admission.append(Note(claim.policy, Verdict.DENY, why=denial.message))
        if denial.param == "max_tokens" and isinstance(self.ask, EmbeddingsRequest):
            return replace(denial, param="input")
        return denial


def _amount(claim: Claim, bound: Bound | None) -> int:
    if bound is None or claim.unit not in (Unit.TOKENS, Unit.COST):
        return 1
    return bound.input + bound.output if claim.unit is Unit.TOKENS else bound.cost or 0
