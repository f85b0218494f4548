"""A client that streams hears something, however long everybody thinks."""

from tests.playbook import Playbook
from tests.proxy.engine.happenings import (
    asks,
    begins,
    fails,
    passes,
    reads_again,
    stops_reading,
    streams,
    thinks,
    waits,
    with_timeouts,
)
from tests.proxy.engine.scenes import asks_for_a_stream, ends_well, is_kept_alive
from tests.proxy.engine.stage import PING, ROLE, error, gives, observes, opens, sends, settles


def test_the_client_is_kept_alive_while_the_head_is_awaited() -> None:
    """Some providers send no head before the first token; load balancers cut what is silent for a minute."""
    with Playbook("a/m") as book:
        book >> asks(stream=True) << sends("a/m") >> passes(31) << opens() << gives(PING) << gives(PING)
        book >> begins() >> streams("Hi") << gives("Hi") >> ends_well()


def test_another_target_may_take_over_before_a_head() -> None:
    """A comment is no content: after it fail-over is as free as before."""
    with Playbook("a/m", "b/m") as book:
        book >> asks(stream=True) << sends("a/m") >> passes(16) << opens() << gives(PING)
        book >> fails(500) << observes("a/m", "overloaded") << sends("b/m") >> begins() >> streams("Hi") << gives("Hi")
        book >> ends_well("b/m")


def test_a_refusal_after_a_comment_is_an_error_frame() -> None:
    """The status line is out; what is left to tell the truth with is the stream itself."""
    with Playbook("a/m") as book:
        book >> asks(stream=True) << sends("a/m") >> passes(16) << opens() << gives(PING)
        book >> fails(400) << observes("a/m", "bad_request") << gives(error("None"), last=True) << settles("failed")


def test_comments_keep_the_connection_while_the_model_thinks() -> None:
    """The head goes out with the first one, naming no target: nobody knows yet who answers."""
    with Playbook("a/m") as book:
        (
            book
            >> is_kept_alive()
            << waits(15)
            << gives(PING)
            >> thinks()
            >> streams("Hello")
            << gives(ROLE, "Hello")
            << waits(15)
            << gives(PING)
            >> ends_well()
        )


def test_another_target_may_still_take_over_after_a_comment() -> None:
    """A keep-alive is no content: fail-over stays free."""
    with Playbook(with_timeouts("a/m", first_token=20.0), "b/m") as book:
        (
            book
            >> is_kept_alive()
            << waits(5)
            << observes("a/m", "timeout")
            << sends("b/m")
            >> begins()
            >> streams("Hello")
            << gives("Hello")
            >> ends_well("b/m")
        )


def test_a_failure_after_a_comment_is_an_error_frame() -> None:
    """The status line said 200; the stream then says what became of it. No content went out: it failed, unbroken."""
    with Playbook(with_timeouts("a/m", first_token=20.0), links=[]) as book:
        (
            book
            >> is_kept_alive()
            << waits(5)
            << observes("a/m", "timeout")
            << gives(error("upstream_stalled"), last=True)
            << settles("failed")
        )


def test_a_client_slow_to_take_a_comment_is_not_the_upstreams_silence() -> None:
    """What came while a comment was waiting to go out is behind it in the queue, and nobody is blamed."""
    with Playbook(with_timeouts("a/m", first_token=20.0)) as book:
        (
            book
            >> asks_for_a_stream()
            >> stops_reading()
            << waits(15)
            << opens()
            >> streams("Hello")
            << gives("Hello")
            >> passes(10)
            >> reads_again()
            << gives(PING)
            >> ends_well()
        )
