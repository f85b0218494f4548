"""The guarded protocol's deadlines (F17): whoever is silent or slow is not waited for."""

import pytest

from tests.proxy.edge.guarded_server import HOST, GuardedServer, ended, refused
from tests.rig.raw import RawClient
from tests.rig.waiting import until


def test_a_silent_connection_is_closed(quick: GuardedServer) -> None:
    """Nothing was asked, so nothing is answered."""
    with RawClient(quick.port) as client:
        assert ended(client)


def test_an_empty_line_does_not_keep_a_connection(quick: GuardedServer) -> None:
    """Neither on a new one nor between two requests; the parser skips it."""
    with RawClient(quick.port) as client:
        client.send(b"\r\n")
        assert ended(client)
    with RawClient(quick.port) as client:
        assert client.get("/first").status == 200
        client.send(b"\r\n")
        assert ended(client)


@pytest.mark.parametrize("part", [b"GET / HT", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX-A: b"])
def test_half_a_head_is_a_408(quick: GuardedServer, part: bytes) -> None:
    """It has to be complete in time, not just to begin."""
    with RawClient(quick.port) as client:
        client.send(part)
        refused(client, 408, "request_timeout")


def test_half_a_head_on_a_kept_connection_is_a_408(quick: GuardedServer) -> None:
    """The second request has the same deadline as the first."""
    with RawClient(quick.port) as client:
        assert client.get("/first").status == 200
        client.send(b"GET /second HTTP/1.1\r\nHost:")
        refused(client, 408, "request_timeout")


@pytest.mark.parametrize(
    "part",
    [
        b"Content-Length: 100\r\n\r\nabc",
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        b"Content-Length: 9\r\n\r\n",
    ],
)
def test_a_body_that_stops_is_a_408(quick: GuardedServer, part: bytes) -> None:
    """The application learns that nothing more comes."""
    before = quick.disconnects.count("/stops")
    with RawClient(quick.port) as client:
        client.send(b"POST /stops HTTP/1.1\r\n" + HOST + part)
        refused(client, 408, "request_timeout")

    until(lambda: quick.disconnects.count("/stops") == before + 1, "the application was told")


def test_a_body_of_many_windows_passes_if_it_is_quick_enough(quick: GuardedServer) -> None:
    """While the application reads late, the client is held back by us: that is no slowness of its own."""
    body = b"x" * 1_000_000
    with RawClient(quick.port) as client:
        client.send(b"POST /late HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000\r\n\r\n" + body)
        assert client.response().json == {"path": "/late", "bytes": 1_000_000}


def test_who_waits_for_100_continue_is_not_slow(quick: GuardedServer) -> None:
    """It is our turn until then."""
    with RawClient(quick.port) as client:
        client.send(b"POST /late HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        assert client.head()[0] == 100
        client.send(b"abc")
        assert client.response().json == {"path": "/late", "bytes": 3}


def test_a_body_that_stops_after_its_answer_closes_the_connection(quick: GuardedServer) -> None:
    """An application may answer early; there is nothing left to say then."""
    with RawClient(quick.port) as client:
        client.send(b"POST /deaf HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\nabc")
        assert client.response().json == {"path": "/deaf", "bytes": 0}
        assert ended(client)
