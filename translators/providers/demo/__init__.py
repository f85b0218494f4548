"""The demo provider: answers OpenAI's wire by itself, as a script of bytes and pauses that a transport plays.

It speaks the wire of https://platform.openai.com/docs/api-reference/chat and /embeddings (2026-11), errors too, so its
translators are OpenAI's. Pure: chance and the time of day are handed in, and pauses are only written down.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

import orjson

from translators.base import JsonObject, Malformed, WireRequest
from translators.providers.demo.model import Fault, Mishap, Model, find
from translators.providers.demo.speech import Speech, Token, count, speak
from translators.providers.demo.vectors import embed

MOST_CHOICES = 128
PATH = "/chat/completions"
EMBEDDINGS_PATH = "/embeddings"

_REASONS = {
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided. (A rehearsal.)"),
    404: ("invalid_request_error", "model_not_found", "The model does not exist. (A rehearsal.)"),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached. (A rehearsal.)"),
}


class End(Enum):
    """How an answer ends once its last piece is out."""

    PROPER = "proper"
    CUT = "cut"
    """The connection breaks."""
    STALL = "stall"
    """Nothing more comes, and the connection stays."""


_REFUSED = "The prompt was refused by the content filter. (A rehearsal.)"
_ENDS = {Mishap.CUT: End.CUT, Mishap.STALL: End.STALL}


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of a body."""

    after: float
    """Seconds since the piece before it, or since the head."""
    data: bytes


@dataclass(frozen=True, slots=True)
class Script:
    """One answer, to be played."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float | None = 0.0
    """Seconds to the head; None: it never comes."""
    pieces: Iterable[Piece] = ()
    end: End = End.PROPER


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all parts of an answer have in common."""

    id: str
    created: int
    model: Model
    body: JsonObject
    speech: Speech
    choices: int

    def object(self, kind: str, choices: list[JsonObject]) -> JsonObject:
        """The outer object of an answer or a chunk."""
        named = {"model": self.model.name, "system_fingerprint": "demo"}
        return {"id": self.id, "object": kind, "created": self.created, **named, "choices": choices}

    def usage(self) -> JsonObject:
        """By the rule of :mod:`translators.providers.demo.speech`, over all choices."""
        asked, said = count(self.body), len(self.speech.tokens) * self.choices
        return {
            "prompt_tokens": asked,
            "completion_tokens": said,
            "total_tokens": asked + said,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": self.speech.reasoning * self.choices, "audio_tokens": 0},
        }


def answer(request: WireRequest, chance: Callable[[], float], created: int) -> Script:
    """What the demo upstream answers.

    Args:
        request: in OpenAI's words, for an answer or for embeddings.
        chance: a float in [0, 1); decides about failures and makes ids.
        created: Unix seconds.
    """
    try:
        body = _parsed(request)
        model = find(body["model"])
        fault = _fault(model, chance)
        if isinstance(fault, int):
            return _failed(fault, model)
        if fault is Mishap.REFUSE:
            return _error(400, _REFUSED, "invalid_request_error", "content_filter", "prompt")
        if fault is Mishap.HANG:
            return Script(504, wait=None)
        if _path(request) == EMBEDDINGS_PATH:
            return _sent(embed(body, model), model.delay, fault)
        frame = _Frame(_name(chance), created, model, body, speak(body, model), _choices(body))
        return _streamed(frame, fault) if body.get("stream") is True else _whole(frame, fault)
    except Malformed as wrong:
        return _error(wrong.status, str(wrong), "invalid_request_error", wrong.code, wrong.param)
    except (AttributeError, KeyError, TypeError):  # a body that the gateway's own dialect would not have let through
        return _error(400, "The request is not of the expected shape.", "invalid_request_error", "invalid_type")


def _parsed(request: WireRequest) -> JsonObject:
    if _path(request) not in (PATH, EMBEDDINGS_PATH):
        raise Malformed(f"Unknown request URL: {request.method} {request.path[:64]}.", "unknown_url", status=404)
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        raise Malformed("We could not parse the JSON body of your request.", "invalid_json") from None
    if not isinstance(body, dict) or not isinstance(body.get("model"), str):
        raise Malformed("You must provide a model parameter.", "missing_required_parameter", "model")
    return body


def _path(request: WireRequest) -> str:
    return request.path.partition("?")[0]


def _fault(model: Model, chance: Callable[[], float]) -> Fault | None:
    if model.fail == 0 or (model.fail < 1 and chance() >= model.fail):
        return None
    return model.faults[int(chance() * len(model.faults))] if len(model.faults) > 1 else model.faults[0]


def _failed(status: int, model: Model) -> Script:
    kind = "server_error" if status >= 500 else "invalid_request_error"
    other = kind, None, f"The demo model fails with status {status}. (A rehearsal.)"
    error, code, message = _REASONS.get(status, other)
    wait = {} if model.retry_after is None else {"retry-after": f"{model.retry_after:g}"}
    return _error(status, message, error, code, headers=wait)


