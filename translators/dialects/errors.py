"""What a client sees of a failure: OpenAI's error envelope, its statuses and codes, and whether to try again.

RELIABILITY.md (d) is the table; ``x-should-retry``, ``retry-after-ms`` and ``retry-after`` are what OpenAI's SDKs obey
(https://github.com/openai/openai-python, ``_base_client.py``, ``_should_retry``, 2026-11).
"""

from dataclasses import dataclass
from math import ceil
from typing import Literal

import orjson

from translators.base import JsonObject, Malformed
from translators.facts import ECHO_LIMIT, Failure, FailureKind, no_such_model

LONGEST_MESSAGE = 2048
"""Characters of a provider's message that a client gets to see."""
_LONGEST_WAIT = 1e9  # seconds; a header, no promise
_PATIENCE = 120.0
"""Seconds; OpenAI's SDKs wait for no longer (openai-python 2, 2026-11), and older ones try again at once (K9)."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """How one kind of failure looks to a client."""

    status: int
    type: str
    code: str | None
    retry: Literal["yes", "told", "no"] = "no"
    """Whether the SDK may try again by itself: yes, only if told when, or no (we have failed over already)."""


APPEARANCES: dict[FailureKind, Appearance] = {
    FailureKind.BAD_REQUEST: Appearance(400, "invalid_request_error", None),
    FailureKind.CONTEXT_LENGTH: Appearance(400, "invalid_request_error", "context_length_exceeded"),
    FailureKind.CONTENT_FILTER: Appearance(400, "invalid_request_error", "content_policy_violation"),
    FailureKind.NOT_FOUND: Appearance(404, "invalid_request_error", "model_not_found"),
    FailureKind.RATE_LIMITED: Appearance(429, "requests", "rate_limit_exceeded", "yes"),
    FailureKind.EXHAUSTED: Appearance(429, "insufficient_quota", "insufficient_quota"),
    FailureKind.CANCELLED: Appearance(499, "invalid_request_error", "client_closed_request"),
    FailureKind.AUTH: Appearance(502, "server_error", "upstream_auth_failed"),
    FailureKind.UNREACHABLE: Appearance(502, "server_error", "upstream_unreachable"),
    FailureKind.GARBLED: Appearance(502, "server_error", "upstream_invalid_response"),
    FailureKind.OVERLOADED: Appearance(503, "server_error", "upstream_overloaded", "told"),
    FailureKind.TIMEOUT: Appearance(504, "server_error", "upstream_timeout"),
}

OWN_APPEARANCES: dict[str, Appearance] = {
    "no_target_available": Appearance(503, "server_error", "no_target_available", "told"),
    "draining": Appearance(503, "server_error", "draining", "yes"),
    "internal_error": Appearance(500, "server_error", "internal_error"),
    "rate_limit_exceeded": Appearance(429, "requests", "rate_limit_exceeded", "yes"),
    "tokens_rate_limit": Appearance(429, "tokens", "rate_limit_exceeded", "yes"),
    "concurrency_limit_exceeded": Appearance(429, "requests", "concurrency_limit_exceeded", "yes"),
    "insufficient_quota": Appearance(429, "insufficient_quota", "insufficient_quota"),
    "request_exceeds_budget": Appearance(429, "insufficient_quota", "request_exceeds_budget"),
    "price_unknown": Appearance(503, "server_error", "price_unknown"),
    "budget_store_unavailable": Appearance(503, "server_error", "budget_store_unavailable", "yes"),
    "stream_limit_exceeded": Appearance(502, "server_error", "stream_limit_exceeded"),
    "ledger_unavailable": Appearance(503, "server_error", "ledger_unavailable", "yes"),
}
"""Refusals of our own making, by ``Failure.code``. A provider's failure has a status, so its code cannot be taken for
one of these."""

MIDSTREAM_CODES = {
    FailureKind.UNREACHABLE: "upstream_disconnected",
    FailureKind.TIMEOUT: "upstream_stalled",
}
"""Codes that differ once content has gone out (D35)."""


def error_object(message: str, type: str, code: str | None = None, param: str | None = None) -> JsonObject:  # noqa: A002
    """OpenAI's error object: always these four fields."""
    return {"message": message[:LONGEST_MESSAGE], "type": type, "param": param, "code": code}


def envelope(error: JsonObject) -> bytes:
    """The body of an error answer."""
    return orjson.dumps({"error": error})


def error_of(failure: Failure, *, midstream: bool = False, prompt: str = "messages") -> JsonObject:
    """The error object of a failure.

    Args:
        failure: what went wrong.
        midstream: content has gone out to the client already.
        prompt: the field that holds what the model reads.
    """
    kind, look = failure.kind, appearance(failure)
    message, code, param = failure.message, look.code, None
    if look.code in OWN_APPEARANCES:
        param = failure.param
    elif kind is FailureKind.AUTH:
        message = "The upstream refused the gateway's credential."  # the provider's own text may quote the key
    elif kind is FailureKind.BAD_REQUEST:
        code, param = failure.code, failure.param
    elif kind is FailureKind.CONTEXT_LENGTH:
        param = prompt
    elif kind is FailureKind.CONTENT_FILTER:
        code, param = ("content_filter" if failure.code == "content_filter" else code), failure.param
    elif midstream:
        code = MIDSTREAM_CODES.get(kind, code)
    return error_object(message, look.type, code, param)


def appearance(failure: Failure) -> Appearance:
    """The row of a failure: our own refusals by code, all else by kind."""
    if failure.status is None and failure.code in OWN_APPEARANCES:
        return OWN_APPEARANCES[failure.code]
    return APPEARANCES[failure.kind]


def retry_headers(failure: Failure) -> tuple[tuple[str, str], ...]:
    """When, and whether, to try again, as headers."""
    retry, after = appearance(failure).retry, failure.retry_after
    headers: tuple[tuple[str, str], ...] = ()
    if after is not None:
        after = min(after, _LONGEST_WAIT)
        headers = (("retry-after", str(ceil(after))), ("retry-after-ms", str(ceil(after * 1000))))
    if retry == "no" or (retry == "told" and after is None) or (after is not None and after > _PATIENCE):
        headers += (("x-should-retry", "false"),)
    return headers


def error_of_malformed(error: Malformed) -> JsonObject:
    """The error object of a request that cannot be served as it stands; its status is ``error.status``."""
    return error_object(error.message, "invalid_request_error", error.code, error.param)


def unknown_model(model: str) -> Malformed:
    """D13, D14: one answer for a model that does not exist, one that is not allowed, and a name that cannot be one."""
    return Malformed(no_such_model(model), "model_not_found", status=404)


def quoted(text: str) -> str:
    """At most 64 characters of a client's input, with control and direction characters escaped."""
    cut = text[:ECHO_LIMIT]
    if cut.isprintable():
        return cut
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)
    return escaped[:ECHO_LIMIT]
