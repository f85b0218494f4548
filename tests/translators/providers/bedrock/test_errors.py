"""Errors as Bedrock reports them, by type, words and status."""

from typing import Any

import orjson
import pytest

from translators.base import WireResponse
from translators.facts import Failure, FailureKind
from translators.providers.bedrock import Bedrock, BedrockEmbeddings, ClaudeOnBedrock


def read(status: int, body: Any, **headers: str) -> Failure:
    """What an answer means."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return Bedrock().failure(
        WireResponse(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)
    )


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        ("ValidationException", 400, FailureKind.BAD_REQUEST),
        ("AccessDeniedException", 403, FailureKind.AUTH),
        ("UnrecognizedClientException", 403, FailureKind.AUTH),
        ("IncompleteSignatureException", 400, FailureKind.AUTH),
        ("ResourceNotFoundException", 404, FailureKind.NOT_FOUND),
        ("ModelTimeoutException", 408, FailureKind.TIMEOUT),
        ("ModelErrorException", 424, FailureKind.OVERLOADED),
        ("ThrottlingException", 429, FailureKind.RATE_LIMITED),
        ("ModelNotReadyException", 429, FailureKind.OVERLOADED),
        ("ServiceQuotaExceededException", 400, FailureKind.EXHAUSTED),
        ("InternalServerException", 500, FailureKind.OVERLOADED),
        ("ServiceUnavailableException", 503, FailureKind.OVERLOADED),
        ("NewException", 400, FailureKind.BAD_REQUEST),
        ("NewException", 502, FailureKind.OVERLOADED),
    ],
)
@pytest.mark.parametrize("place", ["header", "type", "prefixed"])
def test_a_type_has_its_meaning_wherever_it_stands(kind: str, status: int, expected: FailureKind, place: str) -> None:
    """In the header with an address behind it, or in the body with a name before it."""
    if place == "header":
        failure = read(status, {"message": "M"}, x_amzn_errortype=f"{kind}:http://internal.amazon.com/x/")
    else:
        failure = read(status, {"__type": kind if place == "type" else f"com.amazon.x#{kind}", "Message": "M"})

    assert (failure.kind, failure.status, failure.code) == (expected, status, kind)
    words = "The upstream refused the gateway's credential." if expected is FailureKind.AUTH else "M"
    assert failure.message == words


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Input is too long for requested model.", FailureKind.CONTEXT_LENGTH),
        ("prompt is too long: 200049 tokens > 200000 maximum", FailureKind.CONTEXT_LENGTH),
        ("input length and `max_tokens` exceed context limit: 1 + 2 > 3", FailureKind.CONTEXT_LENGTH),
        ("This model's maximum context length is 8192 tokens.", FailureKind.CONTEXT_LENGTH),
        ("Too many input tokens. Max input tokens: 8192", FailureKind.CONTEXT_LENGTH),
        ("Input Tokens Exceeded: Number of input tokens exceeds maximum length", FailureKind.CONTEXT_LENGTH),
        ("Malformed input request: expected maxLength: 50000, actual: 60000", FailureKind.CONTEXT_LENGTH),
        ("Output blocked by content filtering policy", FailureKind.CONTENT_FILTER),
        ("This request has been blocked by our content filters.", FailureKind.CONTENT_FILTER),
        ("The provided model identifier is invalid.", FailureKind.BAD_REQUEST),
    ],
)
def test_each_vendors_words_are_known(words: str, expected: FailureKind) -> None:
    """All of them are a ValidationException."""
    assert read(400, {"message": words}, x_amzn_errortype="ValidationException").kind is expected


def test_a_days_quota_is_used_up_and_not_a_pace() -> None:
    """Waiting a little cannot help."""
    said = "Too many tokens per day, please wait before trying again."

    assert read(429, {"message": said}, x_amzn_errortype="ThrottlingException").kind is FailureKind.EXHAUSTED


def test_when_to_come_back_is_read() -> None:
    """Where it is said."""
    assert read(429, {"message": "M"}, retry_after="7").retry_after == 7
    assert read(429, {"message": "M"}).retry_after is None


@pytest.mark.parametrize(
    ("kind", "reached"),
    [("ModelTimeoutException", True), ("ModelErrorException", True), ("ThrottlingException", False)],
)
def test_a_model_that_had_begun_may_be_billed(kind: str, reached: bool) -> None:
    """The rest never got there."""
    assert read(424, {"message": "M"}, x_amzn_errortype=kind).reached_model is reached


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (502, b"<html>Bad Gateway</html>", FailureKind.OVERLOADED),
        (403, b"", FailureKind.AUTH),
        (400, b"[]", FailureKind.BAD_REQUEST),
        (404, b"no such thing", FailureKind.NOT_FOUND),
        (500, b"\xff\xfe", FailureKind.OVERLOADED),
        (307, b"", FailureKind.GARBLED),
        (429, {"message": {"a": 1}}, FailureKind.RATE_LIMITED),
        (424, {}, FailureKind.OVERLOADED),
        (401, {"message": None}, FailureKind.AUTH),
    ],
)
def test_what_is_no_error_of_bedrocks_is_read_by_its_status(status: int, body: Any, expected: FailureKind) -> None:
    """F7: a page of some front, nothing, or nonsense."""
    failure = read(status, body)

    assert (failure.kind, failure.status) == (expected, status)
    assert failure.message
    assert "<html>" not in failure.message


def test_a_long_message_is_cut() -> None:
    """At 2 KiB."""
    assert len(read(400, {"message": "x" * 9000}).message) == 2048


def test_all_apis_report_alike() -> None:
    """Chat by either one, and embeddings."""
    wire = WireResponse(429, {"x-amzn-errortype": "ThrottlingException"}, b'{"message":"M"}')

    assert Bedrock().failure(wire) == ClaudeOnBedrock().failure(wire) == BedrockEmbeddings().failure(wire)
