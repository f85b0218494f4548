"""An HTTP/2 upstream on a real socket, by h2: it answers each request as its path says."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, RequestReceived, StreamEnded
from h2.exceptions import ProtocolError
from hyperframe.frame import GoAwayFrame

GARBAGE = b"\x00\x00\x04\x03\x00\x00\x00\x00\x00evil"
"""RST_STREAM of stream 0, which no connection may get (RFC 9113, 6.4)."""


class H2Server:
    """Listens on a free port of 127.0.0.1 while its ``async with`` lasts.

    ``/ok`` is answered with ``ok``, ``/echo`` with the request's body, ``/wait`` once ``go`` is set, ``/half`` half,
    ``/reset`` with RST_STREAM, ``/goaway`` with GOAWAY, ``/last`` with a graceful GOAWAY, then
    ``last``, ``/ok-and-goodbye`` with ``ok``, then with a graceful GOAWAY once ``go`` is set, ``/garbage`` with bytes
    that are no frame, and ``/half-and-garbage`` half, then with those once ``go`` is set.
    """

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self.accepted = self.open = 0
        self.requests: list[dict[str, str]] = []
        self.go = asyncio.Event()
        self.news = asyncio.Event()
        self._tasks: set[asyncio.Future[None]] = set()

    async def __aenter__(self) -> Self:
        self._tls.set_alpn_protocols(["h2"])
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.url = f"https://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def asked(self, times: int) -> None:
        """Wait until so many requests have come."""
        await self._until(lambda: len(self.requests) >= times)

    async def closed(self) -> None:
        """Wait until no connection is open."""
        await self._until(lambda: self.open == 0)

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                self.news.clear()
                await self.news.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._talk(reader, writer))
        self._tasks.add(task)
        self.accepted += 1
        self.open += 1
        try:
            await task
        except (asyncio.CancelledError, OSError, ProtocolError):
            pass  # the client, or the test, has had enough
        finally:
            self._tasks.discard(task)
            writer.transport.abort()
            self.open -= 1
            self.news.set()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        wire.initiate_connection()
        writer.write(wire.data_to_send())
        bodies: dict[int, tuple[str, bytearray]] = {}
        while data := await reader.read(65536):
            for event in wire.receive_data(data):
                self._heard(wire, writer, event, bodies)
            writer.write(wire.data_to_send())

    def _heard(
        self, wire: H2Connection, writer: asyncio.StreamWriter, event: Any, bodies: dict[int, tuple[str, bytearray]]
    ) -> None:
        if isinstance(event, RequestReceived):
            fields = dict(event.headers)
            bodies[event.stream_id] = fields[":path"], bytearray()
            self.requests.append(fields)
            self.news.set()
        elif isinstance(event, DataReceived):
            bodies[event.stream_id][1].extend(event.data)
            wire.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            path, body = bodies[event.stream_id]
            self._answer(wire, writer, event.stream_id, path, bytes(body))

    def _answer(self, wire: H2Connection, writer: asyncio.StreamWriter, stream: int, path: str, body: bytes) -> None:
        match path:
            case "/reset":
                wire.reset_stream(stream, ErrorCodes.INTERNAL_ERROR)
            case "/goaway":
                wire.close_connection(ErrorCodes.INTERNAL_ERROR, last_stream_id=0)
            case "/last":
                writer.write(_goodbye(stream))
                self._whole(wire, stream, b"last")
            case "/ok-and-goodbye":
                self._whole(wire, stream, b"ok")
                self._spawn(self._part(wire, writer, stream))
            case "/garbage":
                writer.write(GARBAGE)
            case "/half" | "/half-and-garbage":
                wire.send_headers(stream, [(":status", "200")])
                wire.send_data(stream, b"half")
                if path != "/half":
                    self._spawn(self._spoil(writer))
            case "/wait":
                self._spawn(self._later(wire, writer, stream))
            case _:
                self._whole(wire, stream, body if path == "/echo" else b"ok")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _part(self, wire: H2Connection, writer: asyncio.StreamWriter, stream: int) -> None:
        writer.write(wire.data_to_send())
        await self.go.wait()
        writer.write(_goodbye(stream))
        self.news.set()

    async def _spoil(self, writer: asyncio.StreamWriter) -> None:
        await self.go.wait()
        writer.write(GARBAGE)

    async def _later(self, wire: H2Connection, writer: asyncio.StreamWriter, stream: int) -> None:
        await self.go.wait()
        self._whole(wire, stream, b"ok")
        writer.write(wire.data_to_send())

    def _whole(self, wire: H2Connection, stream: int, body: bytes) -> None:
        wire.send_headers(stream, [(":status", "200"), ("x-many", "a"), ("x-many", "b")])
        for at in range(0, len(body), 16384):
            wire.send_data(stream, body[at : at + 16384])
        wire.end_stream(stream)


def _goodbye(stream: int) -> bytes:
    """GOAWAY without an error: all up to this stream is answered (RFC 9113, 6.8). Not by h2, which would stop there."""
    return GoAwayFrame(0, last_stream_id=stream).serialize()
