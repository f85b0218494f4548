"""The transports that keep the contract of ``proxy.upstream.port``, as a table, and how tests use one."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from policies.base import Timeouts
from proxy import tasks
from proxy.upstream.account import Account
from proxy.upstream.auth import BEARER, Scheme
from proxy.upstream.fast import FastUpstream
from proxy.upstream.httpx import HttpUpstream
from proxy.upstream.port import Credential, Exchange, TransportFault, Upstream
from translators.base import WireRequest
from translators.facts import Failure

ASK = WireRequest("/chat/completions?key=s3cret", b'{"model":"m"}')
KEY = Credential("s3cret", "key 1")
PATIENT = Timeouts(connect=10.0, headers=10.0)
LONG = 10.0
"""Seconds within which a test is sure that something comes."""


@dataclass(frozen=True)
class Transport:
    """One way to the network. What else stands here is what they do differently, and why they may."""

    name: str
    make: Callable[[Account], Upstream]
    hears_while_sending: bool
    """Whether an answer is heard before the request is out. The port leaves it open: the request's deadline holds."""
    closes_at_once: bool
    """Whether ``aclose`` closes what is idle while an exchange is under way, or with the last one."""

    @asynccontextmanager
    async def upstream(
        self,
        url: str,
        *,
        auth: Scheme = BEARER,
        headers: Mapping[str, str] | None = None,
        connections: int = 10,
        public_only: bool = False,
        verify: ssl.SSLContext | bool = True,
    ) -> AsyncIterator[Upstream]:
        """An upstream at ``url``, closed at the end."""
        upstream = self.make(Account("test", url, auth, headers or {}, connections, public_only, verify))
        try:
            yield upstream
        finally:
            await upstream.aclose()
            await ended()


TRANSPORTS = {
    transport.name: transport
    for transport in (
        Transport("fast", FastUpstream, hears_while_sending=True, closes_at_once=True),
        # httpcore2 sends, then it reads; and it closes all of a pool or nothing.
        Transport("httpx", HttpUpstream, hears_while_sending=False, closes_at_once=False),
    )
}


async def ended() -> None:
    """Wait for what the code under test has started: connecting goes on to its own end, whoever has left (K1)."""
    here = asyncio.get_running_loop()
    if left := [task for task in tasks._running if task.get_loop() is here]:
        await asyncio.wait(left, timeout=LONG)


async def send(
    upstream: Upstream,
    request: WireRequest = ASK,
    *,
    timeouts: Timeouts = PATIENT,
    credential: Credential | None = None,
    within: float = LONG,
) -> Exchange:
    """``send`` with patience."""
    return await upstream.send(request, timeouts, credential, within)


async def whole(exchange: Exchange) -> bytes:
    """All of a body."""
    pieces = []
    while piece := await exchange.read(LONG):
        pieces.append(piece)
    return b"".join(pieces)


async def rest(exchange: Exchange) -> bytes:
    """All of a body, and the exchange closed."""
    try:
        return await whole(exchange)
    finally:
        exchange.close()


async def fetch(upstream: Upstream, request: WireRequest = ASK, *, credential: Credential | None = None) -> bytes:
    """Send, read all, close."""
    return await rest(await send(upstream, request, credential=credential))


async def failure(upstream: Upstream, request: WireRequest = ASK, timeouts: Timeouts = PATIENT) -> Failure:
    """Send under ``KEY``, read what there is, and return how it failed: in words that show no secret."""

    async def ask() -> None:
        await rest(await send(upstream, request, timeouts=timeouts, credential=KEY))

    with pytest.raises(TransportFault) as caught:
        await ask()
    assert "s3cret" not in f"{caught.value} {caught.value!r}"
    return caught.value.failure
