"""Errors that are a text and a status."""

import pytest

from translators.facts import Failure, FailureKind
from translators.providers.refusals import Refusals, Words, parsed, readable

K = FailureKind
SPENT = Words(K.EXHAUSTED, frozenset({429}), ("quota",), unless=("minute",))
REFUSALS = Refusals((SPENT, Words(K.BAD_REQUEST, frozenset({429}), ("quota",))), {499: K.OVERLOADED})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, K.GARBLED),
        (400, K.BAD_REQUEST),
        (401, K.AUTH),
        (402, K.EXHAUSTED),
        (403, K.AUTH),
        (404, K.NOT_FOUND),
        (408, K.TIMEOUT),
        (418, K.BAD_REQUEST),
        (422, K.BAD_REQUEST),
        (429, K.RATE_LIMITED),
        (499, K.OVERLOADED),
        (500, K.OVERLOADED),
        (599, K.OVERLOADED),
    ],
)
def test_a_status_has_one_meaning(status: int, kind: K) -> None:
    """The provider's own, or everybody's."""
    assert REFUSALS.failure("x", status).kind is kind


def test_words_say_more_than_the_status() -> None:
    """The first that fit, behind their own statuses, in whatever case; the code is among them."""
    assert REFUSALS.failure("Quota is used up", 429).kind is K.EXHAUSTED
    assert REFUSALS.failure("Quota of this minute", 429).kind is K.BAD_REQUEST
    assert REFUSALS.failure("x", 429, code="QUOTA_EXCEEDED").kind is K.EXHAUSTED
    assert REFUSALS.failure("Quota is used up", 500).kind is K.OVERLOADED


def test_a_failure_has_what_was_said() -> None:
    """Cut; and a gateway's timeout may come after the work was done."""
    assert REFUSALS.failure("x" * 5000, 400, code="c", retry_after=2.0, reached_model=True) == Failure(
        K.BAD_REQUEST, "x" * 2048, 400, 2.0, True, "c"
    )
    assert REFUSALS.failure(None, 504) == Failure(K.OVERLOADED, "The upstream reported an error.", 504, None, True)
    assert REFUSALS.failure("sk-secret is wrong", 401).message == "The upstream refused the gateway's credential."


def test_a_body_is_json_or_a_text_or_nothing_to_show() -> None:
    """What is too long for an error is not looked into."""
    assert parsed(b'{"a": 1}') == {"a": 1}
    assert parsed(b"{") is None
    assert parsed(b'"' + b"x" * 70_000 + b'"') is None
    assert readable(b" no healthy upstream\n", 503) == "no healthy upstream"
    for body in (b"", b"<html>", b"{", b"[1]"):
        assert readable(body, 503) == "The upstream answered with HTTP status 503 and nothing readable."
