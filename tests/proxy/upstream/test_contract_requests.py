"""The transports' contract: what goes out, and what never does."""

import pytest

from proxy.upstream.auth import X_API_KEY
from proxy.upstream.port import Credential, TransportFault
from tests.proxy.upstream.raw_server import RawServer, always_ok
from tests.proxy.upstream.transports import ASK, KEY, Transport, fetch, send
from translators.base import WireRequest
from translators.facts import FailureKind

pytestmark = pytest.mark.anyio

WIRE = WireRequest("/chat/completions?x=1", b'{"model":"m"}', {"anthropic-version": "2023-06-01"})


async def test_a_request_carries_what_it_should_and_nothing_else(transport: Transport) -> None:
    """Host, framing, the fixed headers, the wire's, the operator's and the credential: that is all (S12)."""
    async with (
        RawServer(always_ok) as server,
        transport.upstream(server.url + "/v1/", headers={"X-Own": "yes"}) as upstream,
    ):
        await fetch(upstream, WIRE, credential=KEY)

    (received,) = server.requests
    assert received.line == "POST /v1/chat/completions?x=1 HTTP/1.1"
    assert received.body == WIRE.body
    assert {name.lower(): value for name, value in received.headers} == {
        "host": f"127.0.0.1:{server.port}",
        "content-length": str(len(WIRE.body)),
        "content-type": "application/json",
        "accept-encoding": "identity",
        "user-agent": "switchgear/0.1.0",
        "anthropic-version": "2023-06-01",
        "x-own": "yes",
        "authorization": "Bearer s3cret",
    }
    assert len(received.headers) == 8


async def test_a_credential_wins_over_the_operator_who_wins_over_the_wire(transport: Transport) -> None:
    """One header of each name goes out."""
    own = {"X-Api-Key": "operator", "Anthropic-Version": "2099-01-01"}
    async with (
        RawServer(always_ok) as server,
        transport.upstream(server.url, auth=X_API_KEY, headers=own) as upstream,
    ):
        await fetch(upstream, WIRE, credential=KEY)
        await fetch(upstream, WIRE)

    with_key, without = server.requests
    assert (with_key.header("x-api-key"), without.header("x-api-key")) == (["s3cret"], ["operator"])
    assert with_key.header("anthropic-version") == without.header("anthropic-version") == ["2099-01-01"]


async def test_each_request_has_its_own_credential_path_headers_and_body(transport: Transport) -> None:
    """Nothing of one request is left in the next one, over the same connection."""
    asks = [
        (WireRequest("/a", b"1", {"x-a": "1"}), Credential("one", "key 1")),
        (WireRequest("/a", b"22", {"x-a": "2"}), Credential("two", "key 2")),
        (WireRequest("/b", b"", {}), None),
        (WireRequest("/a", b"333", {"x-b": "1"}), Credential("one", "key 1")),
        (WireRequest("/a", b"1", {"x-a": "1"}), Credential("one", "key 1")),
    ]
    async with RawServer(always_ok) as server, transport.upstream(server.url) as upstream:
        for request, credential in asks:
            await fetch(upstream, request, credential=credential)
        assert server.accepted == 1

    for received, (request, credential) in zip(server.requests, asks, strict=True):
        assert received.line == f"POST {request.path} HTTP/1.1"
        assert received.body == request.body
        assert received.header("content-length") == [str(len(request.body))]
        assert received.header("authorization") == ([f"Bearer {credential.secret}"] if credential else [])
        assert {name: value for name, value in received.headers if name.startswith("x-")} == request.headers


async def test_a_large_body_arrives_whole(transport: Transport) -> None:
    """More than any buffer on the way takes at once."""
    body = bytes(range(256)) * 4096 * 8
    async with RawServer(always_ok) as server, transport.upstream(server.url) as upstream:
        assert await fetch(upstream, WireRequest("/", body)) == b"ok"
        assert await fetch(upstream) == b"ok"
        assert server.accepted == 1

    assert server.requests[0].body == body


