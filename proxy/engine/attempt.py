"""One try at one target: translate, send, read. Never raises for what an upstream does: that is a Failure."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace

import structlog

from policies.base import UNAUTHORIZED, Attempt, Choice
from proxy.engine.ports import Client, ClientGone, Job, Lane, Mementos
from proxy.engine.relay import Relay
from proxy.engine.spending import Spending
from proxy.engine.story import Round
from proxy.upstream.port import Credential, Exchange, TransportFault
from translators import estimate
from translators.base import Memento, Request, Response, WireResponse
from translators.facts import Failure, FailureKind, Usage
from translators.parameters import fitted

_log = structlog.get_logger("switchgear")

BODY_LIMIT = 64 * 1024 * 1024
"""A whole answer; embeddings batches and base64 images are the large ones."""
ERROR_LIMIT = 64 * 1024
"""An error body; one provider's was 114 MB once (RELIABILITY B31)."""
MUCH = 10_000
"""Tokens; a count that is no more is not wondered at."""
DRAIN_SECONDS = 1.0
"""How long the end of a finished stream is waited for, so that its connection can serve again."""


class Try:
    """An attempt under way. Its traces (in flight, key quarantine, the round's attempt) are left behind in any case."""

    __slots__ = (
        "_ask",
        "_choice",
        "_client",
        "_clock",
        "_credential",
        "_dropped",
        "_failure",
        "_first_byte",
        "_job",
        "_lane",
        "_mementos",
        "_response",
        "_seen",
        "_sent",
        "_spending",
        "_target",
        "_turn",
        "_usage",
    )

    def __init__(
        self,
        job: Job,
        choice: Choice,
        turn: Round,
        client: Client,
        clock: Callable[[], float],
        mementos: Mementos | None = None,
        spending: Spending | None = None,
    ) -> None:
        assert choice.target is not None, "there is somewhere to go"
        self._job, self._choice, self._turn, self._client = job, choice, turn, client
        self._target, self._clock, self._mementos = choice.target, clock, mementos
        self._lane: Lane = job.lanes[choice.target.upstream]
        self._spending, self._sent = spending, False
        self._ask: Request = job.ask if spending is None else spending.ask
        self._dropped: tuple[str, ...] = ()
        if self._ask.uses and choice.target.parameters:
            less = fitted(self._ask, choice.target.parameters)
            self._ask, self._dropped = less.ask, less.dropped
        self._credential: Credential | None = None
        self._failure: Failure | None = None
        self._usage: Usage | None = None
        self._response: Response | None = None
        self._first_byte: float | None = None
        self._seen = 0.0

    async def run(self) -> Response | None:
        """Make the attempt and note it in the round.

        The back-off before it belongs to the attempt: what took a probe for it gets it back even if the client leaves
        while it waits.

        Returns:
            The whole answer, if it is one and not a stream or a failure.
        """
        started, waited = self._clock(), self._choice.wait
        self._target.live.in_flight += 1
        try:
            if waited > 0:
                await asyncio.sleep(waited)
                self._job.story.upstream_seconds += waited
                started = self._clock()
            self._credential = self._key(started)
            exchange = await self._send(started)
            try:
                await self._read(exchange)
            finally:
                exchange.close()
        except TransportFault as fault:
            self._failure = fault.failure
        except (ClientGone, asyncio.CancelledError):
            self._failure = Failure(FailureKind.CANCELLED, "The request was given up.")
            raise
        except Exception:  # ours: it says nothing of the target
            self._failure = Failure(FailureKind.CANCELLED, "An internal error occurred.")
            raise
        finally:
            self._target.live.in_flight -= 1
            ended = self._clock()
            self._judge(started, ended)
            self._note(started, ended, waited)
        return self._response

    def _key(self, now: float) -> Credential | None:
        if self._lane.keys is None:
            return None
        credential = self._lane.keys.pick(now)
        if credential is None:  # the last one was quarantined during the back-off
            raise TransportFault(Failure(FailureKind.AUTH, "Every key of the upstream is quarantined."))
        return credential

    async def _send(self, since: float) -> Exchange:
        job, target, lane = self._job, self._target, self._lane
        wire = lane.translator.request(self._ask, target)
        job.story.dropped = self._dropped + wire.dropped
        self._sent = True
        if self._spending is not None:
            self._spending.dispatched(target)
        try:
            return await lane.upstream.send(wire, target.timeouts, self._credential, job.call.deadline - since)
        except TimeoutError:
            raise TransportFault(_too_late()) from None
        finally:
            self._spend(since)

    async def _read(self, exchange: Exchange) -> None:
        if not 200 <= exchange.status < 300:
            body = await self._error_text(exchange)
            failure = self._lane.translator.failure(WireResponse(exchange.status, exchange.headers, body))
            self._failure = self._concealed(failure)
        elif self._job.ask.stream:
            await self._stream(exchange)
        else:
            body = await self._whole(exchange)
            wire = WireResponse(exchange.status, exchange.headers, body)
            answer = self._lane.translator.response(self._ask, wire, self._target)
            if isinstance(answer, Failure):
                self._failure = self._concealed(answer)
            else:
                self._response, self._usage = answer, answer.usage
                if answer.usage is None or not answer.usage.input_tokens or not answer.usage.output_tokens:
                    self._usage = estimate.of_answer(self._ask, answer)
                if answer.memento is not None:
                    await self._keep(answer.memento)

    async def _stream(self, exchange: Exchange) -> None:
        decoder = self._lane.translator.decoder(self._ask, self._target)
        ways = self._client, self._clock, self._concealed, self._keep
        relay = Relay(self._job, self._choice, exchange, *ways, self._spending)
        try:
            self._failure = await relay.run(decoder)
        finally:
            self._first_byte, self._usage = relay.first_byte, estimate.of_stream(self._ask, decoder)
        self._job.story.stopped = relay.stopped
        if self._failure is None and not relay.stopped:
            await _drain(exchange, self._clock)

    async def _keep(self, memento: Memento) -> None:
        """Before the client has its answer: it may ask again at once."""
        if self._mementos is not None:
            await self._mementos.keep(self._job.call.principal.tenant, memento)

    async def _whole(self, exchange: Exchange) -> bytes:
        """The body, its first byte within ``first_token`` and each further one within ``gap``."""
        pieces: list[bytes] = []
        try:
            await self._collect(exchange, pieces, BODY_LIMIT, self._target.timeouts.first_token)
        except TransportFault as fault:
            raise TransportFault(_cut_short(fault.failure)) from fault
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        if len(body) > BODY_LIMIT:
            message = f"The upstream's answer is longer than {BODY_LIMIT} bytes."
            raise TransportFault(Failure(FailureKind.GARBLED, message, reached_model=True))
        self._first_byte = self._seen
        return body

    async def _error_text(self, exchange: Exchange) -> bytes:
        """What comes of an error's text, cut at the limit (B31). The status counts, whether any comes or not."""
        pieces: list[bytes] = []
        with contextlib.suppress(TransportFault):
            await self._collect(exchange, pieces, ERROR_LIMIT, self._target.timeouts.gap)
        return b"".join(pieces)[:ERROR_LIMIT]

    async def _collect(self, exchange: Exchange, pieces: list[bytes], limit: int, allowed: float) -> None:
        """Read to the end, or to more than a limit; ``allowed``: seconds to the first piece."""
        began, deadline, size = self._seen, self._job.call.deadline, 0
        try:
            while piece := await exchange.read(min(allowed, deadline - self._seen)):
                pieces.append(piece)
                size, allowed, self._seen = size + len(piece), self._target.timeouts.gap, self._clock()
                if size > limit:
                    return
        except TimeoutError:
            raise TransportFault(_too_late()) from None
        finally:
            self._spend(began)

    def _spend(self, since: float) -> None:
        """From then until now it was the upstream's time."""
        self._seen = now = self._clock()
        self._job.story.upstream_seconds += now - since

    def _concealed(self, failure: Failure) -> Failure:
        """A failure without our key in it: some upstreams repeat the one they refuse (S9)."""
        secret = self._credential.secret if self._credential else ""
        if not secret or not any(secret in text for text in (failure.message, failure.code or "", failure.param or "")):
            return failure
        return replace(failure, message=failure.message.replace(secret, "***"), code=None, param=None)

    def _judge(self, started: float, now: float) -> None:
        """Quarantine a key that got 401, and keep the count of those in service where policies see it."""
        keys, credential, failure = self._lane.keys, self._credential, self._failure
        if keys is None or credential is None or (failure is None and keys.untroubled):
            return
        if failure is None:
            keys.accepted(credential, started)
        elif failure.kind is FailureKind.AUTH and failure.status == UNAUTHORIZED:
            keys.refused(credential, now)
            _log.warning("key_quarantined", upstream=self._target.upstream, key=credential.label)
        live = self._target.live
        live.keys, live.keys_back_at = keys.in_service(now), keys.back_at(now)

    def _note(self, started: float, ended: float, waited: float) -> None:
        usage, cost = self._usage, None
        if self._spending is not None:
            usage, cost = self._charge(self._spending)
        if usage is not None and (usage.input_tokens > MUCH or usage.output_tokens > MUCH):
            self._doubt(usage)
        self._turn.attempt = attempt = Attempt(
            self._target,
            started,
            ended,
            self._first_byte,
            self._failure,
            usage,
            self._credential.label if self._credential else None,
            waited,
            cost,
        )
        if self._spending is not None:
            self._spending.over(attempt)
        self._job.chain.observe(self._job.call, attempt)

    def _charge(self, spending: Spending) -> tuple[Usage | None, int | None]:
        """What it took, and what that costs: nothing if it was not sent or was refused, all that it may have taken if
        nobody can tell (H3: never refund on ignorance)."""
        failure, usage = self._failure, self._usage
        if failure is not None:
            may_be_billed = (
                failure.reached_model or failure.kind is FailureKind.CANCELLED or self._first_byte is not None
            )
            if not self._sent or not may_be_billed:
                return None, 0
            if usage is None:
                usage = spending.worst(self._target)
        return usage, spending.cost(self._target, usage)

    def _doubt(self, usage: Usage) -> None:
        """It is the provider's word and is kept, but somebody should look at it (F11)."""
        if not estimate.is_implausible(self._ask, usage):
            return
        if self._spending is not None:
            self._spending.doubt(self._target, usage)
        else:
            counts = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
            _log.warning("usage_implausible", request=self._job.call.id, target=self._target.name, **counts)


def _cut_short(failure: Failure) -> Failure:
    """A whole answer that breaks off is an invalid one (F7), not an upstream that cannot be reached."""
    if failure.kind is not FailureKind.UNREACHABLE:
        return failure
    return replace(failure, kind=FailureKind.GARBLED, message="The upstream's answer was cut short.")


def _too_late() -> Failure:
    return Failure(FailureKind.TIMEOUT, "The upstream did not answer in time.", reached_model=True)


async def _drain(exchange: Exchange, clock: Callable[[], float]) -> None:
    """Read on to the body's end, for a moment: one deadline for all of it, since some never stop."""
    until = clock() + DRAIN_SECONDS
    try:
        while (left := until - clock()) > 0 and await exchange.read(left):
            pass
    except (TimeoutError, TransportFault):
        return
