"""Errors as vendors report them (F13, F14)."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rig.recordings import Case, params
from translators.base import WireResponse
from translators.facts import Failure, FailureKind
from translators.providers.openai.errors import broken_off, in_band, read_failure

K = FailureKind


def read(status: int, body: Any = b"", **headers: str) -> Failure:
    """An answer, read."""
    raw = body if type(body) is bytes else orjson.dumps(body)
    return read_failure(WireResponse(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw))


def error(message: str, **fields: Any) -> dict[str, Any]:
    """OpenAI's envelope."""
    return {"error": {"message": message, **fields}}


KINDS_OF_RECORDED = {400: K.BAD_REQUEST, 401: K.AUTH, 404: K.NOT_FOUND, 429: K.RATE_LIMITED, 500: K.OVERLOADED}


@pytest.mark.parametrize("case", params(failed=True))
def test_every_recorded_error_is_understood(case: Case) -> None:
    """Kind by its status, message and code as the provider said them; a refused credential says nothing."""
    if case.api == "openai.chat":
        failure = read_failure(WireResponse(case.status, case.answer.headers, case.body))
        said = case.facts["error"]

        assert failure.kind is KINDS_OF_RECORDED[case.status]
        assert failure.status == case.status
        assert failure.code == (str(said["code"]) if "code" in said else None)
        assert failure.param == said.get("param")
        assert not failure.reached_model
        expected = "The upstream refused the gateway's credential." if failure.kind is K.AUTH else said["message"]
        assert failure.message == expected


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (300, K.GARBLED),
        (302, K.GARBLED),
        (400, K.BAD_REQUEST),
        (401, K.AUTH),
        (402, K.EXHAUSTED),
        (403, K.AUTH),
        (404, K.NOT_FOUND),
        (405, K.BAD_REQUEST),
        (408, K.TIMEOUT),
        (409, K.BAD_REQUEST),
        (413, K.BAD_REQUEST),
        (422, K.BAD_REQUEST),
        (429, K.RATE_LIMITED),
        (500, K.OVERLOADED),
        (502, K.OVERLOADED),
        (503, K.OVERLOADED),
        (504, K.OVERLOADED),
        (529, K.OVERLOADED),
        (599, K.OVERLOADED),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>Bad Gateway</html>", b'{"error":', b"oops"])
def test_the_status_tells_the_kind_where_nothing_else_does(status: int, kind: K, body: bytes) -> None:
    """Whatever the body is."""
    failure = read(status, body)

    assert failure.kind is kind
    assert failure.status == status
    assert failure.message


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, error("This model's maximum context length is 8192 tokens."), K.CONTEXT_LENGTH),
        (400, error("x", code="context_length_exceeded", param="messages"), K.CONTEXT_LENGTH),
        (400, error("exceeds", type="exceed_context_size_error"), K.CONTEXT_LENGTH),
        (
            413,
            error("Request too large for model `x` on tokens per minute", code="rate_limit_exceeded"),
            K.CONTEXT_LENGTH,
        ),
        (400, error("The response was filtered", code="content_filter"), K.CONTENT_FILTER),
        (400, error("x", innererror={"code": "ResponsibleAIPolicyViolation"}), K.CONTENT_FILTER),
        (400, error("Content Exists Risk", type="invalid_request_error"), K.CONTENT_FILTER),
        (403, error("Your chosen model requires moderation and your input was flagged"), K.CONTENT_FILTER),
        (400, error("no", code="model_not_found"), K.NOT_FOUND),
        (403, error("Project does not have access", code="model_not_found"), K.NOT_FOUND),
        (400, {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: xa***1"}, K.AUTH),
        (429, error("You exceeded your current quota", code="insufficient_quota"), K.EXHAUSTED),
        (429, error("Insufficient balance or no resource package", code="1113"), K.EXHAUSTED),
        (403, {"code": "x", "error": "Your newly created team doesn't have any credits yet"}, K.EXHAUSTED),
        (429, error("x", code="enforced_spend_limit_reached"), K.EXHAUSTED),
        (429, error("Rate limit reached. Upgrade at https://console.groq.com/settings/billing"), K.RATE_LIMITED),
        (500, error("maximum context length"), K.OVERLOADED),
    ],
)
def test_words_tell_the_kind_where_the_status_is_shared(status: int, body: Any, kind: K) -> None:
    """One status, several cures."""
    assert read(status, body).kind is kind


