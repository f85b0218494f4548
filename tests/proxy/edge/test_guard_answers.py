"""The guarded protocol on the way out: clients that do not read, and clients of HTTP/1.0."""

import socket
import threading

import pytest

from proxy.edge.guard import GuardedProtocol
from tests.proxy.edge.guarded_server import HOST, GuardedServer, Quick
from tests.rig.waiting import until

MANY = 20_000
"""Requests: several reads' worth."""
READ = 256 * 1024
"""Bytes of one read of asyncio's and uvloop's, at most."""


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the kernel's deadline is Linux's")
def test_a_client_that_reads_nothing_is_cut_off() -> None:
    """F16: its answer would wait in memory, and its connection in the way of a shutdown, for ever."""
    with GuardedServer(Quick) as server, socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"GET /much HTTP/1.1\r\n" + HOST + b"\r\n")
        until(lambda: server.connections == 1, "the client was connected")
        until(lambda: server.connections == 0, "it was cut off")


def test_http_1_0_gets_no_chunks() -> None:
    """An answer without a length ends with its connection (RFC 9112, 6.1)."""
    with GuardedServer() as server, socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"GET /stream HTTP/1.0\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(65536), b""))

    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head.lower()
    assert b"connection: close" in head.lower()
    assert body == b"one two three"


def test_a_client_that_leaves_is_noticed_with_another_request_behind_the_one_that_is_served() -> None:
    """F15: the second one came in a read of its own, and the connection is read on all the same."""
    with GuardedServer() as server, socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"GET /wait HTTP/1.1\r\n" + HOST + b"\r\n")
        until(lambda: server.connections == 1, "the client was connected")
        client.sendall(b"GET /next HTTP/1.1\r\n" + HOST + b"\r\n")
        until(lambda: server.waiting == 1, "the second request waits")
        client.close()
        until(lambda: server.disconnects == ["/wait"], "the first one's application knows")


def test_requests_that_wait_are_bounded() -> None:
    """One read may bring thousands; no other is made before they are served, or a flood would fill the memory."""
    request = b"GET /deaf HTTP/1.1\r\n" + HOST + b"\r\n"
    longest = 0

    class Watched(GuardedProtocol):
        def data_received(self, data: bytes) -> None:
            nonlocal longest
            super().data_received(data)
            longest = max(longest, len(self.pipeline))

    with GuardedServer(Watched) as server, socket.create_connection(("127.0.0.1", server.port)) as client:
        client.settimeout(20)
        sender = threading.Thread(target=client.sendall, args=(request * MANY,))
        sender.start()
        answered = 0
        while answered < MANY:
            answered += client.recv(1 << 20).count(b"HTTP/1.1 200")
        sender.join()

    assert longest <= READ // len(request) + GuardedProtocol.pipeline_limit
