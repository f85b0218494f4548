"""An upstream on a real socket that does, byte by byte, what a script says."""

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

PATIENCE = 10.0
"""Seconds after which what has not come never will."""
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@dataclass(frozen=True)
class Received:
    """One request, as it came over the wire."""

    line: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for known, value in self.headers if known.lower() == name]


class Line:
    """The server's end of one connection."""

    def __init__(self, server: "RawServer", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server, self._reader, self._writer = server, reader, writer

    async def request(self) -> Received:
        """Read the next request whole.

        Raises:
            asyncio.IncompleteReadError: the client closed the connection.
        """
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in head[1:] if line)]
        length = sum(int(value) for name, value in headers if name.lower() == "content-length")
        received = Received(head[0], headers, await self._reader.readexactly(length))
        self._server.requests.append(received)
        self._server.tell()
        return received

    async def write(self, data: bytes) -> None:
        """Send exactly these bytes; waits while the client does not take them."""
        self._writer.write(data)
        await self._writer.drain()

    async def first(self) -> bytes:
        """The first bytes that come, whatever they are; none if the client closes the connection."""
        return await self._reader.read(65536)

    async def gone(self) -> None:
        """Wait until the client has closed the connection."""
        while await self._reader.read(65536):
            pass

    async def joined(self, port: int, opened: asyncio.Event) -> None:
        """Become a pipe to another port of 127.0.0.1 once ``opened`` is set."""
        first = await self.first()
        await opened.wait()
        if first:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(first)
            back = asyncio.ensure_future(_copy(reader, self._writer))
            try:
                await _copy(self._reader, writer)
            finally:
                back.cancel()
                writer.transport.abort()

    def half_close(self) -> None:
        """Say that nothing more comes, and go on listening."""
        self._writer.write_eof()

    async def close(self) -> None:
        """Close in good order (FIN)."""
        self._writer.close()
        await self._writer.wait_closed()

    def reset(self) -> None:
        """Close with RST."""
        connection: socket.socket = self._writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


Script = Callable[[Line], Awaitable[None]]


def answering(*answers: bytes) -> Script:
    """Answer the requests of each connection with these in turn, then wait for the client to close it."""

    async def script(line: Line) -> None:
        for answer in answers:
            await line.request()
            await line.write(answer)
        await line.gone()

    return script


async def always_ok(line: Line) -> None:
    """Answer ``ok`` for as long as anybody asks."""
    while True:
        await line.request()
        await line.write(OK)


def ok_once(told: asyncio.Event) -> Script:
    """Answer the first request of each connection when it is told to, and ``ok`` for as long as anybody asks."""

    async def script(line: Line) -> None:
        await line.request()
        await told.wait()
        await line.write(OK)
        await always_ok(line)

    return script


class RawServer:
    """Listens on a free port while its ``async with`` lasts, and runs the script on each connection."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self._script, self._tls, self._host = script, tls, host
        self.requests: list[Received] = []
        self.accepted = 0
        """Connections so far (with TLS: that finished their handshake)."""
        self.open = 0
        """Connections at this moment."""
        self.peak = 0
        """The most that were open at a time."""
        self._news = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, self._host, 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        host = f"[{self._host}]" if ":" in self._host else self._host
        self.url = f"{'https' if self._tls else 'http'}://{host}:{self.port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.close()
        for _ in range(5):  # what was accepted in this very turn has a line in the next ones
            await asyncio.sleep(0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def tell(self) -> None:
        """Something changed: whoever waits looks again."""
        self._news.set()

    async def until(self, holds: Callable[["RawServer"], bool]) -> None:
        """Wait until the server looks like that.

        Raises:
            TimeoutError: it never does.
        """
        async with asyncio.timeout(PATIENCE):
            while not holds(self):
                self._news.clear()
                await self._news.wait()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: writer.transport.abort())  # also if it is cancelled before it begins

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self.open += 1
        self.peak = max(self.peak, self.open)
        self.tell()
        try:
            await self._script(Line(self, reader, writer))
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            pass  # the client, or the test, has had enough
        finally:
            writer.transport.abort()
            self.open -= 1
            self.tell()


def gate(port: int, opened: asyncio.Event) -> Script:
    """Pass bytes both ways to another port of 127.0.0.1; hold them, and so a TLS handshake, until it is opened."""

    async def script(line: Line) -> None:
        await line.joined(port, opened)

    return script
