"""A connection that misbehaves does so as it is told, and well otherwise."""

import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.rig.raw import RawClient
from tests.rig.server import closed_port
from tests.rig.toxic import Toxic
from tests.rig.upstream import FakeUpstream
from tests.rig.wires import openai_answer

ASK = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture
def toxic(upstream: FakeUpstream) -> Iterator[Toxic]:
    """In front of an upstream that answers."""
    upstream.always(openai_answer("Hello"))
    with Toxic(upstream.port) as forwarder:
        yield forwarder


def _line(toxic: Toxic, patience: float = 10.0) -> socket.socket:
    return socket.create_connection(("127.0.0.1", toxic.port), patience)


def test_without_a_fault_all_passes(toxic: Toxic) -> None:
    """There and back, more than once on a connection."""
    with RawClient(toxic.port) as client:
        assert [client.get("/").status for _ in range(2)] == [200, 200]


def test_a_mute_peer_hears_and_is_not_heard(toxic: Toxic, upstream: FakeUpstream) -> None:
    """F26: the work is done; the answer never comes."""
    toxic.mute = True
    with _line(toxic, 0.2) as line:
        line.sendall(ASK)
        upstream.until(lambda: upstream.requests[0].served if upstream.requests else False, "it was answered")
        with pytest.raises(TimeoutError):
            line.recv(1)


def test_a_frozen_peer_goes_on_when_it_is_thawed(toxic: Toxic, upstream: FakeUpstream) -> None:
    """F22: what was kept back passes then."""
    with RawClient(toxic.port) as client:
        assert client.get("/").status == 200
        toxic.freeze()
        client.send(ASK)
        assert upstream.changes.still_for(0.2)
        toxic.thaw()
        assert client.response().status == 200


def test_a_torn_connection_is_reset_and_the_next_one_is_not(toxic: Toxic) -> None:
    """An RST, as when a machine is gone."""
    with RawClient(toxic.port) as client:
        assert client.get("/").status == 200
        toxic.tear()
        with pytest.raises(ConnectionResetError):
            client.response()
    with RawClient(toxic.port) as client:
        assert client.get("/").status == 200


def test_a_peer_that_is_not_there_closes_what_it_was_asked() -> None:
    """Nobody listens behind it."""
    with closed_port() as port, Toxic(port) as nobody, _line(nobody) as line:
        line.sendall(ASK)
        with suppress(ConnectionResetError):
            assert line.recv(1) == b""
