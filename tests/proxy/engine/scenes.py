"""Scenes that many playbooks have in common (``>>``), so that a test shows what is its own."""

from typing import Any

from tests.playbook import Scene
from tests.proxy.engine.happenings import asks, begins, finishes, is_unreachable, replies_with, streams, waits
from tests.proxy.engine.stage import DONE, FINISH, PING, gives, observes, opens, refuses, replies, sends, settles


def is_answered(target: str = "a/m", text: str = "Hello", **asked: Any) -> Scene:
    """A client asks, and has its whole answer from this target at the first go."""
    return Scene(
        lambda book: (
            book
            >> asks(**asked)
            << sends(target)
            >> replies_with(text)
            << observes(target)
            << replies(text)
            << settles("ok")
        )
    )


def finds_nobody() -> Scene:
    """A client asks, the target cannot be reached, and there is no other one."""
    return Scene(
        lambda book: (
            book
            >> asks()
            << sends("a/m")
            >> is_unreachable()
            << observes("a/m", "unreachable")
            << refuses(502, "upstream_unreachable")
            << settles("failed", 502)
        )
    )


def asks_for_a_stream() -> Scene:
    """A client asks for a stream, and the first target sends its head."""
    return Scene(lambda book: book >> asks(stream=True) << sends("a/m") >> begins())


def is_streamed_to(text: str) -> Scene:
    """A client asks for a stream, and has the first piece of it."""
    return Scene(lambda book: book >> asks_for_a_stream() >> streams(text) << opens("a/m") << gives(text))


def is_kept_alive() -> Scene:
    """A client asks for a stream, and hears a comment while the model thinks."""
    return Scene(lambda book: book >> asks_for_a_stream() << waits(15) << opens() << gives(PING))


def has_its_stream() -> Scene:
    """A client asks for a stream, and has all of it; the body that it came in is not over yet."""
    return Scene(lambda book: book >> is_streamed_to("Hello") >> finishes(body=False) << gives(FINISH, DONE, last=True))


def ends_well(target: str = "a/m") -> Scene:
    """The stream comes to the end that it should."""
    return Scene(lambda book: book >> finishes() << gives(FINISH, DONE, last=True) << observes(target) << settles("ok"))
