"""The bare proxy: the least that forwarding can cost with uvicorn in front. A yardstick, no product.

It checks the key, parses the body, writes the model's name into it, sends it on over a connection of its own that is
kept, and reads the usage of the answer. It has no deadline, no retry, no record, no log and no back-pressure. The
upstream is on 127.0.0.1, its port in ``MOCK_PORT``.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

import httptools
import orjson

from tests.bench import KEY

UPSTREAM = ("127.0.0.1", int(os.environ.get("MOCK_PORT", "0")))
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer sk-upstream\r\n"
KEYS = {b"Bearer " + KEY.encode(): "bench"}

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Connection(asyncio.Protocol):
    """A kept connection to the upstream; carries one exchange at a time."""

    idle: "list[Connection]" = []  # noqa: RUF012 - one pool for all, last in, first out

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()

    def begin(self, body: bytes, streamed: bool) -> None:
        """Send a request; its answer can be awaited piece by piece, or as one."""
        self.parser = httptools.HttpResponseParser(self)
        self.pieces: list[bytes] = []
        self.streamed, self.ended = streamed, False
        self.woken: asyncio.Future[None] | None = None
        self.transport.write(
            b"%bcontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (HEAD, len(body), body)
        )

    async def read(self) -> bytes:
        """What has come since the last time; ``b""`` at the end."""
        while not self.ended and not (self.streamed and self.pieces):
            self.woken = self.loop.create_future()
            await self.woken
        pieces, self.pieces = self.pieces, []
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)
        if self.woken and not self.woken.done() and (self.ended or self.streamed):
            self.woken.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if self in self.idle:
            self.idle.remove(self)
        elif self.woken and not self.woken.done():
            self.woken.set_exception(exc or ConnectionResetError())

    def on_body(self, piece: bytes) -> None:
        self.pieces.append(piece)

    def on_message_complete(self) -> None:
        self.ended = True


async def app(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Send) -> None:
    """Forward one request."""
    if KEYS.get(dict(scope["headers"]).get(b"authorization", b"")) is None:
        await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
        return
    asked = orjson.loads(await _body(receive))
    asked["model"] = "stub"
    streamed = asked.get("stream") is True
    if Connection.idle:
        connection = Connection.idle.pop()
    else:
        _, connection = await asyncio.get_running_loop().create_connection(Connection, *UPSTREAM)
    connection.begin(orjson.dumps(asked), streamed)
    await (_stream if streamed else _whole)(connection, send)
    Connection.idle.append(connection)


async def _body(receive: Callable[[], Awaitable[Any]]) -> bytes:
    message = await receive()
    body: bytes = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    return body


async def _whole(connection: Connection, send: Send) -> None:
    answer = await connection.read()
    assert orjson.loads(answer)["usage"]["total_tokens"]
    head = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": answer})


async def _stream(connection: Connection, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    while piece := await connection.read():
        if (at := piece.find(b'"usage":{')) >= 0:
            event = piece[piece.rindex(b"data: ", 0, at) + 6 : piece.index(b"\n\n", at)]
            assert orjson.loads(event)["usage"]["total_tokens"]
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
