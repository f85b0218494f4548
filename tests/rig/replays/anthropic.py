"""Recorded Anthropic requests, said as an OpenAI client would say them; and what such a request means, to compare.

Source: https://docs.anthropic.com/en/api/messages, 2026-11. What OpenAI's wire has no word for is said as clients of
other gateways say it, in Anthropic's own: ``thinking``, ``top_k``, ``cache_control``, server-side tools.
"""

import base64
import json
from typing import Any

from tests.rig.tokens import Tokens

Json = dict[str, Any]

ACCOUNT: Json = {}
FINISH_REASONS = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "tool_use": "tool_calls"}
"""https://docs.anthropic.com/en/api/messages, 2026-11."""

_PLAIN = ("max_tokens", "top_p", "top_k", "stop_sequences", "thinking")
"""Parameters that say what they say."""


def usage(facts: Json) -> Tokens | None:
    """Inclusive: what was read from the cache and written to it is beside the input there."""
    said = facts.get("usage") or {}
    if said.get("input_tokens") is None:
        return None
    cached, completion = said.get("cached_tokens") or 0, said["output_tokens"]
    prompt = said["input_tokens"] + cached + (said.get("cache_write_tokens") or 0)
    return Tokens(prompt, completion, prompt + completion, cached, said.get("reasoning_tokens") or 0)


def openai_request(body: Json, path: str) -> Json:
    """The request that means the same."""
    ask: Json = {"max_tokens": body["max_tokens"], "messages": _system(body) + _messages(body["messages"])}
    ask |= {name: body[name] for name in ("temperature", "top_p", "top_k", "thinking") if name in body}
    if "stop_sequences" in body:
        ask["stop"] = body["stop_sequences"]
    if "tools" in body:
        ask["tools"] = [_tool(tool) if "input_schema" in tool else tool for tool in body["tools"]]
    return ask | _tool_choice(body.get("tool_choice")) | _output(body.get("output_config", {}))


def meaning(body: Json) -> Json:
    """What a request asks of Anthropic, whatever way it is written."""
    said: Json = {name: body.get(name) for name in _PLAIN}
    output, choice = body.get("output_config", {}), body.get("tool_choice") or {"type": "auto"}
    return said | {
        "stream": bool(body.get("stream")),
        "temperature": body.get("temperature", 1),
        "system": [_said(block) for block in _blocks(body.get("system") or [])],
        "messages": _merged(body["messages"]),
        "tools": [_said_tool(tool) for tool in body.get("tools", ())],
        "tool_choice": (choice["type"], choice.get("name"), bool(choice.get("disable_parallel_tool_use"))),
        "schema": output.get("format", {}).get("schema"),
        "effort": output.get("effort"),
    }


def check_path(path: str, model: str, streamed: bool) -> None:
    """One path for all, but on Vertex."""
    verb = "streamRawPredict" if streamed else "rawPredict"
    assert path.endswith(("/v1/messages", f"/publishers/anthropic/models/{model}:{verb}"))


def _system(body: Json) -> list[Json]:
    if not body.get("system"):
        return []
    return [{"role": "system", "content": [_part(block) for block in _blocks(body["system"])]}]


def _messages(messages: list[Json]) -> list[Json]:
    said: list[Json] = []
    for message in messages:
        blocks = _blocks(message["content"])
        said += _assistant(blocks) if message["role"] == "assistant" else _user(blocks)
    return said


def _user(blocks: list[Json]) -> list[Json]:
    results = [
        {"role": "tool", "tool_call_id": block["tool_use_id"], "content": _text_of(block["content"])} | _mark(block)
        for block in blocks
        if block["type"] == "tool_result"
    ]
    parts = [_part(block) for block in blocks if block["type"] != "tool_result"]
    return results + ([{"role": "user", "content": parts}] if parts else [])


def _part(block: Json) -> Json:
    if block["type"] == "text":
        return {"type": "text", "text": block["text"]} | _mark(block)
    source = block["source"]
    if block["type"] == "image":
        return {"type": "image_url", "image_url": {"url": f"data:{source['media_type']};base64,{source['data']}"}}
    data = base64.b64encode(source["data"].encode()).decode()
    file = {"filename": "document.txt", "file_data": f"data:{source['media_type']};base64,{data}"}
    return {"type": "file", "file": file}


def _assistant(blocks: list[Json]) -> list[Json]:
    calls = [
        {
            "id": block["id"],
            "type": "function",
            "function": {"name": block["name"], "arguments": json.dumps(block["input"])},
        }
        for block in blocks
        if block["type"] == "tool_use"
    ]
    message: Json = {"role": "assistant", "content": _text_of(blocks) or None}
    return [message | ({"tool_calls": calls} if calls else {})]


def _tool(tool: Json) -> Json:
    function = {
        "name": tool["name"],
        "description": tool.get("description", ""),
        "parameters": tool["input_schema"],
        "strict": bool(tool.get("strict")),
    }
    return {"type": "function", "function": function} | _mark(tool)


def _tool_choice(choice: Json | None) -> Json:
    if choice is None:
        return {}
    forced = {"type": "function", "function": {"name": choice.get("name")}}
    said: Json = {"tool_choice": {"auto": "auto", "any": "required", "none": "none"}.get(choice["type"], forced)}
    return said | ({"parallel_tool_calls": False} if choice.get("disable_parallel_tool_use") else {})


def _output(output: Json) -> Json:
    said: Json = {"reasoning_effort": output["effort"]} if "effort" in output else {}
    if "format" in output:
        schema = {"name": "answer", "schema": output["format"]["schema"], "strict": True}
        said["response_format"] = {"type": "json_schema", "json_schema": schema}
    return said


def _mark(block: Json) -> Json:
    return {"cache_control": block["cache_control"]} if "cache_control" in block else {}


def _merged(messages: list[Json]) -> list[tuple[str, list[Any]]]:
    merged: list[tuple[str, list[Any]]] = []
    for message in messages:
        blocks = [_said(block) for block in _blocks(message["content"])]
        if merged and merged[-1][0] == message["role"]:
            merged[-1][1].extend(blocks)
        else:
            merged.append((message["role"], blocks))
    return merged


def _said(block: Json) -> tuple[Any, ...]:
    kind, mark = block["type"], block.get("cache_control")
    if kind == "text":
        return kind, block["text"], mark
    if kind == "image":
        return kind, block["source"]["media_type"], block["source"]["data"], mark
    if kind == "tool_use":
        return kind, block["id"], block["name"], block["input"], mark
    if kind == "tool_result":
        return kind, block["tool_use_id"], _text_of(block["content"]), mark
    return kind, mark  # a document's text may be said as text or as base64


def _said_tool(tool: Json) -> Json:
    if "input_schema" not in tool:
        return tool
    return {"description": "", "strict": False} | tool


def _blocks(content: Any) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _text_of(content: Any) -> str:
    return "".join(block["text"] for block in _blocks(content) if block["type"] == "text")
