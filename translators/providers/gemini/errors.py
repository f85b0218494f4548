"""Errors as Google reports them: ``google.rpc.Status`` as JSON, maybe in a list, maybe inside a 200 stream.

Sources, 2026-11: https://cloud.google.com/apis/design/errors (statuses and details),
https://ai.google.dev/gemini-api/docs/troubleshooting, and the APIs' own words: "The input token count (…) exceeds the
maximum number of tokens allowed" (google-gemini/gemini-cli#4231), ``quotaId`` ``GenerateRequestsPerDayPerProject…``
(google-gemini/gemini-cli#8437).

Rule for quotas: where one that is counted by the day is used up, or one that is 0, waiting a little cannot help, though
the answer says to come back in seconds; any other is a rate.
"""

import re
from collections.abc import Iterator
from typing import Any

import orjson

from translators.base import JsonObject, WireResponse
from translators.facts import Failure, FailureKind
from translators.providers.loose import obj, objs
from translators.retry_after import parse as parse_retry_after

_LONGEST_MESSAGE = 2048
_READ_AT_MOST = 65_536
"""Bytes of an error's body that are looked at."""

_STATUSES = {
    "INVALID_ARGUMENT": (FailureKind.BAD_REQUEST, 400),
    "FAILED_PRECONDITION": (FailureKind.BAD_REQUEST, 400),
    "OUT_OF_RANGE": (FailureKind.BAD_REQUEST, 400),
    "UNAUTHENTICATED": (FailureKind.AUTH, 401),
    "PERMISSION_DENIED": (FailureKind.AUTH, 403),
    "NOT_FOUND": (FailureKind.NOT_FOUND, 404),
    "ALREADY_EXISTS": (FailureKind.BAD_REQUEST, 409),
    "ABORTED": (FailureKind.OVERLOADED, 409),
    "RESOURCE_EXHAUSTED": (FailureKind.RATE_LIMITED, 429),
    "CANCELLED": (FailureKind.OVERLOADED, 499),
    "DATA_LOSS": (FailureKind.OVERLOADED, 500),
    "UNKNOWN": (FailureKind.OVERLOADED, 500),
    "INTERNAL": (FailureKind.OVERLOADED, 500),
    "UNIMPLEMENTED": (FailureKind.BAD_REQUEST, 501),
    "UNAVAILABLE": (FailureKind.OVERLOADED, 503),
    "DEADLINE_EXCEEDED": (FailureKind.OVERLOADED, 504),
}
_KINDS = {
    400: FailureKind.BAD_REQUEST,
    401: FailureKind.AUTH,
    403: FailureKind.AUTH,
    404: FailureKind.NOT_FOUND,
    408: FailureKind.TIMEOUT,
    429: FailureKind.RATE_LIMITED,
}
_WORDS: tuple[tuple[FailureKind, frozenset[int], tuple[str, ...]], ...] = (
    (
        FailureKind.CONTEXT_LENGTH,
        frozenset({400, 413}),
        (
            "exceeds the maximum number of tokens",
            "input token count exceeds",
            "input context is too long",
            "input tokens exceed",
            "but model only supports up to",
        ),
    ),
    (
        FailureKind.CONTENT_FILTER,
        frozenset({400}),
        ("responsible ai practices", "blocked by safety", "usage guidelines", "sensitive words"),
    ),
    (
        FailureKind.BAD_REQUEST,
        frozenset({403}),
        ("to access the file", "cachedcontent not found", "to access cached content"),
    ),
    (
        FailureKind.AUTH,
        frozenset({400}),
        ("api_key_invalid", "api_key_expired", "api key not valid", "api key expired", "location is not supported"),
    ),
    (
        FailureKind.EXHAUSTED,
        frozenset({400, 402, 403, 429}),
        ("credits are depleted", "spending cap", "billing account", "billing to be enabled", "billing_disabled"),
    ),
)
"""First match wins: kind, the statuses it may stand behind, what message or code contains. Its words are all it has.
A file or a cache that the client named, and that is not ours, is the client's mistake and not a refused credential."""
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)s")


