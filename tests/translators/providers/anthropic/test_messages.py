"""Conversations: what was said, by whom and in which order, survives the move to Anthropic's turns."""

import re
from typing import Any

import pytest

from tests.translators.providers.anthropic.anthropic_asks import HI, TIME, WEATHER, Json, call, wire
from translators.providers.anthropic.messages import tool_id

MARK = {"type": "ephemeral", "ttl": "1h"}


def turns(messages: list[Json], **body: Any) -> list[Json]:
    """The turns that go out."""
    sent: list[Json] = wire(messages, **body)[1]["messages"]
    return sent


def text(words: str) -> Json:
    """A text block."""
    return {"type": "text", "text": words}


def test_instructions_in_front_are_the_system_prompt() -> None:
    """All of them, in order, each with its mark for the cache."""
    _, sent = wire(
        [
            {"role": "system", "content": [{"type": "text", "text": "One", "cache_control": MARK}, text("Two")]},
            {"role": "developer", "content": "Three", "cache_control": MARK},
            *HI,
        ]
    )

    assert sent["system"] == [
        {**text("One"), "cache_control": MARK},
        text("Two"),
        {**text("Three"), "cache_control": MARK},
    ]


def test_instructions_in_mid_conversation_stay_in_their_place() -> None:
    """As the user's text, tagged; the system prompt has what came first."""
    history = [{"role": "system", "content": "Zero"}, *HI, {"role": "assistant", "content": "Yes?"}]
    request, sent = wire([*history, {"role": "system", "content": "French!"}, {"role": "user", "content": "Go"}])

    assert sent["system"] == [text("Zero")]
    assert sent["messages"][2] == {"role": "user", "content": [text("<system>\nFrench!\n</system>"), text("Go")]}
    assert request.dropped == ()


def test_only_texts_among_late_instructions_are_tagged() -> None:
    """A document of Anthropic's own form stays one."""
    document = {"type": "document", "source": {"type": "url", "url": "https://a.org/b"}}

    sent = turns([*HI, {"role": "system", "content": [text("Read:"), document]}])

    assert sent == [{"role": "user", "content": [text("Hi"), text("<system>\nRead:\n</system>"), document]}]


def test_nothing_but_instructions_is_the_users_turn() -> None:
    """There has to be one."""
    _, sent = wire([{"role": "system", "content": "Say hello."}])

    assert sent["messages"] == [{"role": "user", "content": [text("Say hello.")]}]
    assert "system" not in sent


def test_turns_of_one_role_are_one() -> None:
    """And blank texts are none."""
    history = [*HI, {"role": "user", "content": "there"}, {"role": "assistant", "content": "A"}]
    history += [{"role": "assistant", "content": [text(" "), text("B")]}, {"role": "user", "content": " \n"}, *HI]

    assert turns(history) == [
        {"role": "user", "content": [text("Hi"), text("there")]},
        {"role": "assistant", "content": [text("A"), text("B")]},
        {"role": "user", "content": [text("Hi")]},
    ]


def test_nothing_but_blanks_is_no_turn() -> None:
    """There is nothing to send; the API says so better."""
    assert turns([{"role": "user", "content": " "}]) == turns([{"role": "user", "content": [text("\n")]}]) == []


def test_an_answer_to_be_continued_ends_without_white_space() -> None:
    """Else the API refuses it."""
    assert turns([*HI, {"role": "assistant", "content": "{ \n"}])[-1]["content"] == [text("{")]


def test_tool_calls_and_their_results_pair_up() -> None:
    """Results are one turn, and come first in it, whatever stood between."""
    history = [
        *HI,
        {
            "role": "assistant",
            "content": "Let me see.",
            "tool_calls": [
                call("get_weather", '{"city":"Rome"}', "a"),
                call("get_time", "", "b"),
                call("odd", "[1]", "c"),
            ],
        },
        {"role": "system", "content": "Be quick."},
        {"role": "tool", "tool_call_id": "a", "content": "sunny", "cache_control": MARK},
        {"role": "tool", "tool_call_id": "b", "content": "", "is_error": True},
        {
            "role": "tool",
            "tool_call_id": "c",
            "content": [text("x"), {"type": "image_url", "image_url": {"url": "https://a.org/b"}}],
        },
        {"role": "user", "content": "And?"},
    ]

    sent = turns(history, tools=[WEATHER, TIME])

    assert sent[1]["content"] == [
        text("Let me see."),
        {"type": "tool_use", "id": "a", "name": "get_weather", "input": {"city": "Rome"}},
        {"type": "tool_use", "id": "b", "name": "get_time", "input": {}},
        {"type": "tool_use", "id": "c", "name": "odd", "input": {"arguments": "[1]"}},
    ]
    assert sent[2]["content"] == [
        {"cache_control": MARK, "type": "tool_result", "tool_use_id": "a", "content": "sunny"},
        {"type": "tool_result", "tool_use_id": "b", "content": "", "is_error": True},
        {
            "type": "tool_result",
            "tool_use_id": "c",
            "content": [text("x"), {"type": "image", "source": {"type": "url", "url": "https://a.org/b"}}],
        },
        text("<system>\nBe quick.\n</system>"),
        text("And?"),
    ]


