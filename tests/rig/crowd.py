"""Many clients at a time, cheap enough to share two cores with what they ask: raw HTTP/1.1 on asyncio's streams.

Each asks, listens, or leaves; what it was told is kept, for whoever compares it with the books afterwards.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.rig.bill import Script

Ending = Literal["whole", "stream", "error_frame", "refused", "cut", "left", "unsent"]
"""whole, stream: all of an answer came. error_frame: a stream ended with one. refused: an HTTP status that is none of
success. cut: the connection broke. left: this client went first. unsent: nobody took the connection."""
SENT: frozenset[Ending] = frozenset(("whole", "stream", "error_frame", "refused", "cut", "left"))
PATIENCE = 30.0
"""Seconds after which an answer that has not come is a fault of the server."""


@dataclass(frozen=True)
class Wish:
    """One request as a client means it."""

    script: Script
    model: str = "chat"
    stream: bool = False
    max_tokens: int | None = None
    leave_after: float | None = None
    """Seconds after which the client goes, whatever has come; None: it stays."""
    key: str | None = None
    """Its secret."""
    user: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the body."""

    @property
    def bytes(self) -> bytes:
        """As it goes over the connection. Its name on the bill is its request id too."""
        body: dict[str, Any] = {"model": self.model, "messages": self.script.messages, **self.more}
        if self.stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        if self.max_tokens is not None:
            body["max_tokens"] = self.max_tokens
        if self.user is not None:
            body["user"] = self.user
        content = json.dumps(body).encode()
        lines = ["POST /v1/chat/completions HTTP/1.1", "host: 127.0.0.1", "content-type: application/json"]
        lines += [f"x-request-id: {self.script.id}", f"content-length: {len(content)}"]
        lines += [f"authorization: Bearer {self.key}"] if self.key else []
        return "\r\n".join([*lines, "", ""]).encode() + content


@dataclass
class Told:
    """What a client was told."""

    wish: Wish
    ending: Ending
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    """A whole answer's, or a refusal's; of a stream what came."""
    began: float = 0.0
    """Unix seconds."""
    ended: float = 0.0

    @property
    def answered(self) -> bool:
        """All of an answer came."""
        return self.ending in ("whole", "stream")

    @property
    def code(self) -> str | None:
        """Of a refusal."""
        return str(json.loads(self.body)["error"]["code"]) if self.ending == "refused" and self.body else None


class Caller:
    """One client with a connection of its own that it keeps as long as it may."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, wish: Wish) -> Told:
        """Ask once, and listen to the end, or as long as the wish says. Fails for silence only.

        Raises:
            TimeoutError: no end came within :data:`PATIENCE`.
        """
        told = Told(wish, "unsent", began=time.time())
        try:
            async with asyncio.timeout(PATIENCE):
                await self._converse(wish, told)
        except (OSError, asyncio.IncompleteReadError):
            self.leave()
        told.ended = time.time()
        return told

    def leave(self) -> None:
        """Close the connection."""
        if self._line is not None:
            self._line[1].transport.abort()
            self._line = None

    async def _converse(self, wish: Wish, told: Told) -> None:
        if self._line is None:
            self._line = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._line
        writer.write(wish.bytes)
        told.ending = "cut"
        try:
            async with asyncio.timeout(wish.leave_after):
                await self._listen(reader, told)
        except TimeoutError:
            told.ending = "left"
            self.leave()
        if told.headers.get("connection") == "close":
            self.leave()

    async def _listen(self, reader: asyncio.StreamReader, told: Told) -> None:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = [line.partition(":") for line in lines if line]
        told.headers = {name.lower(): value.strip() for name, _, value in pairs}
        told.status = int(first.split(" ")[1])
        if told.headers.get("transfer-encoding") != "chunked":
            told.body = await reader.readexactly(int(told.headers.get("content-length", "0")))
            told.ending = "whole" if told.status == 200 else "refused"
            return
        while size := int(await reader.readline() or b"bad", 16):
            told.body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
        told.ending = "stream" if told.body.endswith(b"data: [DONE]\n\n") else "error_frame"


async def crowd(port: int, count: int, wishes: Callable[[], Wish | None], told: Callable[[Told], None]) -> None:
    """So many clients that ask one thing after another.

    Args:
        port: the server's.
        count: how many ask at a time.
        wishes: the next request; None: there is none, and whoever got that stops.
        told: is given each end.
    """

    async def one() -> None:
        caller = Caller(port)
        try:
            while (wish := wishes()) is not None:
                heard = await caller.ask(wish)
                told(heard)
                if heard.ending == "unsent":  # the server is being started again
                    await asyncio.sleep(0.5)
        finally:
            caller.leave()

    async with asyncio.TaskGroup() as clients:
        for _ in range(count):
            clients.create_task(one())
