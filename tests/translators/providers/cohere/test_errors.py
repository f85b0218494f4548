"""Errors: by words, by status, and where there is nothing to read."""

import orjson
import pytest

from translators.base import WireResponse
from translators.facts import Failure, FailureKind
from translators.providers.cohere import Cohere

K = FailureKind
TRIAL = "You are using a Trial key, which is limited to 40 API calls / minute."
MONTHLY = "You are using a Trial key, which is limited to 1000 API calls / month."
HIGH = (
    "too many tokens: max tokens must be less than or equal to 4096, the maximum output for this model - received 8192."
)


def read(status: int, body: bytes, **headers: str) -> Failure:
    """An answer with this body."""
    return Cohere().failure(WireResponse(status, headers, body))


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        (400, "invalid request: temperature must be between 0 and 1.0 inclusive.", K.BAD_REQUEST),
        (400, "too many tokens: size limit exceeded by 11326 tokens.", K.CONTEXT_LENGTH),
        (400, HIGH, K.BAD_REQUEST),
        (400, "blocked input: please adjust your prompt and try again", K.CONTENT_FILTER),
        (401, "invalid api token", K.AUTH),
        (402, "Maximum billing reached for this API key as set in your dashboard", K.EXHAUSTED),
        (403, "not allowed", K.AUTH),
        (404, "model 'xyz' not found, make sure the correct model ID was used", K.NOT_FOUND),
        (422, "unknown field", K.BAD_REQUEST),
        (429, TRIAL, K.RATE_LIMITED),
        (429, MONTHLY, K.EXHAUSTED),
        (498, "invalid token", K.AUTH),
        (498, "Your request was blocked due to potential violations of the Usage Guidelines", K.CONTENT_FILTER),
        (499, "streaming error", K.OVERLOADED),
        (500, "internal server error", K.OVERLOADED),
        (501, "not implemented", K.OVERLOADED),
        (503, "unavailable", K.OVERLOADED),
        (504, "timed out", K.OVERLOADED),
    ],
)
def test_an_error_has_the_meaning_of_its_words_and_status(status: int, message: str, expected: K) -> None:
    """Each has one cure; a refusal of our credential is not quoted."""
    failure = read(status, orjson.dumps({"id": "x", "message": message}))

    assert (failure.kind, failure.status) == (expected, status)
    assert failure.message == ("The upstream refused the gateway's credential." if expected is K.AUTH else message)
    assert failure.reached_model is (status == 504)


def test_its_type_is_the_code_and_says_what_words_may_not() -> None:
    """As recorded."""
    failure = read(400, b'{"error_type": "TOO_MANY_TOKENS", "id": "x", "message": "Shorten it."}')

    assert (failure.kind, failure.code, failure.message) == (K.CONTEXT_LENGTH, "TOO_MANY_TOKENS", "Shorten it.")


def test_a_limit_says_when_to_come_back() -> None:
    """Where the headers do."""
    assert read(429, b'{"message": "Please wait"}', **{"retry-after": "7"}).retry_after == 7.0
    assert read(429, b'{"message": "Please wait"}').retry_after is None


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (502, b"<html>", K.OVERLOADED, "The upstream answered with HTTP status 502 and nothing readable."),
        (429, b"", K.RATE_LIMITED, "The upstream answered with HTTP status 429 and nothing readable."),
        (400, b'{"message": ', K.BAD_REQUEST, "The upstream answered with HTTP status 400 and nothing readable."),
        (400, b"no healthy upstream", K.BAD_REQUEST, "no healthy upstream"),
        (400, b'{"message": 5}', K.BAD_REQUEST, "The upstream reported an error."),
        (302, b"", K.GARBLED, "The upstream answered with HTTP status 302 and nothing readable."),
    ],
)
def test_what_cannot_be_read_is_told_by_its_status(status: int, body: bytes, kind: K, message: str) -> None:
    """Pages of a front are shown to nobody."""
    failure = read(status, body)

    assert (failure.kind, failure.message) == (kind, message)


def test_a_message_is_cut() -> None:
    """At 2 KiB."""
    assert len(read(400, orjson.dumps({"message": "x" * 9000})).message) == 2048
