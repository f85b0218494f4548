"""What an attempt used up, narrated: the provider's count where there is one, ours where there is none (F11, B22)."""

from typing import Any

import orjson
import pytest
import structlog

from policies.base import Attempt
from proxy.observe.record import render
from tests.playbook import Happening, Playbook, default_links
from tests.policies.scene import world
from tests.proxy.engine.happenings import (
    asks,
    begins,
    breaks,
    completion,
    ends,
    fails,
    finishes,
    is_unreachable,
    leaves,
    passes,
    responds,
    sends_bytes,
    streams,
    thinks,
    with_timeouts,
)
from tests.proxy.engine.stage import DONE, FINISH, error, gives, observes, opens, refuses, replies, sends, settles
from tests.rig.wires import anthropic_events
from translators.facts import Usage
from translators.providers.anthropic import Anthropic

TEXT = "four" * 10
ASKED = 5
"""Tokens of the playbook's request, as estimated: the two letters of its one message, and what is around it."""
GUESS = Usage(ASKED, 10, source="estimated")
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def used(book: Playbook) -> Usage | None:
    """What the last attempt used up; its request's usage is the same."""
    attempt: Attempt = book.story.attempts[-1]
    assert book.story.outcome is not None
    assert book.story.outcome.usage is attempt.usage
    return attempt.usage


def answers(**usage: Any) -> Happening:
    """A whole answer of 40 bytes, with this usage."""
    return responds(orjson.dumps(completion(TEXT) | {"usage": usage or None}))


WHOLE: dict[str, tuple[Happening, Usage]] = {
    "right": (answers(**USAGE), Usage(3, 2)),
    "missing": (answers(), GUESS),
    "negative": (answers(**USAGE | {"prompt_tokens": -3}), GUESS),
    "absurd": (answers(**USAGE | {"completion_tokens": 10**10}), GUESS),
    "half": (answers(prompt_tokens=3), GUESS),
    "no output, and yet there is some": (
        answers(**USAGE | {"completion_tokens": 0}),
        Usage(3, 10, source="estimated"),
    ),
    "no input": (answers(**USAGE | {"prompt_tokens": 0}), Usage(ASKED, 2, source="estimated")),
}


@pytest.mark.parametrize(("answer", "usage"), WHOLE.values(), ids=WHOLE.keys())
def test_a_whole_answer_has_the_providers_count_or_an_estimate(answer: Happening, usage: Usage) -> None:
    """F11: the record says whose count it is."""
    with Playbook("a/m") as book:
        book >> asks() << sends("a/m") >> answer << observes("a/m") << replies(TEXT) << settles("ok")

        assert used(book) == usage
        assert render(book.story)["usage"]["source"] == usage.source


def test_an_empty_answer_may_have_taken_no_tokens() -> None:
    """A zero that is right is the provider's."""
    with Playbook("a/m") as book:
        empty = completion("") | {"usage": USAGE | {"completion_tokens": 0}}
        book >> asks() << sends("a/m") >> responds(orjson.dumps(empty)) << observes("a/m")
        book << replies("") << settles("ok")

        assert used(book) == Usage(3, 0)


STREAMED: dict[str, tuple[dict[str, int] | None, Usage]] = {
    "right": (USAGE, Usage(3, 2)),
    "missing": (None, GUESS),
    "negative": (USAGE | {"completion_tokens": -2}, GUESS),
    "no output, and yet there is some": (USAGE | {"completion_tokens": 0}, Usage(3, 10, source="estimated")),
}


