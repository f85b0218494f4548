"""The demo provider calls tools, and answers in JSON where that is asked for."""

from typing import Any

import orjson
import pytest

from tests.translators.providers.demo.demo_asks import asked, chunks_of, deltas_of, error_of, json_of
from translators.providers.demo.speech import split

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CLOCK = {"type": "function", "function": {"name": "get_time"}}
NOTES = {"type": "custom", "custom": {"name": "take_note"}}


def test_it_calls_the_first_tool_by_itself() -> None:
    """Arguments come from the schema and the user's words."""
    reply = json_of(asked(text="Paris please", tools=[WEATHER, CLOCK]))
    choice = reply["choices"][0]

    assert choice["message"]["content"] is None
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["tool_calls"] == [
        {
            "id": "call_demo000000000000_0",
            "type": "function",
            "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'},
        }
    ]
    assert reply["usage"]["completion_tokens"] == 1 + len(split('{"city":"Paris"}'))


def _called(**extra: Any) -> list[str]:
    calls = json_of(asked(**extra))["choices"][0]["message"].get("tool_calls", [])
    return [call[call["type"]]["name"] for call in calls]


@pytest.mark.parametrize(
    ("extra", "called"),
    [
        ({"text": "Use get_time"}, ["get_time"]),
        ({"text": "get_time and get_weather"}, ["get_weather", "get_time"]),
        ({"text": "get_time and get_weather", "parallel_tool_calls": False}, ["get_weather"]),
        ({"tool_choice": "none"}, []),
        ({"tool_choice": "auto"}, ["get_weather"]),
        ({"tool_choice": "required"}, ["get_weather"]),
        ({"tool_choice": {"type": "function", "function": {"name": "get_time"}}}, ["get_time"]),
        ({"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [CLOCK]}}}, ["get_time"]),
        ({"tools": []}, []),
    ],
)
def test_which_tools_it_calls(extra: dict[str, Any], called: list[str]) -> None:
    """The one asked for, else those that the user names, else the first; one only if it must."""
    assert _called(**{"tools": [WEATHER, CLOCK], **extra}) == called


def test_a_tool_that_is_not_there_cannot_be_chosen() -> None:
    """It is a 400, as at OpenAI."""
    choice = {"type": "function", "function": {"name": "nobody"}}

    assert error_of(asked(tools=[WEATHER], tool_choice=choice)) == (400, "invalid_value", "tool_choice")


def test_a_tool_without_parameters_is_called_without_arguments() -> None:
    """Its arguments are an empty object."""
    reply = json_of(asked(tools=[CLOCK]))

    assert reply["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] == "{}"


def test_a_custom_tool_gets_plain_text() -> None:
    """Its input is the user's words."""
    call = json_of(asked(text="Buy milk!", tools=[NOTES]))["choices"][0]["message"]["tool_calls"][0]

    assert (call["type"], call["custom"]) == ("custom", {"name": "take_note", "input": "Buy milk"})


def test_streamed_calls_come_in_pieces_that_join_to_the_whole() -> None:
    """Id, type and name first, then the arguments piece by piece, call after call."""
    ask = {"text": "get_time and get_weather in Rome", "tools": [WEATHER, CLOCK]}
    stream = [entry for delta in deltas_of(asked(stream=True, **ask)) for entry in delta.get("tool_calls", [])]
    calls: dict[int, Any] = {}
    for entry in stream:
        call = calls.setdefault(entry["index"], {**entry, "function": {**entry["function"]}, "pieces": 0})
        if "id" not in entry:
            call["function"]["arguments"] += entry["function"]["arguments"]
            call["pieces"] += 1

    assert calls[0]["pieces"] > 3
    assert [{name: call[name] for name in ("id", "type", "function")} for call in calls.values()] == json_of(
        asked(**ask)
    )["choices"][0]["message"]["tool_calls"]
    assert chunks_of(asked(stream=True, **ask))[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert deltas_of(asked(stream=True, **ask))[0]["content"] is None


def test_a_limit_cuts_the_arguments() -> None:
    """The client gets a call it cannot parse, and a finish that says why."""
    choice = json_of(asked(tools=[WEATHER], max_tokens=3))["choices"][0]

    assert choice["finish_reason"] == "length"
    assert choice["message"]["tool_calls"][0]["function"]["arguments"] == '{"'


def test_after_the_tools_have_answered_it_quotes_them() -> None:
    """So that an agent's loop comes to an end."""
    call = {"id": "c", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}
    messages = [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "Sunny"},
        {"role": "tool", "tool_call_id": "d", "content": "22"},
    ]
    reply = json_of(asked(messages=messages, tools=[WEATHER]))

    assert reply["choices"][0]["message"]["content"] == "The tools said “Sunny” and “22”."
    assert reply["usage"]["prompt_tokens"] == 2 + 1 + len(split('{"city":"Paris"}')) + 1 + 1


def test_a_json_object_holds_the_text() -> None:
    """``json_object`` asks for no particular schema."""
    reply = json_of(asked(response_format={"type": "json_object"}))

    assert orjson.loads(reply["choices"][0]["message"]["content"]) == {"text": "Hello, world"}


def test_a_json_schema_is_satisfied() -> None:
    """With the user's words in its strings."""
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]}
    reply = json_of(asked(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}))

    assert orjson.loads(reply["choices"][0]["message"]["content"]) == {"a": "Hello", "b": 1}
