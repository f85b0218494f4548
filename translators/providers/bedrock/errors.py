"""Errors as Bedrock reports them, in an answer and in a stream, by type and words.

The type stands in a header, ``x-amzn-errortype: ValidationException:http://…``, or in the body, ``__type``; the message
is ``message`` or ``Message``. Sources, 2026-11: https://docs.aws.amazon.com/bedrock/latest/userguide/
troubleshooting-api-error-codes.html, https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html, botocore's
service model; the words are those of each vendor's models.
"""

from typing import Any

import orjson

from translators.base import JsonObject, WireResponse
from translators.facts import Failure, FailureKind
from translators.providers.loose import obj
from translators.retry_after import parse as parse_retry_after

_LONGEST_MESSAGE = 2048
_READ_AT_MOST = 65_536
"""Bytes of an error's body that are looked at."""

_TYPES = {
    "ValidationException": (FailureKind.BAD_REQUEST, 400),
    "AccessDeniedException": (FailureKind.AUTH, 403),
    "ExpiredTokenException": (FailureKind.AUTH, 403),
    "IncompleteSignature": (FailureKind.AUTH, 400),
    "IncompleteSignatureException": (FailureKind.AUTH, 400),
    "InvalidClientTokenId": (FailureKind.AUTH, 403),
    "InvalidSignatureException": (FailureKind.AUTH, 403),
    "MissingAuthenticationToken": (FailureKind.AUTH, 403),
    "MissingAuthenticationTokenException": (FailureKind.AUTH, 403),
    "NotAuthorized": (FailureKind.AUTH, 403),
    "OptInRequired": (FailureKind.AUTH, 403),
    "RequestExpired": (FailureKind.AUTH, 400),
    "UnrecognizedClientException": (FailureKind.AUTH, 403),
    "ResourceNotFoundException": (FailureKind.NOT_FOUND, 404),
    "ThrottlingException": (FailureKind.RATE_LIMITED, 429),
    "TooManyRequestsException": (FailureKind.RATE_LIMITED, 429),
    "ServiceQuotaExceededException": (FailureKind.EXHAUSTED, 400),
    "ModelNotReadyException": (FailureKind.OVERLOADED, 429),
    "ModelTimeoutException": (FailureKind.TIMEOUT, 408),
    "ModelErrorException": (FailureKind.OVERLOADED, 424),
    "ModelStreamErrorException": (FailureKind.OVERLOADED, 424),
    "InternalServerException": (FailureKind.OVERLOADED, 500),
    "InternalFailure": (FailureKind.OVERLOADED, 500),
    "ServiceUnavailableException": (FailureKind.OVERLOADED, 503),
    "ServiceUnavailable": (FailureKind.OVERLOADED, 503),
}
"""Kind, and the status that the type has where none came with it: in a stream."""
_STATUSES = {
    401: FailureKind.AUTH,
    403: FailureKind.AUTH,
    404: FailureKind.NOT_FOUND,
    408: FailureKind.TIMEOUT,
    424: FailureKind.OVERLOADED,
    429: FailureKind.RATE_LIMITED,
}
_WORKED = frozenset({"ModelTimeoutException", "ModelErrorException", "ModelStreamErrorException"})
"""The model had begun."""

_WORDS: tuple[tuple[FailureKind, frozenset[FailureKind], tuple[str, ...]], ...] = (
    (FailureKind.EXHAUSTED, frozenset({FailureKind.RATE_LIMITED}), ("per day", "daily")),
    (
        FailureKind.CONTEXT_LENGTH,
        frozenset({FailureKind.BAD_REQUEST, FailureKind.OVERLOADED}),
        (
            "input is too long",  # Bedrock's own, and Claude
            "prompt is too long",  # Claude
            "exceed context limit",  # Claude
            "maximum context length",  # Llama, DeepSeek, Qwen, gpt-oss
            "too many input tokens",  # Titan
            "too many tokens:",  # Cohere; a rate has no colon: "Too many tokens, please wait"
            "input tokens exceeded",  # Nova
            "exceeds the context",
            "context window",
            "expected maxlength",  # Titan, in characters
        ),
    ),
    (
        FailureKind.CONTENT_FILTER,
        frozenset({FailureKind.BAD_REQUEST}),
        ("content filtering policy", "content filter", "responsible ai policy"),  # Claude; Amazon's models
    ),
)
"""First match wins: kind, what it was taken for, what the message contains."""


def read_failure(wire: WireResponse) -> Failure:
    """Read an answer that is not 2xx: JSON, an HTML page of some front, nothing. Pure; never raises."""
    said = _json(wire.body[:_READ_AT_MOST])
    kind = wire.headers.get("x-amzn-errortype") or _text(said.get("__type")) or _text(said.get("code"))
    message = _message(said)
    if message is None and not said:
        text = wire.body[:_READ_AT_MOST].decode(errors="replace").strip()
        message = text if text and text[0] not in "<{[" else None
    if message is None:
        message = f"The upstream answered with HTTP status {wire.status} and nothing readable."
    return _failure(kind, message, wire.status, parse_retry_after(wire.headers))


def failure_of(kind: str | None, payload: bytes, message: str | None = None, *, reached_model: bool) -> Failure:
    """What an exception in a stream means.

    Args:
        kind: its type, as the frame spells it: ``throttlingException``.
        payload: what the frame holds: JSON, or nothing.
        message: from the frame's headers, where it is there.
        reached_model: whether the model had begun.
    """
    said = _json(payload)
    text = message or _message(said) or "The upstream reported an error."
    kind = kind[:1].upper() + kind[1:] if kind else None
    failure = _failure(kind, text, None, None)
    reached = reached_model or failure.reached_model
    return Failure(failure.kind, failure.message, failure.status, None, reached, failure.code)


def _failure(kind: str | None, message: str, status: int | None, retry_after: float | None) -> Failure:
    code = kind.partition(":")[0].rpartition("#")[2][:128] if kind else None
    meaning, usual = _TYPES.get(code or "", (None, 500))
    status = status or usual
    meaning = _by_words(meaning or _by_status(status), message.lower())
    if meaning is FailureKind.AUTH:  # a refusal of our credential may quote it
        message = "The upstream refused the gateway's credential."
    return Failure(meaning, message[:_LONGEST_MESSAGE], status, retry_after, code in _WORKED or status == 504, code)


def _by_words(kind: FailureKind, words: str) -> FailureKind:
    for better, taken_for, needles in _WORDS:
        if kind in taken_for and any(needle in words for needle in needles):
            return better
    return kind


def _by_status(status: int) -> FailureKind:
    if status >= 500:
        return FailureKind.OVERLOADED
    if status < 400:
        return FailureKind.GARBLED  # redirects are not followed
    return _STATUSES.get(status, FailureKind.BAD_REQUEST)


def _json(body: bytes) -> JsonObject:
    try:
        return obj(orjson.loads(body))
    except orjson.JSONDecodeError:
        return {}


def _message(said: JsonObject) -> str | None:
    return next((text for name in ("message", "Message", "originalMessage") if (text := _text(said.get(name)))), None)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
