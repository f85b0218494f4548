"""The transports' contract: the way to a connection. No request goes over one that is not what it should be."""

import asyncio
import datetime
import socket
import ssl
from typing import Any

import pytest
import trustme

from policies.base import Timeouts
from proxy.upstream.port import TransportFault
from tests.proxy.upstream.deaf import deaf_port
from tests.proxy.upstream.raw_server import OK, Line, RawServer, always_ok, gate
from tests.proxy.upstream.transports import KEY, Transport, failure, fetch
from translators.facts import TLS, Failure, FailureKind

pytestmark = pytest.mark.anyio

PAST = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


def _loopback_v6() -> bool:
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return False
    return True


needs_v6 = pytest.mark.skipif(not _loopback_v6(), reason="this machine has no ::1")


# Nobody there.


async def test_a_refused_connection_is_unreachable(transport: Transport) -> None:
    """F1."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        async with transport.upstream(f"http://127.0.0.1:{closed.getsockname()[1]}") as upstream:
            refused = await failure(upstream)

    assert refused == Failure(FailureKind.UNREACHABLE, "The upstream could not be reached: connection refused.")


async def test_a_name_that_does_not_resolve_is_unreachable(transport: Transport) -> None:
    """F1; ``.invalid`` never resolves (RFC 6761, 6.4)."""
    async with transport.upstream("http://no-such-host.invalid") as upstream:
        unknown = await failure(upstream)

    assert unknown == Failure(FailureKind.UNREACHABLE, "The upstream could not be reached: name not resolved.")


async def test_an_upstream_that_comes_up_is_reached(transport: Transport) -> None:
    """A failure to connect is not remembered."""
    async with RawServer(always_ok) as server:
        port = server.port
    async with transport.upstream(f"http://127.0.0.1:{port}", connections=1) as upstream:
        for _ in range(3):
            assert (await failure(upstream)).kind is FailureKind.UNREACHABLE
        listener = await asyncio.start_server(_ok, "127.0.0.1", port)
        async with listener:
            assert await fetch(upstream) == b"ok"


async def _ok(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok")
    writer.close()


async def test_a_hang_in_connect_is_a_timeout_that_reached_no_model(transport: Transport) -> None:
    """F2: cut at ``connect``."""
    with deaf_port() as port:
        async with transport.upstream(f"http://127.0.0.1:{port}") as upstream:
            late = await failure(upstream, timeouts=Timeouts(connect=0.1))

    assert late == Failure(FailureKind.TIMEOUT, "The upstream took no connection within 0.1 s.")


# Several addresses.


def _resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let ``two.example`` lead to these, in this order: the loop's resolver knows one name more, all else is real."""
    real = asyncio.get_running_loop().getaddrinfo

    async def getaddrinfo(host: str | bytes, port: int, **hints: Any) -> list[tuple[Any, ...]]:
        if host not in ("two.example", b"two.example"):
            return await real(host, port, **hints)
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port, 0, 0))
            if ":" in address
            else (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))
            for address in addresses
        ]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)


