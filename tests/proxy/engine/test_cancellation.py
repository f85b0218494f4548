"""I13: wherever a client leaves, or a server breaks off, nothing is left behind and every request has one end."""

from collections.abc import Callable
from functools import partial

import pytest

from policies.breaker import Breaker
from policies.circuit import Circuit
from tests.playbook import Play, Playbook, at_every_await
from tests.proxy.engine.happenings import (
    asks,
    begins,
    fails,
    is_unreachable,
    leaves,
    passes,
    replies_with,
    sends_bytes,
    streams,
    thinks,
    waits,
    with_timeouts,
)
from tests.proxy.engine.scenes import ends_well, is_answered, is_kept_alive, is_streamed_to
from tests.proxy.engine.stage import PING, ROLE, error, gives, observes, opens, refuses, replies, sends, settles


def plain(book: Playbook) -> None:
    """One whole answer."""
    book >> is_answered(text="Hi")


def failover(book: Playbook) -> None:
    """Two failures, a back-off, an answer."""
    (
        book
        >> asks()
        << sends("a/m")
        >> is_unreachable()
        << observes("a/m", "unreachable")
        << sends("b/m")
        >> fails(500)
        << observes("b/m", "overloaded")
        << waits(0.1)
        << sends("a/m")
        >> replies_with("Hi")
        << observes("a/m")
        << replies("Hi")
        << settles("ok")
    )


def stream(book: Playbook) -> None:
    """A stream with comments before its first content, and a fail-over after them."""
    (
        book
        >> is_kept_alive()
        << waits(5)
        << observes("a/m", "timeout")
        << sends("b/m")
        >> begins()
        >> thinks()
        >> streams("Hel")
        << gives(ROLE, "Hel")
        >> streams("lo")
        << gives("lo")
        >> ends_well("b/m")
    )


def broken(book: Playbook) -> None:
    """A stream that breaks."""
    (
        book
        >> is_streamed_to("Hel")
        >> sends_bytes(b"data: {broken\n\n")
        << gives(error("upstream_invalid_response"), last=True)
        << observes("a/m", "garbled")
        << settles("broken")
    )


def refused(book: Playbook) -> None:
    """Nobody can serve it."""
    book >> asks() << sends("a/m") >> fails(400, code="x") << observes("a/m", "bad_request")
    book << refuses(400, "x") << settles("failed", 400)


SCRIPTS: list[Play] = [plain, failover, stream, broken, refused]


def client_leaves(book: Playbook) -> None:
    book.client.leave()


def server_breaks_off(book: Playbook) -> None:
    book.engine.break_off()


def server_breaks_off_and_client_leaves(book: Playbook) -> None:
    """The client has had enough while it is being told that the server is going."""
    book.engine.break_off()
    book.loop.call_soon(book.loop.call_soon, book.client.leave)


def client_leaves_and_server_breaks_off(book: Playbook) -> None:
    """Both at one moment."""
    book.client.leave()
    book.engine.break_off()


@pytest.mark.parametrize(
    "interrupt",
    [client_leaves, server_breaks_off, server_breaks_off_and_client_leaves, client_leaves_and_server_breaks_off],
)
@pytest.mark.parametrize("script", SCRIPTS)
def test_cancelled_at_any_await_a_request_ends_well(script: Play, interrupt: Play) -> None:
    """Settled once, nothing in flight, exchanges closed, nothing sent after the end, and ``serve`` never raises."""
    make = partial(Playbook, with_timeouts("a/m", first_token=20.0), with_timeouts("b/m", first_token=20.0))

    assert at_every_await(script, interrupt, make) >= 4


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_client_that_leaves_is_a_cancelled_request_and_nobodys_fault(script: Play) -> None:
    """F15: wherever it leaves before its answer is complete, the attempt under way is noted, without blame."""

    def play(book: Playbook) -> None:
        script(book)
        story = book.story
        if book.client.gone:
            assert story.outcome is not None
            assert story.outcome.kind == "cancelled"
            assert all(turn.attempt is not None for turn in story.rounds if turn.target)
            assert story.status in (200, 400, 499)

    make = partial(Playbook, with_timeouts("a/m", first_token=20.0), with_timeouts("b/m", first_token=20.0))

    assert at_every_await(play, client_leaves, make) >= 4


@pytest.mark.parametrize("interrupt", [client_leaves, server_breaks_off])
@pytest.mark.parametrize("script", [plain, stream], ids=["whole", "stream"])
def test_a_probe_given_up_at_any_await_gives_its_slot_back(script: Play, interrupt: Play) -> None:
    """I16: afterwards the target can be probed again, or is closed since the probe had succeeded before."""

    def probed(book: Playbook) -> None:
        circuit = Circuit(3, 30.0, 60.0, probes=1)
        circuit.trip(book.loop.time(), "a test")
        book.world.circuits[Breaker.Options(failures=(3, 30.0)), "a/m"] = circuit
        script(book)
        assert circuit.probing(book.loop.time()) == 0

    make = partial(Playbook, with_timeouts("a/m", first_token=20.0), with_timeouts("b/m", first_token=20.0))

    assert at_every_await(probed, interrupt, make) >= 4


@pytest.mark.parametrize(
    ("play", "status"),
    [
        (lambda book: book >> leaves() << observes("a/m", "cancelled"), 499),
        (
            lambda book: (
                book >> fails(500) << observes("a/m", "overloaded") >> leaves() << observes("a/m", "cancelled")
            ),
            499,
        ),
        (lambda book: book >> begins() >> leaves() << observes("a/m", "cancelled"), 499),
        (lambda book: book >> begins() >> thinks() >> leaves() << observes("a/m", "cancelled"), 499),
        (
            lambda book: (
                book >> begins() << waits(15) << opens() << gives(PING) >> leaves() << observes("a/m", "cancelled")
            ),
            200,
        ),
    ],
    ids=["before the head", "in a back-off", "after the head", "before content", "after a comment"],
)
def test_a_client_may_leave_at_any_stage(play: Callable[[Playbook], Playbook], status: int) -> None:
    """F15: 499 in the record where nothing had gone out, the status that had gone out where it had."""
    with Playbook("a/m") as book:
        book >> asks(stream=True) << sends("a/m")
        play(book)
        book << settles("cancelled", status)


def test_a_back_off_that_is_given_up_is_no_attempt_that_was_waited_for() -> None:
    """The attempt is noted, from the moment at which it was decided on."""
    with Playbook("a/m") as book:
        book >> asks() << sends("a/m") >> fails(500) << observes("a/m", "overloaded") >> passes(0.05)
        book >> leaves() << observes("a/m", "cancelled") << settles("cancelled", 499)

        assert (len(book.story.attempts), len(book.upstreams["a"].requests)) == (2, 1)
