"""What the httpx transport alone can do: go through a proxy, and speak HTTP/2."""

import asyncio
import random
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from policies.base import Timeouts
from proxy.upstream.account import Account
from proxy.upstream.auth import BEARER
from proxy.upstream.httpx import HttpUpstream
from proxy.upstream.port import TransportFault
from tests.proxy.upstream.raw_server import OK, Line, RawServer, always_ok, answering
from tests.proxy.upstream.transports import ASK, KEY, ended, failure, fetch, rest, send
from translators.base import WireRequest
from translators.facts import Failure, FailureKind

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def _upstream(
    url: str,
    *,
    connections: int = 10,
    public_only: bool = False,
    verify: ssl.SSLContext | bool = True,
    http2: bool = False,
    proxy: str | None = None,
) -> AsyncIterator[HttpUpstream]:
    upstream = HttpUpstream(
        Account("test", url, BEARER, {}, connections, public_only, verify), http2=http2, proxy=proxy
    )
    try:
        yield upstream
    finally:
        await upstream.aclose()
        await ended()


# Through a proxy.


class Tunnels:
    """A proxy that opens tunnels to one port, whatever it is asked for, and remembers what it was asked."""

    def __init__(self, port: int, answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n") -> None:
        self._port, self._answer = port, answer
        self._opened = asyncio.Event()
        self._opened.set()

    async def __call__(self, line: Line) -> None:
        await line.request()
        await line.write(self._answer)
        await line.joined(self._port, self._opened)


async def test_a_proxy_is_asked_for_the_whole_url() -> None:
    """Plain HTTP: the proxy reads the request (RFC 9112, 3.2.2), and its own password comes beside the key."""
    async with (
        RawServer(always_ok) as proxy,
        _upstream("http://api.example/v1", proxy=f"http://us%40er:pa%3ass@127.0.0.1:{proxy.port}") as upstream,
    ):
        assert [await fetch(upstream, credential=KEY) for _ in range(2)] == [b"ok", b"ok"]
        assert proxy.accepted == 1

    asked = proxy.requests[0]
    assert asked.line == f"POST http://api.example/v1{ASK.path} HTTP/1.1"
    assert asked.header("host") == ["api.example"]
    assert asked.header("proxy-authorization") == ["Basic dXNAZXI6cGE6c3M="]
    assert asked.header("authorization") == ["Bearer s3cret"]


async def test_a_proxy_of_a_tls_upstream_sees_its_name_and_nothing_else(
    tls: ssl.SSLContext, trust: ssl.SSLContext
) -> None:
    """CONNECT carries the proxy's password alone; inside, certificates are verified and connections kept."""
    async with (
        RawServer(always_ok, tls) as server,
        RawServer(Tunnels(server.port)) as proxy,
        _upstream(
            f"https://localhost:{server.port}", verify=trust, proxy=f"http://user:pass@127.0.0.1:{proxy.port}"
        ) as upstream,
    ):
        assert [await fetch(upstream, credential=KEY) for _ in range(3)] == [b"ok"] * 3
        assert (proxy.accepted, len(proxy.requests), len(server.requests)) == (1, 1, 3)

    asked = proxy.requests[0]
    assert asked.line == f"CONNECT localhost:{server.port} HTTP/1.1"
    assert asked.header("proxy-authorization") == ["Basic dXNlcjpwYXNz"]
    assert asked.header("authorization") == []
    assert server.requests[0].header("proxy-authorization") == []
    assert server.requests[0].header("authorization") == ["Bearer s3cret"]


async def test_a_proxy_may_be_reached_by_tls_itself(tls: ssl.SSLContext, trust: ssl.SSLContext) -> None:
    """Both certificates are verified by the same authorities; one TLS inside the other."""
    async with (
        RawServer(always_ok, tls) as server,
        RawServer(Tunnels(server.port), tls) as proxy,
        _upstream(server.url, verify=trust, proxy=proxy.url) as upstream,
    ):
        assert [await fetch(upstream) for _ in range(2)] == [b"ok", b"ok"]
        assert (proxy.accepted, server.accepted) == (1, 1)


async def test_bytes_after_an_answer_are_not_the_next_one_inside_a_tunnel_either(
    tls: ssl.SSLContext, trust: ssl.SSLContext
) -> None:
    """A second answer in the same packet ends the connection."""

    async def script(line: Line) -> None:
        await line.request()
        await line.write(OK + OK.replace(b"ok", b"no") if server.accepted == 1 else OK)
        await always_ok(line)

    async with (
        RawServer(script, tls) as server,
        RawServer(Tunnels(server.port), tls) as proxy,
        _upstream(server.url, verify=trust, proxy=proxy.url) as upstream,
    ):
        assert [await fetch(upstream) for _ in range(2)] == [b"ok", b"ok"]
        assert server.accepted == 2


async def test_a_proxy_that_refuses_is_named_with_its_status() -> None:
    """No model was reached, and the message holds nothing of the proxy's or of its password."""
    answer = b"HTTP/1.1 407 s3cret Authentication Required\r\ncontent-length: 0\r\n\r\n"
    async with (
        RawServer(Tunnels(1, answer)) as proxy,
        _upstream("https://api.example", proxy=f"http://user:s3cret@127.0.0.1:{proxy.port}") as upstream,
    ):
        refused = await failure(upstream)
        await proxy.until(lambda proxy: proxy.open == 0)

    assert refused == Failure(FailureKind.UNREACHABLE, "The proxy refused to connect: status 407.")


async def test_a_proxy_that_wants_another_password_is_not_taken_for_the_upstream() -> None:
    """A plain request's 407 is the proxy's word, as it is before a tunnel: no fault of whoever asked."""
    answer = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"
    async with RawServer(answering(answer)) as proxy, _upstream("http://model.example", proxy=proxy.url) as upstream:
        refused = await failure(upstream)

    assert refused == Failure(FailureKind.UNREACHABLE, "The proxy refused to connect: status 407.")


async def test_a_proxy_that_hangs_is_a_timeout_that_reached_no_model() -> None:
    """A tunnel counts as connecting; its connection ends by itself, and its place is free."""

    async def script(line: Line) -> None:
        await line.request()
        await line.gone()

    async with (
        RawServer(script) as proxy,
        _upstream("https://api.example", connections=1, proxy=proxy.url) as upstream,
    ):
        for _ in range(2):
            late = await failure(upstream, timeouts=Timeouts(connect=0.1))
            assert (late.kind, late.reached_model) == (FailureKind.TIMEOUT, False)
        await proxy.until(lambda proxy: proxy.open == 0)


async def test_public_only_says_nothing_about_a_proxy() -> None:
    """Its address is the operator's word; where it goes from there cannot be seen."""
    async with (
        RawServer(always_ok) as proxy,
        _upstream("http://api.example", public_only=True, proxy=proxy.url) as upstream,
    ):
        assert await fetch(upstream) == b"ok"


@pytest.mark.parametrize("url", ["socks5://user:s3cret@x", "user:s3cret@x:1", "http://", "http://s3c\x00ret"])
async def test_a_proxy_that_cannot_be_used_is_refused(url: str) -> None:
    """At construction, and without repeating what may hold a password."""
    with pytest.raises(ValueError, match=r"^proxy ") as caught:
        async with _upstream("http://api.example", proxy=url):
            pass

    assert "s3" not in str(caught.value)


async def test_a_proxys_password_is_shown_nowhere() -> None:
    """S9."""
    async with _upstream("http://api.example", proxy="http://user:s3cret@127.0.0.1:1") as upstream:
        assert "s3cret" not in f"{upstream!r} {upstream}"
        await failure(upstream)


# HTTP/2.


async def test_http2_without_its_extra_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """At construction, and with the name of what to install."""
    monkeypatch.setitem(sys.modules, "h2.exceptions", None)
    with pytest.raises(ValueError, match=r"switchgear\[http2\]"):
        async with _upstream("https://api.example", http2=True):
            pass


async def test_an_upstream_without_http2_is_spoken_to_in_http11(tls: ssl.SSLContext, trust: ssl.SSLContext) -> None:
    """HTTP/2 is an offer (RFC 9113, 3.2): by TLS, and only there."""
    pytest.importorskip("h2", reason="the extra http2 is not installed")
    async with RawServer(always_ok, tls) as server, _upstream(server.url, verify=trust, http2=True) as upstream:
        assert [await fetch(upstream) for _ in range(2)] == [b"ok", b"ok"]
        assert server.accepted == 1
    async with RawServer(always_ok) as server, _upstream(server.url, http2=True) as upstream:
        assert await fetch(upstream) == b"ok"


@pytest.fixture
async def h2(authority: Any) -> AsyncIterator[Any]:
    """A real HTTP/2 upstream."""
    pytest.importorskip("h2", reason="the extra http2 is not installed")
    from tests.proxy.upstream.h2_server import H2Server

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with H2Server(context) as server:
        yield server


async def test_http2_carries_a_request_and_its_answer(h2: Any, trust: ssl.SSLContext) -> None:
    """Headers, credential, a large body both ways."""
    body = bytes(range(256)) * 128
    async with _upstream(h2.url, verify=trust, http2=True) as upstream:
        exchange = await send(upstream, WireRequest("/echo", body), credential=KEY)
        assert (exchange.status, exchange.headers["x-many"]) == (200, "a, b")
        assert await rest(exchange) == body

    (fields,) = h2.requests
    assert (fields[":method"], fields[":path"]) == ("POST", "/echo")
    assert (fields["authorization"], fields["content-type"]) == ("Bearer s3cret", "application/json")


async def test_http2_exchanges_do_not_wait_for_each_other(h2: Any, trust: ssl.SSLContext) -> None:
    """Each has a connection of its own while it lasts, and the next one takes it over."""
    async with _upstream(h2.url, verify=trust, http2=True) as upstream:
        assert [await fetch(upstream) for _ in range(3)] == [b"ok"] * 3
        assert h2.accepted == 1
        slow = [asyncio.ensure_future(fetch(upstream, WireRequest("/wait", b""))) for _ in range(5)]
        await h2.asked(8)
        assert [await fetch(upstream) for _ in range(3)] == [b"ok"] * 3
        assert not any(ask.done() for ask in slow)
        h2.go.set()
        assert await asyncio.gather(*slow) == [b"ok"] * 5
        assert await fetch(upstream) == b"ok"
        assert h2.accepted == h2.open == 6
        await upstream.aclose()
        await h2.closed()


async def test_an_http2_exchange_that_is_left_is_cut_at_the_upstream(h2: Any, trust: ssl.SSLContext) -> None:
    """F15: an upstream that nobody listens to any more learns of it."""
    async with _upstream(h2.url, verify=trust, http2=True) as upstream:
        half = await send(upstream, WireRequest("/half", b""))
        assert await half.read(10) == b"half"
        half.close()
        await h2.closed()
        assert await fetch(upstream) == b"ok"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/reset", FailureKind.UNREACHABLE),
        ("/goaway", FailureKind.UNREACHABLE),
        ("/garbage", FailureKind.GARBLED),
    ],
)
async def test_http2_breaks_in_words_of_ours(h2: Any, trust: ssl.SSLContext, path: str, kind: FailureKind) -> None:
    """RST_STREAM, GOAWAY and frames that are none; the next request is served."""
    async with _upstream(h2.url, verify=trust, http2=True) as upstream:
        broken = await failure(upstream, WireRequest(path, b""))
        assert (broken.kind, broken.reached_model) == (kind, True)
        assert await fetch(upstream) == b"ok"


