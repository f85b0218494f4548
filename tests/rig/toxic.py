"""A TCP connection that misbehaves: late, deaf, mute or torn down, between us and anything that we depend on."""

import asyncio
import socket
import struct
import threading
from types import TracebackType
from typing import Self

_READ = 65536


class Toxic:
    """A forwarder on a free port of 127.0.0.1, in a thread of its own. A context manager; used from any thread.

    Args:
        port: of 127.0.0.1, where connections are forwarded to.
    """

    def __init__(self, port: int) -> None:
        self._target, self.port = port, 0
        self.latency = 0.0
        """Seconds by which each piece comes late, in either direction."""
        self.mute = False
        """What is answered is swallowed: requests arrive, and nobody hears of it (F26)."""
        self._open = asyncio.Event()
        self._lines: set[asyncio.StreamWriter] = set()
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="toxic", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(10), "the forwarder did not start"
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.thaw()
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
        assert not self._thread.is_alive(), "the forwarder did not stop"

    def freeze(self) -> None:
        """Nothing passes, and no connection is closed: a peer that is there and does not answer (F22)."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def thaw(self) -> None:
        """All passes again, what was kept back too."""
        self._loop.call_soon_threadsafe(self._open.set)

    def tear(self) -> None:
        """Reset all connections that there are; new ones are taken."""
        self._loop.call_soon_threadsafe(self._reset)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        self._over = asyncio.Event()
        self._open.set()
        self._talks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._accepted, "127.0.0.1", 0, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._over.wait()
        server.close()
        self._reset()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        lines = [writer]
        try:
            there, away = await asyncio.open_connection("127.0.0.1", self._target)
            lines.append(away)
            self._lines.update(lines)
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._forward(reader, away, answers=False))
                ways.create_task(self._forward(there, writer, answers=True))
        except (OSError, ExceptionGroup):
            pass
        finally:
            for line in lines:
                self._lines.discard(line)
                line.transport.abort()
            self._talks.discard(talk)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        while data := await reader.read(_READ):
            if self.latency:
                await asyncio.sleep(self.latency)
            await self._open.wait()
            if not (answers and self.mute):
                writer.write(data)
                await writer.drain()
        raise ConnectionResetError("one side has closed")  # ends the other way too

    def _reset(self) -> None:
        for line in self._lines:
            raw: socket.socket = line.get_extra_info("socket")
            if raw is not None and raw.fileno() >= 0:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.transport.abort()