@needs_v6
@pytest.mark.parametrize("first", ["::1", "127.0.0.1"])
async def test_an_address_that_refuses_does_not_hide_the_next_one(
    transport: Transport, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """The name has two addresses, and the upstream listens on the second one only."""
    second = "127.0.0.1" if first == "::1" else "::1"
    _resolving(monkeypatch, first, second)
    async with (
        RawServer(always_ok, host=second) as server,
        transport.upstream(f"http://two.example:{server.port}") as upstream,
    ):
        assert await fetch(upstream) == b"ok"
        assert server.requests[0].header("host") == [f"two.example:{server.port}"]


@needs_v6
async def test_an_address_that_hangs_does_not_hide_the_next_one(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 8305: the second attempt starts while the first one hangs, and its connection is the one that serves."""
    _resolving(monkeypatch, "::1", "127.0.0.1")
    async with RawServer(always_ok) as server:
        with deaf_port("::1", server.port) as port:
            async with transport.upstream(f"http://two.example:{port}", connections=1) as upstream:
                assert [await fetch(upstream), await fetch(upstream)] == [b"ok", b"ok"]
                assert server.accepted == 1


@needs_v6
async def test_addresses_that_all_refuse_are_unreachable(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is told once."""
    _resolving(monkeypatch, "::1", "127.0.0.1")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        async with transport.upstream(f"http://two.example:{closed.getsockname()[1]}") as upstream:
            refused = await failure(upstream)

    assert refused == Failure(FailureKind.UNREACHABLE, "The upstream could not be reached: connection refused.")


@needs_v6
async def test_an_ipv6_address_is_reached(transport: Transport) -> None:
    """In brackets in the URL and in the ``host`` header (RFC 3986, 3.2.2)."""
    async with RawServer(always_ok, host="::1") as server, transport.upstream(server.url) as upstream:
        assert await fetch(upstream) == b"ok"
        assert server.requests[0].header("host") == [f"[::1]:{server.port}"]


# TLS.


async def test_a_trusted_authority_is_enough_and_the_name_is_told(
    transport: Transport, authority: trustme.CA, trust: ssl.SSLContext
) -> None:
    """SNI (RFC 6066, 3) names the host; the connection is kept."""
    theirs, names = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), []
    authority.issue_cert("localhost").configure_cert(theirs)
    theirs.sni_callback = lambda _, name, __: names.append(name)
    async with (
        RawServer(always_ok, theirs) as server,
        transport.upstream(f"https://LocalHost:{server.port}", verify=trust) as upstream,
    ):
        assert [await fetch(upstream, credential=KEY) for _ in range(3)] == [b"ok"] * 3
        assert (server.accepted, names) == (1, ["localhost"])


async def test_an_address_can_be_verified_too(transport: Transport, tls: ssl.SSLContext, trust: ssl.SSLContext) -> None:
    """The certificate holds the IP address."""
    async with RawServer(always_ok, tls) as server, transport.upstream(server.url, verify=trust) as upstream:
        assert await fetch(upstream) == b"ok"


async def test_a_certificate_of_nobody_we_trust_is_unreachable_and_not_tried_again(
    transport: Transport, tls: ssl.SSLContext
) -> None:
    """F1: one connection was made, and no request went over it."""
    opened = asyncio.Event()
    opened.set()
    async with (
        RawServer(always_ok, tls) as server,
        RawServer(gate(server.port, opened)) as counted,
        transport.upstream(f"https://127.0.0.1:{counted.port}") as upstream,
    ):
        refused = await failure(upstream)
        assert (counted.accepted, server.requests) == (1, [])

    assert (refused.kind, refused.reached_model, refused.code) == (FailureKind.UNREACHABLE, False, TLS)
    assert "TLS: certificate verify failed" in refused.message


@pytest.mark.parametrize(
    ("name", "until"),
    [("other.example", None), ("127.0.0.1", PAST + datetime.timedelta(days=1))],
    ids=["wrong host", "expired"],
)
async def test_a_certificate_that_does_not_fit_is_unreachable(
    transport: Transport,
    authority: trustme.CA,
    trust: ssl.SSLContext,
    name: str,
    until: datetime.datetime | None,
) -> None:
    """F1: trusted, but for another name or another time."""
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_before=until and PAST, not_after=until).configure_cert(theirs)
    async with RawServer(always_ok, theirs) as server, transport.upstream(server.url, verify=trust) as upstream:
        refused = await failure(upstream)
        assert server.requests == []

    assert (refused.kind, refused.reached_model, refused.code) == (FailureKind.UNREACHABLE, False, TLS)
    assert "TLS: certificate verify failed" in refused.message


async def test_who_verifies_nothing_reaches_anybody(transport: Transport, tls: ssl.SSLContext) -> None:
    """The operator's own choice."""
    async with RawServer(always_ok, tls) as server, transport.upstream(server.url, verify=False) as upstream:
        assert await fetch(upstream) == b"ok"


