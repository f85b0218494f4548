"""The transports' contract: which connection carries a request, and which never carries another."""

import asyncio
import ssl

import pytest

from policies.base import Timeouts
from tests.proxy.upstream.raw_server import OK, Line, RawServer, always_ok, ok_once
from tests.proxy.upstream.transports import KEY, LONG, Transport, failure, fetch, rest, send, whole
from translators.base import WireRequest
from translators.facts import FailureKind

pytestmark = pytest.mark.anyio

EVIL = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil"


async def _settled() -> None:
    """Let what was sent arrive and be seen. No event says when: until then a request may go out to nobody, rightly."""
    await asyncio.sleep(0.02)


async def test_one_connection_serves_one_request_after_another(transport: Transport) -> None:
    """A body that was read to its end gives its connection back before its reader hears of the end."""
    async with RawServer(always_ok) as server, transport.upstream(server.url, connections=1) as upstream:
        for _ in range(5):
            exchange = await send(upstream, credential=KEY)
            assert await whole(exchange) == b"ok"
            exchange.close()
        assert (server.accepted, len(server.requests)) == (1, 5)


# Bytes that nobody asked for.


@pytest.mark.parametrize(
    "more", [EVIL, EVIL[:9], b"\r\n", b"x", EVIL * 1000], ids=["answer", "cut", "CRLF", "byte", "many"]
)
@pytest.mark.parametrize("first", [OK, b"HTTP/1.1 204 No Content\r\n\r\n"], ids=["body", "no body"])
async def test_bytes_after_a_complete_answer_are_never_the_next_ones(
    transport: Transport, first: bytes, more: bytes
) -> None:
    """An answer that comes before its request is somebody's trick: the connection is not used again."""

    async def script(line: Line) -> None:
        await line.request()
        await line.write(first + more if server.accepted == 1 else OK)
        await always_ok(line)

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        assert await fetch(upstream) == first.partition(b"\r\n\r\n")[2]
        for _ in range(3):
            assert await fetch(upstream) == b"ok"
        assert (server.accepted, len(server.requests)) == (2, 4)


async def test_bytes_after_a_damaged_answer_are_not_the_next_one_either(transport: Transport) -> None:
    """Its framing is whole and its gzip is not; the connection is as poisoned as any."""
    damaged = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello"

    async def script(line: Line) -> None:
        await line.request()
        await line.write(damaged + EVIL if server.accepted == 1 else OK)
        await always_ok(line)

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        assert (await failure(upstream)).kind is FailureKind.GARBLED
        assert await fetch(upstream) == b"ok"
        assert (server.accepted, len(server.requests)) == (2, 2)


@pytest.mark.parametrize("turns", range(4))
async def test_bytes_in_the_next_packet_are_never_the_next_answer(transport: Transport, turns: int) -> None:
    """Wherever they wait: in the kernel, in the loop's hands, in a buffer."""

    async def script(line: Line) -> None:
        await line.request()
        await line.write(OK)
        if server.accepted == 1:
            for _ in range(turns):
                await asyncio.sleep(0)
            await line.write(EVIL)
            written.set()
        await always_ok(line)

    written = asyncio.Event()
    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        exchange = await send(upstream)
        await written.wait()
        await _settled()
        assert await rest(exchange) == b"ok"
        assert await fetch(upstream) == b"ok"
        assert (server.accepted, len(server.requests)) == (2, 2)


async def test_bytes_in_the_next_tls_record_are_never_the_next_answer(
    transport: Transport, tls: ssl.SSLContext, trust: ssl.SSLContext
) -> None:
    """Two records in one packet: the second one is not in the socket any more."""

    async def script(line: Line) -> None:
        await line.request()
        await line.write(OK)
        if server.accepted == 1:
            await line.write(EVIL)
        await always_ok(line)

    async with RawServer(script, tls) as server, transport.upstream(server.url, verify=trust) as upstream:
        assert await fetch(upstream) == b"ok"
        await _settled()
        assert await fetch(upstream) == b"ok"
        assert (server.accepted, len(server.requests)) == (2, 2)


