"""The one loop: admit, then route, attempt, observe until somebody answers or nobody is left; then settle.

A client that leaves, or a server that has to go, cancels the request's task once; here that becomes an outcome like any
other. Whatever happens, every request ends in ``after`` exactly once.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import structlog

from policies.base import Choice, Deny, Outcome, OutcomeKind, Route
from proxy.engine.accounting import Accounting
from proxy.engine.after import After
from proxy.engine.attempt import Try
from proxy.engine.keepalive import KeepAlive
from proxy.engine.ports import Client, ClientGone, Job, Mementos
from proxy.engine.spending import LOOK_AGAIN, Room, Shut, Spending
from proxy.engine.story import Round
from proxy.engine.turns import recalled
from proxy.engine.unmet import cannot
from proxy.models import too_much
from proxy.upstream.port import Upstream
from translators.base import ChatRequest
from translators.facts import Failure, FailureKind, Usage
from translators.parameters import fitted

_log = structlog.get_logger("switchgear")

_NOTHING: tuple[str, ...] = ()
_End = tuple[OutcomeKind, Failure | None, Deny | None]

CLIENT_CLOSED_REQUEST = 499
"""nginx's status for a client that left before its answer; for the record only, nobody gets it."""


class Engine:
    """Serves requests.

    Args:
        after: takes each finished request.
        clock: monotonic seconds.
        keep_alive: seconds of silence after which a streaming client gets a comment; half a minute is what the
            strictest load balancers in use allow.
        mementos: what providers want to see again in the next turn; None: nothing is kept.
        accounting: limits and books; None: nothing is limited, and nothing written down.
    """

    def __init__(
        self,
        after: After,
        clock: Callable[[], float],
        keep_alive: float = 15.0,
        mementos: Mementos | None = None,
        accounting: Accounting | None = None,
    ) -> None:
        self._after, self._clock = after, clock
        self._keep_alive, self._mementos = keep_alive, mementos
        self._accounting = accounting
        self._running: dict[Client, Job] = {}
        self._draining = False

    @property
    def in_flight(self) -> int:
        """Requests under way."""
        return len(self._running)

    def uses(self, upstream: Upstream) -> bool:
        """Whether any request under way might still go there."""
        return any(lane.upstream is upstream for job in self._running.values() for lane in job.lanes.values())

    async def serve(self, job: Job, client: Client) -> None:
        """Serve one request to its end. Never raises for anything that a client, a policy or an upstream does."""
        self._running[client] = job
        keep_alive = KeepAlive(client, job, self._clock, self._keep_alive) if job.ask.stream else None
        spending = Spending(self._accounting, job) if self._accounting is not None else None
        end: _End = (OutcomeKind.CANCELLED, None, None)
        try:
            end = await self._converse(job, client, spending)
        except ClientGone:
            end = self._left(job)
        except asyncio.CancelledError:
            if client.gone:
                end = self._left(job)
            elif self._draining:
                _forget_cancellation()
                refusal = _refusal("The server is shutting down.", "draining", retry_after=1.0)
                end = await self._fail(job, client, refusal)
            else:
                raise
        except Exception:  # noqa: BLE001 - a fault of ours (or of a third party's policy) is one request's, not the server's
            _log.exception("internal_error", request=job.call.id)
            end = await self._fail(job, client, _refusal("An internal error occurred.", "internal_error"))
        finally:
            if keep_alive is not None:
                keep_alive.stop()
            del self._running[client]
            if spending is not None:
                spending.settle()
            self._finish(job, *end)

    def plan(self, job: Job) -> tuple[Route, Choice]:
        """Route a request without sending it: where would its first attempt go? The choice is not committed to."""
        route = self._route(job, self._unfit(job), {})
        return route, route.choose()

    def break_off(self) -> None:
        """End what is under way, each with an error that says ``draining``. For the end of a shutdown's patience.

        A client whose answer is complete but for its delivery is left alone: nothing can be added to it.
        """
        self._draining = True
        for client in tuple(self._running):
            if not client.done:
                client.cancel()

    async def _converse(self, job: Job, client: Client, spending: Spending | None) -> _End:
        story = job.story
        denial = job.chain.admit(job.call, story.admission, spending.reserves if spending is not None else [])
        if denial is not None and not isinstance(denial, Deny):
            denial = await denial
        if denial is not None:
            return await self._deny(job, client, denial)
        if self._mementos is not None and isinstance(job.ask, ChatRequest) and not job.ask.plain:
            ask, story.restored = await recalled(job.ask, job.call.principal.tenant, self._mementos)
            job = replace(job, ask=ask)
            if spending is not None:
                spending.asks(job)
        return await self._attempts(job, client, spending)

    async def _attempts(self, job: Job, client: Client, spending: Spending | None) -> _End:
        """Route and try, until somebody answers or nobody is left."""
        story, unfit, shut = job.story, self._unfit(job), dict[str, Shut]()
        while True:
            route = self._route(job, unfit, shut)
            choice = route.choose()
            room: Room = None
            if spending is not None and choice.target is not None:
                there = spending.room(choice.target, route.now)
                room = there if there is None or not isinstance(there, Coroutine) else await _waited(there, choice)
            if isinstance(room, Shut):
                assert choice.target is not None
                if room is not LOOK_AGAIN:
                    shut[choice.target.name] = room
                continue
            if room is not None:
                return await self._deny(job, client, room)
            turn = Round(route.notes, choice.target.name if choice.target else None)
            story.rounds.append(turn)
            if choice.target is None:
                return await self._fail(job, client, self._last_word(job, unfit, shut, choice.back_at))
            if choice.taken:
                choice.commit()
            response = await Try(job, choice, turn, client, self._clock, self._mementos, spending).run()
            attempt = turn.attempt
            assert attempt is not None
            if attempt.failure is None:
                if response is not None:
                    await client.answer(story, response)
                return OutcomeKind.OK, None, None
            if job.ask.stream and attempt.first_byte is not None:
                return OutcomeKind.BROKEN, attempt.failure, None

    async def _deny(self, job: Job, client: Client, denial: Deny) -> _End:
        """Say no. After a failed attempt that failure stands: there was no room for another one."""
        attempts = job.story.attempts
        if attempts:
            assert attempts[-1].failure is not None
            return await self._fail(job, client, attempts[-1].failure)
        await client.refuse(job.story, _as_failure(denial))
        return OutcomeKind.DENIED, None, denial

    def _unfit(self, job: Job) -> dict[str, tuple[str, ...]]:
        """By target: the binding parameters of this request that it cannot honour."""
        unfit: dict[str, tuple[str, ...]] = {}
        for target in job.call.targets:
            ask, refused = job.ask, _NOTHING
            if ask.uses and target.parameters:
                less = fitted(ask, target.parameters)
                ask, refused = less.ask, less.refused
            lost = refused + job.lanes[target.upstream].translator.unsupported(ask, target)
            if target.output_limit is not None:
                lost += too_much(ask.body, target.output_limit)
            if lost:
                unfit[target.name] = lost
        return unfit

    def _route(self, job: Job, unfit: dict[str, tuple[str, ...]], shut: dict[str, Shut]) -> Route:
        now = self._clock()
        route = Route(job.call, job.story.attempts if job.story.rounds else (), now)
        for target in job.call.targets:
            if unfit and target.name in unfit:
                route.drop(target, f"cannot honour {', '.join(unfit[target.name])}")
            if shut and target.name in shut:
                full = shut[target.name]
                route.drop(target, full.why, None if full.back_in is None else now + full.back_in)
            keys = job.lanes[target.upstream].keys
            if keys is not None and not keys.untroubled and not keys.in_service(now):
                route.drop(target, "every key of the upstream is quarantined", keys.back_at(now))
        job.chain.route(job.call, route)
        return route

    def _last_word(
        self, job: Job, unfit: dict[str, tuple[str, ...]], shut: dict[str, Shut], back_at: float | None
    ) -> Failure:
        """What the client is told when there is nowhere (more) to go."""
        attempts = job.story.attempts
        if attempts:
            failure = attempts[-1].failure
            assert failure is not None
            return failure
        if unfit and len(unfit) == len(job.call.targets):
            return cannot(unfit)
        fit = [target for target in job.call.targets if target.name not in unfit]
        denials = [shut[target.name].denial for target in fit if target.name in shut]
        if denials and len(denials) == len(fit) and denials[0] is not None and None not in denials:
            return _as_failure(denials[0])
        if not shut and all(
            (keys := job.lanes[target.upstream].keys) and not keys.in_service(self._clock()) for target in fit
        ):
            return Failure(FailureKind.AUTH, "Every key of the upstream is quarantined.")  # no waiting cures that (K9)
        retry_after = max(back_at - self._clock(), 0.0) if back_at is not None else None
        why = "; ".join(dict.fromkeys(each.why for each in shut.values()))
        message = f"No target of the model '{job.call.model[:64]}' is available at the moment{why and f': {why}'}."
        return Failure(
            FailureKind.OVERLOADED, message, retry_after=retry_after, code="no_target_available", param="model"
        )

    async def _fail(self, job: Job, client: Client, failure: Failure) -> _End:
        began = client.opened and any(attempt.first_byte is not None for attempt in job.story.attempts)
        try:
            if not client.opened:
                await client.refuse(job.story, failure)
            elif not client.done:
                await client.send(job.encoder.fail(client.error(failure)), last=True)
        except ClientGone:
            return self._left(job)
        return (OutcomeKind.BROKEN if began else OutcomeKind.FAILED), failure, None

    def _left(self, job: Job) -> _End:
        _forget_cancellation()
        if not job.story.status:
            job.story.status = CLIENT_CLOSED_REQUEST
        return OutcomeKind.CANCELLED, Failure(FailureKind.CANCELLED, "The client closed the connection."), None

    def _finish(self, job: Job, kind: OutcomeKind, failure: Failure | None, denial: Deny | None) -> None:
        attempts = job.story.attempts
        usage: Usage | None = attempts[-1].usage if attempts else None
        job.story.outcome = Outcome(kind, attempts, self._clock(), usage, failure, denial)
        self._after.submit(job.chain, job.story)


async def _waited(there: Coroutine[Any, Any, Room], choice: Choice) -> Room:
    """Whether there is room, once that is known. What the choice rested on may be another one's by then: a probe of a
    breaker, say. It is held, so the next look at it takes no time."""
    room = await there
    return LOOK_AGAIN if room is None and choice.taken else room


def _forget_cancellation() -> None:
    """This task's cancellations have become an outcome; a client may leave at the moment the server breaks off."""
    task = asyncio.current_task()
    while task is not None and task.cancelling():
        task.uncancel()


def _as_failure(denial: Deny) -> Failure:
    return Failure(denial.kind, denial.message, None, denial.retry_after, code=denial.code, param=denial.param)


def _refusal(message: str, code: str, retry_after: float | None = None) -> Failure:
    return Failure(FailureKind.OVERLOADED, message, retry_after=retry_after, code=code)