@pytest.mark.parametrize("first", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", b"\x15\x03\x01\x00\x02\x02\x28"])
async def test_a_port_that_does_not_speak_tls_is_unreachable(transport: Transport, first: bytes) -> None:
    """F1: what comes is plain text, an end, or an alert."""

    async def script(line: Line) -> None:
        await line.first()
        await line.write(first)
        await line.close()

    async with (
        RawServer(script) as server,
        transport.upstream(server.url.replace("http:", "https:")) as upstream,
    ):
        refused = await failure(upstream)

    assert (refused.kind, refused.reached_model) == (FailureKind.UNREACHABLE, False)
    assert refused.message.startswith("The upstream could not be reached: ")


async def test_a_hang_in_the_handshake_is_a_timeout_that_reached_no_model(transport: Transport) -> None:
    """F2: TLS counts as connecting."""
    async with (
        RawServer(gate(1, asyncio.Event())) as server,
        transport.upstream(server.url.replace("http:", "https:")) as upstream,
    ):
        late = await failure(upstream, timeouts=Timeouts(connect=0.1))

    assert late == Failure(FailureKind.TIMEOUT, "The upstream took no connection within 0.1 s.")


# S13: where a name leads.


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_name_that_leads_to_a_private_address_is_refused_before_a_byte_is_sent(
    transport: Transport, host: str
) -> None:
    """S13: judged by the address that was connected to, under ``public_only``."""
    async with (
        RawServer(always_ok) as server,
        transport.upstream(f"http://{host}:{server.port}", public_only=True) as upstream,
    ):
        refused = await failure(upstream)
        await server.until(lambda server: server.open == 0)
        assert server.requests == []

    message = "The upstream's name leads to an address that is not public (loopback)."
    assert refused == Failure(FailureKind.UNREACHABLE, message)


async def test_a_private_address_is_refused_before_tls(transport: Transport) -> None:
    """S13: not even a server name goes there."""
    received = []

    async def script(line: Line) -> None:
        received.append(await line.first())

    async with (
        RawServer(script) as server,
        transport.upstream(f"https://localhost:{server.port}", public_only=True) as upstream,
    ):
        refused = await failure(upstream)
        await server.until(lambda server: server.open == 0 and server.accepted == 1)

    assert "not public (loopback)" in refused.message
    assert set(received) <= {b""}


async def test_a_base_url_that_is_not_public_only_may_be_private(transport: Transport) -> None:
    """A ``base_url`` written in the configuration is trusted as written."""
    async with (
        RawServer(always_ok) as server,
        transport.upstream(f"http://localhost:{server.port}") as upstream,
    ):
        assert await fetch(upstream) == b"ok"


# What is spoken.


async def test_http11_is_offered_in_the_handshake(
    transport: Transport, authority: trustme.CA, trust: ssl.SSLContext
) -> None:
    """An upstream that speaks HTTP/2 alone can refuse there (RFC 7301, 3.2), and need not answer in HTTP/1.1."""
    choosing = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(choosing)
    choosing.set_alpn_protocols(["h2", "http/1.1"])
    chosen: list[str | None] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        chosen.append(writer.get_extra_info("ssl_object").selected_alpn_protocol())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=choosing) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with transport.upstream(url, verify=trust) as upstream:
            assert await fetch(upstream) == b"ok"

    assert chosen == ["http/1.1"]


# One of several.


async def test_a_connection_that_fails_is_told_to_somebody_whoever_got_the_other_one(
    transport: Transport, tls: ssl.SSLContext, trust: ssl.SSLContext
) -> None:
    """Two requests, two connections: one stands and goes to whom the other was opened for, and then that one fails."""
    drop, answer, opened = asyncio.Event(), asyncio.Event(), asyncio.Event()
    opened.set()

    async def slow(line: Line) -> None:
        await line.request()
        await answer.wait()
        await line.write(OK)

    async def front(line: Line) -> None:
        if outer.accepted > 1:
            return await line.joined(inner.port, opened)
        await drop.wait()
        return line.reset()

    async with RawServer(slow, tls) as inner, RawServer(front) as outer:
        url = f"https://127.0.0.1:{outer.port}"
        async with transport.upstream(url, verify=trust) as upstream:
            asked = {asyncio.ensure_future(fetch(upstream)) for _ in range(2)}
            await inner.until(lambda inner: len(inner.requests) == 1)
            drop.set()
            (failed,), (served,) = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            fault = failed.exception()
            assert isinstance(fault, TransportFault)
            assert (fault.failure.kind, fault.failure.reached_model) == (FailureKind.UNREACHABLE, False)
            answer.set()
            assert await served == b"ok"
