"""Receivers of webhooks on real sockets, and what they need to know to believe what they are told."""

import asyncio
import base64
import hashlib
import random
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

import orjson
from pydantic import SecretStr

from proxy.config.schema import WebhookConfig
from proxy.engine.ports import Keys, Lane
from proxy.observe.events import Event, EventName
from proxy.observe.receiver import Pace
from proxy.upstream.demo import DemoUpstream
from tests.proxy.upstream.raw_server import PATIENCE, Line, RawServer, Received, Script
from translators.registry import PROVIDERS

KEY = b"a fake key of thirty-two bytes!!"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
QUICK = Pace(first=0.002, longest=0.01, attempts=100, close=0.3)
"""As the real one, and soon over."""


def config(url: str, *events: str, secret: str = SECRET, timeout: float = 5.0) -> WebhookConfig:
    """A receiver, as the configuration has it."""
    return WebhookConfig(url, SecretStr(secret), events or ("*",), timeout)


def event(size: int = 1, name: EventName = EventName.LEDGER_BEHIND) -> Event:
    """One of many, told apart by their sizes."""
    return Event(name, 1_800_000_000.25, "ledger", {"bytes": size, "seconds": 0.5, "suppressed": 0})


def status(code: int, more: str = "") -> bytes:
    """An answer."""
    return f"HTTP/1.1 {code} X\r\n{more}content-length: 0\r\n\r\n".encode()


NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


def each(*answers: bytes) -> Script:
    """Answers requests with these in turn, over all connections; then always with 204."""
    left = list(answers)

    async def script(line: Line) -> None:
        while True:
            await line.request()
            await line.write(left.pop(0) if left else NO_CONTENT)

    return script


def told(requests: Sequence[Received]) -> list[int]:
    """The events that came, by their sizes."""
    return [orjson.loads(request.body)["data"]["bytes"] for request in requests]


def verified(request: Received, key: bytes = KEY) -> dict[str, Any]:
    """The body, if it is signed as Standard Webhooks says; by the words of RFC 2104, and not by what signs here."""
    (message_id,), (timestamp,) = request.header("webhook-id"), request.header("webhook-timestamp")
    (signature,) = request.header("webhook-signature")
    assert abs(time.time() - int(timestamp)) < 300, "not replayed"
    content = f"{message_id}.{timestamp}.".encode() + request.body
    assert signature == "v1," + base64.b64encode(_hmac_sha256(key, content)).decode()
    body: dict[str, Any] = orjson.loads(request.body)
    return body


def _hmac_sha256(key: bytes, text: bytes) -> bytes:
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + text).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in block) + inner).digest()


def have(count: int) -> Callable[[RawServer], bool]:
    """Whether so many requests have come."""
    return lambda server: len(server.requests) >= count


def lane(upstream: str, keys: Keys | None = None) -> Lane:
    """The way to an upstream with these keys."""
    return Lane(PROVIDERS["demo"].api(None).chat, DemoUpstream(upstream, random.Random(1)), keys)


class Counted(dict[str, int]):
    """What became of events, by result."""

    def __init__(self) -> None:
        super().__init__()
        self._news = asyncio.Event()

    def __call__(self, receiver: str, result: str) -> None:
        """One more."""
        assert receiver == "127.0.0.1"
        self[result] = self.get(result, 0) + 1
        self._news.set()

    async def until(self, result: str, count: int = 1) -> None:
        """Wait until there are so many of them."""
        async with asyncio.timeout(PATIENCE):
            while self.get(result, 0) < count:
                self._news.clear()
                await self._news.wait()


class Late(RawServer):
    """Has a port from the beginning, where connections are refused until it listens."""

    def __init__(self, script: Script) -> None:
        super().__init__(script)
        self._bound = socket.socket()
        self._bound.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._bound.getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, sock=self._bound)
        return self
