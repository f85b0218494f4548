"""The transports' contract against bytes that mean harm: no hang, no other exception, no harm to the next request."""

import asyncio
import contextlib
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.base import Timeouts
from proxy.upstream.port import TransportFault
from tests.proxy.upstream.raw_server import OK, Line, RawServer, always_ok
from tests.proxy.upstream.transports import ASK, Transport, fetch, send

pytestmark = pytest.mark.anyio

HASTY = Timeouts(connect=20.0, headers=0.05)
Ending = Literal["FIN", "RST", "stay"]
GOOD = (
    OK,
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n2\r\n!!\r\n0\r\nx-sum: 1\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello",
    b"HTTP/1.1 204 No Content\r\nkeep-alive: timeout=5\r\n\r\n",
    b"HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n",
    b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 22\r\n\r\n"
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xcb\xcf\x06\x00G\xdd\xdcy\x02\x00\x00\x00",
)
PIECES = (
    b"\r\n",
    b"\n",
    b"\x00",
    b"0\r\n\r\n",
    b"ffffffffffffffff\r\n",
    b"-1",
    b"content-length: 3\r\n",
    b"transfer-encoding: chunked\r\n",
    b"transfer-encoding: gzip, chunked\r\n",
    b"connection: upgrade\r\nupgrade: h2c\r\n",
    b"content-encoding: gzip\r\n",
    b"keep-alive: timeout=-1\r\n",
    b"keep-alive: timeout=99999999999999999999\r\n",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 101 x\r\n\r\n",
    b" folded\r\n",
    b"\xff\xfe\x80",
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good answer with a few cuts, copies and insertions."""
    answer = draw(st.sampled_from(GOOD))
    for _ in range(draw(st.integers(1, 4))):
        at, end = sorted((draw(st.integers(0, len(answer))), draw(st.integers(0, len(answer)))))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=8) | st.just(answer[at:end]))
        answer = draw(st.sampled_from((answer[:at] + piece + answer[at:], answer[:at] + piece + answer[end:])))
    return answer


async def _survives(transport: Transport, answer: bytes, split: int, ending: Ending) -> None:
    async def script(line: Line) -> None:
        await line.request()
        if server.accepted == 1:
            with contextlib.suppress(OSError):
                await line.write(answer[:split])
                await asyncio.sleep(0)
                await line.write(answer[split:])
            if ending == "FIN":
                return await line.close()
            if ending == "RST":
                return line.reset()
        else:
            await line.write(OK)
        return await always_ok(line)

    async with RawServer(script) as server, transport.upstream(server.url, connections=1) as upstream:
        with contextlib.suppress(TransportFault, TimeoutError):
            exchange = await send(upstream, ASK, timeouts=HASTY)
            try:
                while await exchange.read(0.05):
                    pass
            finally:
                exchange.close()
        for _ in range(2):
            await asyncio.sleep(0)
            assert await fetch(upstream) == b"ok"
        assert len(server.requests) == 3


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(answer=st.binary(max_size=300), split=st.integers(0, 300), ending=st.sampled_from(("FIN", "RST", "stay")))
async def test_random_bytes_do_no_harm(transport: Transport, answer: bytes, split: int, ending: Ending) -> None:
    """S15: a fault or a time-out of the port's own, and the pool's one place serves the next request."""
    await _survives(transport, answer, split, ending)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(answer=mutated(), split=st.integers(0, 200), ending=st.sampled_from(("FIN", "RST", "stay")))
async def test_answers_with_a_twist_do_no_harm(transport: Transport, answer: bytes, split: int, ending: Ending) -> None:
    """S15: nearly right is worse than wrong; whatever it was taken for, it is not the next request's answer."""
    await _survives(transport, answer, split, ending)
