"""An upstream with a bill of its own, in a process of its own: workers may be killed, what they were given stays known.

It speaks OpenAI's chat wire and Anthropic's messages, whole and streamed. See :mod:`tests.rig.bill` for what it does.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import uvloop

from tests.rig import bill, tongues
from tests.rig.bill import ANSWER, Act, End, Entry
from tests.rig.tongues import Said, Tongue


class Biller:
    """That process. A context manager.

    Args:
        path: where the bill is kept.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.port = path, 0
        path.touch()

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.rig.billing", str(self.path)]
        root = Path(__file__).resolve().parents[2]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root)
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        assert said, "the biller did not start"
        self.port = int(said)
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def entries(self) -> list[Entry]:
        """The bill so far."""
        return bill.read(self.path)

    def of(self, request: str) -> list[Entry]:
        """The attempts of one request that are over."""
        return [entry for entry in self.entries if entry.request == request]

    def stop(self) -> None:
        """End it; what is still open is written down."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


class _Talk(asyncio.Protocol):
    """One connection: a request, its answer, the next one."""

    def __init__(self, file: int, talks: "set[_Talk]") -> None:
        self._file, self._talks = file, talks
        self._buffer = b""
        self._answering: asyncio.Task[None] | None = None
        self.leaving: End = "gone"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        self._talks.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._talks.discard(self)
        if self._answering is not None:
            self._answering.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, blank, rest = self._buffer.partition(b"\r\n\r\n")
        if not blank:
            return
        first, *fields = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        length = int(headers.get("content-length", "0"))
        if len(rest) >= length:
            self._buffer = rest[length:]
            key = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
            self._answering = asyncio.get_running_loop().create_task(
                self._answer(first.split(" ")[1], json.loads(rest[:length]), key)
            )

    async def stop(self) -> None:
        """End it; the attempt under way was left hanging."""
        self.leaving = "hanging"
        self._transport.abort()
        if self._answering is not None:
            self._answering.cancel()
            await asyncio.wait([self._answering])

    async def _answer(self, path: str, body: Any, key: str) -> None:
        script, tongue, model = bill.told(body["messages"]), tongues.of(path), str(body["model"])
        act = script.acts.get(model, ANSWER)
        said = Said(model, act.input, _allowed(act, body), act.usage)
        streamed, written, read = bool(body.get("stream")), 0, act.input
        end: End | None = None
        began = time.time()
        try:
            await asyncio.sleep(act.delay)
            if act.do == "refuse":
                read, end = 0, "refused"
                return
            async for piece, tokens in _pieces(act, said, tongue, streamed):
                written += tokens
                self._transport.write(piece)
            if act.do == "hang":
                await asyncio.Event().wait()
            end = "cut" if act.do == "cut" else "complete"
        finally:
            entry = Entry(script.id, model, end or self.leaving, read, written, key, act.usage, began, time.time())
            os.write(self._file, entry.line)
            self._close(act, said, tongue, end, streamed)

    def _close(self, act: Act, said: Said, tongue: Tongue, end: str | None, streamed: bool) -> None:
        """The last bytes, now that it is on the bill."""
        if end == "refused":
            self._transport.write(tongue.refusal(act.status))
        elif end == "complete":
            self._transport.write(tongue.last(said, streamed=streamed))
        elif end == "cut":
            self._transport.abort()


async def _pieces(act: Act, said: Said, tongue: Tongue, streamed: bool) -> AsyncIterator[tuple[bytes, int]]:
    """All but the end of an answer: of a stream its head and each piece, with the tokens that are new in it."""
    if not streamed:
        await asyncio.sleep(act.pace * act.pieces)
        yield b"", said.output
        return
    shares = _shares(said.output, act.pieces)
    yield tongue.head(said), 0
    for share in shares:
        if act.pace:
            await asyncio.sleep(act.pace)
        yield tongue.piece(said, share), share


def _shares(tokens: int, pieces: int) -> list[int]:
    """A number of tokens as so many pieces."""
    pieces = max(min(pieces, tokens), 0)
    return [tokens // pieces + (number < tokens % pieces) for number in range(pieces)] if pieces else []


def _allowed(act: Act, body: dict[str, Any]) -> int:
    """How much is written: what was asked for at most, unless it does not care."""
    limits = [body[name] for name in ("max_tokens", "max_completion_tokens") if body.get(name) is not None]
    return act.output if act.over else min([act.output, *limits])


async def _serve(path: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    loop, over, talks = asyncio.get_running_loop(), asyncio.Event(), set[_Talk]()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    server = await loop.create_server(lambda: _Talk(file, talks), "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    parent = os.getppid()
    while not over.is_set() and os.getppid() == parent:  # with its parent gone nobody would be left to stop it
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), 1.0)
    server.close()
    await asyncio.gather(*(talk.stop() for talk in tuple(talks)))
    os.close(file)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(sys.argv[1]))
