"""The client's side of a call, over ASGI: the engine's ``Client`` port."""

import time
from collections.abc import Coroutine
from typing import Any

from proxy.edge import answers
from proxy.edge.hints import NONE, Hints
from proxy.edge.line import HeaderList, Line, Send
from proxy.engine.ports import ClientGone
from proxy.engine.shown_cost import body_with_cost
from proxy.engine.story import Story
from proxy.observe.record import cost_of
from translators.base import Dialect, Request, Response
from translators.dialects import errors
from translators.facts import Failure


class HttpClient:
    """One client and its connection.

    Args:
        send: ASGI's. It never says that the client has left (uvicorn, measured): only ``receive`` does.
        dialect: what the client speaks.
        ask: what it asked.
        line: its connection; from now on it tells when it is lost.
        wishes: whether it wants the decision record along, or what it cost.
    """

    __slots__ = ("_ask", "_dialect", "_line", "_send", "_show_cost", "_trace", "done", "gone", "opened", "quiet_since")

    def __init__(self, send: Send, dialect: Dialect[Any], ask: Request, line: Line, wishes: Hints = NONE) -> None:
        self._send, self._dialect, self._ask, self._line = send, dialect, ask, line
        self._trace, self._show_cost = wishes.trace, wishes.cost
        self.opened = self.gone = self.done = False
        self.quiet_since: float | None = time.monotonic() if ask.stream else None
        line.listen(self.left)

    def cancel(self) -> None:
        """See :class:`proxy.engine.ports.Client`."""
        self._line.cancel()

    def left(self) -> None:
        """The client is gone: its task is cancelled, once, unless the answer is complete."""
        if not self.done:
            self.gone = True
            self._line.cancel()

    def answer(self, story: Story, response: Response) -> Coroutine[Any, Any, None]:
        """Send a whole answer."""
        body = self._dialect.render(self._ask, response)
        if self._show_cost:
            body = body_with_cost(body, cost_of(story.attempts))
        head = answers.facts(story, trace=self._trace)
        head.append(answers.JSON)
        return self._whole(story, 200, head, body)

    def refuse(self, story: Story, failure: Failure) -> Coroutine[Any, Any, None]:
        """Send a whole error."""
        status, head, body = answers.refusal(failure, self._dialect.prompt)
        return self._whole(story, status, [*head, *answers.facts(story, trace=self._trace)], body)

    async def open(self, story: Story) -> None:
        """Send the head of a stream."""
        decided = bool(story.rounds) and story.rounds[-1].decided
        head = [*answers.EVENT_STREAM, *answers.facts(story, decided=decided, trace=self._trace)]
        if self.gone:
            raise ClientGone
        self.opened, story.status = True, 200
        await self._send({"type": "http.response.start", "status": 200, "headers": head})

    async def send(self, data: bytes, *, last: bool = False) -> None:
        """Send a piece of the stream. Waits for a slow client; the guard cuts off one that does not read at all."""
        if self.gone:
            raise ClientGone
        self.done, self.quiet_since = last, None
        await self._send({"type": "http.response.body", "body": data, "more_body": not last})
        if not last:
            self.quiet_since = time.monotonic()

    def error(self, failure: Failure) -> dict[str, object]:
        """The error object of a failure in mid-stream."""
        return errors.error_of(failure, midstream=True)

    def _whole(self, story: Story, status: int, head: HeaderList, body: bytes) -> Coroutine[Any, Any, None]:
        if self.gone:
            raise ClientGone
        self.opened = self.done = True
        story.status = status
        head.append((b"content-length", str(len(body)).encode()))
        return self._line.answer(status, head, body)
