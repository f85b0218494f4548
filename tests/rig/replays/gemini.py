"""Recorded Gemini requests, said as an OpenAI client would say them; and what such a request means, to compare.

Source: https://ai.google.dev/api/generate-content, 2026-11. What OpenAI's wire has no word for is said in Gemini's own:
``safety_settings``, ``cached_content``, ``thinking_config``.
"""

import json
from typing import Any

from tests.rig.tokens import Tokens

Json = dict[str, Any]

ACCOUNT: Json = {}
FINISH_REASONS = {"STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter"}
"""https://ai.google.dev/api/generate-content#FinishReason, 2026-11."""

_SAME = {"temperature": "temperature", "topP": "top_p", "maxOutputTokens": "max_tokens", "seed": "seed"}
_FORMAT = "google-gemini-v1"
_PROMPT, _ANSWER = "input_tokens", "output_tokens"


def usage(facts: Json) -> Tokens | None:
    """Inclusive: thoughts are beside the answer there. A count that is left out is 0."""
    said = facts.get("usage") or {}
    if said.get(_PROMPT) is None:
        return None
    reasoning = said.get("reasoning_tokens") or 0
    completion = (said.get(_ANSWER) or 0) + reasoning
    return Tokens(said[_PROMPT], completion, said[_PROMPT] + completion, said.get("cached_tokens") or 0, reasoning)


def openai_request(body: Json, path: str) -> Json:
    """The request that means the same."""
    config = body.get("generationConfig") or {}
    ask: Json = {"messages": _system(body) + _messages(body["contents"])}
    ask |= {name: config[own] for own, name in _SAME.items() if own in config}
    if config.get("stopSequences"):
        ask["stop"] = config["stopSequences"]
    if config.get("thinkingConfig"):
        ask["thinking_config"] = config["thinkingConfig"]
    if body.get("safetySettings"):
        ask["safety_settings"] = body["safetySettings"]
    if body.get("cachedContent"):
        ask["cached_content"] = body["cachedContent"]
    tools = [{"type": "function", "function": _function(tool)} for tool in _declared(body)]
    return ask | ({"tools": tools} if tools else {}) | _form(config)


def meaning(body: Json) -> Json:
    """What a request asks of Gemini, whatever way it is written."""
    config = body.get("generationConfig") or {}
    return {
        "config": {name: config.get(name) for name in (*_SAME, "stopSequences", "thinkingConfig")},
        "system": [part["text"] for part in (body.get("systemInstruction") or {}).get("parts", ())],
        "contents": [(turn["role"], [_said(part) for part in turn["parts"]]) for turn in body["contents"]],
        "tools": [_function(tool) for tool in _declared(body)],
        "choice": (body.get("toolConfig") or {}).get("functionCallingConfig"),
        "json": config.get("responseMimeType"),
        "schema": _schema_of(config),
        "safety": body.get("safetySettings") or None,
        "cache": body.get("cachedContent"),
    }


def check_path(path: str, model: str, streamed: bool) -> None:
    """Model and method are in it, on AI Studio as on Vertex."""
    assert path.endswith(
        f"/models/{model}:streamGenerateContent?alt=sse" if streamed else f"/models/{model}:generateContent"
    )


def _system(body: Json) -> list[Json]:
    parts = (body.get("systemInstruction") or {}).get("parts", ())
    return [{"role": "system", "content": [{"type": "text", "text": part["text"]} for part in parts]}] if parts else []


def _messages(contents: list[Json]) -> list[Json]:
    said: list[Json] = []
    for number, turn in enumerate(contents):
        parts = turn["parts"]
        if turn["role"] == "model":
            said.append(_assistant(parts, number))
            continue
        results = [part["functionResponse"] for part in parts if "functionResponse" in part]
        said += [
            {"role": "tool", "tool_call_id": _id(number - 1, at), "content": json.dumps(result["response"])}
            for at, result in enumerate(results)
        ]
        rest = [_part(part) for part in parts if "functionResponse" not in part]
        said += [{"role": "user", "content": rest}] if rest else []
    return said


def _part(part: Json) -> Json:
    if "text" in part:
        return {"type": "text", "text": part["text"]}
    inline = part["inlineData"]
    return {"type": "image_url", "image_url": {"url": f"data:{inline['mimeType']};base64,{inline['data']}"}}


def _assistant(parts: list[Json], number: int) -> Json:
    calls, details = [part for part in parts if "functionCall" in part], []
    message: Json = {"role": "assistant"}
    for part in parts:
        if part.get("thought"):
            details.append({"type": "reasoning.text", "text": part["text"], "format": _FORMAT})
            if "thoughtSignature" in part:
                details[-1]["signature"] = part["thoughtSignature"]
    for at, part in enumerate(calls):
        if "thoughtSignature" in part:
            data = part["thoughtSignature"]
            details.append({"type": "reasoning.encrypted", "data": data, "id": _id(number, at), "format": _FORMAT})
    message["content"] = "".join(part["text"] for part in parts if "text" in part and not part.get("thought")) or None
    if details:
        message["reasoning_details"] = details
    if calls:
        message["tool_calls"] = [
            {"id": _id(number, at), "type": "function", "function": _call(part["functionCall"])}
            for at, part in enumerate(calls)
        ]
    return message


def _call(call: Json) -> Json:
    return {"name": call["name"], "arguments": json.dumps(call["args"])}


def _id(number: int, at: int) -> str:
    """Recorded calls have none: OpenAI's wire needs them."""
    return f"call_{number}_{at}"


def _declared(body: Json) -> list[Json]:
    return [tool for entry in body.get("tools") or () for tool in entry.get("functionDeclarations") or ()]


def _function(tool: Json) -> Json:
    schema = tool.get("parametersJsonSchema") or tool.get("parameters_json_schema") or tool.get("parameters")
    return {"name": tool["name"], "description": tool.get("description") or "", "parameters": _lowered(schema)}


def _form(config: Json) -> Json:
    if config.get("responseMimeType") != "application/json":
        return {}
    schema = _schema_of(config)
    if schema is None:
        return {"response_format": {"type": "json_object"}}
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}}


def _schema_of(config: Json) -> Any:
    return _lowered(config.get("responseJsonSchema") or config.get("responseSchema"))


def _lowered(schema: Any) -> Any:
    """As JSON schema: Gemini's older form has its types in capitals, and an order by its own name."""
    if not isinstance(schema, dict):
        return [_lowered(entry) for entry in schema] if isinstance(schema, list) else schema
    return {
        name: value.lower() if name == "type" and isinstance(value, str) else _lowered(value)
        for name, value in schema.items()
        if name != "property_ordering"
    }


def _said(part: Json) -> tuple[Any, ...]:
    """Ids are left out, since recorded calls have none, and so is base64's choice of an alphabet."""
    signature = part.get("thoughtSignature")
    if "functionCall" in part:
        return "call", part["functionCall"]["name"], part["functionCall"]["args"], signature
    if "functionResponse" in part:
        return "result", part["functionResponse"]["name"], part["functionResponse"]["response"]
    if "inlineData" in part:
        return "file", part["inlineData"]["mimeType"], part["inlineData"]["data"]
    return "text", part["text"], bool(part.get("thought")), signature
