"""A whole answer in OpenAI's wire: what is right passes as the same bytes, what vendors do otherwise is mended."""

from typing import Any

import orjson

from translators.base import ChatRequest, ChatResponse, JsonObject, Memento, WireResponse
from translators.facts import Failure, Usage, garbled
from translators.providers.openai.errors import broken_off, in_band
from translators.providers.openai.keeping import Keeping
from translators.providers.openai.repair import (
    is_plain,
    mend_calls,
    mend_choice,
    mend_envelope,
    mend_message,
    only_choice,
)
from translators.providers.openai.usage import mend_usage, read_usage
from translators.providers.vendors import Vendor

_KIND = "chat.completion"
_PLAIN_ENDS = ("stop", "length")
"""Finish reasons with nothing to mend, of an answer that is one text: the common one, told from others by few looks."""


def read_response(ask: ChatRequest, wire: WireResponse, vendor: Vendor) -> ChatResponse | Failure:
    """Check and mend a 2xx answer; a failure where it is none, or an error in an answer's clothes."""
    try:
        answer = orjson.loads(wire.body)
    except orjson.JSONDecodeError:
        return garbled("The upstream's answer is not JSON.")
    choice = only_choice(answer, _KIND)
    if choice is not None and choice.get("finish_reason") in _PLAIN_ENDS and is_plain(choice.get("message")):
        usage = read_usage(answer.get("usage"), answer.get("service_tier"))
        return _written(answer, wire.body, usage, mended=_mend_usage(answer, usage))
    failure = in_band(answer, reached_model=False, headers=wire.headers)
    if failure is not None:
        return failure
    choices = answer.get("choices") if type(answer) is dict else None
    if type(choices) is not list or not choices or not all(type(choice) is dict for choice in choices):
        return garbled("The upstream's answer is no chat completion.")
    usage = read_usage(answer.get("usage"), answer.get("service_tier"))
    mended = mend_envelope(answer, ask, _KIND)
    mended = _mend_usage(answer, usage) or mended
    for position, choice in enumerate(choices):
        broken = broken_off(choice, reached_model=True)
        if broken is not None:
            return broken
        mended = _mend(choice, position) or mended
    memento = _memento(choices[0]["message"], vendor.keeps) if vendor.keeps else None
    return _written(answer, wire.body, usage, memento, mended=mended)


def _mend_usage(answer: JsonObject, usage: Usage | None) -> bool:
    """One that cannot be read is nobody's: a client that adds up a negative count has too little in the end (F11)."""
    if usage is None:
        return answer.pop("usage", None) is not None
    return mend_usage(answer["usage"], usage)


def _mend(choice: JsonObject, position: int) -> bool:
    mended = mend_choice(choice, position)
    message = choice.get("message")
    if type(message) is not dict:  # Azure leaves it out where its filter stopped the answer
        choice["message"] = {"role": "assistant", "content": None}
        return True
    mended = mend_message(message) or mended
    calls: Any = message.get("tool_calls")
    if choice.get("finish_reason") is None:  # it has ended all the same, for it is whole
        choice["finish_reason"] = "tool_calls" if calls else "stop"
        mended = True
    return (mend_calls(calls, whole=True) if type(calls) is list else False) or mended


def _memento(message: JsonObject, field: str) -> Memento | None:
    keeping = Keeping(field)
    keeping.add(message)
    return keeping.memento()


def _written(
    answer: JsonObject, body: bytes, usage: Usage | None, memento: Memento | None = None, *, mended: bool
) -> ChatResponse | Failure:
    try:
        return ChatResponse(orjson.dumps(answer) if mended else body, usage, memento)
    except orjson.JSONEncodeError:  # deeper than orjson writes
        return garbled("The upstream's answer is nested too deeply.")
