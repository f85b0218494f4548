"""Errors as Anthropic reports them, in an answer and in a stream, by type, words and status.

Source: https://platform.claude.com/docs/en/api/errors, 2026-11. An error event in a 200 stream counts as the status
that its type has otherwise. Google's front of the same wire says ``{"error": {"code", "message", "status"}}``, maybe in
a list.
"""

from collections.abc import Mapping
from typing import Any

from translators.base import WireResponse
from translators.facts import Failure, FailureKind
from translators.providers.loose import obj
from translators.providers.refusals import Refusals, Words, error_of, parsed, readable
from translators.retry_after import parse as parse_retry_after

__all__ = ["error_in", "error_of", "failure_of", "read_failure"]

_TYPES = {
    "invalid_request_error": (FailureKind.BAD_REQUEST, 400),
    "authentication_error": (FailureKind.AUTH, 401),
    "billing_error": (FailureKind.EXHAUSTED, 402),
    "permission_error": (FailureKind.AUTH, 403),
    "not_found_error": (FailureKind.NOT_FOUND, 404),
    "request_too_large": (FailureKind.BAD_REQUEST, 413),
    "rate_limit_error": (FailureKind.RATE_LIMITED, 429),
    "api_error": (FailureKind.OVERLOADED, 500),
    "timeout_error": (FailureKind.OVERLOADED, 504),
    "overloaded_error": (FailureKind.OVERLOADED, 529),
}
REFUSALS = Refusals(
    words=(
        Words(
            FailureKind.EXHAUSTED,
            frozenset({400, 403, 429}),
            (
                "credit balance is too low",
                "reached your specified api usage limits",
                "enforced_spend_limit_reached",
                "spend limit",
                "spending limit",
            ),
        ),
        Words(
            FailureKind.CONTEXT_LENGTH,
            frozenset({400, 413}),
            (
                "prompt is too long",
                "exceed context limit",
                "exceeds the context",
                "context window",
                "input is too long",
            ),
        ),
        Words(FailureKind.CONTENT_FILTER, frozenset({400, 403}), ("content filtering policy", "content filter")),
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
        status: of HTTP; None inside a 200, where the type tells it.
        retry_after: seconds, where the answer's headers say.
        reached_model: whether the model had begun.
    """
    said = obj(error) or {"message": error}
    return REFUSALS.failure(
        said.get("message"),
        status,
        name=said.get("type"),
        code=obj(said.get("details")).get("error_code"),
        retry_after=retry_after,
        reached_model=reached_model,
    )
