"""The pump, narrated: what goes out when, and how a stream ends."""

import pytest

from proxy.engine.attempt import DRAIN_SECONDS
from proxy.engine.relay import PRELUDE_LIMIT
from tests.playbook import Happening, Playbook
from tests.proxy.engine.happenings import (
    begins,
    breaks,
    chunk,
    ends,
    leaves,
    passes,
    reads_again,
    sends_bytes,
    stops_reading,
    streams,
    thinks,
    vanishes,
    waits,
    with_timeouts,
)
from tests.proxy.engine.scenes import asks_for_a_stream, ends_well, has_its_stream, is_streamed_to
from tests.proxy.engine.stage import DONE, FINISH, ROLE, error, gives, observes, opens, sends, settles

OVERLOADED = b'data: {"error": {"message": "Overloaded", "type": "overloaded_error", "code": "overloaded"}}\n\n'
HELLO = chunk({"content": "Hello"})

BEFORE: dict[str, tuple[Happening, str]] = {
    "silence": (passes(60), "timeout"),
    "a broken connection": (breaks(), "unreachable"),
    "an early end": (ends(), "unreachable"),
    "no JSON": (sends_bytes(b"data: {broken\n\n"), "garbled"),
    "no chunk": (sends_bytes(b"data: [1]\n\n"), "garbled"),
    "an error event": (sends_bytes(OVERLOADED), "overloaded"),
    "an error behind content, in one piece": (sends_bytes(HELLO + OVERLOADED), "overloaded"),
    "an end without content": (sends_bytes(b"data: [DONE]\n\n"), "garbled"),
}
PAGE = (sends_bytes(b"<html>", b""), "garbled")


@pytest.mark.parametrize(
    ("wrong", "kind", "thinking"),
    [
        *(pytest.param(*case, False, id=name) for name, case in BEFORE.items()),
        *(pytest.param(*case, True, id=f"{name} after a role") for name, case in BEFORE.items()),
        pytest.param(*PAGE, False, id="a page"),
    ],
)
def test_what_goes_wrong_before_the_first_content_goes_to_the_next_target(
    wrong: Happening, kind: str, thinking: bool
) -> None:
    """F3, F6, F8, F9: the client sees nothing of it, and the other target's stream is whole."""
    with Playbook("a/m", "b/m", keep_alive=1000.0) as book:
        book >> asks_for_a_stream()
        if thinking:
            book >> thinks()
        (
            book
            >> wrong
            << observes("a/m", kind)
            << sends("b/m")
            >> begins()
            >> thinks()
            >> streams("Hi")
            << opens("b/m")
            << gives(ROLE, "Hi")
            >> ends_well("b/m")
        )


AFTER: dict[str, tuple[Happening, str, str]] = {
    "silence": (passes(30), "timeout", "upstream_stalled"),
    "a broken connection": (breaks(), "unreachable", "upstream_disconnected"),
    "an early end": (ends(), "unreachable", "upstream_disconnected"),
    "no JSON": (sends_bytes(b"data: {broken\n\n"), "garbled", "upstream_invalid_response"),
    "an error event": (sends_bytes(OVERLOADED), "overloaded", "upstream_overloaded"),
}


@pytest.mark.parametrize(("wrong", "kind", "code"), AFTER.values(), ids=AFTER.keys())
def test_what_goes_wrong_after_the_first_content_ends_in_one_error_frame(
    wrong: Happening, kind: str, code: str
) -> None:
    """F4, F5, F6, F10, I9, K8: no other target, no finish_reason, no ``[DONE]``."""
    with Playbook("a/m", "b/m", keep_alive=1000.0) as book:
        (
            book
            >> is_streamed_to("Hel")
            >> wrong
            << gives(error(code), last=True)
            << observes("a/m", kind)
            << settles("broken")
        )

        attempt = book.story.attempts[0]
        assert attempt.first_byte is not None


def test_content_that_comes_with_the_error_goes_out_before_it() -> None:
    """I9: what the upstream did say is not lost, once the client has some of it."""
    with Playbook("a/m") as book:
        (
            book
            >> is_streamed_to("Hel")
            >> sends_bytes(chunk({"content": "lo"}) + OVERLOADED)
            << gives("lo", error("upstream_overloaded"), last=True)
            << observes("a/m", "overloaded")
            << settles("broken")
        )


@pytest.mark.parametrize("noise", [b": ping\n\n", b'event: ping\ndata: {"type": "ping"}\n\n', b"data: {"])
def test_what_is_no_event_does_not_count_as_life(noise: bytes) -> None:
    """F4: comments, pings and half events keep no stream alive, and none of them reaches the client."""
    with Playbook("a/m", keep_alive=1000.0) as book:
        (
            book
            >> is_streamed_to("Hel")
            >> passes(20)
            >> sends_bytes(noise)
            << waits(10)
            << gives(error("upstream_stalled"), last=True)
            << observes("a/m", "timeout")
            << settles("broken")
        )


