"""Errors as Cohere reports them: ``{"id", "message"}``, sometimes with an ``error_type``.

Source: https://docs.cohere.com/reference/errors, 2026-11. 498 is a request that was blocked ("blocked due to potential
violations of the Usage Guidelines", cohere-ai/cohere-developer-experience#189), or, by the API's description, a token
that is invalid; 499 is a request that Cohere cancelled ("streaming error").
"""

from typing import Any

from translators.base import WireResponse
from translators.facts import Failure, FailureKind
from translators.providers.loose import obj
from translators.providers.refusals import Refusals, Words, parsed, readable
from translators.retry_after import parse as parse_retry_after

_BLOCKED = 498
REFUSALS = Refusals(
    words=(
        Words(
            FailureKind.CONTEXT_LENGTH,
            frozenset({400, 413, 422, 500}),  # 500: in a stream, which has no status
            ("too many tokens", "too_many_tokens", "prompt is too long"),
            unless=("max tokens must be less",),  # the limit is too high for the model, the prompt is not
        ),
        Words(FailureKind.CONTENT_FILTER, frozenset({400, _BLOCKED}), ("blocked", "usage guidelines")),
        Words(FailureKind.EXHAUSTED, frozenset({429}), ("calls / month", "maximum billing reached")),
    ),
    statuses={_BLOCKED: FailureKind.AUTH, 499: FailureKind.OVERLOADED},
)


def read_failure(wire: WireResponse) -> Failure:
    """Read an answer that is not 2xx: JSON, an HTML page of some front, nothing. Pure; never raises."""
    said = obj(parsed(wire.body))
    retry_after = parse_retry_after(wire.headers)
    message = said.get("message") or readable(wire.body, wire.status)
    return REFUSALS.failure(message, wire.status, code=said.get("error_type"), retry_after=retry_after)


def error_in(document: Any, *, reached_model: bool = False) -> Failure | None:
    """The failure that stands in the place of an answer, or of an event, in a 200; None where it is something else."""
    said = obj(document)
    if not isinstance(said.get("message"), str) or "type" in said:
        return None
    return REFUSALS.failure(said["message"], 500, code=said.get("error_type"), reached_model=reached_model)