def test_a_limit_that_says_when_to_come_back_is_no_empty_account() -> None:
    """Except if its code says so."""
    body = error("spending limit per minute")

    assert read(429, body, retry_after="5").kind is K.RATE_LIMITED
    assert read(429, body).kind is K.EXHAUSTED
    assert read(429, error("x", code="insufficient_quota"), retry_after="5").kind is K.EXHAUSTED


def test_the_time_to_stay_away_is_read_from_the_headers() -> None:
    """See ``test_retry_after.py``."""
    assert read(429, error("slow down"), retry_after_ms="1500").retry_after == 1.5
    assert read(503, b"", retry_after="nonsense").retry_after is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (error("a"), "a"),
        ({"error": "a"}, "a"),
        ([error("a")], "a"),
        ({"detail": "a"}, "a"),
        ({"message": "a"}, "a"),
        ({"object": "error", "message": "a", "type": "BadRequestError", "code": 400}, "a"),
        ({"detail": [{"loc": ["body"], "msg": "a"}]}, '[{"loc":["body"],"msg":"a"}]'),
        ({"object": "error", "message": {"detail": ["a"]}}, '{"detail":["a"]}'),
        (b"a\n", "a"),
        (b"<html>a</html>", "The upstream answered with HTTP status 400 and nothing readable."),
        ({}, "The upstream answered with HTTP status 400 and nothing readable."),
        ([], "The upstream answered with HTTP status 400 and nothing readable."),
        ({"error": {}}, "The upstream answered with HTTP status 400 and nothing readable."),
        (b'"a"', '"a"'),
        (b"\xff", "\ufffd"),
    ],
)
def test_every_shape_of_body_gives_its_message(body: Any, message: str) -> None:
    """Object, text, list, FastAPI's detail, HTML."""
    assert read(400, body).message == message


def test_messages_and_codes_are_bounded() -> None:
    """An error of a hundred megabytes is not ours to keep (B31)."""
    assert len(read(400, error("x" * 10_000)).message) == 2048
    assert len(read(400, b"x" * 1_000_000).message) == 2048
    assert read(400, error("x", code="y" * 10_000)).code is None


def test_a_message_too_deep_to_write_is_left_out() -> None:
    """orjson reads more levels than it writes."""
    body = b'{"detail":' + b"[" * 500 + b"]" * 500 + b"}"

    assert read(400, body).message == "The upstream answered with HTTP status 400 and nothing readable."


def test_an_answer_that_should_have_been_an_error_is_garbled() -> None:
    """A 200 that is none."""
    assert read(200, b"<html>").kind is K.GARBLED
    assert read(200, error("down", code=503)).kind is K.OVERLOADED


@pytest.mark.parametrize(
    ("document", "kind", "status"),
    [
        (error("x", code=529), K.OVERLOADED, 529),
        (error("x", code="429"), K.RATE_LIMITED, 429),
        (error("x", status_code=400), K.BAD_REQUEST, 400),
        (error("x", type="overloaded_error"), K.OVERLOADED, 503),
        (error("x", type="rate_limit_error"), K.RATE_LIMITED, 429),
        (error("x", type="invalid_request_error"), K.BAD_REQUEST, 400),
        (error("x", type="authentication_error"), K.AUTH, 401),
        (error("x", code="insufficient_quota"), K.EXHAUSTED, 429),
        (error("x"), K.OVERLOADED, 500),
        ({"error": True}, K.OVERLOADED, 500),
        ({"object": "error", "message": "x", "code": 404}, K.NOT_FOUND, 404),
        ([error("x", code=503)], K.OVERLOADED, 503),
    ],
)
def test_an_error_inside_a_200_counts_as_its_own_status(document: Any, kind: K, status: int) -> None:
    """F9: by the status it names, or by its type."""
    failure = in_band(document, reached_model=True)

    assert failure is not None
    assert (failure.kind, failure.status, failure.reached_model) == (kind, status, True)


