"""One request and its answer on a connection: uvicorn's, with a quicker way to write the answer.

uvicorn looks at each header line with two regular expressions and writes head and body apart. Here the head waits for
the first piece of body, and is looked at once: a whole answer takes half the time (2.7 us of 5.9, measured).
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from proxy.edge.line import LINE, HeaderList

_log = logging.getLogger("uvicorn.error")

BODILESS = frozenset({204, 304})
"""Statuses whose answers end with their head (RFC 9110, 15.3.5 and 15.4.5)."""


class Connection(Protocol):
    """What a cycle needs of the connection it is on."""

    transport: asyncio.Transport
    flow: FlowControl
    tasks: set["asyncio.Task[None]"]

    def on_response_complete(self) -> None:
        """The answer is complete."""

    def read_on(self) -> None:
        """There is room for more of what the client sends."""


class Cycle(RequestResponseCycle):
    """What an application is given to receive a request and to send its answer."""

    def __init__(
        self, scope: Any, connection: Connection, *, expect_100_continue: bool, keep_alive: bool, until_close: bool
    ) -> None:
        self.scope, self.transport, self.flow = scope, connection.transport, connection.flow
        self.on_response, self._read_on, self._tasks = (
            connection.on_response_complete,
            connection.read_on,
            connection.tasks,
        )
        self.keep_alive, self.waiting_for_100_continue = keep_alive, expect_100_continue
        self.disconnected = self.response_started = self.response_complete = False
        self.body, self.more_body = bytearray(), True
        self.chunked_encoding: bool | None = None
        self._until_close = until_close  # HTTP/1.0 knows no chunks: an answer without a length ends with its connection
        self._unwritten: list[bytes] = []
        self._task: asyncio.Task[None] | None = None
        self._listener: Callable[[], None] | None = None
        self._left: int | None = None  # bytes of body, where a content-length promised some
        self._bodiless = self._says_close = self._told = False
        self._news: asyncio.Event | None = None  # of whoever waits to receive something

    def start(self, loop: asyncio.AbstractEventLoop, app: Any) -> None:
        """Its turn has come."""
        self._task = task = loop.create_task(self.run_asgi(app))
        self._tasks.add(task)

    async def run_asgi(self, app: Any) -> None:
        """uvicorn's, which would have the loop call back at the end of the task."""
        try:
            await app(self.scope, self.receive, self.send)
        except asyncio.CancelledError:
            _log.warning("A request was cancelled by the server's shutdown.")
            self.transport.close()
        except BaseException as fault:  # noqa: BLE001 - whatever it is, the client hears of it and the server goes on
            _log.error("Exception in ASGI application", exc_info=fault)
            await self._give_up()
        else:
            if not (self.response_complete or self.disconnected):
                _log.error("The ASGI application returned without completing its response.")
                await self._give_up()
        finally:
            self.on_response = _nothing
            self.scope.pop(LINE, None)  # type: ignore[misc]  # else the two would wait for the garbage collector
            if self._task is not None:
                self._tasks.discard(self._task)

    async def _give_up(self) -> None:
        if self.response_started:
            self.transport.close()
        else:
            await self.send_500_response()

    def lose(self) -> None:
        """The connection has ended."""
        self.disconnected = True
        if self._news is not None:
            self._news.set()
        listener, self._listener = self._listener, None
        if listener is not None:
            listener()

    def listen(self, lost: Callable[[], None]) -> None:
        """See :class:`proxy.edge.line.Line`."""
        if self.disconnected:
            lost()
        else:
            self._listener = lost

    def ignore(self) -> None:
        """See :class:`proxy.edge.line.Line`."""
        self._listener = None

    def cancel(self) -> None:
        """See :class:`proxy.edge.line.Line`."""
        if self._task is not None:
            self._task.cancel()

    async def answer(self, status: int, head: HeaderList, body: bytes) -> None:
        """See :class:`proxy.edge.line.Line`."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if not self.disconnected:
            self._begin(status, head)
            self._write(body, more=False)

    async def receive(self) -> Any:
        """ASGI's: the body in as many pieces as it takes, then whether the client has left."""
        if self.waiting_for_100_continue and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.waiting_for_100_continue = False
        while not (self.disconnected or self.response_complete):
            if self.flow.read_paused:
                self._read_on()
            if self.body or not (self.more_body or self._told):
                body, self.body, self._told = bytes(self.body), bytearray(), not self.more_body
                return {"type": "http.request", "body": body, "more_body": self.more_body}
            self._news = asyncio.Event()
            await self._news.wait()
            self._news = None
        return {"type": "http.disconnect"}

    def take(self, body: bytes) -> None:
        """A piece of the request's body has come."""
        self.body += body
        if len(self.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        if self._news is not None:
            self._news.set()

    def take_end(self) -> None:
        """The request is complete."""
        self.more_body = False
        if self._news is not None:
            self._news.set()

    async def send(self, message: Any) -> None:
        """ASGI's. Waits while the client is slow.

        Raises:
            RuntimeError: the application's mistake: an order that is none, an illegal header, a length that is wrong.
        """
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        kind = message["type"]
        if kind == "http.response.start" and not self.response_started:
            self._begin(message["status"], message.get("headers") or ())
        elif kind == "http.response.body" and self.response_started and not self.response_complete:
            self._write(message.get("body", b""), more=message.get("more_body", False))
        else:
            raise RuntimeError(f"Unexpected ASGI message {kind!r}.")

    def _begin(self, status: int, headers: Any) -> None:
        self.response_started, self.waiting_for_100_continue = True, False
        parts, lines = [STATUS_LINE[status]], 2  # that one, and the blank one
        for name, value in headers:
            parts += (name, b": ", value, b"\r\n")
            lines += 1
            if name == b"content-length":
                self._left = int(value)
            elif name == b"connection" and value.lower() == b"close":
                self.keep_alive, self._says_close = False, True
        self._bodiless = self.scope["method"] == "HEAD" or status in BODILESS
        if self._left is None and not self._bodiless:
            if self._until_close:
                self.keep_alive = False
            else:
                self.chunked_encoding = True
                parts.append(b"transfer-encoding: chunked\r\n")
                lines += 1
        if not self.keep_alive and not self._says_close:
            parts.append(b"connection: close\r\n")
            lines += 1
        parts.append(b"\r\n")
        head = b"".join(parts)
        if len(head.splitlines()) != lines:  # a line break in a value would be a header of somebody else's making
            raise RuntimeError("Invalid HTTP header.")
        self._unwritten = [head]

    def _write(self, body: bytes, *, more: bool) -> None:
        out, self._unwritten = self._unwritten, []
        if self._bodiless:
            self._left = None
        elif self.chunked_encoding:
            if body:
                out += (f"{len(body):x}\r\n".encode(), body, b"\r\n")
            if not more:
                out.append(b"0\r\n\r\n")
        else:
            out.append(body)
            if self._left is not None:
                self._left -= len(body)
        if self._left is not None and (self._left < 0 or (self._left and not more)):
            raise RuntimeError("The answer is not as long as its content-length says.")
        if out:
            self.transport.write(b"".join(out))
        if not more:
            self._end()

    def _end(self) -> None:
        self.response_complete = True
        if self._news is not None:
            self._news.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


def _nothing() -> None:
    """The connection is not told of an end that comes after the end."""
