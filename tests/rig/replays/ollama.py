"""Recorded requests of Ollama's own API, said as an OpenAI client would say them; and what such a request means.

Source: https://docs.ollama.com/api/chat, 2026-11. What OpenAI's wire has no word for is said in Ollama's own words.
"""

import json
from typing import Any

from tests.rig.tokens import Tokens

Json = dict[str, Any]

ACCOUNT: Json = {"provider": "ollama", "api": "native"}
FINISH_REASONS: dict[str, str] = {}
"""They are OpenAI's; but that Ollama says ``stop`` where there are tool calls."""

_OPTIONS = {"num_predict": "max_tokens", "temperature": "temperature", "seed": "seed"}


def usage(facts: Json) -> Tokens | None:
    """As it is."""
    said = facts.get("usage") or {}
    if said.get("input_tokens") is None:
        return None
    prompt, completion = said["input_tokens"], said["output_tokens"]
    return Tokens(prompt, completion, prompt + completion)


def openai_request(body: Json, path: str) -> Json:
    """The request that means the same."""
    ask: Json = {"messages": [_message(message) for message in body["messages"]]}
    ask |= {_OPTIONS[name]: value for name, value in (body.get("options") or {}).items()}
    if body.get("tools"):
        ask["tools"] = body["tools"]
    if body.get("format"):
        ask["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": body["format"]}}
    return ask | ({"think": body["think"]} if "think" in body else {})


def meaning(body: Json) -> Json:
    """What a request asks of Ollama, whatever way it is written."""
    return {name: body.get(name) or None for name in ("options", "tools", "format")} | {
        "stream": body.get("stream", True),
        "think": body.get("think"),
        "messages": [_gist(message) for message in body["messages"]],
    }


def check_path(path: str, model: str, streamed: bool) -> None:
    """One path for all."""
    assert path.endswith("/api/chat")
    assert "/v1" not in path


def _message(message: Json) -> Json:
    said = {"role": message["role"], "content": message["content"]}
    if message["role"] == "tool":
        said["tool_call_id"] = "call_0"  # OpenAI's form demands one
    calls = [
        {"id": f"call_{at}", "type": "function", "function": {**function, "arguments": json.dumps(arguments)}}
        for at, function in enumerate(call["function"] for call in message.get("tool_calls", ()))
        for arguments in [function["arguments"]]
    ]
    return said | ({"tool_calls": calls} if calls else {})


def _gist(message: Json) -> tuple[Any, ...]:
    # ids and names of results are added on purpose: the recorded client is older than they are
    calls = [(call["function"]["name"], call["function"]["arguments"]) for call in message.get("tool_calls") or ()]
    return message["role"], message["content"], calls, message.get("images")
