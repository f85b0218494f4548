"""Requests as OpenAI's clients write them: one for each thing that a chat completion can ask for."""

from typing import Any

Json = dict[str, Any]

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
PDF = "JVBERi0xLjQKJSVFT0YK"
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="
SCHEMA: Json = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "A city"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
HI: list[Json] = [{"role": "user", "content": "Hi"}]


def user(*parts: Any) -> Json:
    """A user's message: a text, or parts."""
    return {"role": "user", "content": parts[0] if len(parts) == 1 and isinstance(parts[0], str) else list(parts)}


def text(said: str) -> Json:
    """A part of text."""
    return {"type": "text", "text": said}


def image(url: str, **more: Any) -> Json:
    """A part that is an image."""
    return {"type": "image_url", "image_url": {"url": url, **more}}


def tool(name: str, schema: Json | None = None, **more: Any) -> Json:
    """A tool's declaration."""
    function = {"name": name, "description": f"Does {name}", "parameters": schema or SCHEMA, **more}
    return {"type": "function", "function": function}


def calls(*said: tuple[str, str, str], content: str | None = None) -> Json:
    """An assistant's message with tool calls: id, name, arguments."""
    return {
        "role": "assistant",
        "content": content,
        "tool_calls": [
            {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
            for call_id, name, arguments in said
        ],
    }


def result(call_id: str, said: Any) -> Json:
    """A tool's answer."""
    return {"role": "tool", "tool_call_id": call_id, "content": said}


PNG = f"data:image/png;base64,{PIXEL}"
TOOLS = [tool("get_weather"), tool("get_time", {"type": "object", "properties": {}})]
FORMAT: Json = {"type": "json_schema", "json_schema": {"name": "trip", "strict": True, "schema": SCHEMA}}
TWO_CALLS = calls(
    ("call_1", "get_weather", '{"city":"Rome","days":2}'), ("call_2", "get_weather", '{"city":"Oslo","days":1}')
)
NESTED: Json = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["a", "b"]},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "place": {"anyOf": [{"$ref": "#/$defs/place"}, {"type": "null"}]},
    },
    "required": ["kind", "tags", "place"],
    "additionalProperties": False,
    "$defs": {
        "place": {
            "type": "object",
            "properties": {"lat": {"type": "number"}, "lon": {"type": "number"}},
            "required": ["lat", "lon"],
            "additionalProperties": False,
        }
    },
}

