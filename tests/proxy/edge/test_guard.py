"""The guarded protocol: what it refuses, how it says so, and where the limits are."""

import pytest

from proxy.edge.guard import GuardedProtocol
from tests.proxy.edge.guarded_server import HOST, SMUGGLED, GuardedServer, refused
from tests.rig.raw import RawClient

# What is read differently by different parsers (D1).


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="no host"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", id="two hosts"),
        pytest.param(b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", id="two hosts, 1.0"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: \r\n\r\n", id="empty host"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", id="host with a path"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", id="host with a space"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", id="host with a user"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", id="host list"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n", id="host with two ports"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", id="host with half an address"),
        pytest.param(b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", id="space before a colon"),
        pytest.param(b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", id="space before the first header"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\n\r\n", id="obs-fold"),
        pytest.param(b"GET / HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n\r\n", id="NUL in a value"),
        pytest.param(b"GET / HTTP/1.1\r\n" + HOST + b"X: a\rY: b\r\n\r\n", id="bare CR"),
        pytest.param(b"GET / HTTP/1.1\nHost: a\n\n", id="bare LF"),
        pytest.param(b"GET / HTTP/1.1\r\n" + HOST + b"X\r\n\r\n", id="header without a colon"),
        pytest.param(b"GET http://other.test/ HTTP/1.1\r\n" + HOST + b"\r\n", id="absolute form"),
        pytest.param(b"GET other HTTP/1.1\r\n" + HOST + b"\r\n", id="relative target"),
        pytest.param(b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", id="asterisk form"),
        pytest.param(b"GET /a#b HTTP/1.1\r\n" + HOST + b"\r\n", id="fragment"),
        pytest.param(b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n", id="space in the target"),
        pytest.param("GET /é HTTP/1.1\r\n".encode("latin-1") + HOST + b"\r\n", id="target not ASCII"),
        pytest.param(b"CONNECT a:443 HTTP/1.1\r\n" + HOST + b"\r\n", id="CONNECT"),
        pytest.param(b"CONNECT /a HTTP/1.1\r\n" + HOST + b"\r\n", id="CONNECT to a path"),
        pytest.param(b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n", id="TRACE"),
        pytest.param(b"NONSENSE / HTTP/1.1\r\n" + HOST + b"\r\n", id="unknown method"),
        pytest.param(b"GET / HTTP/3.0\r\n" + HOST + b"\r\n", id="unknown version"),
        pytest.param(b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", id="HTTP/2 in words"),
        pytest.param(b"GET /\r\n\r\n", id="HTTP/0.9"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2 preface"),
        pytest.param(
            b"GET / HTTP/1.1\r\n" + HOST + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n", id="h2c"
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", id="websocket"
        ),
        pytest.param(b"GET / HTTP/1.1\r\n" + HOST + b"Upgrade: h2c\r\n\r\n", id="h2c by half"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="TLS to a plain port"),
    ],
)
def test_a_doubtful_head_is_a_400(server: GuardedServer, request_bytes: bytes) -> None:
    """One answer, the connection is closed, and what follows is not looked at."""
    with RawClient(server.port) as client:
        client.send(request_bytes + SMUGGLED)
        refused(client, 400, "bad_http_request")

    assert "/smuggled" not in [path for path, _, _ in server.served]


@pytest.mark.parametrize(
    "framing",
    [
        pytest.param(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="CL+TE"),
        pytest.param(b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", id="TE+CL"),
        pytest.param(b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde", id="two lengths"),
        pytest.param(b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde", id="the same length twice"),
        pytest.param(b"Content-Length: 5, 5\r\n\r\nabcde", id="a list of lengths"),
        pytest.param(b"Content-Length: +5\r\n\r\nabcde", id="signed length"),
        pytest.param(b"Content-Length: -5\r\n\r\nabcde", id="negative length"),
        pytest.param(b"Content-Length: 0x5\r\n\r\nabcde", id="hexadecimal length"),
        pytest.param(b"Content-Length: 5a\r\n\r\nabcde", id="length and more"),
        pytest.param(b"Content-Length: 99999999999999999999999\r\n\r\nabcde", id="length beyond 64 bits"),
        pytest.param(b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", id="gzip, chunked"),
        pytest.param(b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", id="chunked twice"),
        pytest.param(b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", id="chunked not last"),
        pytest.param(b"Transfer-Encoding: identity\r\n\r\n", id="identity"),
        pytest.param(b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", id="nearly chunked"),
        pytest.param(b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", id="vertical tab before chunked"),
        pytest.param(b"Transfer-Encoding:\r\n\r\n0\r\n\r\n", id="empty TE"),
        pytest.param(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="two TEs"),
        pytest.param(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n", id="two different TEs"),
        pytest.param(b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", id="space before the colon"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", id="hexadecimal prefix of a chunk"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n", id="negative chunk"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n", id="chunks ended by LF"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", id="chunk longer than it says"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n3;a=\nb\r\nabc\r\n0\r\n\r\n", id="LF in a chunk extension"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc", id="chunk beyond 64 bits"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\nC: d\r\n\r\n", id="LF in trailers"),
    ],
)
def test_a_body_of_doubtful_length_is_a_400(server: GuardedServer, framing: bytes) -> None:
    """So is every body whose end two parsers might see at different places; nothing of it is served."""
    served = len(server.served)
    with RawClient(server.port) as client:
        client.send(b"POST /body HTTP/1.1\r\n" + HOST + framing + SMUGGLED)
        refused(client, 400, "bad_http_request")

    assert len(server.served) == served


def test_http_1_0_has_no_transfer_encoding(server: GuardedServer) -> None:
    """Old proxies ignore it there."""
    with RawClient(server.port) as client:
        client.send(b"POST / HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        refused(client, 400, "bad_http_request")


# Sizes (D2).


def test_headers_of_the_largest_size_pass(server: GuardedServer) -> None:
    """64 KiB over all lines, name, value, colon, space and line end; a byte more is a 431."""
    room = GuardedProtocol.head_limit - len(HOST) - len("x-big: \r\n")
    for size, status in ((room, 200), (room + 1, 431)):
        with RawClient(server.port) as client:
            client.send(b"GET / HTTP/1.1\r\n" + HOST + b"x-big: " + b"a" * size + b"\r\n\r\n")
            assert client.response().status == status


def test_a_head_that_does_not_end_is_a_431(server: GuardedServer) -> None:
    """It is not collected first: neither one endless header, nor endless headers."""
    for piece in (b"a" * 4096, b"x-more: 1\r\n" * 400):
        with RawClient(server.port) as client:
            client.send(b"GET / HTTP/1.1\r\n" + HOST + b"x-big: ")
            for _ in range(40):
                client.send(piece)
            refused(client, 431, "headers_too_large")


def test_too_many_headers_are_a_431(server: GuardedServer) -> None:
    """100 pass, 101 do not."""
    for count, status in ((99, 200), (100, 431)):
        with RawClient(server.port) as client:
            client.send(b"GET / HTTP/1.1\r\n" + HOST + b"a: b\r\n" * count + b"\r\n")
            assert client.response().status == status


def test_a_url_of_the_largest_size_passes(server: GuardedServer) -> None:
    """8 KiB; a byte more is a 414, even if it does not end."""
    for size, status in ((GuardedProtocol.url_limit, 200), (GuardedProtocol.url_limit + 1, 414)):
        with RawClient(server.port) as client:
            client.send(b"GET /" + b"a" * (size - 1) + b" HTTP/1.1\r\n" + HOST + b"\r\n")
            assert client.response().status == status
    with RawClient(server.port) as client:
        client.send(b"GET /" + b"a" * 9000)
        refused(client, 414, "url_too_long")


@pytest.mark.parametrize("start", [b"3;ext=", b"0\r\nX-Trailer: "], ids=["chunk extension", "trailer"])
def test_what_is_no_body_cannot_grow_inside_one(server: GuardedServer, start: bytes) -> None:
    """Chunk extensions and trailers are bounded like headers, give or take one read (256 KiB)."""
    with RawClient(server.port) as client:
        client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n")
        client.send(b"3\r\nabc\r\n" + start)
        for _ in range(100):
            client.send(b"a" * 4096)
        refused(client, 431, "headers_too_large")


def test_a_refusal_repeats_a_sane_request_id(server: GuardedServer) -> None:
    """Whoever gave one finds it again."""
    with RawClient(server.port) as client:
        client.send(b"TRACE / HTTP/1.1\r\n" + HOST + b"X-Request-Id: mine-1\r\n\r\n")
        response = refused(client, 400, "bad_http_request")

    assert response.headers["x-request-id"] == "mine-1"


def test_the_answer_survives_a_client_that_is_still_sending(server: GuardedServer) -> None:
    """What comes after a refusal is thrown away for a moment, so that no reset eats the answer."""
    with RawClient(server.port) as client:
        client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n")
        client.send(b"a" * 200_000)
        refused(client, 400, "bad_http_request")