@pytest.mark.parametrize("arguments", ["{", "null", '"x"', "5"])
def test_arguments_that_are_no_object_go_whole_under_one_name(arguments: str) -> None:
    """The API takes objects alone."""
    sent = turns([*HI, {"role": "assistant", "content": None, "tool_calls": [call("f", arguments, "a")]}])

    assert sent[1]["content"][0]["input"] == {"arguments": arguments}


def test_calls_of_other_kinds_are_kept_as_far_as_they_can_be() -> None:
    """Custom tools take a text; OpenAI's old functions have no ids; what is neither is named."""
    history = [
        *HI,
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "a", "type": "custom", "custom": {"name": "sql", "input": "select"}},
                {"id": "b", "type": "odd"},
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "assistant", "content": None, "function_call": {"name": "old", "arguments": '{"x":1}'}},
        {"role": "function", "name": "old", "content": "2"},
    ]
    request, sent = wire(history)

    assert sent["messages"][1]["content"] == [
        {"type": "tool_use", "id": "a", "name": "sql", "input": {"input": "select"}}
    ]
    assert sent["messages"][3]["content"][0]["input"] == {"x": 1}
    assert sent["messages"][4]["content"][0]["tool_use_id"] == sent["messages"][3]["content"][0]["id"]
    assert request.dropped == ("messages[].tool_calls",)


def test_ids_of_other_providers_are_mended_the_same_way_each_time() -> None:
    """Different ones stay different; good ones stay as they are."""
    odd = ["call.1", "call:1", "ça", "", "a" * 90 + "="]
    mended = [tool_id(name) for name in odd]

    assert tool_id("toolu_01-A") == "toolu_01-A"
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]+", name) for name in mended)
    assert len(set(mended)) == len(odd)
    assert [tool_id(name) for name in odd] == mended
    sent = turns(
        [
            *HI,
            {"role": "assistant", "content": None, "tool_calls": [call("f", "{}", "functions.f:0")]},
            {"role": "tool", "tool_call_id": "functions.f:0", "content": "x"},
        ]
    )
    assert sent[1]["content"][0]["id"] == sent[2]["content"][0]["tool_use_id"]


def test_a_history_with_tools_declares_them_though_the_request_does_not() -> None:
    """The API refuses it otherwise; none of them may be called."""
    _, sent = wire([*HI, {"role": "assistant", "content": None, "tool_calls": [call("f", "{}", "a")] * 2}])

    assert sent["tools"] == [{"name": "f", "input_schema": {"type": "object", "properties": {}}}]
    assert sent["tool_choice"] == {"type": "none"}


def test_refusals_of_the_past_are_text() -> None:
    """As a field or as a part."""
    history = [*HI, {"role": "assistant", "content": None, "refusal": "No."}, *HI]
    history += [{"role": "assistant", "content": [{"type": "refusal", "refusal": "Never."}]}, *HI]

    sent = turns(history)

    assert (sent[1]["content"], sent[3]["content"]) == ([text("No.")], [text("Never.")])


def test_what_a_message_says_beyond_its_words_is_named() -> None:
    """Names of participants, an answer's sound, the detail of a picture."""
    picture = {"type": "image_url", "image_url": {"url": "https://a.org/b", "detail": "low"}}
    request, _ = wire(
        [
            {"role": "user", "name": "ann", "content": [picture]},
            {"role": "assistant", "content": "x", "audio": {"id": "y"}},
            *HI,
        ]
    )

    assert set(request.dropped) == {
        "messages[].name",
        "messages[].audio",
        "messages[].content[].image_url.detail",
    }


def test_a_mark_on_a_message_is_one_on_its_last_block() -> None:
    """As LiteLLM's clients write it; a mark of the block's own stays."""
    own = {"type": "ephemeral"}
    sent = turns(
        [
            {"role": "user", "content": [text("a"), text("b")], "cache_control": MARK},
            {"role": "assistant", "content": [{**text("c"), "cache_control": own}], "cache_control": MARK},
            {"role": "user", "content": " ", "cache_control": MARK},
            *HI,
        ]
    )

    assert [block.get("cache_control") for block in sent[0]["content"]] == [None, MARK]
    assert sent[1]["content"][0]["cache_control"] == own
