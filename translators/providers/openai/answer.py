"""A whole answer in OpenAI's wire: what is right passes as the same bytes, what vendors do otherwise is mended."""

from typing import Any

import orjson

from translators.base import ChatRequest, ChatResponse, JsonObject, WireResponse
from translators.facts import Failure, Usage, garbled
from translators.providers.openai.failure import broken_off, in_band
from translators.providers.openai.repair import mend_calls, mend_choice, mend_envelope, mend_message
from translators.providers.openai.usage import mend_usage, read_usage

_KIND = "chat.completion"


def read_answer(ask: ChatRequest, wire: WireResponse) -> ChatResponse | Failure:
    """Check and mend a 2xx answer; a failure where it is none, or an error in an answer's clothes."""
    try:
        answer = orjson.loads(wire.body)
    except orjson.JSONDecodeError:
        return garbled("The upstream's answer is not JSON.")
    if _is_plain(answer):
        raw = answer.get("usage")
        usage = read_usage(raw)
        if usage is None or usage.output_tokens == raw["completion_tokens"]:
            return ChatResponse(wire.body, usage)
        return _written(answer, wire.body, usage, mended=mend_usage(raw, usage))
    failure = in_band(answer, reached_model=False, headers=wire.headers)
    if failure is not None:
        return failure
    choices = answer.get("choices") if type(answer) is dict else None
    if type(choices) is not list or not choices or not all(type(choice) is dict for choice in choices):
        return garbled("The upstream's answer is no chat completion.")
    usage = read_usage(answer.get("usage"))
    mended = mend_envelope(answer, ask, _KIND)
    mended = mend_usage(answer.get("usage"), usage) or mended
    for position, choice in enumerate(choices):
        broken = broken_off(choice, reached_model=True)
        if broken is not None:
            return broken
        mended = _mend(choice, position) or mended
    return _written(answer, wire.body, usage, mended=mended)


def _is_plain(answer: Any) -> bool:
    """Whether this is the common answer: one text, and nothing to mend but perhaps its usage.

    It says again what the careful way would find out, in a fifth of the time.
    """
    if type(answer) is not dict or answer.get("object") != _KIND or answer.get("error"):
        return False
    choices = answer.get("choices")
    if type(choices) is not list or len(choices) != 1 or type(choices[0]) is not dict:
        return False
    choice = choices[0]
    message, index = choice.get("message"), choice.get("index")
    return (
        type(message) is dict
        and type(message.get("content")) is str
        and "tool_calls" not in message
        and "reasoning" not in message
        and choice.get("finish_reason") in ("stop", "length")
        and type(index) is int
        and bool(answer.get("id") and answer.get("model"))
        and answer.get("created") is not None
    )


def _mend(choice: JsonObject, position: int) -> bool:
    mended = mend_choice(choice, position)
    message = choice.get("message")
    if type(message) is not dict:  # Azure leaves it out where its filter stopped the answer
        choice["message"] = {"role": "assistant", "content": None}
        return True
    mended = mend_message(message) or mended
    calls: Any = message.get("tool_calls")
    return (mend_calls(calls, whole=True) if type(calls) is list else False) or mended


def _written(answer: JsonObject, body: bytes, usage: Usage | None, *, mended: bool) -> ChatResponse | Failure:
    try:
        return ChatResponse(orjson.dumps(answer) if mended else body, usage)
    except orjson.JSONEncodeError:  # deeper than orjson writes
        return garbled("The upstream's answer is nested too deeply.")
