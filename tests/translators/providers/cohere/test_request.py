"""Parameters of a chat completion in Cohere's words: said, moved into range, left out and named, or ruled out."""

from typing import Any

import pytest

from tests.translators.providers.cohere.cohere_asks import HI, WEATHER, Json, lacks, wire

SCHEMA: Json = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
FORMAT: Json = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}


def test_a_plain_request_is_said_and_nothing_more() -> None:
    """The SDK's own body, to the version's path."""
    request, body = wire()

    assert body == {"model": "command-a-03-2025", "messages": HI, "stream": False}
    assert (request.path, request.headers, request.dropped) == ("/v2/chat", {}, ())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"max_tokens": 5}, {"max_tokens": 5}),
        ({"max_completion_tokens": 5}, {"max_tokens": 5}),
        ({"temperature": 0}, {"temperature": 0}),
        ({"top_p": 0.5}, {"p": 0.5}),
        ({"top_k": 7}, {"k": 7}),
        ({"k": 7}, {"k": 7}),
        ({"seed": 3}, {"seed": 3}),
        ({"stop": "x"}, {"stop_sequences": ["x"]}),
        ({"stop": ["x", "y"]}, {"stop_sequences": ["x", "y"]}),
        ({"frequency_penalty": 0.5}, {"frequency_penalty": 0.5}),
        ({"presence_penalty": 0.5}, {"presence_penalty": 0.5}),
        ({"logprobs": True}, {"logprobs": True}),
        ({"response_format": {"type": "json_object"}}, {"response_format": {"type": "json_object"}}),
        ({"response_format": FORMAT}, {"response_format": {"type": "json_object", "json_schema": SCHEMA}}),
        ({"safety_mode": "STRICT", "priority": 3}, {"safety_mode": "STRICT", "priority": 3}),
        ({"documents": ["x"]}, {"documents": ["x"]}),
        ({"citation_options": {"mode": "FAST"}}, {"citation_options": {"mode": "FAST"}}),
        ({"n": 1, "logprobs": False, "presence_penalty": 0, "response_format": {"type": "text"}}, {}),
    ],
)
def test_a_parameter_is_said_in_coheres_words(asked: Json, said: Json) -> None:
    """Its own ones pass; OpenAI's defaults are nothing to say."""
    request, body = wire(**asked)

    assert body == {"model": "command-a-03-2025", "messages": HI, "stream": False, **said}
    assert request.dropped == ()
    assert lacks(**asked) == ()


def test_a_client_that_speaks_coheres_own_format_keeps_its_schema() -> None:
    """It is in the place where OpenAI has the name."""
    _, body = wire(response_format={"type": "json_object", "json_schema": SCHEMA})

    assert body["response_format"] == {"type": "json_object", "json_schema": SCHEMA}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"temperature": 1.7}, {"temperature": 1}),
        ({"top_p": 1}, {"p": 0.99}),
        ({"top_p": 0}, {"p": 0.01}),
        ({"top_k": 900}, {"k": 500}),
        ({"frequency_penalty": -1}, {"frequency_penalty": 0}),
        ({"presence_penalty": 2}, {"presence_penalty": 1}),
    ],
)
def test_a_number_out_of_range_is_moved_to_its_end_and_named(asked: Json, said: Json) -> None:
    """Cohere answers 400 to it."""
    request, body = wire(**asked)

    assert body == {"model": "command-a-03-2025", "messages": HI, "stream": False, **said}
    assert request.dropped == tuple(asked)


@pytest.mark.parametrize(
    "asked",
    [
        {"seed": -1},
        {"top_k": "many"},
        {"logit_bias": {"5": 1}},
        {"user": "u"},
        {"metadata": {"a": "b"}},
        {"store": True},
        {"parallel_tool_calls": False},
        {"service_tier": "flex"},
        {"verbosity": "low"},
        {"of_tomorrow": 1},
    ],
)
def test_advice_that_cohere_has_no_place_for_is_left_out_and_named(asked: Json) -> None:
    """Nothing vanishes in silence."""
    request, body = wire(**asked)

    assert body == {"model": "command-a-03-2025", "messages": HI, "stream": False}
    assert request.dropped == tuple(asked)
    assert lacks(**asked) == ()


def test_of_two_penalties_one_can_be_said() -> None:
    """The API: "cannot specify both frequency_penalty and presence_penalty"."""
    request, body = wire(frequency_penalty=0.5, presence_penalty=0.5)

    assert (body["frequency_penalty"], "presence_penalty" in body) == (0.5, False)
    assert request.dropped == ("presence_penalty",)


def test_what_a_schema_asks_beyond_coheres_means_is_told_the_model_and_named() -> None:
    """It is no longer enforced."""
    schema = {"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}, "required": ["a"]}
    request, body = wire(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}})

    said = body["response_format"]["json_schema"]["properties"]["a"]
    assert said == {"type": "integer", "description": "{minimum: 1}"}
    assert request.dropped == ("response_format.json_schema.schema.minimum",)


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"n": 2}, ("n",)),
        ({"logprobs": True, "top_logprobs": 2}, ("top_logprobs",)),
        ({"modalities": ["text", "audio"], "audio": {"voice": "x", "format": "wav"}}, ("modalities", "audio")),
        ({"web_search_options": {}}, ("web_search_options",)),
        ({"tools": [{"type": "web_search"}]}, ("tools[].web_search",)),
        ({"tools": [WEATHER], "response_format": FORMAT}, ("response_format.json_schema",)),
        ({"documents": ["x"], "response_format": {"type": "json_object"}}, ("response_format.json_object",)),
        ({"response_format": {"type": "grammar"}}, ("response_format.grammar",)),
    ],
)
def test_what_is_binding_and_cannot_be_said_rules_the_target_out(asked: Json, names: tuple[str, ...]) -> None:
    """A form for the answer is "not supported in combinations with the documents or tools parameters"."""
    assert lacks(**asked) == names


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (
            {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "aa==", "format": "wav"}}]},
            "input_audio",
        ),
        (
            {"role": "user", "content": [{"type": "file", "file": {"file_data": "data:application/pdf;base64,aa=="}}]},
            "file",
        ),
        ({"role": "user", "content": [{"type": "document", "document": {"data": {}}}]}, "document"),
        (
            {
                "role": "tool",
                "tool_call_id": "x",
                "content": [{"type": "image_url", "image_url": {"url": "https://example.com/x.png"}}],
            },
            "image_url",
        ),
    ],
)
def test_a_part_that_has_no_place_rules_the_target_out(message: Any, name: str) -> None:
    """By kind, or by where it stands."""
    assert f"messages[].content[].{name}" in lacks([message])


def test_a_form_of_the_answer_may_stand_where_tools_are_not_to_be_used() -> None:
    """They are then not declared at all."""
    asked: Json = {"tools": [WEATHER], "tool_choice": "none", "response_format": FORMAT}
    _, body = wire(**asked)

    assert lacks(**asked) == ()
    assert "tools" not in body
    assert "response_format" in body
