"""Errors as Bedrock reports them, in an answer and in a stream, by type and words.

The type stands in a header, ``x-amzn-errortype: ValidationException:http://…``, or in the body, ``__type``; the message
is ``message`` or ``Message``. Sources, 2026-11: https://docs.aws.amazon.com/bedrock/latest/userguide/
troubleshooting-api-error-codes.html, https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html, botocore's
service model; the words are those of each vendor's models.
"""

from translators.base import JsonObject, WireResponse
from translators.facts import Failure, FailureKind
from translators.providers.loose import obj
from translators.providers.refusals import Refusals, Words, parsed, readable, text_of
from translators.retry_after import parse as parse_retry_after

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
_WORKED = frozenset({"ModelTimeoutException", "ModelErrorException", "ModelStreamErrorException"})
"""The model had begun."""

_REFUSED = frozenset({400, 413, 422, 424, 500, 502, 503})
"""What comes of a prompt that is too long: a model behind Bedrock may fail over it, and Bedrock with it."""
REFUSALS = Refusals(
    words=(
        Words(FailureKind.EXHAUSTED, frozenset({429}), ("per day", "daily")),
        Words(
            FailureKind.CONTEXT_LENGTH,
            _REFUSED,
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
        Words(
            FailureKind.CONTENT_FILTER,
            frozenset({400}),
            ("content filtering policy", "content filter", "responsible ai policy"),  # Claude; Amazon's models
        ),
    ),
    statuses={424: FailureKind.OVERLOADED},
    types=_TYPES,
)


def read_failure(wire: WireResponse) -> Failure:
    """Read an answer that is not 2xx: JSON, an HTML page of some front, nothing. Pure; never raises."""
    said = obj(parsed(wire.body))
    kind = wire.headers.get("x-amzn-errortype") or text_of(said.get("__type")) or text_of(said.get("code"))
    message = _message(said) or readable(b"" if said else wire.body, wire.status)
    return _failure(kind, message, wire.status, retry_after=parse_retry_after(wire.headers))


def failure_of(kind: str | None, payload: bytes, message: str | None = None, *, reached_model: bool) -> Failure:
    """What an exception in a stream means.

    Args:
        kind: its type, as the frame spells it: ``throttlingException``.
        payload: what the frame holds: JSON, or nothing.
        message: from the frame's headers, where it is there.
        reached_model: whether the model had begun.
    """
    kind = kind[:1].upper() + kind[1:] if kind else None
    return _failure(kind, message or _message(obj(parsed(payload))), None, reached_model=reached_model)


def _failure(
    kind: str | None,
    message: str | None,
    status: int | None,
    *,
    retry_after: float | None = None,
    reached_model: bool = False,
) -> Failure:
    name = kind.partition(":")[0].rpartition("#")[2][:128] if kind else None
    reached_model = reached_model or name in _WORKED
    return REFUSALS.failure(message, status, name=name, retry_after=retry_after, reached_model=reached_model)


def _message(said: JsonObject) -> str | None:
    return next((text for name in ("message", "Message", "originalMessage") if (text := text_of(said.get(name)))), None)