async def test_an_http2_answer_that_comes_after_a_goodbye_is_taken(h2: Any, trust: ssl.SSLContext) -> None:
    """As nginx says it before the last answer of a connection; the next request gets a new one."""
    async with _upstream(h2.url, verify=trust, http2=True) as upstream:
        for served in range(1, 4):
            assert await fetch(upstream) == b"ok"
            assert await fetch(upstream, WireRequest("/last", b"")) == b"last"
            assert (h2.accepted, len(h2.requests)) == (served, 2 * served)


async def test_an_http2_connection_that_was_said_goodbye_to_while_idle_is_not_used(
    h2: Any, trust: ssl.SSLContext
) -> None:
    """It would not be answered there; and it is not sent twice."""
    async with _upstream(h2.url, verify=trust, http2=True) as upstream:
        assert await fetch(upstream, WireRequest("/ok-and-goodbye", b"")) == b"ok"
        h2.go.set()
        h2.news.clear()
        await h2.news.wait()
        assert await fetch(upstream) == b"ok"
        assert (h2.accepted, len(h2.requests)) == (2, 2)


async def test_http2_garbage_in_mid_body_comes_after_what_was_read(h2: Any, trust: ssl.SSLContext) -> None:
    """Nobody takes a cut for an end."""
    async with _upstream(h2.url, verify=trust, http2=True) as upstream:
        half = await send(upstream, WireRequest("/half-and-garbage", b""))
        assert await half.read(10) == b"half"
        h2.go.set()
        with pytest.raises(TransportFault) as caught:
            await half.read(10)
        assert caught.value.failure.kind is FailureKind.GARBLED
        half.close()
        assert await fetch(upstream) == b"ok"


