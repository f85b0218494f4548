"""Errors as Google reports them: ``google.rpc.Status`` as JSON, maybe in a list, maybe inside a 200 stream.

Sources, 2026-11: https://cloud.google.com/apis/design/errors (statuses and details),
https://ai.google.dev/gemini-api/docs/troubleshooting, and the APIs' own words: "The input token count (…) exceeds the
maximum number of tokens allowed" (google-gemini/gemini-cli#4231), ``quotaId`` ``GenerateRequestsPerDayPerProject…``
(google-gemini/gemini-cli#8437).

Rule for quotas: where one that is counted by the day is used up, or one that is 0, waiting a little cannot help, though
the answer says to come back in seconds; any other is a rate.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from translators.base import JsonObject, WireResponse
from translators.facts import Failure, FailureKind
from translators.providers.loose import obj, objs
from translators.providers.refusals import Refusals, Words, error_of, parsed, readable, text_of
from translators.retry_after import in_details
from translators.retry_after import parse as parse_retry_after

__all__ = ["error_in", "error_of", "failure_of", "read_failure"]

_TYPES = {
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
REFUSALS = Refusals(
    words=(
        Words(
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
        Words(
            FailureKind.CONTENT_FILTER,
            frozenset({400}),
            ("responsible ai practices", "blocked by safety", "usage guidelines", "sensitive words"),
        ),
        Words(  # of the client's own: the mistake is its, and no credential was refused
            FailureKind.BAD_REQUEST,
            frozenset({403}),
            ("to access the file", "cachedcontent not found", "to access cached content"),
        ),
        Words(
            FailureKind.AUTH,
            frozenset({400}),
            ("api_key_invalid", "api_key_expired", "api key not valid", "api key expired", "location is not supported"),
        ),
        Words(
            FailureKind.EXHAUSTED,
            frozenset({400, 402, 403, 429}),
            ("credits are depleted", "spending cap", "billing account", "billing to be enabled", "billing_disabled"),
        ),
    ),
    types=_TYPES,
)


def read_failure(wire: WireResponse) -> Failure:
    """Read an answer that is not 2xx: JSON, an HTML page of some front, nothing. Pure; never raises."""
    error = error_of(parsed(wire.body)) or readable(wire.body, wire.status)
    return failure_of(error, wire.status, retry_after=parse_retry_after(wire.headers))


def error_in(document: Any, headers: Mapping[str, str]) -> Failure | None:
    """The failure that stands in the place of an answer, in a 200 of these headers; None where it is something else."""
    error = error_of(document)
    return None if error is None else failure_of(error, retry_after=parse_retry_after(headers))


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
    failure = REFUSALS.failure(
        said.get("message"),
        status or _http(said.get("code")),
        name=said.get("status"),
        code=next((reason for detail in details if (reason := text_of(detail.get("reason")))), None),
        retry_after=in_details(details) if retry_after is None else retry_after,
        reached_model=reached_model,
    )
    if failure.kind is FailureKind.RATE_LIMITED and _used_up(details):
        failure = replace(failure, kind=FailureKind.EXHAUSTED)
    wait = None if failure.kind is FailureKind.EXHAUSTED else failure.retry_after
    return replace(failure, retry_after=wait, param=_culprit(details))


def _used_up(details: list[JsonObject]) -> bool:
    return any(
        "PerDay" in str(violation.get("quotaId")) or violation.get("quotaValue") == "0"
        for violation in _violations(details, "QuotaFailure", "violations")
    )


def _culprit(details: list[JsonObject]) -> str | None:
    """The field of the request that ``BadRequest`` names, in Google's words."""
    fields = (text_of(entry.get("field")) for entry in _violations(details, "BadRequest", "fieldViolations"))
    return next((field[:256] for field in fields if field), None)


def _violations(details: list[JsonObject], kind: str, name: str) -> Iterator[JsonObject]:
    for detail in details:
        if str(detail.get("@type")).endswith(f"google.rpc.{kind}"):
            yield from objs(detail.get(name))


def _http(code: Any) -> int | None:
    return code if type(code) is int and 400 <= code < 600 else None
