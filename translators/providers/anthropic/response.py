"""A whole message of Anthropic's as OpenAI's ``chat.completion``.

Blocks of the provider's own tools are no tool calls, for the client has nothing to run: they go to ``extra_content``,
from where a history brings them back.
"""

from typing import Any

import orjson

from translators.base import ChatRequest, ChatResponse, JsonObject, Memento, WireResponse
from translators.facts import Failure, Usage
from translators.providers.anthropic.ends import annotations_of, finish_of, own_facts, refusal_of
from translators.providers.anthropic.errors import error_in
from translators.providers.anthropic.reasoning import detail_of
from translators.providers.anthropic.usage import openai_usage, read_usage, tier_of
from translators.providers.forms import ANSWER, is_formed
from translators.providers.reading import read_whole


def read_response(ask: ChatRequest, wire: WireResponse) -> ChatResponse | Failure:
    """Read a 2xx answer. Pure; never raises."""
    return read_whole(wire.body, lambda answer: error_in(answer, wire.headers), lambda answer: _read(ask, answer))


def _read(ask: ChatRequest, answer: JsonObject) -> ChatResponse:
    usage = read_usage(answer.get("usage"))
    completion = _completion(ask, answer, usage)
    return ChatResponse(orjson.dumps(completion), usage, memento_of(completion["choices"][0]["message"]))


def _completion(ask: ChatRequest, answer: JsonObject, usage: Usage | None) -> JsonObject:
    """Raises one of ``ODD_SHAPE`` where the answer is of another shape."""
    content: Any = answer["content"]
    message = _text_message(content[0]) if len(content) == 1 else None
    if message is None:
        message = _message(content, formed=is_formed(ask))
    refusal = refusal_of(answer)
    if refusal is not None:
        message["refusal"] = refusal
    facts = own_facts(answer)
    if facts:
        message.setdefault("extra_content", {"anthropic": {}})["anthropic"].update(facts)
    completion: JsonObject = {
        "id": answer.get("id") or ask.id,
        "object": "chat.completion",
        "created": ask.created,
        "model": answer.get("model") or ask.model,
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": None,
                **finish_of(answer, calls="tool_calls" in message),
            }
        ],
    }
    raw: Any = answer.get("usage")
    if usage is not None:
        completion["usage"] = openai_usage(raw, usage)
    tier = tier_of(raw)
    if tier is not None:
        completion["service_tier"] = tier
    return completion


def _text_message(block: JsonObject) -> JsonObject | None:
    """The common message, one text: what the careful way would make of it. None where there is more to it."""
    if block.get("type") != "text" or block.get("citations") or type(block.get("text")) is not str:
        return None
    return {"role": "assistant", "content": block["text"], "refusal": None}


def memento_of(message: JsonObject) -> Memento | None:
    """Thinking that has to come back with the results of the calls beside it: the API knows it by its signature."""
    if "tool_calls" not in message or "reasoning_details" not in message:
        return None
    calls = tuple([call["id"] for call in message["tool_calls"]])
    return Memento(calls, {"reasoning_details": message["reasoning_details"]})


def _message(content: list[JsonObject], *, formed: bool) -> JsonObject:
    text, reasoning, length = [], [], 0
    details: list[JsonObject] = []
    found: dict[str, list[JsonObject]] = {"tool_calls": [], "citations": [], "annotations": []}
    own: list[JsonObject] = []
    for block in content:
        kind = block["type"]
        if kind == "text":
            text.append(block["text"])
            citations = block.get("citations") or []
            found["citations"] += citations
            found["annotations"] += annotations_of(citations, length, length + len(block["text"]))
            length += len(block["text"])
        elif kind in ("thinking", "redacted_thinking"):
            details.append(detail_of(block, len(details)))
            reasoning.append(block.get("thinking") or "")
        elif kind == "tool_use" and formed and block["name"] == ANSWER:
            text.append(orjson.dumps(block["input"]).decode())
        elif kind == "tool_use":
            found["tool_calls"].append(_call(block))
        else:
            own.append(block)
    message: JsonObject = {"role": "assistant", "content": "".join(text) if text or not found["tool_calls"] else None}
    message["refusal"] = None
    if any(reasoning):
        message["reasoning_content"] = "".join(reasoning)
    if details:
        message["reasoning_details"] = details
    message |= {name: entries for name, entries in found.items() if entries}
    if own:
        message["extra_content"] = {"anthropic": {"content": own}}
    return message


def _call(block: JsonObject) -> JsonObject:
    arguments = orjson.dumps(block.get("input") or {}).decode()
    return {"id": block["id"], "type": "function", "function": {"name": block["name"], "arguments": arguments}}