def _error(
    status: int,
    message: str,
    kind: str,
    code: str | None = None,
    param: str | None = None,
    headers: dict[str, str] | None = None,
) -> Script:
    error = {"message": message, "type": kind, "param": param, "code": code}
    body = orjson.dumps({"error": error})
    return Script(status, {"content-type": "application/json", **(headers or {})}, 0.0, (Piece(0.0, body),))


def _name(chance: Callable[[], float]) -> str:
    return f"chatcmpl-demo{int(chance() * 2**48):012x}"


def _choices(body: JsonObject) -> int:
    choices = body.get("n", 1) or 1
    if not isinstance(choices, int) or not 1 <= choices <= MOST_CHOICES:
        raise Malformed(f"`n` must be between 1 and {MOST_CHOICES}.", "invalid_value", "n")
    return choices


def _whole(frame: _Frame, mishap: Mishap | None) -> Script:
    message, speech = _message(frame), frame.speech
    choices = [
        {"index": index, "message": message, "logprobs": None, "finish_reason": speech.finish}
        for index in range(frame.choices)
    ]
    wait = frame.model.delay + frame.model.gap * max(len(speech.tokens) - 1, 0)
    return _sent({**frame.object("chat.completion", choices), "usage": frame.usage()}, wait, mishap)


def _sent(answer: JsonObject, wait: float, mishap: Mishap | None) -> Script:
    """A whole answer; half of it where that is the mishap."""
    body = orjson.dumps(answer)
    said = body[: len(body) // 2] if mishap else body
    end = End.STALL if mishap is Mishap.STALL else End.PROPER
    return Script(200, {"content-type": "application/json"}, wait, (Piece(0.0, said),), end)


def _message(frame: _Frame) -> JsonObject:
    tokens = frame.speech.tokens
    calls = [
        _call(frame, token, "".join(part.text for part in tokens if part.sort == "input" and part.call == token.call))
        for token in tokens
        if token.sort == "call"
    ]
    content = "".join(token.text for token in tokens if token.sort == "content")
    message: JsonObject = {"role": "assistant", "content": None if calls else content, "refusal": None}
    if frame.speech.reasoning:
        message["reasoning_content"] = "".join(token.text for token in tokens if token.sort == "reasoning")
    return {**message, "tool_calls": calls} if calls else message


def _call(frame: _Frame, token: Token, text: str) -> JsonObject:
    tool = token.tool
    assert tool is not None
    suffix = frame.id.removeprefix("chatcmpl-")
    return {"id": f"call_{suffix}_{token.call}", "type": tool.kind, tool.kind: {"name": tool.name, tool.field: text}}


def _streamed(frame: _Frame, mishap: Mishap | None) -> Script:
    counted = (frame.body.get("stream_options") or {}).get("include_usage") is True
    pieces = _broken(frame, counted) if mishap else _complete(frame, counted)
    headers = {"content-type": "text/event-stream; charset=utf-8"}
    return Script(200, headers, 0.0, pieces, _ENDS[mishap] if mishap else End.PROPER)


def _complete(frame: _Frame, counted: bool) -> Iterator[Piece]:
    tokens = frame.speech.tokens
    yield from _spoken(frame, tokens, counted)
    yield Piece(0.0, _events(frame, {}, counted, frame.speech.finish))
    if counted:
        yield Piece(0.0, _event({**frame.object("chat.completion.chunk", []), "usage": frame.usage()}))
    yield Piece(0.0, b"data: [DONE]\n\n")


def _broken(frame: _Frame, counted: bool) -> Iterator[Piece]:
    tokens = frame.speech.tokens
    return _spoken(frame, tokens[: max(len(tokens) // 2, 1)], counted)


def _spoken(frame: _Frame, tokens: Iterable[Token], counted: bool) -> Iterator[Piece]:
    """The events up to the finish: all choices say a token each, turn by turn, as OpenAI's do."""
    calling = any(token.sort == "call" for token in frame.speech.tokens)
    opening = {"role": "assistant", "content": None if calling else "", "refusal": None}
    yield Piece(frame.model.delay, _events(frame, opening, counted))
    for place, token in enumerate(tokens):
        yield Piece(frame.model.gap if place else 0.0, _events(frame, _delta(frame, token), counted))


def _delta(frame: _Frame, token: Token) -> JsonObject:
    if token.tool is None:
        return {"reasoning_content" if token.sort == "reasoning" else "content": token.text}
    if token.sort == "call":
        return {"tool_calls": [{"index": token.call, **_call(frame, token, "")}]}
    return {"tool_calls": [{"index": token.call, token.tool.kind: {token.tool.field: token.text}}]}


def _events(frame: _Frame, delta: JsonObject, counted: bool, finish: str | None = None) -> bytes:
    """The same delta for every choice; where usage was asked for, each chunk has the field."""
    usage = {"usage": None} if counted else {}
    chunks = (
        frame.object(
            "chat.completion.chunk", [{"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}]
        )
        for index in range(frame.choices)
    )
    return b"".join(_event(chunk | usage) for chunk in chunks)


def _event(chunk: JsonObject) -> bytes:
    return b"data: %b\n\n" % orjson.dumps(chunk)
