"""What is mended in answers of vendors that speak OpenAI's wire nearly, so that OpenAI's own SDKs read them rightly.

Each function changes its object in place and says whether it did: what needs no mending passes as the same bytes.
Nothing is invented but ids, and nothing of the vendor's own is taken away; what has no place of its own moves to the
de-facto fields ``reasoning_content``, ``native_finish_reason`` and ``extra_content``.
"""

from contextlib import suppress
from typing import Any

import orjson

from translators.base import ChatRequest, JsonObject
from translators.providers.vendors.mistral import REASONING

FINISH_REASONS = {
    "eos": "stop",  # Together, vLLM's older answers
    "eos_token": "stop",  # Hugging Face's text-generation-inference
    "stop_sequence": "stop",  # the same
    "end_turn": "stop",  # Anthropic's, passed on by aggregators
    "max_tokens": "length",  # the same
    "model_length": "length",  # Mistral
    "model_context_window_exceeded": "length",  # Z.ai
    "sensitive": "content_filter",  # Z.ai
}
"""Other spellings of OpenAI's finish reasons."""
_THINKING = ("reasoning", "reasoning_text")
"""Other names of ``reasoning_content``: Groq, OpenRouter, Ollama, vLLM, Cerebras; and Copilot."""


def only_choice(document: Any, kind: str) -> JsonObject | None:
    """The choice of an answer, or of a chunk of one, that has one alone and whose envelope is in order; else None."""
    if type(document) is not dict or document.get("object") != kind or document.get("error"):
        return None
    if not document.get("id") or not document.get("model") or document.get("created") is None:
        return None
    choices = document.get("choices")
    if type(choices) is not list or len(choices) != 1 or type(choices[0]) is not dict:
        return None
    choice: JsonObject = choices[0]
    return choice if type(choice.get("index")) is int else None


def is_plain(message: Any) -> bool:
    """Whether a message, or a delta of one, is a text with nothing to mend."""
    return (
        type(message) is dict
        and type(message.get("content")) is str
        and "tool_calls" not in message
        and "reasoning" not in message
    )


def mend_envelope(answer: JsonObject, ask: ChatRequest, kind: str) -> bool:
    """The four fields around the choices: ``id``, ``object``, ``created``, ``model``."""
    if (
        answer.get("object") == kind
        and answer.get("id")
        and answer.get("model")
        and answer.get("created") is not None  # 0 is somebody's number all the same
    ):
        return False
    answer["object"] = kind
    for name, ours in (("id", ask.id), ("model", ask.model)):
        if not answer.get(name):
            answer[name] = ours
    if answer.get("created") is None:
        answer["created"] = ask.created
    return True


def mend_choice(choice: JsonObject, position: int) -> bool:
    """Its index, and a finish reason in OpenAI's words. xAI says an empty one where it has none yet."""
    mended = False
    if type(choice.get("index")) is not int:
        choice["index"] = position
        mended = True
    reason = choice.get("finish_reason")
    if reason == "":
        choice["finish_reason"] = None
        mended = True
    elif type(reason) is str and reason in FINISH_REASONS:
        choice["finish_reason"] = FINISH_REASONS[reason]
        choice.setdefault("native_finish_reason", reason)
        mended = True
    return mended


def mend_message(message: JsonObject) -> bool:
    """A message, or a delta of one: visible reasoning and content."""
    mended = False
    content = message.get("content")
    if type(content) is list:
        _flatten(message, content)
        mended = True
    for name in _THINKING:
        reasoning = message.get(name)
        if reasoning and type(reasoning) is str and not message.get("reasoning_content"):
            message["reasoning_content"] = reasoning
            mended = True
    return mended


def mend_calls(calls: list[Any], *, whole: bool) -> bool:
    """Tool calls: arguments as text, and in a whole answer a type."""
    mended = False
    for call in calls:
        function = call.get("function") if type(call) is dict else None
        if type(function) is not dict:
            continue
        arguments = function.get("arguments")
        if type(arguments) is dict or type(arguments) is list:
            mended = True
            with suppress(
                orjson.JSONEncodeError
            ):  # deeper than orjson writes, and so is the answer: its encoding fails
                function["arguments"] = orjson.dumps(arguments).decode()
        if whole and not call.get("type"):
            call["type"] = "function"
            mended = True
    return mended


def _flatten(message: JsonObject, parts: list[Any]) -> None:
    """Mistral's content as parts: texts, thinking, and what has no place in OpenAI's message.

    https://docs.mistral.ai/capabilities/reasoning, 2026-11.
    """
    thoughts = [part for part in parts if _is(part, "thinking")]
    others = [part for part in parts if not _is(part, "text") and not _is(part, "thinking")]
    thinking = "".join(_text(part.get("thinking")) for part in thoughts)
    message["content"] = "".join(_text(part.get("text")) for part in parts if _is(part, "text"))
    if thinking:
        message["reasoning_content"] = thinking
    if thoughts:
        message["reasoning_details"] = [_detail(part) for part in thoughts]
    if others:
        message["extra_content"] = {"mistral": {"content": others}}


def _detail(part: JsonObject) -> JsonObject:
    """A chunk of thinking, to go back as one: neighbours are one text."""
    detail = {"type": "reasoning.text", "text": _text(part.get("thinking")), "format": REASONING, "index": 0}
    return {**detail, "signature": part["signature"]} if part.get("signature") else detail


def _is(part: Any, kind: str) -> bool:
    return type(part) is dict and part.get("type") == kind


def _text(value: Any) -> str:
    if type(value) is list:
        return "".join(_text(part.get("text")) for part in value if _is(part, "text"))
    return value if type(value) is str else ""
