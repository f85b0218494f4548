"""For each parameter that OpenAI documents, a request that uses it, and the same request but for that."""

from dataclasses import dataclass, field
from typing import Any

from tests.rig.asks import HI, TIME, WEATHER, Json, ask
from translators.base import ChatRequest

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
PICTURE = f"data:image/png;base64,{PIXEL}"
PAPER = "data:application/pdf;base64,JVBERi0xLjQKJSVFT0YK"
SCHEMA: Json = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Sample:
    """A use of one parameter."""

    used: Json
    """The fields that use it, ``messages`` among them where it is there."""
    base: Json = field(default_factory=dict)
    """What stands in their place where it is not used."""
    around: Json = field(default_factory=dict)
    """Fields without which it means nothing."""

    def asks(self) -> tuple[ChatRequest, ChatRequest]:
        """The request that uses it, and the one that does not."""
        return _ask({**self.around, **self.used}), _ask({**self.around, **self.base})


def _ask(body: Json) -> ChatRequest:
    return ask(body.get("messages", HI), **{name: value for name, value in body.items() if name != "messages"})


def _user(*parts: Any) -> Json:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}, *parts]}]}


def _image(url: str, **more: str) -> Json:
    return _user({"type": "image_url", "image_url": {"url": url, **more}})


_TOOLS: Json = {"tools": [WEATHER, TIME]}
_FUNCTION: Json = WEATHER["function"]
_STRICT: Json = {"type": "function", "function": {**_FUNCTION, "parameters": SCHEMA}}
_CUSTOM: Json = {"type": "custom", "custom": {"name": "sql"}}
_REF: Json = {"type": "function", "function": {"name": "get_weather"}}
_SOUND: Json = {"audio": {"voice": "alloy", "format": "wav"}}

SAMPLES: dict[str, Sample] = {
    "max_tokens": Sample({"max_tokens": 2000}),
    "max_completion_tokens": Sample({"max_completion_tokens": 2000}),
    "temperature": Sample({"temperature": 0.5}),
    "top_p": Sample({"top_p": 0.5}),
    "frequency_penalty": Sample({"frequency_penalty": 0.5}),
    "presence_penalty": Sample({"presence_penalty": 0.5}),
    "logit_bias": Sample({"logit_bias": {"50256": -100}}),
    "seed": Sample({"seed": 7}),
    "stop": Sample({"stop": ["END"]}),
    "n": Sample({"n": 2}),
    "logprobs": Sample({"logprobs": True}),
    "top_logprobs": Sample({"top_logprobs": 2}, around={"logprobs": True}),
    "tools": Sample(_TOOLS),
    "tools[].function.strict": Sample(
        {"tools": [{"type": "function", "function": {**_STRICT["function"], "strict": True}}]}, {"tools": [_STRICT]}
    ),
    "tools[].custom": Sample({"tools": [WEATHER, _CUSTOM]}, {"tools": [WEATHER]}),
    "tool_choice.none": Sample({"tool_choice": "none"}, around=_TOOLS),
    "tool_choice.required": Sample({"tool_choice": "required"}, around=_TOOLS),
    "tool_choice.function": Sample({"tool_choice": _REF}, around=_TOOLS),
    "tool_choice.allowed_tools": Sample(
        {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [_REF]}}}, around=_TOOLS
    ),
    "tool_choice.custom": Sample({"tool_choice": _CUSTOM}, around={"tools": [WEATHER, _CUSTOM]}),
    "parallel_tool_calls": Sample({"parallel_tool_calls": False}, around=_TOOLS),
    "functions": Sample({"functions": [_FUNCTION]}),
    "function_call": Sample({"function_call": {"name": "get_weather"}}, around={"functions": [_FUNCTION]}),
    "response_format.json_object": Sample({"response_format": {"type": "json_object"}}),
    "response_format.json_schema": Sample(
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA, "strict": True}}}
    ),
    "reasoning_effort": Sample({"reasoning_effort": "low"}),
    "verbosity": Sample({"verbosity": "low"}),
    "prediction": Sample({"prediction": {"type": "content", "content": "Hello"}}),
    "modalities": Sample({"modalities": ["text", "audio"]}),
    "audio": Sample(_SOUND, around={"modalities": ["text", "audio"]}),
    "web_search_options": Sample({"web_search_options": {}}),
    "service_tier": Sample({"service_tier": "flex"}),
    "user": Sample({"user": "u-1"}),
    "safety_identifier": Sample({"safety_identifier": "s-1"}),
    "metadata": Sample({"metadata": {"ticket": "1"}}),
    "store": Sample({"store": True}),
    "prompt_cache_key": Sample({"prompt_cache_key": "k"}),
    "prompt_cache_retention": Sample({"prompt_cache_retention": "24h"}),
    "messages[].name": Sample({"messages": [{**HI[0], "name": "ann"}]}),
    "messages[].content[].image_url": Sample(_image(PICTURE), _user()),
    "messages[].content[].image_url.url": Sample(_image("https://example.org/a.png"), _image(PICTURE)),
    "messages[].content[].image_url.detail": Sample(_image(PICTURE, detail="low"), _image(PICTURE)),
    "messages[].content[].input_audio": Sample(
        _user({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}), _user()
    ),
    "messages[].content[].file": Sample(
        _user({"type": "file", "file": {"filename": "a.pdf", "file_data": PAPER}}), _user()
    ),
    "messages[].content[].file.file_id": Sample(
        _user({"type": "file", "file": {"file_id": "file_1"}}),
        _user({"type": "file", "file": {"filename": "a.pdf", "file_data": PAPER}}),
    ),
}
"""By the names of ``translators.parameters``."""
EMBEDDINGS_ALONE = frozenset({"dimensions", "input[]", "input.tokens"})
"""Names of that table that are no chat's."""
