"""Recorded Converse requests, said as an OpenAI client would say them; and what such a request means, to compare.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, 2026-11. What OpenAI's wire
has no word for is said in Converse's own: ``guardrailConfig``, ``additionalModelRequestFields``, blocks of content.
"""

import json
from typing import Any
from urllib.parse import unquote

from tests.rig.tokens import Tokens

Json = dict[str, Any]

ACCOUNT: Json = {"region": "us-east-1"}
FINISH_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}
"""https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseResponse.html, 2026-11."""

_SAME = {"maxTokens": "max_tokens", "temperature": "temperature", "topP": "top_p"}
_OWN = ("guardrailConfig", "additionalModelRequestFields")


def usage(facts: Json) -> Tokens | None:
    """Inclusive: what was read from the cache and written to it is beside the input there."""
    said = facts.get("usage") or {}
    if said.get("input_tokens") is None:
        return None
    cached, completion = said.get("cached_tokens") or 0, said["output_tokens"]
    prompt = said["input_tokens"] + cached + (said.get("cache_write_tokens") or 0)
    return Tokens(prompt, completion, prompt + completion, cached)


def openai_request(body: Json, path: str) -> Json:
    """The request that means the same."""
    config = body.get("inferenceConfig") or {}
    ask: Json = {"messages": _system(body) + _messages(body["messages"])}
    ask |= {name: config[own] for own, name in _SAME.items() if own in config}
    ask |= {name: body[name] for name in _OWN if body.get(name)}
    if config.get("stopSequences"):
        ask["stop"] = config["stopSequences"]
    tools = (body.get("toolConfig") or {}).get("tools")
    if tools:
        ask["tools"] = [{"type": "function", "function": _function(tool["toolSpec"])} for tool in tools]
    if body.get("outputConfig"):
        ask["response_format"] = _format(body["outputConfig"]["textFormat"]["structure"]["jsonSchema"])
    return ask


def meaning(body: Json) -> Json:
    """What a request asks of Bedrock, whatever way it is written."""
    config = body.get("inferenceConfig") or {}
    tools = body.get("toolConfig") or {}
    output = (body.get("outputConfig") or {}).get("textFormat")
    return {
        "config": {name: config.get(name) for name in _SAME} | {"stop": config.get("stopSequences") or []},
        "system": body.get("system") or [],
        "messages": _merged(body["messages"]),
        "tools": [_function(tool["toolSpec"]) for tool in tools.get("tools", ())],
        "choice": tools.get("toolChoice") or {"auto": {}},
        "schema": _format(output["structure"]["jsonSchema"]) if output else None,
        "own": [body.get(name) or {} for name in _OWN],
    }


def check_path(path: str, model: str, streamed: bool) -> None:
    """Model and operation are in it; the model is one segment."""
    _, _, segment, operation = path[path.index("/model/") :].split("/")
    assert unquote(segment) == model
    assert ":" not in segment
    assert operation == ("converse-stream" if streamed else "converse")


def _system(body: Json) -> list[Json]:
    blocks = body.get("system") or []
    return [{"role": "system", "content": _parts(blocks)}] if blocks else []


def _messages(messages: list[Json]) -> list[Json]:
    said: list[Json] = []
    for message in messages:
        said += _assistant(message["content"]) if message["role"] == "assistant" else _user(message["content"])
    return said


def _user(blocks: list[Json]) -> list[Json]:
    results = [_result(block["toolResult"]) for block in blocks if "toolResult" in block]
    parts = _parts([block for block in blocks if "toolResult" not in block])
    return results + ([{"role": "user", "content": parts}] if parts else [])


def _result(result: Json) -> Json:
    said = {"role": "tool", "tool_call_id": result["toolUseId"], "content": _parts(result["content"])}
    return said | ({"is_error": result["status"] == "error"} if "status" in result else {})


def _parts(blocks: list[Json]) -> list[Json]:
    """As OpenAI's parts; a cache point is a mark on the one before it."""
    parts: list[Json] = []
    for block in blocks:
        if "cachePoint" in block:
            parts[-1]["cache_control"] = {"type": "ephemeral"}
        elif "text" in block:
            parts.append({"type": "text", "text": block["text"]})
        elif "document" in block:
            parts.append(_file(block["document"]))
        else:
            ((kind, inner),) = block.items()
            parts.append({"type": kind, kind: inner})
    return parts


def _file(document: Json) -> Json:
    data = f"data:text/plain;base64,{document['source']['bytes']}"
    return {"type": "file", "file": {"filename": document["name"], "file_data": data}}


def _assistant(blocks: list[Json]) -> list[Json]:
    uses = [block["toolUse"] for block in blocks if "toolUse" in block]
    calls = [
        {
            "id": use["toolUseId"],
            "type": "function",
            "function": {"name": use["name"], "arguments": json.dumps(use["input"])},
        }
        for use in uses
    ]
    text = "".join(block["text"] for block in blocks if "text" in block)
    return [{"role": "assistant", "content": text or None} | ({"tool_calls": calls} if calls else {})]


def _function(spec: Json) -> Json:
    function = {"name": spec["name"], "parameters": spec["inputSchema"]["json"]}
    return function | ({"description": spec["description"]} if spec.get("description") else {})


def _format(schema: Json) -> Json:
    said = {"name": schema.get("name"), "description": schema.get("description"), "strict": True}
    return {"type": "json_schema", "json_schema": {**said, "schema": json.loads(schema["schema"])}}


def _merged(messages: list[Json]) -> list[tuple[str, list[Json]]]:
    """Turns of one role are one; a document's name has to be mended, for the recording's is scrubbed."""
    merged: list[tuple[str, list[Json]]] = []
    for message in messages:
        blocks = [_said(block) for block in message["content"]]
        if merged and merged[-1][0] == message["role"]:
            merged[-1][1].extend(blocks)
        else:
            merged.append((message["role"], blocks))
    return merged


def _said(block: Json) -> Json:
    if "document" in block:
        return {"document": {name: value for name, value in block["document"].items() if name != "name"}}
    return block
