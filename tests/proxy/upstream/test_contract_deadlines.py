"""The transports' contract: how long each step may take, and what is left when it took longer."""

import asyncio
import contextlib

import pytest

from policies.base import Timeouts
from proxy.upstream.port import Exchange
from tests.proxy.upstream.deaf import deaf_port
from tests.proxy.upstream.raw_server import OK, Line, RawServer, always_ok, ok_once
from tests.proxy.upstream.transports import ASK, LONG, Transport, failure, fetch, rest, send
from translators.base import WireRequest
from translators.facts import Failure, FailureKind

pytestmark = pytest.mark.anyio

HEAD = b"HTTP/1.1 200 OK\r\n"


async def test_silence_before_the_head_is_a_timeout_that_may_have_reached_the_model(transport: Transport) -> None:
    """F2: the request was sent, so its work may be done; the connection is cut."""

    async def script(line: Line) -> None:
        await line.request()
        await line.gone()

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        late = await failure(upstream, timeouts=Timeouts(headers=0.1))
        await server.until(lambda server: server.open == 0)

    message = "The upstream did not begin to answer within 0.1 s."
    assert late == Failure(FailureKind.TIMEOUT, message, reached_model=True)


@pytest.mark.parametrize("first", [HEAD, b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD])
async def test_a_head_that_drips_is_cut_at_the_same_deadline(transport: Transport, first: bytes) -> None:
    """Each line comes in time, the head does not: the deadline is the whole head's, interim answers included."""

    async def script(line: Line) -> None:
        await line.request()
        await line.write(first)
        with contextlib.suppress(OSError):
            while True:
                await line.write(b"x: y\r\n")
                await asyncio.sleep(0.01)

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        late = await failure(upstream, timeouts=Timeouts(headers=0.2))

    assert (late.kind, late.reached_model) == (FailureKind.TIMEOUT, True)


async def test_the_deadline_of_one_request_is_not_the_next_ones(transport: Transport) -> None:
    """The same connection serves a hasty request, then a patient one that takes longer."""

    async def script(line: Line) -> None:
        await line.request()
        await line.write(OK)
        await line.request()
        await asyncio.sleep(0.3)
        await line.write(OK)
        await line.request()
        await line.gone()

    async with RawServer(script) as server, transport.upstream(server.url, connections=1) as upstream:
        assert await rest(await send(upstream, timeouts=Timeouts(headers=0.2))) == b"ok"
        assert await rest(await send(upstream, timeouts=Timeouts(headers=LONG))) == b"ok"
        late = await failure(upstream, timeouts=Timeouts(headers=0.2))
        assert (late.kind, late.reached_model) == (FailureKind.TIMEOUT, True)
        assert server.accepted == 1


async def test_a_body_has_no_deadline_of_its_own(transport: Transport) -> None:
    """The head's is over once the head is here; a stream may take as long as its reader lets it."""

    async def script(line: Line) -> None:
        await line.request()
        await line.write(HEAD + b"content-length: 2\r\n\r\no")
        await asyncio.sleep(0.4)
        await line.write(b"k")
        await line.gone()

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        exchange = await send(upstream, timeouts=Timeouts(connect=0.2, headers=0.2), within=0.3)
        assert await rest(exchange) == b"ok"


async def test_a_request_that_is_not_taken_is_a_timeout_that_reached_no_model(transport: Transport) -> None:
    """Half a JSON body is no request: nobody can have worked on it."""
    never = asyncio.Event()

    async def script(_: Line) -> None:
        await never.wait()

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        late = await failure(upstream, WireRequest("/", bytes(64 * 1024 * 1024)), Timeouts(headers=0.2))

    assert late == Failure(FailureKind.TIMEOUT, "The upstream did not take the request within 0.2 s.")


async def test_the_head_has_its_time_from_the_requests_last_byte(transport: Transport) -> None:
    """A large body that is taken slowly, but in time, does not use up the model's time."""

    async def script(line: Line) -> None:
        await asyncio.sleep(0.3)
        await line.request()
        await asyncio.sleep(0.3)
        await line.write(OK)
        await line.gone()

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        exchange = await send(upstream, WireRequest("/", bytes(32 * 1024 * 1024)), timeouts=Timeouts(headers=0.55))
        assert await rest(exchange) == b"ok"


