"""Errors of Google's APIs: what each means, and when to come back."""

from typing import Any

import orjson
import pytest

from tests.translators.providers.gemini.gemini_asks import Json
from translators.base import WireResponse
from translators.facts import Failure, FailureKind
from translators.providers.gemini import Gemini

QUOTA = "type.googleapis.com/google.rpc.QuotaFailure"
REFUSED = "The upstream refused the gateway's credential."


def failure(status: int, body: Any, headers: dict[str, str] | None = None) -> Failure:
    """What an answer that is not 2xx means."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return Gemini().failure(WireResponse(status, headers or {}, raw))


def error(code: int, status: str, message: str = "Words.", *details: Json) -> Json:
    """An error as Google writes it."""
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


MEANINGS: dict[str, tuple[Json, FailureKind]] = {
    "a bad request": (error(400, "INVALID_ARGUMENT"), FailureKind.BAD_REQUEST),
    "no key": (error(401, "UNAUTHENTICATED"), FailureKind.AUTH),
    "a key of another project": (error(403, "PERMISSION_DENIED"), FailureKind.AUTH),
    "a wrong key": (
        error(400, "INVALID_ARGUMENT", "API key not valid.", {"reason": "API_KEY_INVALID"}),
        FailureKind.AUTH,
    ),
    "an account from elsewhere": (
        error(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
        FailureKind.AUTH,
    ),
    "a client's file": (
        error(403, "PERMISSION_DENIED", "You do not have permission to access the File abc or it may not exist."),
        FailureKind.BAD_REQUEST,
    ),
    "no such model": (error(404, "NOT_FOUND"), FailureKind.NOT_FOUND),
    "too long": (
        error(400, "INVALID_ARGUMENT", "The input token count (2) exceeds the maximum number of tokens allowed (1)."),
        FailureKind.CONTEXT_LENGTH,
    ),
    "too long on Vertex": (
        error(
            400,
            "INVALID_ARGUMENT",
            "Unable to submit request because the input token count is 2 but model only supports up to 1.",
        ),
        FailureKind.CONTEXT_LENGTH,
    ),
    "filtered": (
        error(400, "INVALID_ARGUMENT", "The prompt violates Google's Responsible AI practices."),
        FailureKind.CONTENT_FILTER,
    ),
    "too much for now": (error(429, "RESOURCE_EXHAUSTED"), FailureKind.RATE_LIMITED),
    "too much for today": (
        error(
            429,
            "RESOURCE_EXHAUSTED",
            "Words.",
            {"@type": QUOTA, "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},
        ),
        FailureKind.EXHAUSTED,
    ),
    "nothing at all": (
        error(429, "RESOURCE_EXHAUSTED", "Words.", {"@type": QUOTA, "violations": [{"quotaValue": "0"}]}),
        FailureKind.EXHAUSTED,
    ),
    "no credit": (
        error(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
        FailureKind.EXHAUSTED,
    ),
    "overloaded": (error(503, "UNAVAILABLE"), FailureKind.OVERLOADED),
    "an error of theirs": (error(500, "INTERNAL"), FailureKind.OVERLOADED),
    "too late": (error(504, "DEADLINE_EXCEEDED"), FailureKind.OVERLOADED),
    "a word that is new": (error(418, "TEAPOT"), FailureKind.BAD_REQUEST),
}


@pytest.mark.parametrize(("body", "kind"), MEANINGS.values(), ids=MEANINGS)
def test_an_error_means_what_google_says(body: Json, kind: FailureKind) -> None:
    """By words, by status word, by HTTP status; alone or in a list."""
    said = body["error"]
    for shape in (body, [body]):
        found = failure(said["code"], shape)

        assert (found.kind, found.status) == (kind, said["code"])
        assert found.message == (REFUSED if kind is FailureKind.AUTH else said["message"])
        assert found.reached_model is (said["code"] == 504)


def test_the_code_is_the_reason_where_there_is_one() -> None:
    """Else the status word."""
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED"}

    assert failure(403, error(403, "PERMISSION_DENIED", "x", info)).code == "SERVICE_DISABLED"
    assert failure(403, error(403, "PERMISSION_DENIED", "x")).code == "PERMISSION_DENIED"


def test_the_field_at_fault_is_named() -> None:
    """In Google's words."""
    detail = {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [{"field": "contents[0].parts", "description": "x"}],
    }

    assert failure(400, error(400, "INVALID_ARGUMENT", "x", detail)).param == "contents[0].parts"


WAITS: dict[str, tuple[Any, dict[str, str], float | None]] = {
    "a delay": ("31s", {}, 31.0),
    "a part of a second": ("0.5s", {}, 0.5),
    "a header": ("31s", {"retry-after": "7"}, 7.0),
    "no duration": ("soon", {}, None),
    "a negative one": ("-3s", {}, None),
    "a number": (3, {}, None),
}


@pytest.mark.parametrize(("delay", "headers", "wait"), WAITS.values(), ids=WAITS)
def test_when_to_come_back_is_in_the_details(delay: Any, headers: dict[str, str], wait: float | None) -> None:
    """Or in the header, which wins."""
    detail = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}

    assert failure(429, error(429, "RESOURCE_EXHAUSTED", "x", detail), headers).retry_after == wait


def test_a_daily_quota_says_no_seconds() -> None:
    """The delay that comes with it is of no use."""
    body = error(
        429,
        "RESOURCE_EXHAUSTED",
        "x",
        {"@type": QUOTA, "violations": [{"quotaId": "RequestsPerDay"}]},
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "31s"},
    )

    assert failure(429, body).retry_after is None


ODD: dict[str, tuple[int, Any, FailureKind]] = {
    "a page": (502, b"<html>Bad gateway</html>", FailureKind.OVERLOADED),
    "a text": (400, b"Bad things", FailureKind.BAD_REQUEST),
    "nothing": (429, b"", FailureKind.RATE_LIMITED),
    "a redirect": (302, b"", FailureKind.GARBLED),
    "a text for an error": (500, {"error": "x"}, FailureKind.OVERLOADED),
    "details that are none": (400, {"error": {"message": 1, "details": 1, "status": 2}}, FailureKind.BAD_REQUEST),
    "violations that are none": (
        429,
        error(429, "RESOURCE_EXHAUSTED", "x", {"@type": QUOTA, "violations": [1]}),
        FailureKind.RATE_LIMITED,
    ),
    "an empty list": (404, [], FailureKind.NOT_FOUND),
}


@pytest.mark.parametrize(("status", "body", "kind"), ODD.values(), ids=ODD)
def test_whatever_comes_is_a_failure(status: int, body: Any, kind: FailureKind) -> None:
    """Never an exception, and always with words."""
    found = failure(status, body)

    assert (found.kind, found.status) == (kind, status)
    assert found.message


def test_a_long_message_is_cut() -> None:
    """At 2 KiB."""
    assert len(failure(400, error(400, "INVALID_ARGUMENT", "x" * 9999)).message) == 2048
