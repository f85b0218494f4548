"""A whole answer of Converse's as OpenAI's ``chat.completion``.

Blocks of the provider's own tools are no tool calls, for the client has nothing to run: they go to ``extra_content``,
from where a history brings them back. Converse names neither the answer nor the model.
"""

from dataclasses import dataclass, field
from typing import Any

import orjson

from translators.base import ChatRequest, ChatResponse, JsonObject, WireResponse
from translators.facts import Failure
from translators.providers.bedrock.ends import annotations_of, finish_of, malformed, own_facts, tier_of
from translators.providers.bedrock.reasoning import (
    encrypted_detail,
    format_of,
    memento_of,
    text_detail,
    unpacked,
)
from translators.providers.bedrock.usage import openai_usage, read_usage
from translators.providers.forms import ANSWER, is_formed
from translators.providers.reading import read_whole


@dataclass(slots=True)
class _Message:
    """What the blocks of an answer come to."""

    form: str
    """Format of its thinking."""
    formed: bool
    """Whether a call of the reserved tool is the answer itself."""
    text: list[str] = field(default_factory=list)
    length: int = 0
    """Characters of the text so far."""
    calls: list[JsonObject] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    details: list[JsonObject] = field(default_factory=list)
    lists: dict[str, list[JsonObject]] = field(
        default_factory=lambda: {"citations": [], "annotations": [], "images": []}
    )
    own: list[JsonObject] = field(default_factory=list)

    def add(self, block: JsonObject) -> None:
        """Raises KeyError, TypeError or AttributeError where the block is of another shape."""
        if "text" in block:
            self._say(block["text"])
        elif "toolUse" in block and block["toolUse"].get("type") != "server_tool_use":
            self._call(block["toolUse"])
        elif "reasoningContent" in block:
            self._think(block["reasoningContent"])
        elif "citationsContent" in block:
            self._cite(block["citationsContent"])
        elif "bytes" in (block.get("image") or {}).get("source", ()):
            self.lists["images"].append(image_of(block["image"]["format"], block["image"]["source"]["bytes"]))
        else:
            self.own.append(block)

    def _say(self, text: Any) -> None:
        self.text.append(_text(text))
        self.length += len(text)

    def _call(self, use: JsonObject) -> None:
        arguments = orjson.dumps(use.get("input") or {}).decode()
        if self.formed and use["name"] == ANSWER:
            self._say(arguments)
            return
        function = {"name": _text(use["name"]), "arguments": arguments}
        self.calls.append({"id": _text(use["toolUseId"]), "type": "function", "function": function})

    def _think(self, thought: JsonObject) -> None:
        if "redactedContent" in thought:
            redacted = unpacked(thought["redactedContent"])
            self.details.append(encrypted_detail(redacted, self.form, len(self.details)))
            return
        said = thought["reasoningText"]
        self.reasoning.append(_text(said["text"]))
        self.details.append(text_detail(said["text"], said.get("signature"), self.form, len(self.details)))

    def _cite(self, cited: JsonObject) -> None:
        start, citations = self.length, cited.get("citations") or []
        for piece in cited.get("content") or ():
            self._say(piece["text"])
        self.lists["citations"] += citations
        self.lists["annotations"] += annotations_of(citations, start, self.length)

    def said(self) -> JsonObject:
        """As OpenAI's message."""
        message: JsonObject = {
            "role": "assistant",
            "content": "".join(self.text) if self.text or not self.calls else None,
            "refusal": None,
        }
        if any(self.reasoning):
            message["reasoning_content"] = "".join(self.reasoning)
        if self.details:
            message["reasoning_details"] = self.details
        if self.calls:
            message["tool_calls"] = self.calls
        return message | {name: entries for name, entries in self.lists.items() if entries}


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError
    return value


def image_of(form: str, data: str) -> JsonObject:
    """An image that the model made, in the form that OpenRouter made common."""
    return {"type": "image_url", "image_url": {"url": f"data:image/{form};base64,{data}"}}


def read_response(ask: ChatRequest, wire: WireResponse, model: str) -> ChatResponse | Failure:
    """Read a 2xx answer. Pure; never raises.

    Args:
        ask: what it answers.
        wire: what came.
        model: as Bedrock spells it.
    """
    return read_whole(
        wire.body,
        None,
        lambda answer: malformed(answer["stopReason"]) or _response(ask, answer, format_of(model)),
    )


def _response(ask: ChatRequest, answer: JsonObject, form: str) -> ChatResponse:
    """Raises one of ``ODD_SHAPE`` where the answer is of another shape."""
    read, content = _Message(form, is_formed(ask)), answer["output"]["message"]["content"]
    for block in content:
        read.add(block)
    message, facts = read.said(), own_facts(answer)
    if read.own:
        facts = {"content": read.own, **facts}
    if facts:
        message["extra_content"] = {"bedrock": facts}
    choice = {"index": 0, "message": message, "logprobs": None}
    completion: JsonObject = {
        "id": ask.id,
        "object": "chat.completion",
        "created": ask.created,
        "model": ask.model,
        "choices": [choice | finish_of(answer["stopReason"], calls=bool(read.calls))],
    }
    raw: Any = answer.get("usage")
    usage, tier = read_usage(raw), tier_of(answer)
    if usage is not None:
        completion["usage"] = openai_usage(raw, usage)
    if tier is not None:
        completion["service_tier"] = tier
    calls = tuple([call["id"] for call in read.calls])
    return ChatResponse(orjson.dumps(completion), usage, memento_of(calls, read.details))