MESSAGES: dict[str, list[Json]] = {
    "a text": HI,
    "a system prompt": [{"role": "system", "content": "Be brief."}, *HI],
    "a developer prompt": [{"role": "developer", "content": "Be brief."}, *HI],
    "two system prompts": [{"role": "system", "content": "One."}, {"role": "system", "content": "Two."}, *HI],
    "a system prompt in parts": [{"role": "system", "content": [text("One."), text("Two.")]}, *HI],
    "a system prompt in the middle": [user("A"), {"role": "system", "content": "Now French."}, user("B")],
    "nothing but a system prompt": [{"role": "system", "content": "Say hi."}],
    "many turns": [
        user("A"),
        {"role": "assistant", "content": "B"},
        user("C"),
        {"role": "assistant", "content": "D"},
        user("E"),
    ],
    "two users in a row": [user("A"), user("B")],
    "two assistants in a row": [
        user("A"),
        {"role": "assistant", "content": "B"},
        {"role": "assistant", "content": "C"},
        user("D"),
    ],
    "parts of text": [user(text("One"), text("Two"))],
    "a named user": [{"role": "user", "name": "ann", "content": "Hi"}],
    "an assistant's parts": [user("A"), {"role": "assistant", "content": [text("B")]}, user("C")],
    "a refusal in the history": [user("A"), {"role": "assistant", "content": None, "refusal": "No."}, user("C")],
    "an image": [user(text("What?"), image(PNG))],
    "an image with detail": [user(text("What?"), image(PNG, detail="low"))],
    "an image by address": [user(text("What?"), image("https://example.com/cat.png"))],
    "two images": [user(text("Compare"), image(PNG), image(PNG))],
    "a PDF": [
        user(
            text("Read"),
            {"type": "file", "file": {"filename": "a b.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}},
        )
    ],
    "audio": [user(text("Hear"), {"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}})],
    "unicode": [user("Zürich 東京 🚀 \u2028 end")],
}
"""Conversations without tools."""

CONVERSATIONS: dict[str, list[Json]] = {
    "a tool's result": [
        user("W?"),
        calls(("call_1", "get_weather", '{"city":"Rome","days":2}')),
        result("call_1", "Sunny"),
    ],
    "parallel results": [user("W?"), TWO_CALLS, result("call_1", "Sunny"), result("call_2", "Rain")],
    "results out of order": [user("W?"), TWO_CALLS, result("call_2", "Rain"), result("call_1", "Sunny")],
    "results, then a question": [
        user("W?"),
        TWO_CALLS,
        result("call_1", "Sunny"),
        result("call_2", "Rain"),
        user("And?"),
    ],
    "two rounds of calls": [
        user("W?"),
        calls(("call_1", "get_weather", '{"city":"Rome","days":2}')),
        result("call_1", "Sunny"),
        calls(("call_2", "get_time", "{}"), content="Let me see."),
        result("call_2", "Noon"),
    ],
    "a call without arguments": [user("T?"), calls(("call_1", "get_time", "")), result("call_1", "Noon")],
    "a result in parts": [user("W?"), calls(("call_1", "get_time", "{}")), result("call_1", [text("No"), text("on")])],
    "a result that is empty": [user("W?"), calls(("call_1", "get_time", "{}")), result("call_1", "")],
    "a result that is JSON": [user("W?"), calls(("call_1", "get_time", "{}")), result("call_1", '{"h": 12}')],
    "another provider's ids": [
        user("W?"),
        calls(("functions.get_time:0", "get_time", "{}")),
        result("functions.get_time:0", "Noon"),
    ],
    "a text beside the call": [
        user("W?"),
        calls(("call_1", "get_time", "{}"), content="Looking."),
        result("call_1", "Noon"),
    ],
}
"""Conversations with tools."""

PARAMETERS: dict[str, Json] = {
    "a limit": {"max_tokens": 50},
    "a limit in its new name": {"max_completion_tokens": 50},
    "temperature": {"temperature": 0.3},
    "temperature nought": {"temperature": 0},
    "top_p": {"top_p": 0.9},
    "a stop": {"stop": "END"},
    "stops": {"stop": ["END", "STOP"]},
    "a seed": {"seed": 7},
    "penalties": {"frequency_penalty": 0.5, "presence_penalty": 0.5},
    "defaults": {
        "n": 1,
        "logprobs": False,
        "presence_penalty": 0,
        "logit_bias": {},
        "modalities": ["text"],
        "store": False,
    },
    "logit bias": {"logit_bias": {"50256": -100}},
    "a user": {"user": "u-1"},
    "a safety identifier": {"safety_identifier": "u-1"},
    "metadata": {"metadata": {"run": "1"}, "store": True},
    "a cache key": {"prompt_cache_key": "k"},
    "a tier": {"service_tier": "priority"},
    "an effort": {"reasoning_effort": "low"},
    "an effort and a limit": {"reasoning_effort": "high", "max_completion_tokens": 8000},
    "no effort": {"reasoning_effort": "none"},
    "verbosity": {"verbosity": "low"},
    "two choices": {"n": 2},
    "log probabilities": {"logprobs": True, "top_logprobs": 2},
    "a stream": {"stream": True},
    "a stream with usage": {"stream": True, "stream_options": {"include_usage": True}},
    "a JSON object": {"response_format": {"type": "json_object"}},
    "a text format": {"response_format": {"type": "text"}},
    "a schema": {"response_format": FORMAT},
    "a nested schema": {
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": NESTED}}
    },
    "tools": {"tools": TOOLS},
    "a tool with a nested schema": {"tools": [tool("deep", NESTED)]},
    "a strict tool": {"tools": [tool("get_weather", strict=True)]},
    "a tool without parameters": {"tools": [{"type": "function", "function": {"name": "bare"}}]},
    "tools chosen freely": {"tools": TOOLS, "tool_choice": "auto"},
    "no tool chosen": {"tools": TOOLS, "tool_choice": "none"},
    "some tool required": {"tools": TOOLS, "tool_choice": "required"},
    "one tool required": {"tools": TOOLS, "tool_choice": {"type": "function", "function": {"name": "get_time"}}},
    "allowed tools": {
        "tools": TOOLS,
        "tool_choice": {
            "type": "allowed_tools",
            "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "get_time"}}]},
        },
    },
    "one call at a time": {"tools": TOOLS, "parallel_tool_calls": False},
    "tools and a schema": {"tools": TOOLS, "response_format": FORMAT},
    "tools and an effort": {"tools": TOOLS, "reasoning_effort": "medium", "max_completion_tokens": 9000},
}
"""Parameters, each with a plain question."""

REQUESTS: dict[str, Json] = {
    **{name: {"messages": messages} for name, messages in MESSAGES.items()},
    **{name: {"messages": messages, "tools": TOOLS} for name, messages in CONVERSATIONS.items()},
    **{name: {"messages": HI, **fields} for name, fields in PARAMETERS.items()},
    "calls in the history and no tools": {"messages": CONVERSATIONS["a tool's result"]},
    "thinking in the history": {
        "messages": [
            user("W?"),
            calls(("call_1", "get_time", "{}")) | {"reasoning_content": "Hm."},
            result("call_1", "Noon"),
        ],
        "tools": TOOLS,
    },
}
"""All of them, by name."""