async def test_proxy_settings_of_the_environment_are_not_followed(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S12: a transport's environment is the configuration."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with RawServer(always_ok) as server, transport.upstream(server.url) as upstream:
        assert await fetch(upstream) == b"ok"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://example.org", "http:// or https://"),
        ("example.org/v1", "http:// or https://"),
        ("https://", "http:// or https://"),
        ("https://user:s3cret@example.org", "no credentials"),
        ("https://example.org/v1?key=s3cret", "no credentials, query"),
        ("https://exa\x00mple.org", "not a URL"),
        ("http://example.org\r\nx: y", "not a URL"),
        ("http://example.org:99999", "not a URL"),
    ],
)
async def test_a_base_url_that_cannot_be_used_is_refused(transport: Transport, url: str, words: str) -> None:
    """At construction, where the configuration can still be blamed, and without repeating what may be a secret."""
    with pytest.raises(ValueError, match=words) as caught:
        async with transport.upstream(url):
            pass

    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("headers", [{"Host": "x"}, {"content-length": "0"}, {"x-own": "s3cret\r\nx: y"}])
async def test_an_operators_header_that_cannot_be_set_is_refused(transport: Transport, headers: dict[str, str]) -> None:
    """Framing is the transport's own, and no value holds a second header."""
    with pytest.raises(ValueError, match="header") as caught:
        async with transport.upstream("http://127.0.0.1:1", headers=headers):
            pass

    assert "s3cret" not in str(caught.value)


async def test_a_path_cannot_change_the_host(transport: Transport) -> None:
    """``https://host`` + ``@evil.example`` is another host; such a path is a fault of ours."""
    async with transport.upstream("http://127.0.0.1:1") as upstream:
        with pytest.raises(ValueError, match="change the host"):
            await send(upstream, WireRequest("@evil.example/", b""))


@pytest.mark.parametrize(
    ("request_", "credential", "words"),
    [
        (ASK, Credential("s3cret\n", "key 3"), "key 3 holds a character"),
        (ASK, Credential("s3cr\u00e9t", "key 3"), "key 3 holds a character"),
        (WireRequest("/x", b"", {"x-note": "s3cr\u00e9t"}), None, ""),
        (WireRequest("/x", b"", {"x-note": "s3cret\r\nx: y"}), None, ""),
        (WireRequest("/x", b"", {"x-note": "s3cret\nx: y"}), None, ""),
        (WireRequest("/x", b"", {"x-note": "s3cret\x00"}), None, ""),
        (WireRequest("/x", b"", {"x-note\r\ns3cret": "1"}), None, ""),
        (WireRequest("/x", b"", {"x s3cret": "1"}), None, ""),
        (WireRequest("/s3cret\x00", b""), None, ""),
        (WireRequest("/s3cret\r\nx: y", b""), None, ""),
        (WireRequest("/x?s3cret\nx: y", b""), None, ""),
    ],
)
async def test_what_cannot_be_sent_fails_without_showing_it(
    transport: Transport, request_: WireRequest, credential: Credential | None, words: str
) -> None:
    """No byte goes out, no model was reached, and the message holds nothing of the value (S9)."""
    async with RawServer(always_ok) as server, transport.upstream(server.url) as upstream:
        with pytest.raises(TransportFault, match=f"The request was not sent: .*{words}") as caught:
            await send(upstream, request_, credential=credential)
        assert await fetch(upstream, credential=KEY) == b"ok"
        assert [received.body for received in server.requests] == [ASK.body]

    assert (caught.value.failure.kind, caught.value.failure.reached_model) == (FailureKind.UNREACHABLE, False)
    assert "s3" not in f"{caught.value} {caught.value!r}"


async def test_no_text_of_an_upstream_holds_a_secret(transport: Transport) -> None:
    """S9: what a debugger or a traceback shows of the objects."""
    async with (
        RawServer(always_ok) as server,
        transport.upstream(server.url, headers={"x-own": "s3cret"}) as upstream,
    ):
        exchange = await send(upstream, credential=KEY)
        assert "s3cret" not in f"{upstream!r} {upstream} {exchange!r} {exchange}"
        exchange.close()
