"""Errors as vendors of OpenAI's wire report them, by status, code, type and words.

Bodies seen: ``{"error": {…}}``, ``{"error": "…", "code": "…"}`` (xAI), ``[{"error": {…}}]`` (Google), ``{"detail": …}``
(FastAPI, Mistral), ``{"object": "error", "message": …}`` (vLLM, Mistral), ``{"message": …}`` (AWS, Cohere), text, HTML,
nothing. The same come inside a 200: as its whole body, or as an event of a stream. OpenRouter says "Provider returned
error" and has what that was, an error of any of these forms, in ``metadata.raw``
(https://openrouter.ai/docs/api-reference/errors, 2026-11).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from translators.base import JsonObject, WireResponse
from translators.facts import Failure, FailureKind, garbled
from translators.providers.openai.wordings import LIMITS, REFUSALS
from translators.providers.refusals import NO_WORDS, parsed, readable, shown
from translators.retry_after import in_details
from translators.retry_after import parse as parse_retry_after

_REQUESTS_FAULT = frozenset({400, 413, 422})
"""Statuses of what the client can mend, so that it has to hear all of it."""
_STATUS_OF_WORD = {
    "invalid_request": 400,
    "authentication": 401,
    "invalid_api_key": 401,
    "permission": 403,
    "not_found": 404,
    "rate_limit": 429,
    "insufficient_quota": 429,
    "overloaded": 503,
    "unavailable": 503,
}
"""Status of an error inside a 200 that names none, by its type or code."""

_BROKEN_REASONS = frozenset({"error", "network_error", "insufficient_system_resource"})
"""Finish reasons that say the answer was not finished: Mistral and OpenRouter, Z.ai, DeepSeek."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What a vendor said of an error."""

    message: str
    code: str | None = None
    type: str | None = None
    param: str | None = None
    status: int | None = None
    behind: str | None = None
    """What the provider behind this one said."""
    wait: float | None = None
    """Seconds to stay away: Google says them in the error, on its surface of this wire too."""


def read_failure(wire: WireResponse) -> Failure:
    """Read an answer that is not 2xx, or that is none at all. Pure; never raises."""
    document = parsed(wire.body)
    if 200 <= wire.status < 300:
        failure = in_band(document, reached_model=False, headers=wire.headers)
        return failure or garbled("The upstream's answer is no chat completion.")
    return _failure(
        wire.status, _said(document) or _Said(readable(wire.body, wire.status)), parse_retry_after(wire.headers)
    )


def in_band(document: Any, *, reached_model: bool, headers: Mapping[str, str] | None = None) -> Failure | None:
    """The failure that a 200's body or event is; None where it is no error."""
    if not _is_error(document):
        return None
    said = _said(document) or _Said(NO_WORDS)
    retry_after = parse_retry_after(headers) if headers else None
    return _failure(said.status or _status_of(said), said, retry_after, reached_model=reached_model)


def broken_off(choice: JsonObject, *, reached_model: bool) -> Failure | None:
    """The failure that a choice's finish reason names, with the error that OpenRouter adds to the choice."""
    reason = choice.get("finish_reason")
    if type(reason) is not str or reason not in _BROKEN_REASONS:
        return None
    failure = in_band({"error": choice.get("error")}, reached_model=reached_model)
    return failure or Failure(FailureKind.OVERLOADED, f"The upstream broke off: {reason}.", reached_model=True)


def _failure(status: int, said: _Said, retry_after: float | None, *, reached_model: bool = False) -> Failure:
    retry_after = said.wait if retry_after is None else retry_after
    words = f"{said.code}\n{said.type}\n{said.message}\n{said.behind}"
    limited = status == 429 and retry_after and said.code != "insufficient_quota"
    kind = (LIMITS if limited else REFUSALS).kind(status, words)
    behind = f": {said.behind}" if said.behind is not None and status in _REQUESTS_FAULT else ""
    message = shown(said.message + behind, kind)
    return Failure(kind, message, status, retry_after, reached_model, said.code, said.param)


def _is_error(document: Any) -> bool:
    if type(document) is list:
        return len(document) > 0 and _is_error(document[0])
    if type(document) is not dict:
        return False
    if document.get("error") or document.get("object") == "error":
        return True
    return "choices" not in document and any(document.get(name) for name in ("detail", "message", "errors"))


def _said(document: Any) -> _Said | None:
    if type(document) is list:
        document = document[0] if document else None
    if type(document) is not dict:
        return None
    error = document.get("error")
    inner: JsonObject = error if type(error) is dict else document
    message = _words(error) if type(error) is str else _message(inner)
    if message is None:
        return None
    code, deeper = inner.get("code"), inner.get("innererror")
    if type(deeper) is dict and type(deeper.get("code")) is str and code != "content_filter":
        code = deeper["code"]
    return _Said(
        message,
        _short(code),
        _short(inner.get("type")),
        _short(inner.get("param")),
        _own_status(inner, document),
        _behind(inner.get("metadata")),
        in_details(inner.get("details")),
    )


def _behind(metadata: Any) -> str | None:
    """The error of the provider behind: a text, or JSON in one, whose own message is it."""
    raw = metadata.get("raw") if type(metadata) is dict else None
    inner = parsed(raw.encode()) if type(raw) is str else raw
    while type(inner) is dict and type(inner.get("error")) is dict:
        inner = inner["error"]
    return (_message(inner) if type(inner) is dict else None) or _words(raw)


def _message(error: JsonObject) -> str | None:
    for name in ("message", "detail", "msg", "errors"):
        if words := _words(error.get(name)):
            return words
    return None


def _words(value: Any) -> str | None:
    """A message as text; some are objects themselves (Mistral's 422, FastAPI's list of faults)."""
    if type(value) is str:
        return value.strip() or None
    if type(value) is dict or type(value) is list:
        try:
            return orjson.dumps(value).decode() if value else None
        except orjson.JSONEncodeError:  # deeper than orjson writes
            return None
    return None


def _short(value: Any) -> str | None:
    """A code, a type, a parameter's name: a short word, or a number as one."""
    if type(value) is int:
        value = str(value)
    return value if type(value) is str and 0 < len(value) <= 256 else None


def _own_status(*sources: JsonObject) -> int | None:
    for source in sources:
        for name in ("status_code", "status", "code"):
            value = source.get(name)
            if type(value) is str and len(value) == 3 and value.isdecimal():
                value = int(value)
            if type(value) is int and 400 <= value < 600:
                return value
    return None


def _status_of(said: _Said) -> int:
    words = f"{said.code}\n{said.type}".lower()
    return next((status for word, status in _STATUS_OF_WORD.items() if word in words), 500)