@pytest.mark.parametrize(("counted", "usage"), STREAMED.values(), ids=STREAMED.keys())
def test_a_stream_has_the_providers_count_or_an_estimate(counted: dict[str, int] | None, usage: Usage) -> None:
    """F11: what the client did not ask for, and what nobody counted, it does not get."""
    head = {"id": "chatcmpl-u", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": []}
    tail = b"data: " + orjson.dumps(head | {"usage": counted}) + b"\n\n" if counted else b""
    with Playbook("a/m") as book:
        book >> asks(stream=True) << sends("a/m") >> begins() >> streams(TEXT) << opens("a/m") << gives(TEXT)
        book >> sends_bytes(tail + b": usage\n\n") >> finishes() << gives(FINISH, DONE, last=True)
        book << observes("a/m") << settles("ok")

        assert used(book) == usage


def test_a_client_that_asked_for_usage_gets_none_that_the_provider_did_not_count() -> None:
    """Nothing is invented: OpenAI's own chunk of usage may be missing, too; the record has the estimate."""
    with Playbook("a/m") as book:
        book >> asks(stream=True, stream_options={"include_usage": True}) << sends("a/m") >> begins()
        book >> streams(TEXT) << opens("a/m") << gives(TEXT) >> finishes() << gives(FINISH, DONE, last=True)
        book << observes("a/m") << settles("ok")

        assert used(book) == GUESS


def test_a_stream_that_breaks_has_used_up_what_came_out() -> None:
    """F5: the provider bills it."""
    with Playbook("a/m") as book:
        book >> asks(stream=True) << sends("a/m") >> begins() >> streams(TEXT) << opens("a/m") << gives(TEXT)
        book >> breaks() << gives(error("upstream_disconnected"), last=True)
        book << observes("a/m", "unreachable") << settles("broken")

        assert used(book) == GUESS


def test_a_client_that_leaves_has_used_up_what_came_out() -> None:
    """F15, B22."""
    with Playbook("a/m") as book:
        book >> asks(stream=True) << sends("a/m") >> begins() >> streams(TEXT) << opens("a/m") << gives(TEXT)
        book >> streams(TEXT) << gives(TEXT) >> leaves() << observes("a/m", "cancelled") << settles("cancelled")

        assert used(book) == Usage(ASKED, 20, source="estimated")


@pytest.mark.parametrize(
    ("texts", "usage"),
    [
        (10, Usage(7, 100, source="estimated")),
        (0, Usage(7, 1)),
    ],
    ids=["much came out", "nothing came out"],
)
def test_a_count_of_the_beginning_is_not_one_of_the_whole(texts: int, usage: Usage) -> None:
    """B22: Anthropic counts the input and one token before the first text; of the input it knows best."""
    start, begun, ping, *rest = anthropic_events([TEXT] * texts)
    once = default_links(world(), {"attempts": 1})
    with Playbook("a/m", translators={"a": Anthropic()}, links=once) as book:
        book >> asks(stream=True) << sends("a/m") >> begins()
        if not texts:
            book >> sends_bytes(start + begun + ping, b"") << observes("a/m", "unreachable")
            book << refuses(502, "upstream_unreachable") << settles("failed", 502)
        else:
            book >> sends_bytes(start + begun + ping + b"".join(rest[:texts])) << opens("a/m")
            book << gives(*[TEXT] * texts) >> leaves() << observes("a/m", "cancelled") << settles("cancelled")

        assert used(book) == usage


NOTHING: dict[str, tuple[tuple[Happening, ...], str]] = {
    "no connection": ((is_unreachable(),), "unreachable"),
    "refused": ((fails(500),), "overloaded"),
    "no head": ((passes(10),), "timeout"),
    "no answer": ((responds(b"<html>"),), "garbled"),
}


@pytest.mark.parametrize(("deeds", "kind"), NOTHING.values(), ids=NOTHING.keys())
@pytest.mark.parametrize("stream", [False, True])
def test_an_attempt_without_content_is_not_estimated(deeds: tuple[Happening, ...], kind: str, stream: bool) -> None:
    """Nobody knows whether it cost anything: whoever settles holds it, or lets it go, by how it failed."""
    with Playbook(with_timeouts("a/m", headers=10.0), "b/m", links=default_links(world(), {"attempts": 2})) as book:
        book >> asks(stream=stream) << sends("a/m")
        for deed in deeds:
            book >> deed
        book << observes("a/m", kind) << sends("b/m") >> leaves() << observes("b/m", "cancelled")
        book << settles("cancelled", 499)

        assert [attempt.usage for attempt in book.story.attempts] == [None, None]


def test_a_stream_that_ends_before_its_content_is_not_estimated() -> None:
    """A role is no content."""
    with Playbook("a/m", "b/m") as book:
        book >> asks(stream=True) << sends("a/m") >> begins() >> thinks() >> ends() << observes("a/m", "unreachable")
        book << sends("b/m") >> leaves() << observes("b/m", "cancelled") << settles("cancelled", 499)

        assert book.story.attempts[0].usage is None


@pytest.mark.parametrize(
    ("usage", "alarms"),
    [
        ({"prompt_tokens": 90_000, "completion_tokens": 9_000}, 0),
        ({"prompt_tokens": 110_000, "completion_tokens": 2}, 1),
        ({"prompt_tokens": 3, "completion_tokens": 10_001}, 1),
    ],
    ids=["much", "too much input", "too much output"],
)
def test_a_count_beyond_ten_times_its_bound_is_kept_with_an_alarm(usage: dict[str, int], alarms: int) -> None:
    """F11: it is the provider's word, but somebody should look at it."""
    with Playbook("a/m") as book, structlog.testing.capture_logs() as lines:
        book >> asks(max_tokens=100) << sends("a/m") >> answers(**usage, total_tokens=1) << observes("a/m")
        book << replies(TEXT) << settles("ok")

        assert used(book) == Usage(usage["prompt_tokens"], usage["completion_tokens"])
    found = [line for line in lines if line["event"] == "usage_implausible"]
    assert len(found) == alarms
    assert all(line["log_level"] == "warning" and line["target"] == "a/m" for line in found)
