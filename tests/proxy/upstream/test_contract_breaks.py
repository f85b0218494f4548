"""The transports' contract: answers that break off, and answers that are none."""

import asyncio
import contextlib
import gzip

import pytest

from proxy.upstream.port import Exchange, TransportFault, Upstream
from tests.proxy.upstream.raw_server import OK, Line, RawServer
from tests.proxy.upstream.transports import LONG, Transport, failure, fetch, send
from translators.base import WireRequest
from translators.facts import Failure, FailureKind

pytestmark = pytest.mark.anyio

HEAD = b"HTTP/1.1 200 OK\r\n"
BROKE = (FailureKind.UNREACHABLE, True)
GARBLED = (FailureKind.GARBLED, True)

NONE = {
    "nothing": (b"", BROKE),
    "half a head": (HEAD + b"content-le", BROKE),
    "only a 1xx": (b"HTTP/1.1 100 Continue\r\n\r\n", BROKE),
    "short of its length": (HEAD + b"content-length: 5\r\n\r\nhel", BROKE),
    "half a chunk": (HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\nhel", BROKE),
    "no last chunk": (HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", BROKE),
    "half of the trailers": (HEAD + b"transfer-encoding: chunked\r\n\r\n0\r\nx-sum: 1\r\n", BROKE),
    "another protocol": (b"+OK POP3 ready\r\n\r\n", GARBLED),
    "TLS": (b"\x16\x03\x01\x00\xf4\r\n\r\n", GARBLED),
    "a request": (b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", GARBLED),
    "status line": (b"HTTP/1.1 abc\r\n\r\n", GARBLED),
    "two lengths": (HEAD + b"content-length: 5\r\ncontent-length: 6\r\n\r\nhello", GARBLED),
    "negative length": (HEAD + b"content-length: -5\r\n\r\nhello", GARBLED),
    "length of words": (HEAD + b"content-length: five\r\n\r\nhello", GARBLED),
    "huge length": (HEAD + b"content-length: 99999999999999999999999\r\n\r\nhello", GARBLED),
    "chunk size": (HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n", GARBLED),
    "chunk longer than it said": (HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n", GARBLED),
    "endless chunk size": (HEAD + b"transfer-encoding: chunked\r\n\r\n" + b"1" * 200_000, GARBLED),
    "long header": (HEAD + b"x: " + b"y" * 200_000 + b"\r\n\r\n", GARBLED),
    "endless header": (HEAD + b"x: " + b"y" * 200_000, GARBLED),
    "many headers": (HEAD + b"x: y\r\n" * 100_000 + b"\r\n", GARBLED),
    "switching protocols": (b"HTTP/1.1 101 Switch\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n", GARBLED),
    "brotli": (HEAD + b"content-encoding: br\r\ncontent-length: 5\r\n\r\nhello", GARBLED),
    "gzip twice": (HEAD + b"content-encoding: gzip, gzip\r\ncontent-length: 5\r\n\r\nhello", GARBLED),
    "no gzip": (HEAD + b"content-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello", GARBLED),
    "empty gzip": (HEAD + b"content-encoding: gzip\r\ncontent-length: 0\r\n\r\n", GARBLED),
    "cut gzip": (HEAD + b"content-encoding: gzip\r\n\r\n" + gzip.compress(b"hello")[:-4], GARBLED),
}


@pytest.mark.parametrize("form", NONE)
@pytest.mark.parametrize("by_reset", [False, True], ids=["FIN", "RST"])
async def test_an_answer_that_is_none_is_a_fault(transport: Transport, form: str, by_reset: bool) -> None:
    """F5, F7, S15: cut is not finished, garbage is not an answer, and neither is kept as a connection."""
    answer, expected = NONE[form]

    async def script(line: Line) -> None:
        await line.request()
        with contextlib.suppress(OSError):
            await line.write(answer)
        if expected is BROKE and by_reset:
            line.reset()
        else:
            await line.close()

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        fault = await failure(upstream)
        await server.until(lambda server: server.open == 0)
        assert len(server.requests) == 1

    assert (fault.kind, fault.reached_model) == expected


async def _read_until_it_breaks(upstream: Upstream) -> tuple[bytes, Failure]:
    got, exchange = b"", None
    try:
        exchange = await send(upstream)
        while piece := await exchange.read(LONG):
            got += piece
    except TransportFault as fault:
        return got, fault.failure
    finally:
        if exchange is not None:
            exchange.close()
    pytest.fail("a cut looked like an end")


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (HEAD + b"content-length: 11\r\n\r\nhello world", b"hello world"),
        (
            HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nx: y\r\n\r\n",
            b"hello world",
        ),
    ],
    ids=["length", "chunked"],
)
@pytest.mark.parametrize("by_reset", [False, True], ids=["FIN", "RST"])
async def test_an_answer_cut_at_any_byte_breaks_and_never_ends(
    transport: Transport, answer: bytes, body: bytes, by_reset: bool
) -> None:
    """F5: wherever it is cut, what came is a beginning of the body, then there is a failure; it is the upstream's."""

    async def script(line: Line) -> None:
        await line.request()
        await line.write(answer[: server.accepted - 1])
        await asyncio.sleep(0)
        if by_reset:
            line.reset()
        else:
            await line.close()

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        for cut in range(len(answer)):
            got, fault = await _read_until_it_breaks(upstream)
            assert body.startswith(got), cut
            assert (fault.kind, fault.reached_model) == BROKE, cut
            assert fault.message.startswith("The connection to the upstream broke: "), cut
        assert len(server.requests) == server.accepted == len(answer)
        await server.until(lambda server: server.open == 0)


@pytest.mark.parametrize("by_reset", [False, True], ids=["FIN", "RST"])
async def test_a_break_in_mid_body_comes_after_what_was_read(transport: Transport, by_reset: bool) -> None:
    """F5: the reader has what came, then the failure, as often as it asks; never an end."""
    read = asyncio.Event()

    async def script(line: Line) -> None:
        await line.request()
        await line.write(HEAD + b"content-length: 9\r\n\r\nok")
        await read.wait()
        if by_reset:
            line.reset()
        else:
            await line.close()

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        exchange: Exchange = await send(upstream)
        assert await exchange.read(LONG) == b"ok"
        read.set()
        for _ in range(2):
            with pytest.raises(TransportFault, match="The connection to the upstream broke: ") as caught:
                await exchange.read(LONG)
            assert (caught.value.failure.kind, caught.value.failure.reached_model) == BROKE
        exchange.close()


async def test_a_reset_while_the_request_goes_out_reached_no_model(transport: Transport) -> None:
    """Half a JSON body is no request; the next one goes over another connection."""

    async def script(line: Line) -> None:
        if server.accepted == 1:
            await line.first()
            return line.reset()
        await line.request()
        await line.write(OK)
        return await line.gone()

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        fault = await failure(upstream, WireRequest("/", bytes(64 * 1024 * 1024)))
        assert (fault.kind, fault.reached_model) == (FailureKind.UNREACHABLE, False)
        assert await fetch(upstream) == b"ok"