@pytest.mark.parametrize("document", [{}, [], None, 1, "x", {"choices": []}, {"error": None, "choices": []}, {"x": 1}])
def test_what_is_no_error_is_none(document: Any) -> None:
    """An ``error: null`` beside an answer is somebody's way of saying so."""
    assert in_band(document, reached_model=False) is None


@pytest.mark.parametrize("reason", ["error", "network_error", "insufficient_system_resource"])
def test_some_finish_reasons_say_that_it_was_not_finished(reason: str) -> None:
    """Mistral and OpenRouter, Z.ai, DeepSeek."""
    failure = broken_off({"finish_reason": reason}, reached_model=False)

    assert failure is not None
    assert (failure.kind, failure.reached_model) == (K.OVERLOADED, True)


def test_a_choices_own_error_says_more() -> None:
    """OpenRouter's."""
    failure = broken_off({"finish_reason": "error", "error": {"code": 429, "message": "x"}}, reached_model=True)

    assert failure is not None
    assert (failure.kind, failure.message) == (K.RATE_LIMITED, "x")


@pytest.mark.parametrize("reason", ["stop", None, 1, [], {}])
def test_other_finish_reasons_break_nothing(reason: Any) -> None:
    """Nor does nonsense in their place."""
    assert broken_off({"finish_reason": reason}, reached_model=False) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "message", "detail", "code", "type", "param", "status"]), inner)
    ),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.integers(100, 599), JSON.map(orjson.dumps) | st.binary(max_size=40))
def test_no_answer_can_break_it(status: int, body: bytes) -> None:
    """Whatever comes, it is a failure with a message."""
    failure = read(status, body)

    assert failure.message
    assert failure.code is None or type(failure.code) is str


@pytest.mark.parametrize(
    ("status", "raw", "kind", "message"),
    [
        (400, {"error": {"message": "prompt is too long: 9 tokens"}}, K.CONTEXT_LENGTH, "prompt is too long: 9 tokens"),
        (413, {"type": "error", "error": {"message": "Prompt is too long"}}, K.CONTEXT_LENGTH, "Prompt is too long"),
        (400, {"error": {"message": "At most 1 image.", "code": "x"}}, K.BAD_REQUEST, "At most 1 image."),
        (400, "plain words", K.BAD_REQUEST, "plain words"),
        (400, {"odd": 1}, K.BAD_REQUEST, '{"odd":1}'),
        (429, "google/x is temporarily rate-limited", K.RATE_LIMITED, None),
        (502, {"error": {"message": "down"}}, K.OVERLOADED, None),
        (401, "your key sk-x is wrong", K.AUTH, None),
        (400, None, K.BAD_REQUEST, None),
    ],
)
@pytest.mark.parametrize("quoted", [True, False])
def test_the_error_behind_openrouters_is_read(
    status: int, raw: Any, kind: FailureKind, message: str | None, *, quoted: bool
) -> None:
    """Its words tell the kind, and the client hears them where it can mend the fault; no refused credential."""
    given = orjson.dumps(raw).decode() if quoted and type(raw) is dict else raw
    failure = read(status, error("Provider returned error", code=status, metadata={"raw": given, "provider_name": "A"}))

    said = "The upstream refused the gateway's credential." if kind is K.AUTH else "Provider returned error"
    assert (failure.kind, failure.message) == (kind, f"{said}: {message}" if message else said)


def test_an_error_behind_that_is_too_long_is_cut() -> None:
    """Whatever it holds."""
    failure = read(400, error("Provider returned error", metadata={"raw": "é" * 9_000}))

    assert (failure.kind, len(failure.message)) == (K.BAD_REQUEST, 2048)


@pytest.mark.parametrize("metadata", ["x", [], {"raw": [[]]}, {"raw": "{"}, {"raw": ""}, {"raw": 5}, {"raw": {}}])
def test_what_is_no_error_behind_is_no_fault(metadata: Any) -> None:
    """It is said or passed over; never an exception."""
    assert read(400, error("Provider returned error", metadata=metadata)).kind is K.BAD_REQUEST