@pytest.mark.parametrize("kilobytes", [1, 64, 64 * 1024])
async def test_an_answer_that_comes_before_the_request_is_out_is_heard(transport: Transport, kilobytes: int) -> None:
    """A server may refuse a body (413) without reading it; nothing follows on that connection."""

    async def script(line: Line) -> None:
        if server.accepted == 1:
            await line.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig")
            await asyncio.Event().wait()
        await always_ok(line)

    request = WireRequest("/", bytes(kilobytes * 1024))
    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        if kilobytes == 64 * 1024 and not transport.hears_while_sending:
            late = await failure(upstream, request, Timeouts(headers=0.2))
            assert (late.kind, late.reached_model) == (FailureKind.TIMEOUT, False)
        else:
            exchange = await send(upstream, request)
            assert (exchange.status, await rest(exchange)) == (413, b"big")
        if kilobytes == 64 * 1024:
            assert await fetch(upstream) == b"ok"
            assert server.accepted == 2


# ``within``: what the request as a whole has left.


async def test_within_bounds_connecting(transport: Transport) -> None:
    """Over before ``connect`` is: that is the caller's deadline, and no failure of the upstream's."""
    with deaf_port() as port:
        async with transport.upstream(f"http://127.0.0.1:{port}") as upstream:
            with pytest.raises(TimeoutError):
                await send(upstream, timeouts=Timeouts(connect=1.0), within=0.05)


async def test_within_bounds_the_wait_for_the_pool(transport: Transport) -> None:
    """And the place in the queue is nobody's afterwards."""
    answer = asyncio.Event()
    async with RawServer(ok_once(answer)) as server, transport.upstream(server.url, connections=1) as upstream:
        first = asyncio.ensure_future(fetch(upstream))
        await server.until(lambda server: len(server.requests) == 1)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await send(upstream, within=0.02)
        answer.set()
        assert [await first, await fetch(upstream)] == [b"ok", b"ok"]
        assert len(server.requests) == 2


@pytest.mark.parametrize("within", [0.0, 0.1])
async def test_within_bounds_the_wait_for_the_head(transport: Transport, within: float) -> None:
    """The connection is cut, and its place is free."""

    async def script(line: Line) -> None:
        await line.request()
        if server.accepted < 3:
            await line.gone()
        await line.write(OK)
        await always_ok(line)

    async with RawServer(script) as server, transport.upstream(server.url, connections=1) as upstream:
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await send(upstream, ASK, within=within)
        if within:
            await server.until(lambda server: server.accepted == 2 and server.open == 0)
            assert await fetch(upstream) == b"ok"
            assert (server.accepted, len(server.requests)) == (3, 3)


async def _without_waiting(exchange: Exchange) -> bytes:
    """Ask again and again for what is there already."""
    async with asyncio.timeout(LONG):
        while True:
            with contextlib.suppress(TimeoutError):
                return await exchange.read(0)
            await asyncio.sleep(0.001)


async def test_within_bounds_a_read_and_loses_nothing(transport: Transport) -> None:
    """What comes later is there for the next one; what is there already needs no time at all."""
    turn = asyncio.Semaphore(0)

    async def script(line: Line) -> None:
        await line.request()
        await line.write(HEAD + b"content-length: 10\r\n\r\n")
        for _ in range(2):
            await turn.acquire()
            await line.write(b"hello")
        await line.gone()

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        exchange = await send(upstream)
        for within in (0.0, 0.02, -1.0):
            with pytest.raises(TimeoutError):
                await exchange.read(within)
        turn.release()
        assert await exchange.read(LONG) == b"hello"
        with pytest.raises(TimeoutError):
            await exchange.read(0.02)
        turn.release()
        assert await _without_waiting(exchange) == b"hello"
        assert await exchange.read(LONG) == b""
        assert await exchange.read(0) == b""
        exchange.close()


async def test_a_cancelled_read_loses_nothing(transport: Transport) -> None:
    """Whether it is cancelled before the bytes come or in the same turn."""

    async def script(line: Line) -> None:
        await line.request()
        await line.write(HEAD + b"content-length: 100\r\n\r\n")
        for _ in range(100):
            await line.write(b"x")
            await asyncio.sleep(0)
        await line.gone()

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        exchange, got, turns = await send(upstream), b"", 0
        while len(got) < 100:
            reader = asyncio.ensure_future(exchange.read(LONG))
            for _ in range(turns % 4):
                await asyncio.sleep(0)
            turns += 1
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                got += await reader
        assert got == b"x" * 100
        assert await rest(exchange) == b""
