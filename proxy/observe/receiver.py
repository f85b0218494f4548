"""One receiver of events: its queue, and the task that empties it, one event after another.

A dead receiver costs nobody else anything: offering an event is putting it into a bounded queue. What is delivered
arrives in order, at least once, and a repeated event has the id that it had. What it answers is not read but for its
status and its ``retry-after``. Neither its path nor its secret gets into a log: chat services' URLs are secrets (S9).
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import structlog

from policies.base import Timeouts
from policies.patterns import matches_any
from proxy.config.schema import WebhookConfig
from proxy.observe.signing import key_of, signed
from proxy.tasks import spawn
from proxy.upstream.account import Account
from proxy.upstream.auth import BEARER
from proxy.upstream.fast import FastUpstream
from proxy.upstream.port import Exchange, TransportFault, Upstream
from translators import retry_after
from translators.base import WireRequest

_GONE = 410
"""The receiver wants nothing any more, ever (RFC 9110, 15.5.11; so says the specification, too)."""
_LEFTOVER, _LEFTOVER_SECONDS = 64 * 1024, 1.0
"""Bytes of an answer that are read, and for how long, so that its connection can serve again."""

Result = Literal["delivered", "failed", "lost"]
"""What became of an event, or of one attempt (``failed``)."""
Count = Callable[[str, Result], object]
"""Counts a result, by the receiver's host."""

_log = structlog.get_logger("switchgear")


@dataclass(frozen=True, slots=True)
class Message:
    """An event as it is sent."""

    id: str
    name: str
    body: bytes
    at: float
    """Monotonic seconds at which it came."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How hard it is tried."""

    first: float = 1.0
    """Seconds; before the n-th attempt in a row that follows a failure there is a pause of 0 to ``first * 2^n``."""
    longest: float = 60.0
    """Seconds of such a pause at most. Where a receiver asks for a longer one it gets it, up to ``patience``."""
    patience: float = 900.0
    attempts: int = 12
    """For one event."""
    age: float = 3600.0
    """Seconds after which an event is not tried again."""
    queue: int = 1000
    """Events that wait; the oldest make room for new ones."""
    close: float = 2.0
    """Seconds that the last ones get at the end."""


PACE = Pace()
Dial = Callable[[str, str], Upstream]
"""Makes the way to a receiver: its host, and its origin (``https://host:port``)."""


def dial(host: str, origin: str) -> Upstream:
    """A way of its own, on the terms of all outgoing traffic (S12): no redirects, nothing read from the environment,
    certificates verified. Where it leads to is the operator's word, so a private address will do (S13)."""
    return FastUpstream(Account(host, origin, BEARER, {}, connections=1, public_only=False))


class Receiver:
    """Somebody who is told.

    Args:
        config: who, and of what.
        count: is told what became of it.
        pace: how hard it is tried.
        way: how it is reached.
    """

    def __init__(self, config: WebhookConfig, count: Count, pace: Pace = PACE, way: Dial = dial) -> None:
        url = urlsplit(config.url)
        self.host = url.hostname or ""
        self._config, self._count, self._pace = config, count, pace
        self._key, self._path = key_of(config.secret.get_secret_value()), url.path or "/"
        self._upstream = way(self.host, f"{url.scheme}://{url.netloc}")
        self._timeouts = Timeouts(connect=config.timeout, headers=config.timeout)
        self._queue: deque[Message] = deque()
        self._failures = 0
        """In a row."""
        self._asked = 0.0
        """Seconds that it asked to be left alone for."""
        self._gone, self._closing = False, asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def wants(self, name: str) -> bool:
        """Whether it is to be told of such events."""
        return not self._gone and matches_any(self._config.events, name)

    def offer(self, message: Message) -> None:
        """Put an event into the queue. Never waits."""
        if self._closing.is_set():
            self._lose(message, "closing")
            return
        if len(self._queue) >= self._pace.queue:
            self._lose(self._queue.popleft(), "queue_full")
        self._queue.append(message)
        if self._task is None or self._task.done():
            self._task = spawn(self._deliver(), f"webhook {self.host}")

    def health(self) -> Mapping[str, Any]:
        """For ``/health``."""
        return {"receiver": self.host, "waiting": len(self._queue), "failures": self._failures, "gone": self._gone}

    async def close(self) -> None:
        """Give what waits one more chance each, for a moment; then let go."""
        self._closing.set()
        if self._task is not None and not self._task.done():
            await asyncio.wait([self._task], timeout=self._pace.close)
            self._task.cancel()
            await asyncio.wait([self._task])
        self._lose_all("closing")
        await self._upstream.aclose()

    async def _deliver(self) -> None:
        while self._queue:
            message = self._queue.popleft()
            try:
                delivered = await self._persist(message)
            except asyncio.CancelledError:
                self._lose(message, "closing")
                raise
            if not delivered:
                self._lose(message, "gone" if self._gone else "given_up")
            if self._gone:
                self._lose_all("gone")

    async def _persist(self, message: Message) -> bool:
        """Try until it is delivered, or is not worth it any more."""
        for _ in range(self._pace.attempts):
            if self._failures:
                await self._pause()
            why = await self._attempt(message)
            if why is None:
                self._worked()
                return True
            self._failed(why)
            if self._gone or self._closing.is_set() or time.monotonic() - message.at > self._pace.age:
                break
        return False

    async def _attempt(self, message: Message) -> str | None:
        """Send it once.

        Returns:
            Why that did not work; None: it did.
        """
        headers = signed(self._key, message.id, int(time.time()), message.body)
        request = WireRequest(self._path, message.body, headers)
        self._asked = 0.0
        try:
            exchange = await self._upstream.send(request, self._timeouts, None, self._config.timeout)
        except TransportFault as fault:
            return str(fault.failure.kind)
        except TimeoutError:
            return "timeout"
        try:
            await _read_away(exchange)
        finally:
            exchange.close()
        if 200 <= exchange.status < 300:
            return None
        self._gone = exchange.status == _GONE
        self._asked = min(retry_after.parse(exchange.headers) or 0.0, self._pace.patience)
        return str(exchange.status)

    async def _pause(self) -> None:
        """Full jitter, so that workers that failed together do not come back together
        (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). The end of the server ends it."""
        most = min(self._pace.first * 2.0 ** min(self._failures, 30), self._pace.longest)
        with suppress(TimeoutError):
            async with asyncio.timeout(max(random.uniform(0.0, most), self._asked)):
                await self._closing.wait()

    def _worked(self) -> None:
        self._count(self.host, "delivered")
        if self._failures:
            _log.info("webhook_works", receiver=self.host, failures=self._failures)
        self._failures = 0

    def _failed(self, why: str) -> None:
        self._count(self.host, "failed")
        self._failures += 1
        if self._failures == 1 or self._gone:
            _log.warning("webhook_gone" if self._gone else "webhook_failed", receiver=self.host, why=why)

    def _lose(self, message: Message, why: str) -> None:
        self._count(self.host, "lost")
        _log.warning("webhook_lost", receiver=self.host, of=message.name, id=message.id, why=why)

    def _lose_all(self, why: str) -> None:
        while self._queue:
            self._lose(self._queue.popleft(), why)


async def _read_away(exchange: Exchange) -> None:
    """The end of an answer, for a moment; its status is all that counts."""
    size = 0
    with suppress(TransportFault, TimeoutError):
        async with asyncio.timeout(_LEFTOVER_SECONDS):
            while size <= _LEFTOVER and (piece := await exchange.read(_LEFTOVER_SECONDS)):
                size += len(piece)
