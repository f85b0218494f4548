"""New connections: names to addresses, addresses to sockets, sockets to connections with or without TLS.

uvloop's ``create_connection`` tries one address after the other, so the race between them is run here. TLS and the
protocol are the loop's own.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import Callable, Sequence
from itertools import chain, zip_longest
from typing import Any, TypeVar

from proxy.tasks import spawn
from proxy.upstream.addresses import not_public
from proxy.upstream.failures import not_public as refused
from proxy.upstream.origin import Origin
from proxy.upstream.port import TransportFault

STAGGER = 0.25
"""Seconds that an address has to itself before the next one is tried beside it (RFC 8305, 5 and 8)."""

AddressInfo = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]
"""As ``getaddrinfo`` gives it."""

_P = TypeVar("_P", bound=asyncio.Protocol)


async def connect(
    origin: Origin,
    context: ssl.SSLContext | None,
    public_only: bool,
    within: float,
    protocol: Callable[[socket.socket], _P],
) -> _P:
    """A connection that stands, TLS included.

    Args:
        origin: where to.
        context: how certificates are verified; None without TLS.
        public_only: refuse a connection whose peer is not on the public internet, before a byte goes over it (S13).
        within: seconds.
        protocol: makes the protocol of the connection; is given its socket, which is the transport's from then on.

    Raises:
        TimeoutError: not in time.
        OSError: the name was not resolved, nobody listens there, or TLS failed.
        TransportFault: the address is refused.
    """
    loop = asyncio.get_running_loop()
    due = loop.time() + within
    async with asyncio.timeout_at(due):
        opened = await dial(origin.host, origin.port)
    try:
        if public_only:
            _insist_on_public(opened)
        if context is None:
            return (await loop.create_connection(lambda: protocol(opened), sock=opened))[1]
        # A handshake is ended by the loop's own deadline: cancelling one is where clients lose connections (K1).
        left = max(due - loop.time(), 0.001)
        return (
            await loop.create_connection(
                lambda: protocol(opened),
                sock=opened,
                ssl=context,
                server_hostname=origin.host,
                ssl_handshake_timeout=left,
            )
        )[1]
    except BaseException as fault:
        opened.close()
        if isinstance(fault, ConnectionAbortedError) and fault.errno is None:  # how loops say: handshake timeout
            raise TimeoutError from None
        raise


async def dial(host: str, port: int) -> socket.socket:
    """A TCP connection to whichever of a host's addresses answers first (RFC 8305).

    Raises:
        OSError: the name was not resolved, or the first address's fault if none answers.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if len(found) == 1:
        return await _open(found[0])
    race = _Race()
    try:
        for address in interleaved(found):
            if (winner := await race.start(address)) is not None:
                return winner
        return await race.finish()
    finally:
        race.call_off()


def interleaved(found: Sequence[AddressInfo]) -> list[AddressInfo]:
    """The resolver's order of addresses, its first family and the other in turn (RFC 8305, 4)."""
    first = [info for info in found if info[0] == found[0][0]]
    other = [info for info in found if info[0] != found[0][0]]
    return [info for info in chain.from_iterable(zip_longest(first, other)) if info is not None]


class _Race:
    """Connection attempts beside one another."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[socket.socket | OSError]] = set()
        self._fault: OSError | None = None

    async def start(self, address: AddressInfo) -> socket.socket | None:
        """One more attempt; returns when there is a winner, when all have failed, or when the next may start."""
        self._running.add(spawn(_attempt(address), "dial"))
        due = asyncio.get_running_loop().time() + STAGGER
        while self._running and (left := due - asyncio.get_running_loop().time()) > 0:
            if (winner := await self._next(left)) is not None:
                return winner
        return None

    async def finish(self) -> socket.socket:
        """The winner, whenever it comes."""
        while self._running:
            if (winner := await self._next(None)) is not None:
                return winner
        assert self._fault is not None
        raise self._fault

    def call_off(self) -> None:
        """End what still runs; what has connected in the meantime is closed."""
        for task in self._running:
            task.cancel()
            task.add_done_callback(_close)

    async def _next(self, within: float | None) -> socket.socket | None:
        ended, self._running = await asyncio.wait(self._running, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        winner: socket.socket | None = None
        for task in ended:
            outcome = task.result()
            if isinstance(outcome, OSError):
                self._fault = self._fault or outcome
            elif winner is None:
                winner = outcome
            else:
                outcome.close()
        return winner


async def _attempt(address: AddressInfo) -> socket.socket | OSError:
    try:
        return await _open(address)
    except OSError as fault:
        return fault


async def _open(address: AddressInfo) -> socket.socket:
    family, kind, protocol, _, where = address
    opened = socket.socket(family, kind, protocol)
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        await _establish(opened, where)
    except BaseException:
        opened.close()
        raise
    return opened


async def _establish(opened: socket.socket, where: Any) -> None:
    """As ``sock_connect`` does; uvloop's resolves the address once more, and loses an IPv6 scope over it."""
    try:
        return opened.connect(where)
    except BlockingIOError:
        pass
    loop = asyncio.get_running_loop()
    writable: asyncio.Future[None] = loop.create_future()
    loop.add_writer(opened, _set, writable)
    try:
        await writable
    finally:
        loop.remove_writer(opened)
    if code := opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(code, os.strerror(code))
    return None


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _close(task: asyncio.Task[socket.socket | OSError]) -> None:
    if not task.cancelled() and isinstance(outcome := task.result(), socket.socket):
        outcome.close()


def _insist_on_public(opened: socket.socket) -> None:
    try:
        address = opened.getpeername()[0]
    except OSError:  # reset already
        address = ""
    if (why := not_public(address)) is not None:
        raise TransportFault(refused(why))
