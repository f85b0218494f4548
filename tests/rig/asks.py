"""Requests as the dialects read them, and a place for them to go, for the tests of every wire format."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from translators.base import ChatRequest
from translators.dialects.chat import ChatDialect
from translators.parameters import Wish

Json = dict[str, Any]
HI: list[Json] = [{"role": "user", "content": "Hi"}]
WEATHER: Json = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
TIME: Json = {"type": "function", "function": {"name": "get_time"}}


@dataclass(frozen=True)
class Target:
    """A destination."""

    model: str = "m"
    provider: str = "any"
    api_version: str | None = None
    parameters: Mapping[str, Wish] = field(default_factory=dict)


def ask(messages: Any = HI, **body: Any) -> ChatRequest:
    """A chat request as the dialect reads it."""
    raw = orjson.dumps({"model": "smart", "messages": messages, **body})
    return ChatDialect().parse(raw, request_id="chatcmpl-ours", created=7)


def call(name: str, arguments: str, call_id: str) -> Json:
    """A tool call in a history."""
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
