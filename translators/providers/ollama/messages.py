"""The conversation: OpenAI's messages as Ollama's (ollama/ollama, api/types.go, ``Message``, 2026-11).

Rules. A content is one text: parts of it are lines. Images, and audio, are bare base64 beside it. Arguments are
objects. A result has the name of its tool beside the call's id, for templates write the name.
"""

import base64
from typing import Any
from urllib.parse import unquote_to_bytes

from translators.base import JsonObject
from translators.providers.calls import arguments_of, called_by
from translators.providers.draft import Draft
from translators.providers.loose import objs
from translators.providers.turns import RESULTS


def set_messages(draft: Draft, messages: list[JsonObject]) -> None:
    """Set ``messages``."""
    names: dict[str, str] = {}
    said: list[JsonObject] = []
    for message in messages:
        role = message["role"]
        if role == "assistant":
            said.append(_assistant(draft, message, names))
        elif role in RESULTS:
            said.append(_result(message, names))
        else:
            said.append({"role": "system" if role == "developer" else role, **_content(message["content"])})
    draft.body["messages"] = said


def set_plain_messages(draft: Draft, messages: list[JsonObject]) -> None:
    """Set ``messages`` as they are, each a role and a text."""
    if any(message["role"] == "developer" for message in messages):
        messages = [{**m, "role": "system"} if m["role"] == "developer" else m for m in messages]
    draft.body["messages"] = messages


def bytes_of(url: str) -> str | None:
    """The bare base64 of a data URL (RFC 2397); None where it is another kind of URL."""
    if url[:5].lower() != "data:":
        return None
    head, _, data = url[5:].partition(",")
    if "base64" in head.lower().split(";"):
        return data
    return base64.b64encode(unquote_to_bytes(data)).decode()


def _content(content: Any) -> JsonObject:
    """``content`` and, where there are any, ``images``."""
    if isinstance(content, str):
        return {"content": content}
    texts: list[str] = []
    media: list[str] = []
    for part in objs(content):
        kind = part["type"]
        if kind in ("text", "refusal"):
            texts.append(part[kind])
        elif kind == "image_url":
            image = part[kind]
            media.append(bytes_of(image["url"] if isinstance(image, dict) else image) or "")
        elif kind == "input_audio":
            media.append(part[kind]["data"])
    said: JsonObject = {"content": "\n".join(texts)}
    return {**said, "images": media} if media else said


def _assistant(draft: Draft, message: JsonObject, names: dict[str, str]) -> JsonObject:
    said: JsonObject = {"role": "assistant", **_content(message.get("content") or "")}
    if message.get("refusal"):
        said["content"] = "\n".join(filter(None, (said["content"], message["refusal"])))
    thought = message.get("reasoning_content")
    if isinstance(thought, str) and thought:
        said["thinking"] = thought
    if message.get("reasoning_details"):  # states of others: Ollama has none of its own
        draft.drop("messages[].reasoning_details")
    calls = _calls(draft, message)
    if calls:
        said["tool_calls"] = calls
        names.update((call["id"], call["function"]["name"]) for call in calls)
    return said


def _calls(draft: Draft, message: JsonObject) -> list[JsonObject]:
    given = objs(message.get("tool_calls"))
    if message.get("function_call"):
        given = [{"function": message["function_call"]}, *given]
    inner = [(call, called_by(call)) for call in given]
    named = [(call, function) for call, function in inner if function.get("name")]
    if len(named) < len(given):
        draft.drop("messages[].tool_calls")
    return [
        {
            "id": str(call.get("id") or ""),
            "function": {"index": index, "name": function["name"], "arguments": arguments_of(function)},
        }
        for index, (call, function) in enumerate(named)
    ]


def _result(message: JsonObject, names: dict[str, str]) -> JsonObject:
    given = str(message.get("tool_call_id") or "")
    said: JsonObject = {"role": "tool", **_content(message.get("content") or "")}
    name = message.get("name") or names.get(given)
    if name:
        said["tool_name"] = name
    return {**said, "tool_call_id": given} if given else said