def read_failure(wire: WireResponse) -> Failure:
    """Read an answer that is not 2xx: JSON, an HTML page of some front, nothing. Pure; never raises."""
    body = wire.body[:_READ_AT_MOST]
    error = error_of(_json(body))
    if error is None:
        text = body.decode(errors="replace").strip()
        if not text or text[0] in "<{[":
            text = f"The upstream answered with HTTP status {wire.status} and nothing readable."
        error = {"message": text}
    return failure_of(error, wire.status, retry_after=parse_retry_after(wire.headers))


def error_of(document: Any) -> Any:
    """The error that a document is about: an object, or a text; None where it is no error."""
    if isinstance(document, list) and document:
        document = document[0]
    return (document.get("error") or None) if isinstance(document, dict) else None


def failure_of(
    error: Any, status: int | None = None, *, retry_after: float | None = None, reached_model: bool = False
) -> Failure:
    """What an error means.

    Args:
        error: the ``error`` object, or whatever stands in its place.
        status: of HTTP; None inside a 200, where the error tells it.
        retry_after: seconds, where the answer's headers say.
        reached_model: whether the model had begun.
    """
    said = obj(error) or {"message": error}
    details = objs(said.get("details"))
    word = _text(said.get("status")) or ""
    kind, own_status = _STATUSES.get(word, (None, None))
    status = status or _http(said.get("code")) or own_status or 500
    code = next((reason for detail in details if (reason := _text(detail.get("reason")))), word) or None
    message = _text(said.get("message")) or "The upstream reported an error."
    kind = _by_words(status, f"{code}\n{message}".lower()) or kind or _by_status(status)
    if kind is FailureKind.RATE_LIMITED and _used_up(details):
        kind = FailureKind.EXHAUSTED
    wait = None if kind is FailureKind.EXHAUSTED else _wait(details) if retry_after is None else retry_after
    if kind is FailureKind.AUTH:  # a refusal of our credential may quote it
        message = "The upstream refused the gateway's credential."
    reached = reached_model or status == 504
    return Failure(kind, message[:_LONGEST_MESSAGE], status, wait, reached, code, _culprit(details))


def _by_words(status: int, words: str) -> FailureKind | None:
    for kind, statuses, needles in _WORDS:
        if status in statuses and any(needle in words for needle in needles):
            return kind
    return None


def _by_status(status: int) -> FailureKind:
    if status >= 500:
        return FailureKind.OVERLOADED
    if status < 400:
        return FailureKind.GARBLED  # redirects are not followed
    return _KINDS.get(status, FailureKind.BAD_REQUEST)


def _used_up(details: list[JsonObject]) -> bool:
    return any(
        "PerDay" in str(violation.get("quotaId")) or violation.get("quotaValue") == "0"
        for violation in _violations(details, "QuotaFailure", "violations")
    )


def _wait(details: list[JsonObject]) -> float | None:
    """``RetryInfo.retryDelay``, a duration such as ``48s``."""
    for detail in details:
        delay = _text(detail.get("retryDelay"))
        found = _DURATION.fullmatch(delay) if delay else None
        if found:
            return float(found[1])
    return None


def _culprit(details: list[JsonObject]) -> str | None:
    """The field of the request that ``BadRequest`` names, in Google's words."""
    fields = (_text(entry.get("field")) for entry in _violations(details, "BadRequest", "fieldViolations"))
    return next((field[:256] for field in fields if field), None)


def _violations(details: list[JsonObject], kind: str, name: str) -> Iterator[JsonObject]:
    for detail in details:
        if str(detail.get("@type")).endswith(f"google.rpc.{kind}"):
            yield from objs(detail.get(name))


def _http(code: Any) -> int | None:
    return code if type(code) is int and 400 <= code < 600 else None


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
