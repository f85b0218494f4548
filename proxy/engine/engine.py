"""The one loop: admit, then route, attempt, observe until somebody answers or nobody is left; then settle.

A client that leaves, or a server that has to go, cancels the request's task once; here that becomes an outcome like any
other. Whatever happens, every request ends in ``after`` exactly once.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from policies.base import Choice, Deny, Outcome, OutcomeKind, Route
from proxy.engine.after import After
from proxy.engine.attempt import Try
from proxy.engine.keepalive import KeepAlive
from proxy.engine.ports import Client, ClientGone, Job, Mementos
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
    """

    def __init__(
        self, after: After, clock: Callable[[], float], keep_alive: float = 15.0, mementos: Mementos | None = None
    ) -> None:
        self._after, self._clock = after, clock
        self._keep_alive, self._mementos = keep_alive, mementos
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
        end: _End = (OutcomeKind.CANCELLED, None, None)
        try:
            end = await self._converse(job, client)
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
            self._finish(job, *end)

    def plan(self, job: Job) -> tuple[Route, Choice]:
        """Route a request without sending it: where would its first attempt go? The choice is not committed to."""
        route = self._route(job, self._unfit(job))
        return route, route.choose()

    def break_off(self) -> None:
        """End what is under way, each with an error that says ``draining``. For the end of a shutdown's patience.

        A client whose answer is complete but for its delivery is left alone: nothing can be added to it.
        """
        self._draining = True
        for client in tuple(self._running):
            if not client.done:
                client.cancel()

    async def _converse(self, job: Job, client: Client) -> _End:
        denial = job.chain.admit(job.call, job.story.admission)
        if denial is not None and not isinstance(denial, Deny):
            denial = await denial
        if denial is not None:
            await client.refuse(job.story, _as_failure(denial))
            return OutcomeKind.DENIED, None, denial
        if self._mementos is not None and isinstance(job.ask, ChatRequest) and not job.ask.plain:
            ask, job.story.restored = await recalled(job.ask, job.call.principal.tenant, self._mementos)
            job = replace(job, ask=ask)
        unfit = self._unfit(job)
        while True:
            route = self._route(job, unfit)
            choice = route.choose()
            turn = Round(route.notes, choice.target.name if choice.target else None)
            job.story.rounds.append(turn)
            if choice.target is None:
                return await self._fail(job, client, self._last_word(job, unfit, choice.back_at))
            if choice.taken:
                choice.commit()
            response = await Try(job, choice, turn, client, self._clock, self._mementos).run()
            attempt = turn.attempt
            assert attempt is not None
            if attempt.failure is None:
                if response is not None:
                    await client.answer(job.story, response)
                return OutcomeKind.OK, None, None
            if job.ask.stream and attempt.first_byte is not None:
                return OutcomeKind.BROKEN, attempt.failure, None

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

    def _route(self, job: Job, unfit: dict[str, tuple[str, ...]]) -> Route:
        now = self._clock()
        route = Route(job.call, job.story.attempts if job.story.rounds else (), now)
        for target in job.call.targets:
            if unfit and target.name in unfit:
                route.drop(target, f"cannot honour {', '.join(unfit[target.name])}")
            keys = job.lanes[target.upstream].keys
            if keys is not None and not keys.untroubled and not keys.in_service(now):
                route.drop(target, "every key of the upstream is quarantined", keys.back_at(now))
        job.chain.route(job.call, route)
        return route

    def _last_word(self, job: Job, unfit: dict[str, tuple[str, ...]], back_at: float | None) -> Failure:
        """What the client is told when there is nowhere (more) to go."""
        attempts = job.story.attempts
        if attempts:
            failure = attempts[-1].failure
            assert failure is not None
            return failure
        if unfit and len(unfit) == len(job.call.targets):
            return cannot(unfit)
        fit = [target for target in job.call.targets if target.name not in unfit]
        if all((keys := job.lanes[target.upstream].keys) and not keys.in_service(self._clock()) for target in fit):
            return Failure(FailureKind.AUTH, "Every key of the upstream is quarantined.")  # no waiting cures that (K9)
        retry_after = max(back_at - self._clock(), 0.0) if back_at is not None else None
        message = f"No target of the model '{job.call.model[:64]}' is available at the moment."
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


def _forget_cancellation() -> None:
    """This task's cancellations have become an outcome; a client may leave at the moment the server breaks off."""
    task = asyncio.current_task()
    while task is not None and task.cancelling():
        task.uncancel()


def _as_failure(denial: Deny) -> Failure:
    return Failure(denial.kind, denial.message, None, denial.retry_after, code=denial.code, param=denial.param)


def _refusal(message: str, code: str, retry_after: float | None = None) -> Failure:
    return Failure(FailureKind.OVERLOADED, message, retry_after=retry_after, code=code)
