"""The conversation in Gemini's words."""

from typing import Any

import pytest

from tests.translators.providers.gemini.gemini_asks import FLASH, HI, PRO, TIME, WEATHER, Json, call, wire

TWO = [call("get_weather", '{"city": "Rome"}', "a"), call("get_weather", '{"city": "Oslo"}', "b")]


def contents(messages: Any, *, to: str = FLASH, **body: Any) -> list[Json]:
    """The turns as they go out."""
    sent: list[Json] = wire(messages, to=to, **body)[1]["contents"]
    return sent


def user(*texts: str) -> Json:
    """A user's turn."""
    return {"role": "user", "parts": [{"text": text} for text in texts]}


def test_all_leading_instructions_are_the_system_instruction() -> None:
    """A peer keeps only the first."""
    messages = [{"role": "system", "content": "One."}, {"role": "developer", "content": "Two."}, *HI]
    for more in ({}, {"name": "ann"}):  # the second takes the careful way
        sent = wire([messages[0], messages[1], {**HI[0], **more}])[1]

        assert sent["systemInstruction"] == {"parts": [{"text": "One."}, {"text": "Two."}]}
        assert sent["contents"] == [user("Hi")]


def test_later_instructions_stay_where_they_are() -> None:
    """Tagged, since there is no such role; moving them would change what they say."""
    messages = [*HI, {"role": "assistant", "content": "Yes?"}, {"role": "system", "content": "Now French."}, *HI]
    for more in ({}, {"name": "ann"}):
        sent = contents([{**messages[0], **more}, *messages[1:]])

        assert sent[1:] == [
            {"role": "model", "parts": [{"text": "Yes?"}]},
            user("<system>\nNow French.\n</system>", "Hi"),
        ]


def test_nothing_but_instructions_is_the_users_turn() -> None:
    """There must be one."""
    sent = wire([{"role": "system", "content": "Say hi."}])[1]

    assert sent == {"contents": [user("Say hi.")]}


def test_turns_of_one_role_are_merged_and_empty_texts_left_out() -> None:
    """The API refuses an empty part."""
    messages = [*HI, {"role": "user", "content": ""}, {"role": "user", "content": [{"type": "text", "text": "B"}]}]

    assert contents(messages) == [user("Hi", "B")]


def test_calls_and_results_are_paired_by_name_and_id() -> None:
    """OpenAI's results do not say the name: it is the call's."""
    messages = [
        *HI,
        {"role": "assistant", "content": "Let me see.", "tool_calls": TWO},
        {"role": "tool", "tool_call_id": "a", "content": "sunny"},
        {"role": "tool", "tool_call_id": "b", "content": '{"sky": "grey"}'},
    ]

    _, model, results = contents(messages, tools=[WEATHER])

    assert model["parts"] == [
        {"text": "Let me see."},
        {"functionCall": {"id": "a", "name": "get_weather", "args": {"city": "Rome"}}},
        {"functionCall": {"id": "b", "name": "get_weather", "args": {"city": "Oslo"}}},
    ]
    assert results["parts"] == [
        {"functionResponse": {"id": "a", "name": "get_weather", "response": {"output": "sunny"}}},
        {"functionResponse": {"id": "b", "name": "get_weather", "response": {"sky": "grey"}}},
    ]


def test_results_come_first_and_in_the_order_of_their_calls() -> None:
    """Interleaved as they may be: two calls of one name are told apart by their place."""
    messages = [
        *HI,
        {"role": "assistant", "content": None, "tool_calls": TWO},
        {"role": "tool", "tool_call_id": "b", "content": "rain"},
        {"role": "user", "content": "And?"},
        {"role": "tool", "tool_call_id": "stray", "content": "?"},
        {"role": "tool", "tool_call_id": "a", "content": "sun"},
    ]

    *_, last = contents(messages, tools=[WEATHER])

    assert [part.get("functionResponse", {}).get("id") for part in last["parts"]] == ["a", "b", "stray", None]


RESULTS: dict[str, tuple[Any, Json]] = {
    "a text": ("hi", {"output": "hi"}),
    "nothing": ("", {"output": ""}),
    "an object": ('{"a": 1}', {"a": 1}),
    "an object of meaning": ('{"error": "no"}', {"output": {"error": "no"}}),
    "a list": ("[1]", {"output": "[1]"}),
    "half an object": ('{"a"', {"output": '{"a"'}),
    "parts": ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], {"output": "ab"}),
}


@pytest.mark.parametrize(("content", "response"), RESULTS.values(), ids=RESULTS)
def test_a_result_is_an_object(content: Any, response: Json) -> None:
    """As it is where it is one, else as the output."""
    messages = [
        *HI,
        {"role": "assistant", "tool_calls": [call("f", "{}", "a")]},
        {"role": "tool", "tool_call_id": "a", "content": content},
    ]

    assert contents(messages)[-1]["parts"][0]["functionResponse"]["response"] == response


def test_media_of_a_result_are_in_it_from_gemini_3_on_and_behind_it_before() -> None:
    """Older models take none within."""
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    messages = [
        *HI,
        {"role": "assistant", "tool_calls": [call("f", "{}", "a")]},
        {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "see"}, picture]},
    ]
    inline = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}

    old, new = contents(messages)[-1]["parts"], contents(messages, to=PRO)[-1]["parts"]

    assert old[1] == inline
    assert "parts" not in old[0]["functionResponse"]
    assert new[0]["functionResponse"]["parts"] == [inline]
    assert len(new) == 1


ARGUMENTS: dict[str, tuple[str, Json]] = {
    "none": ("", {}),
    "an object": ('{"a": 1}', {"a": 1}),
    "no JSON": ("{oops", {"arguments": "{oops"}),
    "a list": ("[1]", {"arguments": "[1]"}),
}


@pytest.mark.parametrize(("text", "args"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_arguments_are_an_object(text: str, args: Json) -> None:
    """What is none goes whole under one name."""
    messages = [*HI, {"role": "assistant", "tool_calls": [call("f", text, "a")]}]

    assert contents(messages)[1]["parts"][0]["functionCall"]["args"] == args


def test_calls_in_the_form_of_old_have_no_ids() -> None:
    """They are paired by name."""
    messages = [
        *HI,
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "1"},
    ]

    assert contents(messages, functions=[TIME["function"]])[1:] == [
        {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": "1"}}}]},
    ]


def test_a_custom_tools_call_is_a_call_and_one_without_a_name_is_named() -> None:
    """Other providers' histories hold both."""
    custom = {"id": "a", "type": "custom", "custom": {"name": "sh", "input": "ls"}}
    request, sent = wire(
        [*HI, {"role": "assistant", "content": "x", "tool_calls": [custom, {"id": "b", "type": "odd"}]}]
    )

    assert sent["contents"][1]["parts"][1] == {"functionCall": {"id": "a", "name": "sh", "args": {"input": "ls"}}}
    assert request.dropped == ("messages[].tool_calls",)


def test_a_refusal_is_what_the_model_said() -> None:
    """And a name is named, for there is no place for it."""
    request, sent = wire([{**HI[0], "name": "ann"}, {"role": "assistant", "refusal": "No."}, *HI])

    assert sent["contents"][1]["parts"] == [{"text": "No."}]
    assert request.dropped == ("messages[].name",)
