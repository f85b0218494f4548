"""The demo upstream: plays the scripts of ``translators.providers.demo`` in real time. It never touches the network."""

import asyncio
import contextlib
import time
from collections.abc import Mapping

from policies.base import Timeouts
from policies.ports import Dice
from proxy.upstream.port import Credential, TransportFault
from translators.base import WireRequest
from translators.facts import Failure, FailureKind
from translators.providers.demo import End, Piece, Script, answer

HELD = 64 * 1024
"""Bytes that one ``read`` gives at most, give or take a piece."""

_BROKEN = Failure(
    FailureKind.UNREACHABLE, "The connection to the upstream broke: connection closed.", reached_model=True
)
_CLOSED = Failure(FailureKind.CANCELLED, "The exchange was closed before its end.", reached_model=True)


class DemoUpstream:
    """An upstream that answers by itself.

    Args:
        name: the upstream's name in the configuration.
        dice: decides which requests fail, and makes ids.
    """

    def __init__(self, name: str, dice: Dice) -> None:
        self.name, self._dice = name, dice

    async def send(
        self, request: WireRequest, timeouts: Timeouts, credential: Credential | None, within: float
    ) -> "DemoExchange":
        """See :class:`proxy.upstream.port.Upstream`. Needs no credential and looks at none."""
        del credential
        script = answer(request, self._dice.random, int(time.time()))
        late = script.wait is None or script.wait > timeouts.headers
        async with asyncio.timeout(within):
            await asyncio.sleep(timeouts.headers if late else script.wait or 0.0)
        if late:
            message = f"The upstream did not begin to answer within {timeouts.headers:g} s."
            raise TransportFault(Failure(FailureKind.TIMEOUT, message, reached_model=True))
        return DemoExchange(script)

    async def aclose(self) -> None:
        """Nothing is open."""


class DemoExchange:
    """One script under way. See :class:`proxy.upstream.port.Exchange`."""

    def __init__(self, script: Script) -> None:
        self.status = script.status
        self.headers: Mapping[str, str] = script.headers
        self._pieces, self._end = iter(script.pieces), script.end
        self._loop = asyncio.get_running_loop()
        self._next: Piece | None = None
        self._due = self._loop.time()
        self._closed = asyncio.Event()
        self._advance()

    async def read(self, within: float) -> bytes:
        """See :class:`proxy.upstream.port.Exchange`. Pieces that are due together come together, as off a wire."""
        await asyncio.sleep(0)  # an answer without pauses must not keep the loop from everybody else
        async with asyncio.timeout(within):
            await self._wait()
        if self._closed.is_set():
            raise TransportFault(_CLOSED)
        if self._next is None and self._end is End.CUT:
            raise TransportFault(_BROKEN)
        taken = bytearray()
        now = max(self._loop.time(), self._due)  # timers may ring a little early
        while self._next is not None and self._due <= now and len(taken) < HELD:
            taken += self._next.data
            self._advance()
        return bytes(taken)

    def close(self) -> None:
        """See :class:`proxy.upstream.port.Exchange`. Whoever reads is told at once."""
        self._closed.set()

    async def _wait(self) -> None:
        """Until the next piece is due, or until the exchange is closed."""
        pause = self._pause()
        if pause is None or pause > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._closed.wait()

    def _pause(self) -> float | None:
        """Seconds until there is something to read, or the end of it; None: for ever."""
        if self._next is not None:
            return self._due - self._loop.time()
        return None if self._end is End.STALL else 0.0

    def _advance(self) -> None:
        self._next = next(self._pieces, None)
        if self._next is not None:
            self._due += self._next.after
