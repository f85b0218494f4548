"""The only pump of streams: exchange -> decoder -> encoder -> client, under the deadlines of DESIGN 4.

Nothing goes out before the first content but keep-alive comments (``keepalive.py``), so until then another target may
still take over. After the first content there is one upstream, one answer, one end: the provider's
own terminal event, one error frame, or a client that has left.
"""

from collections.abc import Awaitable, Callable

from policies.base import Choice
from proxy.engine.ports import Client, Job
from proxy.engine.shown_cost import with_cost
from proxy.engine.spending import Spending
from proxy.engine.stream_limit import TOO_LONG, finished_at_length
from proxy.upstream.port import Exchange, TransportFault
from translators.base import Decoder, Memento
from translators.facts import Failure, FailureKind, Usage

PRELUDE_LIMIT = 256 * 1024
"""Bytes of contentless events held back before the first content; more than that is no chat stream."""


_NOTHING = "The upstream's stream ended without any content."


class Relay:
    """One stream of one attempt.

    Args:
        job: the request.
        choice: where it came from, with the target's deadlines and what to tell at the first content.
        exchange: the upstream's answer, its head just read.
        client: where to.
        clock: monotonic seconds.
        concealed: takes our secrets out of what an upstream says.
        keep: keeps what the provider wants to see again in the next turn.
        spending: what the stream may come to, and what it costs; None: nobody counts.
    """

    def __init__(
        self,
        job: Job,
        choice: Choice,
        exchange: Exchange,
        client: Client,
        clock: Callable[[], float],
        concealed: Callable[[Failure], Failure],
        keep: Callable[[Memento], Awaitable[None]],
        spending: Spending | None = None,
    ) -> None:
        assert choice.target is not None, "somebody is answering"
        self._job, self._choice, self._exchange, self._client = job, choice, exchange, client
        self._clock, self._timeouts, self._concealed, self._keep = clock, choice.target.timeouts, concealed, keep
        self._now, self._spending = clock(), spending
        self._limit = spending.stream_limit if spending is not None else None
        self.first_byte: float | None = None
        """When the first content came; once set, the call is committed to this attempt."""
        self.stopped = False
        """It was ended here, at its limit, as one that has reached its length."""

    async def run(self, decoder: Decoder) -> Failure | None:
        """Pump until the stream's end.

        Returns:
            None for a stream that ended as its provider ends streams; else how it failed. If ``first_byte`` is set by
            then, the client has its error frame and the answer is over; if not, it has seen nothing.
        """
        held, failure = await self._prelude(decoder)
        if failure is not None:
            return failure
        await self._commit()
        encoder, client = self._job.encoder, self._client
        while failure is None and not decoder.finished:
            if held:
                await client.send(encoder.feed(held))
            if held and self._limit is not None and self._limit.passed(held, decoder.produced):
                if self._limit.finish:
                    self.stopped = True
                    await client.send(encoder.feed(finished_at_length(held)) + encoder.close(), last=True)
                    return None
                failure = TOO_LONG
                break
            self._now = self._clock()  # not before: a slow client held the upstream back
            held, quiet_until = b"", self._now + self._timeouts.gap
            while not held and failure is None and not decoder.finished:
                held, failure = await self._next(decoder, quiet_until)
        if decoder.memento is not None and failure is None:
            await self._keep(decoder.memento)
        ending = encoder.close() if failure is None else encoder.fail(client.error(failure))
        await client.send(encoder.feed(b"" if failure is TOO_LONG else held) + ending, last=True)
        return failure

    async def _prelude(self, decoder: Decoder) -> tuple[bytes, Failure | None]:
        """All up to the first content, or how the stream failed before it."""
        held, quiet_until = b"", self._now + self._timeouts.first_token
        while not decoder.started:
            events, failure = await self._next(decoder, quiet_until)
            held += events
            if failure is not None or decoder.started:
                return held, failure
            if decoder.finished:
                return held, Failure(FailureKind.GARBLED, _NOTHING, reached_model=True)
            if len(held) > PRELUDE_LIMIT:
                return held, Failure(FailureKind.GARBLED, "The upstream's stream has no content.", reached_model=True)
        return held, None

    async def _commit(self) -> None:
        self.first_byte = self._now
        self._job.story.rounds[-1].decided = True
        for then in self._choice.content:
            then(self.first_byte)
        if not self._client.opened:
            await self._client.open(self._job.story)

    async def _next(self, decoder: Decoder, quiet_until: float) -> tuple[bytes, Failure | None]:
        """The next events, within the deadline that is in force: of silence, or of the whole request."""
        since, deadline = self._now, self._job.call.deadline
        try:
            data = await self._exchange.read((quiet_until if quiet_until < deadline else deadline) - since)
        except TimeoutError:
            return b"", _out_of_time() if quiet_until >= deadline else self._silence()
        except TransportFault as fault:
            return b"", fault.failure
        finally:
            self._now = now = self._clock()
            self._job.story.upstream_seconds += now - since
        events = decoder.feed(data) if data else decoder.close()
        if self._job.show_cost and decoder.usage is not None:
            events = with_cost(events, self._cost(decoder.usage))
        return events, self._concealed(decoder.failure) if decoder.failure else None

    def _cost(self, usage: Usage) -> int | None:
        """Pico-dollars of the request so far: of this attempt and those before it; None where nobody knows one."""
        assert self._choice.target is not None, "somebody is answering"
        mine = None if self._spending is None else self._spending.cost(self._choice.target, usage)
        costs = [mine, *[attempt.cost for attempt in self._job.story.attempts]]
        return None if None in costs else sum(cost for cost in costs if cost is not None)

    def _silence(self) -> Failure:
        where = "before its first content" if self.first_byte is None else "in mid-stream"
        return Failure(FailureKind.TIMEOUT, f"The upstream fell silent {where}.", reached_model=True)


def _out_of_time() -> Failure:
    return Failure(FailureKind.TIMEOUT, "The request's time is up.", reached_model=True)
