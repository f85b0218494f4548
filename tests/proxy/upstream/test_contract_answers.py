"""The transports' contract: what comes back, in whatever form it comes."""

import asyncio
import gzip

import pytest

from tests.proxy.upstream.raw_server import OK, Line, RawServer, answering
from tests.proxy.upstream.transports import ASK, LONG, Transport, fetch, rest, send, whole
from translators.base import WireRequest

pytestmark = pytest.mark.anyio

HELD = 256 * 1024
"""Bytes that wait in a transport at most, by its port."""
CHUNKED = "Transfer-Encoding: chunked"


def _answer(body: bytes, *fields: str, status: str = "200 OK", version: str = "1.1") -> bytes:
    return "\r\n".join([f"HTTP/{version} {status}", *fields, "", ""]).encode() + body


KEPT = {
    "length": (_answer(b"hello", "content-length: 5"), b"hello"),
    "chunked": (_answer(b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", CHUNKED), b"hello"),
    "chunk extensions": (_answer(b'2;x\r\nhe\r\n3;x=y;z="1;2"\r\nllo\r\n0;last\r\n\r\n', CHUNKED), b"hello"),
    "trailers": (_answer(b"5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n", CHUNKED), b"hello"),
    "capitals": (_answer(b"00A\r\nhellohello\r\n0\r\n\r\n", "TRANSFER-ENCODING: Chunked"), b"hellohello"),
    "empty": (_answer(b"", "content-length: 0"), b""),
    "no chunks": (_answer(b"0\r\n\r\n", CHUNKED), b""),
    "no content": (_answer(b"", status="204 No Content"), b""),
    "not modified": (_answer(b"", "content-length: 5", status="304 Not Modified"), b""),
    "no reason": (_answer(b"hello", "content-length: 5", status="200 "), b"hello"),
    "100 first": (_answer(b"", status="100 Continue") + OK, b"ok"),
    "103 first": (_answer(b"", "link: </x>; rel=preload", status="103 Early Hints") + OK, b"ok"),
    "five 1xx first": (_answer(b"", status="100 Continue") * 2 + _answer(b"", status="102 Wait") * 3 + OK, b"ok"),
    "gzip": (_answer(b"%s", "content-encoding: gzip", "content-length: %d"), b"hello" * 999),
    "x-gzip": (_answer(b"%s", "Content-Encoding: X-GZIP", "content-length: %d"), b"hello" * 999),
    "identity": (_answer(b"hello", "content-encoding: identity", "content-length: 5"), b"hello"),
}
KEPT |= {
    name: (answer % (len(packed := gzip.compress(body)), packed), body)
    for name, (answer, body) in KEPT.items()
    if "gzip" in name
}

SPENT = {
    "close": (_answer(b"hello", "connection: close", "content-length: 5"), b"hello"),
    "Close among others": (_answer(b"hello", "Connection: x, Close", "content-length: 5"), b"hello"),
    "close-delimited": (_answer(b"hello"), b"hello"),
    "close-delimited and empty": (_answer(b""), b""),
    "close-delimited gzip": (_answer(gzip.compress(b"hello"), "content-encoding: gzip"), b"hello"),
    "HTTP/1.0": (_answer(b"hello", "content-length: 5", version="1.0"), b"hello"),
    "HTTP/1.0 and close-delimited": (_answer(b"hello", version="1.0"), b"hello"),
    "chunked and close": (_answer(b"5\r\nhello\r\n0\r\n\r\n", CHUNKED, "connection: close"), b"hello"),
}


@pytest.mark.parametrize("form", KEPT)
async def test_a_body_is_read_in_whatever_form_it_comes_and_in_any_split(transport: Transport, form: str) -> None:
    """Framing and unasked-for gzip are undone, cut in two at every byte, and the connection is kept."""
    answer, body = KEPT[form]
    cuts = range(0, len(answer), 1 + len(answer) // 200)

    async def script(line: Line) -> None:
        for cut in cuts:
            await line.request()
            await line.write(answer[:cut])
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await line.write(answer[cut:])
        await line.gone()

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        assert [await fetch(upstream) for _ in cuts] == [body for _ in cuts]
        assert server.accepted == 1


@pytest.mark.parametrize("form", SPENT)
async def test_an_answer_that_ends_its_connection_is_read_whole_and_the_next_request_has_another(
    transport: Transport, form: str
) -> None:
    """F6: whether a close is an end or a cut, only a decoder can tell; without a length it is an end."""
    answer, body = SPENT[form]

    async def script(line: Line) -> None:
        await line.request()
        await line.write(answer)
        await line.close()

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        for number in (1, 2, 3):
            assert await fetch(upstream) == body
            assert (server.accepted, len(server.requests)) == (number, number)


async def test_an_answer_byte_by_byte_is_read_whole(transport: Transport) -> None:
    """Each byte in a packet of its own."""

    async def script(line: Line) -> None:
        await line.request()
        for at in range(len(answer)):
            await line.write(answer[at : at + 1])
            await asyncio.sleep(0)
        await line.gone()

    answer, body = KEPT["trailers"]
    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        assert await fetch(upstream) == body


@pytest.mark.parametrize("field", ["content-length: 5", CHUNKED, "x: y"])
async def test_the_answer_to_head_has_no_body(transport: Transport, field: str) -> None:
    """Whatever its headers announce (RFC 9112, 6.3), and the connection goes on."""
    head = WireRequest("/models", b"", method="HEAD")
    async with (
        RawServer(answering(_answer(b"", field), _answer(b"", field), OK)) as server,
        transport.upstream(server.url) as upstream,
    ):
        for _ in range(2):
            exchange = await send(upstream, head)
            assert (exchange.status, await rest(exchange)) == (200, b"")
        assert await fetch(upstream) == b"ok"
        assert server.accepted == 1
        assert [received.line for received in server.requests[:2]] == ["HEAD /models HTTP/1.1"] * 2


@pytest.mark.parametrize("answer", [OK, _answer(b"ok")], ids=["length", "close-delimited"])
async def test_an_upstream_that_half_closes_is_heard_to_the_end(transport: Transport, answer: bytes) -> None:
    """It sends no more but still listens: its answer counts, and no second request goes to it."""

    async def script(line: Line) -> None:
        await line.request()
        await line.write(answer)
        line.half_close()
        await line.gone()

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        for number in (1, 2, 3):
            assert await fetch(upstream) == b"ok"
            await server.until(lambda server: server.open <= 1)
            assert len(server.requests) == server.accepted == number


async def test_status_and_headers_are_shown_as_promised(transport: Transport) -> None:
    """Lower case, repeated ones joined, trailers left out; a redirect is an answer like any other (S12)."""
    fields = ("Location: http://127.0.0.1:1/", "X-Many: a", CHUNKED, "x-many:b", "X-Latin: \u00e9", "x-empty:")
    answer = _answer(b"0\r\nx-late: 1\r\n\r\n", *fields, status="307 Elsewhere").decode().encode("latin-1")
    async with RawServer(answering(answer)) as server, transport.upstream(server.url) as upstream:
        exchange = await send(upstream)
        assert exchange.status == 307
        assert dict(exchange.headers) == {
            "location": "http://127.0.0.1:1/",
            "x-many": "a, b",
            "transfer-encoding": "chunked",
            "x-latin": "\u00e9",
            "x-empty": "",
        }
        assert ("x-many" in exchange.headers, "X-Many" in exchange.headers) == (True, False)
        assert exchange.headers.get("retry-after") is None
        assert await whole(exchange) == b""
        assert "x-late" not in exchange.headers
        exchange.close()


async def test_a_stream_is_handed_on_as_it_comes(transport: Transport) -> None:
    """A piece is readable before the next one is sent; after the end there is only the end."""
    turn = asyncio.Semaphore(0)

    async def script(line: Line) -> None:
        await line.request()
        await line.write(_answer(b"", CHUNKED))
        for number in range(3):
            await turn.acquire()
            await line.write(b"7\r\ndata %d\n\r\n" % number)
        await line.write(b"0\r\n\r\n")
        await line.gone()

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        exchange = await send(upstream)
        for number in range(3):
            turn.release()
            assert await exchange.read(LONG) == b"data %d\n" % number
        assert [await exchange.read(LONG), await exchange.read(LONG)] == [b"", b""]
        exchange.close()


@pytest.mark.parametrize("framing", ["content-length", "chunked"])
async def test_a_slow_reader_holds_the_upstream_back(transport: Transport, framing: str) -> None:
    """F16: while nobody reads, a flood's writes block, what waits here is bounded, and nothing is lost."""
    size, piece, sent, done = 64 * 1024 * 1024, bytes(65536), 0, asyncio.Event()
    chunked = framing == "chunked"

    async def script(line: Line) -> None:
        nonlocal sent
        await line.request()
        await line.write(_answer(b"", CHUNKED if chunked else f"content-length: {size}"))
        while sent < size:
            await line.write(b"10000\r\n" + piece + b"\r\n" if chunked else piece)
            sent += len(piece)
        await line.write(b"0\r\n\r\n" if chunked else b"")
        done.set()
        await line.gone()

    async with RawServer(script) as server, transport.upstream(server.url) as upstream:
        exchange = await send(upstream)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await done.wait()
        assert sent < size // 2  # the kernel's buffers on both sides, and ours
        held = await exchange.read(0)
        assert 0 < len(held) <= HELD
        assert len(held) + len(await rest(exchange)) == size


async def test_a_bomb_goes_off_in_bounded_pieces(transport: Transport) -> None:
    """S15: 64 MiB of zeros come as 64 KiB of gzip, and only what is asked for is unpacked."""
    size = 64 * 1024 * 1024
    packed = gzip.compress(bytes(size))
    answer = _answer(packed, "content-encoding: gzip", f"content-length: {len(packed)}")
    async with RawServer(answering(answer, OK)) as server, transport.upstream(server.url) as upstream:
        exchange, pieces = await send(upstream), []
        while piece := await exchange.read(LONG):
            pieces.append(len(piece))
            await asyncio.sleep(0)
        exchange.close()
        assert sum(pieces) == size
        assert max(pieces) <= HELD
        assert await fetch(upstream, ASK) == b"ok"
        assert server.accepted == 1
