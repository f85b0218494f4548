"""A whole answer of Cohere's as OpenAI's ``chat.completion``."""

from typing import Any

import orjson

from translators.base import ChatRequest, ChatResponse, JsonObject, WireResponse
from translators.facts import Failure
from translators.providers.cohere.ends import annotations_of, broken_off, finish_of, logprobs_of
from translators.providers.cohere.errors import error_in
from translators.providers.cohere.names import mended
from translators.providers.cohere.reasoning import detail_of, memento_of
from translators.providers.cohere.usage import openai_usage, read_usage
from translators.providers.reading import read_whole


def read_response(ask: ChatRequest, wire: WireResponse) -> ChatResponse | Failure:
    """Read a 2xx answer. Pure; never raises."""
    return read_whole(
        wire.body,
        lambda answer: error_in(answer, reached_model=True),
        lambda answer: broken_off(answer["finish_reason"], answer.get("error")) or _read(ask, answer),
    )


def _read(ask: ChatRequest, answer: JsonObject) -> ChatResponse:
    """Raises one of ``ODD_SHAPE`` where the answer is of another shape."""
    said: Any = answer["message"]
    message, thought = _message(said, mended(ask.body) if said.get("tool_calls") else {})
    calls = [call["id"] for call in message.get("tool_calls", ())]
    logprobs = answer.get("logprobs")
    raw: Any = answer.get("usage")
    usage = read_usage(raw)
    completion: JsonObject = {
        "id": answer.get("id") or ask.id,
        "object": "chat.completion",
        "created": ask.created,
        "model": ask.model,  # Cohere does not say which one it was
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": logprobs_of(logprobs) if logprobs else None,
                **finish_of(answer["finish_reason"], calls=bool(calls)),
            }
        ],
    }
    if usage is not None:
        completion["usage"] = openai_usage(raw, usage)
    return ChatResponse(orjson.dumps(completion), usage, memento_of(calls, thought, said.get("tool_plan") or ""))


def _message(said: JsonObject, names: dict[str, str]) -> tuple[JsonObject, str]:
    """The message, and what the model thought."""
    texts: list[str] = []
    thoughts: list[str] = []
    starts: dict[int, int] = {}
    for index, block in enumerate(said.get("content") or ()):
        if block["type"] == "thinking":
            thoughts.append(block["thinking"])
        elif block["type"] == "text":
            starts[index] = sum(map(len, texts))
            texts.append(block["text"])
    calls = [_call(call, names) for call in said.get("tool_calls") or ()]
    thought = "".join(thoughts)
    message: JsonObject = {"role": "assistant", "content": "".join(texts) if texts or not calls else None}
    message["refusal"] = None
    if thought:
        message["reasoning_content"] = thought
    if said.get("tool_plan"):
        message["reasoning_details"] = [detail_of(said["tool_plan"])]
    citations = said.get("citations") or []
    found = {"tool_calls": calls, "citations": citations, "annotations": annotations_of(citations, starts)}
    return message | {name: entries for name, entries in found.items() if entries}, thought


def _call(call: JsonObject, names: dict[str, str]) -> JsonObject:
    function = call["function"]
    name, arguments = names.get(function["name"], function["name"]), function.get("arguments") or "{}"
    return {"id": call["id"], "type": "function", "function": {"name": name, "arguments": arguments}}
