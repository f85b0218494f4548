"""The conversation in Cohere's words."""

from typing import Any

import pytest

from tests.translators.providers.cohere.cohere_asks import HI, Json, call, wire

THINKER = "command-a-reasoning-08-2025"
PNG = "data:image/png;base64,iVBORw0KGgo="
PLAN: Json = {"type": "reasoning.text", "text": "I will look.", "format": "cohere-tool-plan-v1", "index": 0}


def said(*messages: Json, to: str = THINKER) -> tuple[Any, tuple[str, ...]]:
    """The messages as they go out, and what is left out."""
    request, body = wire(list(messages), to=to)
    return body["messages"], request.dropped


def text(content: str) -> Json:
    """A text part."""
    return {"type": "text", "text": content}


def test_all_instructions_at_the_start_are_one_system_message() -> None:
    """ "system turn must be the first in the list"; peers keep the first one alone."""
    system: Json = {"role": "system", "content": "A"}
    developer: Json = {"role": "developer", "content": "B"}

    assert said(system, *HI) == ([system, *HI], ())
    assert said(developer, *HI) == ([{"role": "system", "content": "B"}, *HI], ())
    assert said(system, developer, *HI) == ([{"role": "system", "content": [text("A"), text("B")]}, *HI], ())


def test_a_later_instruction_stays_where_it_is() -> None:
    """As a user's text, and marked."""
    messages, dropped = said(*HI, {"role": "system", "content": [text("Be"), text(" kind")]})

    assert messages == [*HI, {"role": "user", "content": "<system>\nBe kind\n</system>"}]
    assert dropped == ()


def test_images_keep_their_url_and_detail() -> None:
    """A data URL or one that Cohere fetches; a bare string is Mistral's form of it."""
    image: Json = {"type": "image_url", "image_url": {"url": PNG, "detail": "low"}}
    bare: Json = {"type": "image_url", "image_url": "https://example.com/x.png"}

    messages, dropped = said({"role": "user", "content": [text("See"), image, bare]})

    assert messages[0]["content"] == [
        text("See"),
        image,
        {"type": "image_url", "image_url": {"url": "https://example.com/x.png"}},
    ]
    assert dropped == ()


def test_calls_and_their_results() -> None:
    """Several calls are one message, their results one each; arguments stay text; results are text or documents."""
    document: Json = {"type": "document", "document": {"id": "1", "data": {"t": "x"}}}
    messages, dropped = said(
        *HI,
        {"role": "assistant", "content": None, "tool_calls": [call("f", '{"x":1}', "a"), call("g", "", "b")]},
        {"role": "tool", "tool_call_id": "a", "content": "one"},
        {"role": "tool", "tool_call_id": "b", "content": [text("two"), document]},
    )

    assert messages[1:] == [
        {"role": "assistant", "tool_calls": [call("f", '{"x":1}', "a"), call("g", "{}", "b")]},
        {"role": "tool", "tool_call_id": "a", "content": "one"},
        {"role": "tool", "tool_call_id": "b", "content": [text("two"), document]},
    ]
    assert dropped == ()


def test_an_id_that_comes_again_is_given_a_number() -> None:
    """ "cannot have duplicate tool ids": some providers number the calls of each turn anew."""
    turn = [
        {"role": "assistant", "tool_calls": [call("f", "{}", "call_0")]},
        {"role": "tool", "tool_call_id": "call_0", "content": "x"},
    ]

    messages, _ = said(*HI, *turn, *turn, *turn)

    ids = [message["tool_calls"][0]["id"] for message in messages if "tool_calls" in message]
    results = [message["tool_call_id"] for message in messages if "tool_call_id" in message]
    assert ids == results
    assert len(set(ids)) == 3


def test_the_plan_and_the_thoughts_go_back_to_where_they_came_from() -> None:
    """As the answers gave them, or in Cohere's own field."""
    calls = [call("f", "{}", "a")]
    kept, dropped = said(
        *HI,
        {"role": "assistant", "tool_calls": calls, "reasoning_content": "Hm", "reasoning_details": [PLAN]},
        {"role": "assistant", "content": "x", "reasoning_content": "Hm"},
        {"role": "assistant", "tool_plan": "Mine", "tool_calls": calls},
    )

    thinking = {"type": "thinking", "thinking": "Hm"}
    assert kept[1] == {
        "role": "assistant",
        "content": [thinking],
        "tool_plan": "I will look.",
        "tool_calls": calls,
    }
    assert kept[2] == {"role": "assistant", "content": [thinking, text("x")]}
    assert kept[3]["tool_plan"] == "Mine"
    assert dropped == ()