def test_each_event_gives_the_next_one_time() -> None:
    """The gap is between events, whatever they sum up to."""
    with Playbook("a/m", keep_alive=1000.0) as book:
        book >> is_streamed_to("1")
        for text in "23456":
            book >> passes(29) >> streams(text) << gives(text)
        book >> ends_well()


def test_the_whole_request_has_a_deadline_in_mid_stream_too() -> None:
    """A stream that goes on and on is ended by ``total``; its upstream did not fall silent, and is not said to have."""
    with Playbook(with_timeouts("a/m", total=50.0)) as book:
        book >> is_streamed_to("1")
        for text in "2345":
            book >> passes(10) >> streams(text) << gives(text)
        book >> passes(10) << gives(error("upstream_stalled"), last=True) << observes("a/m", "timeout")
        book << settles("broken")

        failure = book.story.attempts[0].failure
        assert failure is not None
        assert "silent" not in failure.message


def test_an_endless_prelude_is_no_stream() -> None:
    """What is held back before the first content is bounded."""
    with Playbook("a/m", "b/m") as book:
        padding = chunk({"role": "assistant", "x": "." * 10_000})
        (
            book
            >> asks_for_a_stream()
            >> sends_bytes(*[padding] * (PRELUDE_LIMIT // len(padding) + 1))
            << observes("a/m", "garbled")
            << sends("b/m")
            >> begins()
            >> streams("Hello")
            << opens("b/m")
            << gives("Hello")
            >> ends_well("b/m")
        )


def test_a_slow_client_holds_the_upstream_back() -> None:
    """F16: while it does not read, nothing is read for it."""
    with Playbook("a/m") as book:
        (book >> is_streamed_to("1") >> stops_reading() >> streams("2") << gives("2") >> streams("3") >> streams("4"))
        assert len(book.exchange.unread) == 2

        book >> reads_again() << gives("3") << gives("4")
        book >> ends_well()


def test_a_slow_client_is_not_the_upstreams_silence() -> None:
    """F16: the gap is the upstream's; the time in which it was held back is not."""
    with Playbook("a/m") as book:
        (
            book
            >> is_streamed_to("1")
            >> stops_reading()
            >> streams("2")
            << gives("2")
            >> streams("3")
            >> passes(40)
            >> reads_again()
            << gives("3")
            >> ends_well()
        )


def test_a_client_that_is_not_there_ends_the_stream() -> None:
    """F15, F16: the upstream's connection is closed, and nobody is blamed."""
    with Playbook("a/m", "b/m") as book:
        (
            book
            >> is_streamed_to("Hel")
            >> vanishes()
            >> streams("lo")
            << observes("a/m", "cancelled")
            << settles("cancelled")
        )

        assert (book.exchange.closed, book.world.circuits) == (True, {})


def test_a_client_that_leaves_in_mid_stream_ends_it_at_once() -> None:
    """F15: without waiting for the upstream's next word."""
    with Playbook("a/m") as book:
        book >> is_streamed_to("Hel") >> leaves() << observes("a/m", "cancelled") << settles("cancelled")

        assert (book.exchange.closed, book.world.circuits) == (True, {})


def test_a_client_that_leaves_after_the_end_has_had_its_answer() -> None:
    """F15: after the last byte the outcome is what it was."""
    with Playbook("a/m") as book:
        book >> has_its_stream() >> leaves() >> ends() << observes("a/m") << settles("ok")


def test_the_end_of_a_finished_stream_is_waited_for_a_moment_only() -> None:
    """The client has its answer; an upstream that does not end its body loses its connection."""
    with Playbook("a/m") as book:
        book >> has_its_stream() << waits(DRAIN_SECONDS) << observes("a/m") << settles("ok")


def test_a_connection_that_breaks_after_the_end_changes_nothing() -> None:
    """I10: the provider's own terminal event was the end."""
    with Playbook("a/m") as book:
        book >> has_its_stream() >> breaks() << observes("a/m") << settles("ok")


def test_a_stream_that_comes_whole_in_one_piece_goes_out_in_one() -> None:
    """As short answers do; its end in the same read is not the end of one without content."""
    finish = chunk({}, "stop")
    with Playbook("a/m") as book:
        whole = HELLO + finish + b"data: [DONE]\n\n"
        book >> asks_for_a_stream() >> sends_bytes(whole, b"")
        book << opens("a/m") << gives("Hello", FINISH, DONE, last=True) << observes("a/m") << settles("ok")


def test_an_upstream_that_goes_on_after_its_end_is_let_go_all_the_same() -> None:
    """One moment for all that still comes: comments would begin it anew, and hold request and connection for ever."""
    ping = sends_bytes(b": ping\n\n")
    with Playbook("a/m") as book:
        book >> is_streamed_to("Hello")
        book >> sends_bytes(chunk({}, "stop") + b"data: [DONE]\n\n") << gives(FINISH, DONE, last=True)
        book >> ping >> passes(0.6) >> ping >> passes(0.6) << observes("a/m") << settles("ok")
