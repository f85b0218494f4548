"""The transports' contract: closing an exchange, and closing an upstream."""

import asyncio

import pytest

from proxy.upstream.port import TransportFault
from tests.proxy.upstream.raw_server import OK, Line, RawServer, always_ok, answering
from tests.proxy.upstream.transports import LONG, Transport, fetch, rest, send, whole
from translators.facts import FailureKind

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("read", [False, True], ids=["unread", "half read"])
async def test_closing_early_cuts_the_connection(transport: Transport, read: bool) -> None:
    """At once, however much is still to come; closing again is no error, and reading on is never an end."""

    async def script(line: Line) -> None:
        await line.request()
        await line.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok")
        await line.gone()

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        exchange = await send(upstream)
        if read:
            assert await exchange.read(LONG) == b"ok"
        exchange.close()
        exchange.close()
        await server.until(lambda server: server.open == 0)
        exchange.close()
        for _ in range(2):
            with pytest.raises(TransportFault, match="closed before its end") as caught:
                await exchange.read(LONG)
            assert caught.value.failure.kind is FailureKind.CANCELLED


async def test_who_reads_while_it_is_closed_hears_of_it(transport: Transport) -> None:
    """A reader in another task does not wait for ever."""

    async def script(line: Line) -> None:
        await line.request()
        await line.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok")
        await line.gone()

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        exchange = await send(upstream)
        assert await exchange.read(LONG) == b"ok"
        reader = asyncio.ensure_future(exchange.read(LONG))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not reader.done()
        exchange.close()
        with pytest.raises(TransportFault, match="closed before its end"):
            await reader


async def test_closing_after_the_end_harms_nobody(transport: Transport) -> None:
    """The connection is somebody else's by then."""
    async with RawServer(always_ok) as server, transport.upstream(server.url, connections=1) as upstream:
        first = await send(upstream)
        await whole(first)
        first.close()
        second = await send(upstream)
        first.close()
        assert await rest(second) == b"ok"
        first.close()
        second.close()
        assert await fetch(upstream) == b"ok"
        assert server.accepted == 1


async def test_aclose_closes_what_is_idle_and_lets_the_rest_finish(transport: Transport) -> None:
    """A reload takes an upstream away and no stream with it; its connection goes when the stream has ended."""
    finish = asyncio.Event()

    async def script(line: Line) -> None:
        await line.request()
        if len(server.requests) == 2:
            await line.write(OK)
            return await line.gone()
        await line.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nok")
        await finish.wait()
        await line.write(b"ok")
        return await line.gone()

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        exchange = await send(upstream)
        await fetch(upstream)
        assert server.open == 2
        await upstream.aclose()
        if transport.closes_at_once:
            await server.until(lambda server: server.open == 1)
        assert await exchange.read(LONG) == b"ok"
        finish.set()
        assert await rest(exchange) == b"ok"
        await server.until(lambda server: server.open == 0)


async def test_an_upstream_that_was_not_used_can_be_closed(transport: Transport) -> None:
    """Twice, too."""
    async with RawServer(answering()) as server, transport.upstream(server.url) as upstream:
        await upstream.aclose()
        assert server.accepted == 0
