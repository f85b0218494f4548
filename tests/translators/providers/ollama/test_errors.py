"""Errors: by words, by status, and where there is nothing to read."""

import orjson
import pytest

from translators.base import WireResponse
from translators.facts import Failure, FailureKind
from translators.providers.ollama import Ollama

K = FailureKind
LONG = "the prompt is longer than the context length currently available to the model; shorten the prompt"
BUSY = "server busy, please try again.  maximum pending requests exceeded"


def read(status: int, body: bytes, **headers: str) -> Failure:
    """An answer with this body."""
    return Ollama().failure(WireResponse(status, headers, body))


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        (400, '"gemma3" does not support thinking', K.BAD_REQUEST),
        (400, LONG, K.CONTEXT_LENGTH),
        (400, "the input length exceeds the context length", K.CONTEXT_LENGTH),
        (500, "input after truncation exceeds maximum context length", K.CONTEXT_LENGTH),
        (401, "unauthorized", K.AUTH),
        (403, "remote inference is unavailable", K.AUTH),
        (404, "model 'x' not found", K.NOT_FOUND),
        (429, "rate limit exceeded", K.RATE_LIMITED),
        (429, "you've reached your hourly usage limit, please wait or upgrade to continue", K.EXHAUSTED),
        (429, "you (x) have reached your weekly usage limit, upgrade for higher limits", K.EXHAUSTED),
        (499, "request canceled", K.OVERLOADED),
        (500, "model requires more system memory (8 GiB) than is available (4 GiB)", K.OVERLOADED),
        (502, "bad gateway", K.OVERLOADED),
        (503, BUSY, K.OVERLOADED),
    ],
)
def test_an_error_has_the_meaning_of_its_words_and_status(status: int, message: str, expected: K) -> None:
    """Each has one cure; a refusal of our credential is not quoted."""
    failure = read(status, orjson.dumps({"error": message}))

    assert (failure.kind, failure.status, failure.code) == (expected, status, None)
    assert failure.message == ("The upstream refused the gateway's credential." if expected is K.AUTH else message)


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (400, b'{"error": {"message": "Words", "type": "x"}}', K.BAD_REQUEST, "Words"),
        (400, b'{"error": {}}', K.BAD_REQUEST, "The upstream reported an error."),
        (404, b"404 page not found", K.NOT_FOUND, "404 page not found"),
        (502, b"<html>", K.OVERLOADED, "The upstream answered with HTTP status 502 and nothing readable."),
        (500, b"", K.OVERLOADED, "The upstream answered with HTTP status 500 and nothing readable."),
        (400, b"[" * 2000, K.BAD_REQUEST, "The upstream answered with HTTP status 400 and nothing readable."),
    ],
)
def test_other_shapes_are_read_as_far_as_they_go(status: int, body: bytes, kind: K, message: str) -> None:
    """Those of its OpenAI interface, of its router and of fronts."""
    failure = read(status, body)

    assert (failure.kind, failure.message) == (kind, message)


def test_a_limit_says_when_to_come_back() -> None:
    """Where the headers do."""
    assert read(429, b'{"error": "rate limit exceeded"}', **{"retry-after": "7"}).retry_after == 7.0
