"""The end of a shutdown's patience, narrated: what is under way ends with an error, what is complete does not."""

from tests.playbook import Playbook
from tests.proxy.engine.happenings import asks, ends, fails, is_broken_off
from tests.proxy.engine.scenes import has_its_stream, is_streamed_to
from tests.proxy.engine.stage import error, gives, observes, refuses, sends, settles


def test_breaking_off_before_any_content_is_an_answer() -> None:
    """F32, D32: 503 draining; the upstream is not blamed."""
    with Playbook("a/m") as book:
        (
            book
            >> asks()
            << sends("a/m")
            >> is_broken_off()
            << observes("a/m", "cancelled")
            << refuses(503, "draining", retry_after=1)
            << settles("failed", 503)
        )

        assert book.world.circuits == {}


def test_breaking_off_in_mid_stream_is_an_error_frame() -> None:
    """F32: the client's SDK raises, since nothing else has ended the stream."""
    with Playbook("a/m") as book:
        (
            book
            >> is_streamed_to("Hel")
            >> is_broken_off()
            << observes("a/m", "cancelled")
            << gives(error("draining"), last=True)
            << settles("broken")
        )


def test_breaking_off_what_is_complete_changes_nothing() -> None:
    """A finished stream whose connection is still being read to its end has its answer already."""
    with Playbook("a/m") as book:
        book >> has_its_stream() >> is_broken_off() >> ends() << observes("a/m") << settles("ok")


def test_breaking_off_ends_a_back_off_too() -> None:
    """A request that waits for its next attempt is under way as well."""
    with Playbook("a/m") as book:
        (
            book
            >> asks()
            << sends("a/m")
            >> fails(500)
            << observes("a/m", "overloaded")
            >> is_broken_off()
            << observes("a/m", "cancelled")
            << refuses(503, "draining", retry_after=1)
            << settles("failed", 503)
        )
