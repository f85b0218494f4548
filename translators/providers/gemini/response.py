"""A whole answer of Gemini's as OpenAI's ``chat.completion``."""

from base64 import b64decode, b64encode
from typing import Any

import orjson

from translators.base import ChatRequest, ChatResponse, JsonObject, Memento, WireResponse
from translators.facts import Failure, garbled
from translators.providers.gemini.candidate import Candidate, index_of
from translators.providers.gemini.ends import blocked, malfunction_of
from translators.providers.gemini.errors import error_in
from translators.providers.gemini.grounding import logprobs_of
from translators.providers.gemini.usage import openai_usage, read_usage, tier_of
from translators.providers.reading import read_whole

_NO_ANSWER = garbled("The upstream's answer has no candidates.")


def read_response(ask: ChatRequest, wire: WireResponse) -> ChatResponse | Failure:
    """Read a 2xx answer. Pure; never raises."""
    return read_whole(wire.body, lambda answer: error_in(answer, wire.headers), lambda answer: _read(ask, answer))


def _read(ask: ChatRequest, answer: JsonObject) -> ChatResponse | Failure:
    candidates: list[JsonObject] = answer.get("candidates") or []
    for candidate in candidates:
        if failure := malfunction_of(candidate):
            return failure
    memento: Memento | None = None
    if candidates:
        choices = []
        for position, candidate in enumerate(candidates):
            said = Candidate(ask, index_of(candidate, position))
            choices.append(_choice(said, candidate))
            memento = memento or said.memento
    else:
        block = blocked(answer.get("promptFeedback"))
        if block is None:
            return _NO_ANSWER
        delta, ending = block
        choices = [{"index": 0, "message": _message([delta]), "logprobs": None, **ending}]
    raw: Any = answer.get("usageMetadata")
    usage = read_usage(raw)
    completion = _head(ask, answer) | {"choices": choices}
    if usage is not None:
        completion["usage"] = openai_usage(raw, usage)
    if tier := tier_of(raw):
        completion["service_tier"] = tier
    return ChatResponse(orjson.dumps(completion), usage, memento)


def _head(ask: ChatRequest, answer: JsonObject) -> JsonObject:
    return {
        "id": _text(answer.get("responseId")) or ask.id,
        "object": "chat.completion",
        "created": ask.created,
        "model": _text(answer.get("modelVersion")) or ask.model,
    }


def _choice(said: Candidate, candidate: JsonObject) -> JsonObject:
    content = candidate.get("content") or {}
    deltas = [said.take(part) for part in content.get("parts") or ()]
    said.note(candidate)
    delta, ending = said.finish()
    tokens = logprobs_of(candidate.get("logprobsResult"))
    return {
        "index": said.index,
        "message": _message([*deltas, delta]),
        "logprobs": {"content": tokens, "refusal": None} if tokens else None,
        **ending,
    }


def _message(deltas: list[JsonObject]) -> JsonObject:
    """Deltas put together as a client of a stream does it."""
    message: JsonObject = {"role": "assistant", "content": None, "refusal": None}
    for delta in deltas:
        for name, value in delta.items():
            held = message.get(name)
            if held is None:
                message[name] = value
            elif name == "extra_content":
                message[name] = {"google": _merged(held["google"], value["google"])}
            elif name == "audio":
                message[name] = {**held, "data": _joined(held["data"], value["data"])}
            else:
                message[name] = held + value
    for call in message.get("tool_calls", ()):
        del call["index"]
    if "audio" in message:  # OpenAI's own fields of it; nobody keeps it, and nobody wrote it down
        message["audio"] = {"expires_at": 0, "transcript": "", **message["audio"]}
    elif message["content"] is None and "tool_calls" not in message:
        message["content"] = ""
    return message


def _merged(held: JsonObject, more: JsonObject) -> JsonObject:
    if "content" in held and "content" in more:
        more = {**more, "content": held["content"] + more["content"]}
    return held | more


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _joined(first: str, second: str) -> str:
    """Two pieces of base64 as one: each may end in padding."""
    return b64encode(b64decode(first) + b64decode(second)).decode()
