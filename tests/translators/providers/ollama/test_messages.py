"""The conversation in Ollama's own words."""

from typing import Any

import pytest

from tests.translators.providers.ollama.ollama_asks import HI, Json, call, wire


def said(*messages: Json) -> tuple[Any, tuple[str, ...]]:
    """The messages as they go out, and what is left out."""
    request, body = wire(list(messages))
    return body["messages"], request.dropped


def text(content: str) -> Json:
    """A text part."""
    return {"type": "text", "text": content}


def test_roles_are_openais_but_for_the_developers() -> None:
    """Plain, or with parts."""
    system = {"role": "system", "content": "A"}

    assert said(system, {"role": "developer", "content": "B"}, *HI) == (
        [system, {"role": "system", "content": "B"}, *HI],
        (),
    )
    assert said({"role": "developer", "content": [text("B")]}, *HI)[0][0] == {"role": "system", "content": "B"}


def test_parts_are_one_text_and_images_beside_it() -> None:
    """Bare base64, whatever form the data URL has; audio goes the same way."""
    messages, dropped = said(
        {
            "role": "user",
            "content": [
                text("See"),
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
                {"type": "image_url", "image_url": {"url": "DATA:image/png;charset=x;BASE64,iVBORw0KGgo="}},
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
                text("this"),
            ],
        }
    )

    images = ["iVBORw0KGgo=", "iVBORw0KGgo=", "UklGRg=="]
    assert messages == [{"role": "user", "content": "See\nthis", "images": images}]
    assert dropped == ()


def test_calls_have_arguments_as_objects_and_results_the_name_of_their_tool() -> None:
    """Several of each, in order; the latest call of an id is meant."""
    messages, dropped = said(
        *HI,
        {"role": "assistant", "content": None, "tool_calls": [call("f", '{"x":1}', "a"), call("g", "", "b")]},
        {"role": "tool", "tool_call_id": "b", "content": "two"},
        {"role": "tool", "tool_call_id": "a", "content": [text("o"), text("ne")]},
        {"role": "tool", "tool_call_id": "elsewhere", "content": "x"},
    )

    assert messages[1:] == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "a", "function": {"index": 0, "name": "f", "arguments": {"x": 1}}},
                {"id": "b", "function": {"index": 1, "name": "g", "arguments": {}}},
            ],
        },
        {"role": "tool", "content": "two", "tool_name": "g", "tool_call_id": "b"},
        {"role": "tool", "content": "o\nne", "tool_name": "f", "tool_call_id": "a"},
        {"role": "tool", "content": "x", "tool_call_id": "elsewhere"},
    ]
    assert dropped == ()


@pytest.mark.parametrize(
    ("arguments", "said_as"),
    [("{}", {}), (" ", {}), ("[1]", {"arguments": "[1]"}), ("{", {"arguments": "{"}), ('"x"', {"arguments": '"x"'})],
)
def test_arguments_that_are_no_object_go_whole_under_one_name(arguments: str, said_as: Json) -> None:
    """The API demands an object."""
    messages, _ = said(*HI, {"role": "assistant", "tool_calls": [call("f", arguments, "a")]})

    assert messages[1]["tool_calls"][0]["function"]["arguments"] == said_as


def test_thoughts_go_back_and_states_of_others_do_not() -> None:
    """The visible thought is plain text; the rest is named."""
    detail = {"type": "reasoning.encrypted", "data": "x", "format": "openai-responses-v1"}
    messages, dropped = said(
        *HI, {"role": "assistant", "content": "x", "reasoning_content": "Hm", "reasoning_details": [detail]}
    )

    assert messages[1] == {"role": "assistant", "content": "x", "thinking": "Hm"}
    assert dropped == ("messages[].reasoning_details",)


def test_the_form_of_old_and_custom_tools() -> None:
    """A function's result has its name; a custom tool's input is the one argument."""
    messages, _ = said(
        *HI,
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "x"},
        {"role": "assistant", "tool_calls": [{"id": "a", "type": "custom", "custom": {"name": "g", "input": "y"}}]},
    )

    assert messages[1]["tool_calls"] == [{"id": "", "function": {"index": 0, "name": "f", "arguments": {}}}]
    assert messages[2] == {"role": "tool", "content": "x", "tool_name": "f"}
    assert messages[3]["tool_calls"][0]["function"] == {"index": 0, "name": "g", "arguments": {"input": "y"}}


def test_a_refusal_is_a_text() -> None:
    """As a field, or as a part."""
    messages, _ = said(
        *HI,
        {"role": "assistant", "content": "", "refusal": "No"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "Never"}]},
    )

    assert [message["content"] for message in messages[1:]] == ["No", "Never"]


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ({"role": "user", "content": "x", "name": "Ada"}, "messages[].name"),
        (
            {"role": "user", "content": [{**text("x"), "cache_control": {"type": "ephemeral"}}]},
            "messages[].content[].cache_control",
        ),
        ({"role": "assistant", "content": "x", "citations": [{}]}, "messages[].citations"),
        ({"role": "tool", "tool_call_id": "a", "content": "x", "is_error": True}, "messages[].is_error"),
        ({"role": "assistant", "content": "x", "tool_calls": [{"id": "a", "type": "x"}]}, "messages[].tool_calls"),
    ],
)
def test_what_has_no_place_in_a_message_is_named(message: Json, name: str) -> None:
    """Nothing vanishes in silence."""
    messages, dropped = said(message)

    assert dropped == (name,)
    assert messages[0].keys() <= {"role", "content", "tool_call_id"}
