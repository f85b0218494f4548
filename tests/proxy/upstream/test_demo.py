"""The demo upstream: it plays its scripts in time, and keeps the transport's contract."""

import asyncio
import random
from collections.abc import Mapping

import orjson
import pytest

from policies.base import Timeouts
from proxy.upstream.demo import DemoExchange, DemoUpstream
from proxy.upstream.port import TransportFault, Upstream
from tests.proxy.upstream.transports import LONG, whole
from translators.base import WireRequest
from translators.facts import FailureKind

pytestmark = pytest.mark.anyio

PATIENT = Timeouts(headers=20.0)
HASTY = Timeouts(headers=0.02)


@pytest.fixture(scope="module", params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, Mapping[str, object]]:
    """Both loops a worker may run on."""
    return "asyncio", {"use_uvloop": request.param}


def _ask(model: str, text: str = "one two three", *, stream: bool = True) -> WireRequest:
    body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": stream}
    return WireRequest("/chat/completions", orjson.dumps(body))


async def _send(model: str, timeouts: Timeouts = PATIENT, *, stream: bool = True, text: str = "a b c") -> DemoExchange:
    upstream = DemoUpstream("demo", random.Random(1))
    return await upstream.send(_ask(model, text, stream=stream), timeouts, None, LONG)


async def test_it_is_an_upstream() -> None:
    """Its name is the configuration's; closing it ends nothing."""
    upstream: Upstream = DemoUpstream("rehearsal", random.Random(1))

    await upstream.aclose()

    assert upstream.name == "rehearsal"
    assert (await upstream.send(_ask("echo"), PATIENT, None, LONG)).status == 200


async def test_a_whole_answer_comes_by_body() -> None:
    """With the status and headers of its script."""
    exchange = await _send("echo", stream=False)

    assert (exchange.status, exchange.headers["content-type"]) == (200, "application/json")
    assert orjson.loads(await whole(exchange))["choices"][0]["message"]["content"] == "a b c"
    assert await exchange.read(LONG) == b""


async def test_what_is_due_together_comes_together() -> None:
    """A stream without pauses is one read, as off a fast wire; after it comes the end."""
    exchange = await _send("echo")

    data = await exchange.read(LONG)

    assert data.count(b"data: ") == 6
    assert data.endswith(b"data: [DONE]\n\n")
    assert await exchange.read(LONG) == b""


async def test_a_long_answer_comes_in_several_reads() -> None:
    """One read gives a bounded number of bytes."""
    exchange = await _send("lorem?tokens=2000")
    sizes = []
    while data := await exchange.read(LONG):
        sizes.append(len(data))

    assert len(sizes) > 1
    assert max(sizes) < 66 * 1024


async def test_pauses_are_kept() -> None:
    """No token comes before it is due; those that are due together come together."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    exchange = await _send("echo?delay=30ms&gap=20ms")
    moments = []
    while await exchange.read(LONG):
        moments.append(loop.time() - began)

    assert len(moments) <= 3
    assert moments[0] >= 0.025
    assert moments[-1] >= 0.065


async def test_a_cancelled_read_loses_nothing() -> None:
    """The next one gets what it waited for."""
    exchange = await _send("echo?delay=20ms")
    reader = asyncio.ensure_future(exchange.read(LONG))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader

    assert (await whole(exchange)).count(b"data: ") == 6


@pytest.mark.parametrize("model", ["hang", "echo?delay=1m"])
async def test_a_late_head_is_a_timeout(model: str) -> None:
    """After ``timeouts.headers``; the model may have worked."""
    with pytest.raises(TransportFault) as caught:
        await _send(model, HASTY, stream=False)

    assert (caught.value.failure.kind, caught.value.failure.reached_model) == (FailureKind.TIMEOUT, True)


async def test_a_head_that_takes_longer_than_what_is_left_is_the_callers_timeout() -> None:
    """``within`` is over before ``timeouts.headers`` is."""
    for model in ("hang", "echo?delay=1m"):
        with pytest.raises(TimeoutError):
            await DemoUpstream("demo", random.Random(1)).send(_ask(model, stream=False), PATIENT, None, 0.02)


async def test_a_read_that_takes_too_long_loses_nothing() -> None:
    """What comes later is there for the next one; what is due needs no time."""
    exchange = await _send("echo?gap=50ms")
    first = await exchange.read(0)
    with pytest.raises(TimeoutError):
        await exchange.read(0.001)

    assert (first + await whole(exchange)).count(b"data: ") == 6


async def test_a_cut_stream_breaks() -> None:
    """What came before is delivered, then the connection is gone, and stays it."""
    exchange = await _send("cut")

    assert b'"a"' in await exchange.read(LONG)
    for _ in range(2):
        with pytest.raises(TransportFault) as caught:
            await exchange.read(LONG)
        assert (caught.value.failure.kind, caught.value.failure.reached_model) == (FailureKind.UNREACHABLE, True)


@pytest.mark.parametrize("stream", [True, False])
async def test_a_stalled_answer_stops_until_it_is_closed(stream: bool) -> None:
    """Half of it comes; who waits for the rest is set free by ``close``."""
    exchange = await _send("stall", stream=stream)
    assert await exchange.read(LONG)
    reader = asyncio.ensure_future(exchange.read(LONG))
    done, _ = await asyncio.wait({reader}, timeout=0.05)
    assert not done

    exchange.close()

    with pytest.raises(TransportFault) as caught:
        await reader
    assert caught.value.failure.kind is FailureKind.CANCELLED


async def test_a_closed_exchange_gives_nothing() -> None:
    """Even what was due already; closing twice is no error, nor is closing after the end."""
    exchange, ended = await _send("echo"), await _send("echo")
    await whole(ended)

    for one in (exchange, exchange, ended):
        one.close()

    with pytest.raises(TransportFault):
        await exchange.read(LONG)


async def test_an_answer_without_pauses_lets_others_run() -> None:
    """Reading on and on gives way to the rest of the loop."""
    exchange = await _send("lorem?tokens=3000")
    others = 0

    async def other() -> None:
        nonlocal others
        while True:
            others += 1
            await asyncio.sleep(0)

    task = asyncio.ensure_future(other())
    reads = 0
    while await exchange.read(LONG):
        reads += 1
    task.cancel()

    assert others >= reads > 1
