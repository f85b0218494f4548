"""Requests in Ollama's own words: options, format, thinking, tools; and what has no place."""

import pytest

from tests.translators.providers.ollama.ollama_asks import HI, TIME, WEATHER, Json, lacks, wire

SCHEMA: Json = {"type": "object", "properties": {"a": {"type": "string"}}}
NAMED: Json = {"type": "function", "function": {"name": "get_time"}}
PNG = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
FAR = {"type": "image_url", "image_url": {"url": "https://example.com/x.png"}}


def test_a_plain_request_is_said_and_nothing_more() -> None:
    """The model's own file has the defaults; a stream is one unless it is said not to be."""
    request, body = wire()

    assert body == {"model": "qwen3:4b", "messages": HI, "stream": False}
    assert (request.path, request.headers, request.dropped) == ("/api/chat", {}, ())
    assert wire(stream=True)[1]["stream"] is True


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"max_tokens": 5}, {"options": {"num_predict": 5}}),
        ({"max_completion_tokens": 5}, {"options": {"num_predict": 5}}),
        ({"temperature": 0, "top_p": 0.5, "seed": 3}, {"options": {"temperature": 0, "top_p": 0.5, "seed": 3}}),
        (
            {"frequency_penalty": 1, "presence_penalty": -1},
            {"options": {"frequency_penalty": 1, "presence_penalty": -1}},
        ),
        ({"stop": "x"}, {"options": {"stop": ["x"]}}),
        ({"stop": ["x", "y"]}, {"options": {"stop": ["x", "y"]}}),
        (
            {"top_k": 5, "num_ctx": 9000, "repeat_penalty": 1.1},
            {"options": {"top_k": 5, "num_ctx": 9000, "repeat_penalty": 1.1}},
        ),
        ({"max_tokens": 5, "options": {"num_ctx": 1, "num_predict": 6}}, {"options": {"num_predict": 6, "num_ctx": 1}}),
        ({"keep_alive": "5m", "truncate": False}, {"keep_alive": "5m", "truncate": False}),
        ({"logprobs": True, "top_logprobs": 2}, {"logprobs": True, "top_logprobs": 2}),
        ({"response_format": {"type": "json_object"}}, {"format": "json"}),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}},
            {"format": SCHEMA},
        ),
        ({"format": SCHEMA}, {"format": SCHEMA}),
        ({"reasoning_effort": "none"}, {"think": False}),
        ({"reasoning_effort": "minimal"}, {"think": "low"}),
        ({"reasoning_effort": "high"}, {"think": "high"}),
        ({"reasoning_effort": "xhigh"}, {"think": "max"}),
        ({"think": True}, {"think": True}),
        ({"think": False, "reasoning_effort": "high"}, {"think": False}),
        ({"n": 1, "logprobs": False, "response_format": {"type": "text"}, "tools": []}, {}),
    ],
)
def test_a_parameter_is_said_in_ollamas_words(asked: Json, said: Json) -> None:
    """Its own ones pass, in their place; OpenAI's defaults are nothing to say."""
    request, body = wire(**asked)

    assert body == {"model": "qwen3:4b", "messages": HI, "stream": False, **said}
    assert request.dropped == ()
    assert lacks(**asked) == ()


@pytest.mark.parametrize(
    "asked",
    [
        {"logit_bias": {"5": 1}},
        {"user": "u"},
        {"parallel_tool_calls": False},
        {"verbosity": "low"},
        {"reasoning_effort": "of_tomorrow"},
        {"of_tomorrow": 1},
    ],
)
def test_advice_that_ollama_has_no_place_for_is_left_out_and_named(asked: Json) -> None:
    """Nothing vanishes in silence."""
    request, body = wire(**asked)

    assert body == {"model": "qwen3:4b", "messages": HI, "stream": False}
    assert request.dropped == tuple(asked)
    assert lacks(**asked) == ()


@pytest.mark.parametrize(
    ("asked", "declared"),
    [
        ({"tools": [WEATHER, TIME]}, ["get_weather", "get_time"]),
        ({"tools": [WEATHER, TIME], "tool_choice": "auto"}, ["get_weather", "get_time"]),
        ({"tools": [WEATHER, TIME], "tool_choice": "none"}, []),
        (
            {
                "tools": [WEATHER, TIME],
                "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [NAMED]}},
            },
            ["get_time"],
        ),
        ({"functions": [TIME["function"]], "function_call": "auto"}, ["get_time"]),
    ],
)
def test_a_choice_is_what_is_declared(asked: Json, declared: list[str]) -> None:
    """There is no other word for it."""
    request, body = wire(**asked)

    assert [tool["function"]["name"] for tool in body.get("tools", ())] == declared
    assert "tool_choice" not in body
    assert (request.dropped, lacks(**asked)) == ((), ())


def test_a_tool_without_parameters_has_an_empty_schema() -> None:
    """The server's type demands one, with properties; strictness is not known to it, and named."""
    strict = {"type": "function", "function": {**TIME["function"], "strict": True, "parameters": {"type": "object"}}}
    request, body = wire(tools=[TIME, strict])

    empty = {"type": "object", "properties": {}}
    assert [tool["function"] for tool in body["tools"]] == [{"name": "get_time", "parameters": empty}] * 2
    assert request.dropped == ("tools[].function.strict",)


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"n": 2}, ("n",)),
        ({"tools": [TIME], "tool_choice": "required"}, ("tool_choice.required",)),
        ({"tools": [TIME], "tool_choice": NAMED}, ("tool_choice.function",)),
        (
            {
                "tools": [TIME],
                "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [NAMED]}},
            },
            ("tool_choice.allowed_tools",),
        ),
        ({"functions": [TIME["function"]], "function_call": {"name": "get_time"}}, ("function_call",)),
        ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, ("tools[].custom",)),
        ({"response_format": {"type": "grammar"}}, ("response_format.grammar",)),
    ],
)
def test_what_is_binding_and_cannot_be_said_rules_the_target_out(asked: Json, names: tuple[str, ...]) -> None:
    """No tool can be forced."""
    assert lacks(**asked) == names


@pytest.mark.parametrize(
    ("part", "names"),
    [
        (PNG, ()),
        (FAR, ("messages[].content[].image_url.url",)),
        ({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}, ()),
        (
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0="}},
            ("messages[].content[].file",),
        ),
    ],
)
def test_images_come_as_bytes_or_not_at_all(part: Json, names: tuple[str, ...]) -> None:
    """Ollama fetches none."""
    assert lacks([{"role": "user", "content": [part]}]) == names


def test_an_image_elsewhere_beside_one_that_is_here_is_found() -> None:
    """One image that is here does not stand for another that is not."""
    assert lacks([{"role": "user", "content": [PNG, FAR]}]) == ("messages[].content[].image_url.url",)