async def test_http2_exchanges_that_are_left_harm_no_other(h2: Any, trust: ssl.SSLContext) -> None:
    """Cancelled at any moment, beside others that go on to their end; every place of the pool serves afterwards."""
    dice = random.Random(20261121)
    async with _upstream(h2.url, verify=trust, http2=True, connections=20) as upstream:
        assert await fetch(upstream) == b"ok"

        async def leave() -> None:
            for _ in range(30):
                path = dice.choice(["/echo", "/half", "/ok"])
                ask = asyncio.ensure_future(fetch(upstream, WireRequest(path, bytes(5000))))
                for _ in range(dice.randrange(60)):
                    await asyncio.sleep(0)
                ask.cancel()
                await asyncio.wait([ask])
                assert ask.cancelled() or ask.result()

        async def stay() -> None:
            for number in range(60):
                body = bytes([number]) * 5000
                assert await fetch(upstream, WireRequest("/echo", body)) == body

        async with asyncio.TaskGroup() as clients:
            for _ in range(6):
                clients.create_task(leave())
            for _ in range(4):
                clients.create_task(stay())
        before = len(h2.requests)
        waiting = [asyncio.ensure_future(fetch(upstream, WireRequest("/wait", b""))) for _ in range(20)]
        await h2.asked(before + 20)
        h2.go.set()
        assert await asyncio.gather(*waiting) == [b"ok"] * 20
        await upstream.aclose()
        await h2.closed()