@pytest.mark.parametrize("more", [EVIL, b"x", b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n"])
async def test_bytes_on_an_idle_connection_end_it(transport: Transport, more: bytes) -> None:
    """Some servers say 408 before they close; it is nobody's answer."""
    idle, written = asyncio.Event(), asyncio.Event()

    async def script(line: Line) -> None:
        await line.request()
        await line.write(OK)
        if server.accepted == 1:
            await idle.wait()
            await line.write(more)
            written.set()
        await always_ok(line)

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        assert await fetch(upstream) == b"ok"
        idle.set()
        await written.wait()
        await _settled()
        assert await fetch(upstream) == b"ok"
        assert (server.accepted, len(server.requests)) == (2, 2)


# Connections that are gone.


@pytest.mark.parametrize("by_reset", [False, True], ids=["FIN", "RST"])
async def test_a_connection_that_ended_while_idle_is_not_used(transport: Transport, by_reset: bool) -> None:
    """The next request goes out once, on a new one."""

    async def script(line: Line) -> None:
        await line.request()
        await line.write(OK)
        await idle.wait()
        if by_reset:
            line.reset()
        else:
            await line.close()

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        for number in range(1, 4):
            idle = asyncio.Event()
            assert await fetch(upstream) == b"ok"
            idle.set()
            await server.until(lambda server: server.open == 0)
            await _settled()
            assert (server.accepted, len(server.requests)) == (number, number)


@pytest.mark.parametrize("before", [0, 1, 2], ids=["new", "kept", "kept twice"])
@pytest.mark.parametrize("by_reset", [False, True], ids=["FIN", "RST"])
async def test_a_request_that_went_out_is_never_sent_twice(transport: Transport, before: int, by_reset: bool) -> None:
    """Read whole and closed without an answer: the work may be done, so only the engine may try again (I7)."""

    async def script(line: Line) -> None:
        for _ in range(before):
            await line.request()
            await line.write(OK)
        await line.request()
        if by_reset:
            line.reset()
        else:
            await line.close()

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        for _ in range(before):
            await fetch(upstream)
        broken = await failure(upstream)
        assert (broken.kind, broken.reached_model) == (FailureKind.UNREACHABLE, True)
        assert broken.message.startswith("The connection to the upstream broke: ")
        await server.until(lambda server: server.open == 0)
        assert (server.accepted, len(server.requests)) == (1, before + 1)


# How many at a time, and in which order.


async def test_no_more_connections_are_open_than_allowed(transport: Transport) -> None:
    """And no fewer are used, if there is work for them."""
    together = asyncio.Barrier(3)

    async def script(line: Line) -> None:
        while True:
            await line.request()
            async with asyncio.timeout(LONG):
                await together.wait()
            await line.write(OK)

    async with RawServer(script) as server, transport.upstream(server.url, connections=3) as upstream:
        assert await asyncio.gather(*(fetch(upstream) for _ in range(30))) == [b"ok"] * 30
        assert server.peak == server.accepted == 3


async def test_requests_beyond_the_pool_are_served_in_turn(transport: Transport) -> None:
    """First come, first served; who leaves the queue holds nobody up."""
    answer = asyncio.Event()
    async with RawServer(ok_once(answer)) as server, transport.upstream(server.url, connections=1) as upstream:
        asks = []
        for number in range(8):
            asks.append(asyncio.ensure_future(fetch(upstream, WireRequest(f"/{number}", b""))))
            await _settled()
        await server.until(lambda server: len(server.requests) == 1)
        for number in (1, 4, 7):
            asks[number].cancel()
        answer.set()
        await asyncio.wait(asks)
        assert [ask.cancelled() for ask in asks] == [number in (1, 4, 7) for number in range(8)]
        assert [received.line.split()[1] for received in server.requests] == ["/0", "/2", "/3", "/5", "/6"]
        assert server.accepted == 1


async def test_a_full_pool_is_told_in_time_and_a_freed_place_is_taken_at_once(transport: Transport) -> None:
    """Waiting counts as connecting: over in ``connect`` seconds, and no model was reached."""
    answer = asyncio.Event()
    async with RawServer(ok_once(answer)) as server, transport.upstream(server.url, connections=1) as upstream:
        first = asyncio.ensure_future(fetch(upstream))
        await server.until(lambda server: len(server.requests) == 1)
        full = await failure(upstream, timeouts=Timeouts(connect=0.05))
        assert (full.kind, full.reached_model) == (FailureKind.TIMEOUT, False)
        assert full.message == "All 1 connections to the upstream are busy: its pool is full."
        waiting = asyncio.ensure_future(fetch(upstream))
        answer.set()
        assert [await first, await waiting] == [b"ok", b"ok"]
        assert server.accepted == 1


async def test_a_slow_upstream_never_blocks_another(transport: Transport) -> None:
    """All connections of one hang; the other serves as if it were alone."""

    async def script(line: Line) -> None:
        await line.request()
        await line.gone()

    async with (
        RawServer(script) as slow,
        RawServer(always_ok) as quick,
        transport.upstream(slow.url, connections=4) as hanging,
        transport.upstream(quick.url, connections=4) as serving,
    ):
        stuck = [asyncio.ensure_future(fetch(hanging)) for _ in range(12)]
        await slow.until(lambda slow: len(slow.requests) == 4)
        assert await asyncio.gather(*(fetch(serving) for _ in range(40))) == [b"ok"] * 40
        assert not any(ask.done() for ask in stuck)
        for ask in stuck:
            ask.cancel()
        await asyncio.wait(stuck)
        await slow.until(lambda slow: slow.open == 0)