@pytest.mark.parametrize("form", ["anthropic-claude-v1", "google-gemini-v1", None])
def test_states_of_other_providers_are_left_out_and_named(form: str | None) -> None:
    """The visible thought is plain text, and goes on."""
    detail = {"type": "reasoning.text", "text": "Hm", "signature": "s", "format": form}
    messages, dropped = said(
        *HI, {"role": "assistant", "content": "x", "reasoning_content": "Hm", "reasoning_details": [detail, PLAN]}
    )

    assert messages[1]["content"][0] == {"type": "thinking", "thinking": "Hm"}
    assert messages[1]["tool_plan"] == "I will look."
    assert dropped == ("messages[].reasoning_details",)


def test_a_model_that_does_not_think_gets_no_thoughts() -> None:
    """They are named."""
    messages, dropped = said(
        *HI, {"role": "assistant", "content": "x", "reasoning_content": "Hm"}, to="command-r-08-2024"
    )

    assert messages[1] == {"role": "assistant", "content": "x"}
    assert dropped == ("messages[].reasoning_content",)


def test_citations_go_back_if_they_are_coheres_own() -> None:
    """Others mean other things by the name."""
    own = {"start": 0, "end": 1, "text": "x", "sources": []}
    messages, dropped = said(
        *HI,
        {"role": "assistant", "content": "x", "citations": [own]},
        {"role": "assistant", "content": "y", "citations": ["https://example.com"]},
    )

    assert messages[1]["citations"] == [own]
    assert messages[2] == {"role": "assistant", "content": "y"}
    assert dropped == ("messages[].citations",)


def test_a_refusal_is_a_text_and_an_empty_message_is_none() -> None:
    """Of the assistant's: "message must not be empty in a turn"."""
    messages, _ = said(
        *HI,
        {"role": "assistant", "content": "", "refusal": "No"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "Never"}]},
        {"role": "assistant", "content": ""},
    )

    assert messages[1:] == [
        {"role": "assistant", "content": [text("No")]},
        {"role": "assistant", "content": [text("Never")]},
    ]


def test_the_form_of_old_is_a_call_and_its_result() -> None:
    """It has no ids: the result is that of the latest call."""
    messages, _ = said(
        *HI,
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "x"},
    )

    assert messages[1]["tool_calls"][0]["id"] == messages[2]["tool_call_id"]
    assert messages[2] == {"role": "tool", "tool_call_id": "function_call", "content": "x"}


def test_a_custom_tools_call_keeps_its_input() -> None:
    """As the one argument."""
    custom = {"id": "a", "type": "custom", "custom": {"name": "f", "input": "x"}}
    messages, dropped = said(*HI, {"role": "assistant", "tool_calls": [custom]})

    assert messages[1]["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"input":"x"}'}
    assert dropped == ()


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ({"role": "user", "content": "x", "name": "Ada"}, "messages[].name"),
        (
            {"role": "user", "content": [{**text("x"), "cache_control": {"type": "ephemeral"}}]},
            "messages[].content[].cache_control",
        ),
        ({"role": "assistant", "content": "x", "audio": {"id": "a"}}, "messages[].audio"),
        ({"role": "assistant", "content": "x", "annotations": [{}]}, "messages[].annotations"),
        ({"role": "tool", "tool_call_id": "a", "content": "x", "is_error": True}, "messages[].is_error"),
        (
            {"role": "assistant", "content": "x", "tool_calls": [{"id": "a", "type": "of_tomorrow"}]},
            "messages[].tool_calls",
        ),
    ],
)
def test_what_has_no_place_in_a_message_is_named(message: Json, name: str) -> None:
    """Nothing vanishes in silence."""
    messages, dropped = said(message)

    assert dropped == (name,)
    assert messages[0].keys() <= {"role", "content", "tool_call_id"}


def test_fields_that_are_empty_are_nothing_to_name() -> None:
    """SDKs send them back as they got them."""
    empty = {"refusal": None, "annotations": [], "audio": None, "function_call": None, "tool_calls": None}

    assert said(*HI, {"role": "assistant", "content": "x", **empty}) == (
        [*HI, {"role": "assistant", "content": "x"}],
        (),
    )
