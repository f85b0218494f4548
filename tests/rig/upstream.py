"""A scripted upstream: a real HTTP/1.1 server in a thread of its own, so that synchronous clients can be tested too.

It records every request, counts its connections, and notices at once when the other side leaves.
"""

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from tests.rig.answers import Answer, End, Framing, Gate, plain
from tests.rig.line import Line
from tests.rig.waiting import Changes

UNSCRIPTED = plain(b'{"error": {"message": "the test scripted no answer for this request"}}', 501)


@dataclass
class Request:
    """One request as it came, and what became of its answer."""

    method: str
    path: str
    """With the query."""
    headers: dict[str, str]
    """Lower-case names."""
    body: bytes
    connection: int
    """Which connection it came on, counted from 0."""
    sent: int = 0
    """Bytes of the answer's body that the kernel has taken so far."""
    served: bool = False
    """The answer was sent as scripted."""
    left: bool = False
    """The other side closed the connection before that."""

    @property
    def json(self) -> Any:
        """The body as parsed."""
        return json.loads(self.body)

    @property
    def key(self) -> str | None:
        """The credential it carried, in whatever header."""
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
        others = (self.headers.get(name) for name in ("x-api-key", "api-key", "x-goog-api-key"))
        return bearer or next(filter(None, others), None)


Respond = Callable[[Request], Answer]


class FakeUpstream:
    """A server on a free port of 127.0.0.1 that answers as told. A context manager; used from any thread."""

    def __init__(self) -> None:
        self.port = 0
        self.requests: list[Request] = []
        """In the order in which they came."""
        self.connections = 0
        """How many were ever opened."""
        self.open_connections = 0
        self.changes = Changes()
        self._queue: deque[Answer] = deque()
        self._respond: Respond = lambda _: UNSCRIPTED
        self._faults: list[Exception] = []
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="fake-upstream", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(10), "the fake upstream did not start"
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive(), "the fake upstream did not stop"
        assert not self._faults, self._faults

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return f"http://127.0.0.1:{self.port}"

    def answer(self, *answers: Answer) -> None:
        """Give the next requests these answers, one each, before anything that ``always`` says."""
        self._queue.extend(answers)

    def always(self, respond: Answer | Respond) -> None:
        """Answer every request like this, or as this function of the request says."""
        self._respond = (lambda _: respond) if isinstance(respond, Answer) else respond

    def clear(self) -> None:
        """Forget the script and the requests; connections stay."""
        self._queue.clear()
        self._respond = lambda _: UNSCRIPTED
        self.requests.clear()

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait for a state of this upstream.

        Raises:
            AssertionError: it did not come before the deadline.
        """
        self.changes.until(holds, what)

    def request(self, number: int = 0) -> Request:
        """The request of that number, waiting for it to come."""
        self.until(lambda: len(self.requests) > number, f"request {number} reached the upstream")
        return self.requests[number]

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self._talks: set[asyncio.Task[None]] = set()
        server = await self._loop.create_server(lambda: Line(self._opened), "127.0.0.1", 0, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    def _opened(self, line: Line) -> None:
        self._talks.add(self._loop.create_task(self._talk(line, self.connections)))
        self._count(opened=1)

    def _count(self, opened: int) -> None:
        self.connections += opened
        self.open_connections += opened or -1
        self.changes.note()

    async def _talk(self, line: Line, number: int) -> None:
        try:
            while (request := await self._read(line, number)) and await self._converse(line, request):
                pass
            line.transport.close()
        except Exception as fault:  # kept for the test to see: a thread has nobody to raise to
            self._faults.append(fault)
        finally:
            if line.gone.is_set() or self._stop.is_set():
                line.transport.abort()
            self._count(opened=0)

    async def _read(self, line: Line, number: int) -> Request | None:
        if not (first := await line.line()):
            return None
        method, path, _ = first.decode("latin-1").split(" ", 2)
        headers: dict[str, str] = {}
        while (header := await line.line()) not in (b"\r\n", b""):
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = await line.exactly(int(headers.get("content-length", "0")))
        request = Request(method, path, headers, body, number)
        self.requests.append(request)
        self.changes.note()
        return request

    async def _converse(self, line: Line, request: Request) -> bool:
        """Answer one request, or give up when the other side leaves; say whether the connection goes on."""
        answer = self._queue.popleft() if self._queue else self._respond(request)
        answering = self._loop.create_task(self._send(line, request, answer))
        leaving = self._loop.create_task(line.gone.wait())
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            request.served = answering.done() and not isinstance(answering.exception(), OSError)
            request.left = not request.served
        finally:
            answering.cancel()
            leaving.cancel()
            self.changes.note()
        if request.served:
            answering.result()
        return request.served and answer.end is End.PROPER and answer.framing is not Framing.CLOSE

    async def _send(self, line: Line, request: Request, answer: Answer) -> None:
        if answer.status is not None:
            await line.send(_head(answer))
        for piece in answer.pieces:
            if isinstance(piece, Gate):
                await piece.wait()
                continue
            await line.send(_framed(piece, answer.framing))
            request.sent += len(piece)
            self.changes.note()
        await self._end(line, answer)

    async def _end(self, line: Line, answer: Answer) -> None:
        if answer.end is End.HANG:
            await asyncio.Event().wait()
        elif answer.end is End.RESET:
            line.reset()
        elif answer.framing is Framing.CHUNKED:
            await line.send(b"ff\r\ncut sho" if answer.end is End.CUT else b"0\r\n\r\n")


def _framed(piece: bytes, framing: Framing) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece) if framing is Framing.CHUNKED and piece else piece


def _head(answer: Answer) -> bytes:
    assert answer.status is not None
    lines = [f"HTTP/1.1 {answer.status} Scripted"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    if answer.framing is Framing.CHUNKED:
        lines.append("transfer-encoding: chunked")
    elif answer.framing is Framing.LENGTH:
        lines.append(f"content-length: {len(answer.body) + (answer.end is not End.PROPER)}")
    else:
        lines.append("connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
