"""The guarded protocol's connections: requests one after another, and refusals among them."""

import json
import socket
import ssl
from pathlib import Path

import pytest
import trustme

from tests.proxy.edge.guarded_server import HOST, SMUGGLED, GuardedServer, ended, refused
from tests.rig.raw import RawClient

# Good requests.


@pytest.mark.parametrize(
    "host", [b"a", b"gateway.test:4000", b"127.0.0.1", b"[::1]:80", b"a_b-c.test", b"xn--bcher-kva.test", b"a:"]
)
def test_hosts_that_pass(server: GuardedServer, host: bytes) -> None:
    """Names, addresses, ports."""
    with RawClient(server.port) as client:
        client.send(b"GET /host HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
        assert client.response().status == 200


def test_http_1_0_needs_no_host(server: GuardedServer) -> None:
    """Load balancers' health checks send none; the connection closes after the answer."""
    with RawClient(server.port) as client:
        client.send(b"GET /old HTTP/1.0\r\n\r\n")
        assert client.response().status == 200
        assert ended(client)


def test_a_connection_serves_many_requests(server: GuardedServer) -> None:
    """With different hosts, bodies and framings in turn."""
    with RawClient(server.port) as client:
        for number in range(3):
            assert client.get(f"/get{number}").json["path"] == f"/get{number}"
            client.post("/post", {"number": number})
            assert client.response().json["bytes"] > 0
            client.send(b"POST /chunks HTTP/1.1\r\nHost: other\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\n")
            client.send(b"2\r\nde\r\n0\r\n\r\n")
            assert client.response().json == {"path": "/chunks", "bytes": 5}


def test_pipelined_requests_are_answered_in_turn(server: GuardedServer) -> None:
    """Also when the reads cut them anywhere."""
    requests = b"".join(b"POST /%d HTTP/1.1\r\n%bContent-Length: 3\r\n\r\nabc" % (number, HOST) for number in range(6))
    with RawClient(server.port) as client:
        for start in range(0, len(requests), 37):
            client.send(requests[start : start + 37])
        assert [client.response().json["path"] for _ in range(6)] == [f"/{number}" for number in range(6)]


def test_a_large_body_with_the_next_head_behind_it_passes(server: GuardedServer) -> None:
    """What is body does not count as head."""
    body = b"x" * 300_000
    head = b"POST /large HTTP/1.1\r\n" + HOST + b"Content-Length: 300000\r\n\r\n"
    with RawClient(server.port) as client:
        client.send(head + body + head[:30])
        assert client.response().json["bytes"] == 300_000
        client.send(head[30:] + body)
        assert client.response().json["bytes"] == 300_000


def test_small_chunks_pass(server: GuardedServer) -> None:
    """Much framing around little body is legal."""
    with RawClient(server.port) as client:
        client.send(b"POST /small HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n")
        client.send(b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n")
        assert client.response().json == {"path": "/small", "bytes": 50_000}


def test_trailers_never_become_headers(server: GuardedServer) -> None:
    """They come after the headers were acted upon: a credential in them would be one that nobody has checked."""
    with RawClient(server.port) as client:
        client.send(b"POST /trailers HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\nTrailer: x-late\r\n\r\n")
        client.send(b"3\r\nabc\r\n0\r\nX-Late: 1\r\nAuthorization: Bearer x\r\n\r\n")
        assert client.response().json == {"path": "/trailers", "bytes": 3}

    headers = next(headers for path, _, headers in server.served if path == "/trailers")
    assert set(headers) == {"host", "transfer-encoding", "trailer"}


def test_connection_close_is_kept_to(server: GuardedServer) -> None:
    """The answer says so too."""
    with RawClient(server.port) as client:
        client.send(b"GET /bye HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n" + SMUGGLED)
        response = client.response()
        assert (response.status, json.loads(response.body)["path"]) == (200, "/bye")
        assert response.headers["connection"] == "close"
        assert ended(client)


# Refusals and the requests around them.


def test_what_came_before_is_answered_first(server: GuardedServer) -> None:
    """A refusal takes its turn behind the requests that were good."""
    with RawClient(server.port) as client:
        client.send(
            b"GET /one HTTP/1.1\r\n" + HOST + b"\r\nGET /two HTTP/1.1\r\n" + HOST + b"\r\nTRACE / HTTP/1.1\r\n\r\n"
        )

        assert [client.response().json["path"] for _ in range(2)] == ["/one", "/two"]
        refused(client, 400, "bad_http_request")


def test_a_refusal_never_lands_inside_an_answer(server: GuardedServer) -> None:
    """Rubbish that comes while an answer is going out waits for its end."""
    with RawClient(server.port) as client:
        client.send(b"GET /open HTTP/1.1\r\n" + HOST + b"\r\n")
        assert client.head()[0] == 200
        client.send(b"rubbish\r\n\r\n" + SMUGGLED)
        with RawClient(server.port) as other:
            assert other.get("/shut").status == 200
        assert client.piece() == b"abcdefg"
        assert client.piece() == b""
        refused(client, 400, "bad_http_request")


def test_a_queued_request_with_a_bad_body_is_never_served(server: GuardedServer) -> None:
    """Its turn is the refusal's."""
    with RawClient(server.port) as client:
        client.send(
            b"GET /before HTTP/1.1\r\n"
            + HOST
            + b"\r\nPOST /queued HTTP/1.1\r\n"
            + HOST
            + b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n"
        )
        assert client.response().json["path"] == "/before"
        refused(client, 400, "bad_http_request")

    assert "/queued" not in [path for path, _, _ in server.served] + server.disconnects


def test_a_bad_body_ends_an_answer_that_has_begun(server: GuardedServer) -> None:
    """No second head goes into it: the connection is cut, so the client sees that the answer is not whole."""
    with RawClient(server.port) as client:
        client.send(b"POST /open HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n")
        assert client.head()[0] == 200
        client.send(b"nonsense\r\n")
        assert client.rest() == b""


def test_nothing_follows_an_answer_that_closes(server: GuardedServer) -> None:
    """Not even a refusal."""
    with RawClient(server.port) as client:
        client.send(b"GET /last HTTP/1.1\r\n" + HOST + b"\r\nTRACE / HTTP/1.1\r\n\r\n")
        assert client.response().json["path"] == "/last"
        assert ended(client)


def test_a_refusal_over_tls_is_whole(tmp_path: Path) -> None:
    """There is no half-closing there: answer and close come together."""
    authority = trustme.CA()
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(tmp_path / "cert.pem")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with GuardedServer(certificate=tmp_path / "cert.pem") as server:
        plain = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        with context.wrap_socket(plain, server_hostname="localhost") as client:
            client.sendall(b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n")
            answer = b"".join(iter(lambda: client.recv(65536), b""))

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["error"]["code"] == "bad_http_request"
