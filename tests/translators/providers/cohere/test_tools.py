"""Tools and the choice among them in Cohere's words."""

from typing import Any

import pytest

from tests.translators.providers.cohere.cohere_asks import TIME, WEATHER, Json, answer, call, deltas, lacks, run, wire

NAMED: Json = {"type": "function", "function": {"name": "get_time"}}
ALLOWED: Json = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [NAMED]}}


def names(body: Json) -> list[str]:
    """Of the declared tools."""
    return [tool["function"]["name"] for tool in body.get("tools", ())]


def test_a_tool_is_a_name_a_description_and_a_schema() -> None:
    """The schema is demanded: no parameters are an object without any."""
    _, body = wire(tools=[WEATHER, TIME])

    assert body["tools"] == [
        WEATHER,
        {"type": "function", "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}}},
    ]
    assert ("tool_choice" in body, "strict_tools" in body) == (False, False)


@pytest.mark.parametrize(
    ("choice", "said", "declared"),
    [
        ("auto", None, ["get_weather", "get_time"]),
        ("none", "NONE", ["get_weather", "get_time"]),
        ("required", "REQUIRED", ["get_weather", "get_time"]),
        (NAMED, "REQUIRED", ["get_time"]),
        (ALLOWED, "REQUIRED", ["get_time"]),
        ({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [NAMED]}}, None, ["get_time"]),
    ],
)
def test_a_choice_is_a_word_and_the_tools_that_are_left(choice: Any, said: str | None, declared: list[str]) -> None:
    """Cohere knows no names in it: the other tools are not declared."""
    request, body = wire(tools=[WEATHER, TIME], tool_choice=choice)

    assert (body.get("tool_choice"), names(body)) == (said, declared)
    assert request.dropped == ()


@pytest.mark.parametrize(
    ("choice", "name"),
    [("required", "tool_choice.required"), (NAMED, "tool_choice.function"), (ALLOWED, "tool_choice.allowed_tools")],
)
def test_older_models_cannot_be_forced(choice: Any, name: str) -> None:
    """ "only compatible with models Command-r7b and newer"."""
    for model in ("command-r-08-2024", "command-r-plus", "c4ai-aya-expanse-32b"):
        assert lacks(tools=[WEATHER, TIME], tool_choice=choice, to=model) == (name,)
    for model in ("command-r7b-12-2024", "command-a-03-2025", "c4ai-command-a-03-2025"):
        assert lacks(tools=[WEATHER, TIME], tool_choice=choice, to=model) == ()


def test_older_models_are_told_none_by_declaring_none() -> None:
    """There is no word for it."""
    _, body = wire(tools=[WEATHER], tool_choice="none", to="command-r-plus")

    assert not {"tools", "tool_choice"} & body.keys()


def test_the_form_of_old_is_said_too() -> None:
    """Functions are tools, and one that is called for is required."""
    asked: Json = {"functions": [WEATHER["function"], TIME["function"]], "function_call": {"name": "get_time"}}
    _, body = wire(**asked)

    assert (body["tool_choice"], names(body)) == ("REQUIRED", ["get_time"])
    assert lacks(**asked) == ()
    assert lacks(**asked, to="command-r") == ("function_call",)


def strict(tool: Json, **fields: Any) -> Json:
    """The same tool, strict."""
    return {"type": "function", "function": {**tool["function"], "strict": True, **fields}}


def test_strictness_is_one_switch() -> None:
    """On where all tools ask for it and can have it: "You must specify at least one required parameter"."""
    alone, body = wire(tools=[strict(WEATHER)])
    mixed, of_mixed = wire(tools=[strict(WEATHER), TIME])
    optional, of_optional = wire(tools=[strict(TIME)])

    assert (body["strict_tools"], alone.dropped) == (True, ())
    assert "strict" not in body["tools"][0]["function"]
    for request, said in ((mixed, of_mixed), (optional, of_optional)):
        assert ("strict_tools" in said, request.dropped) == (False, ("tools[].function.strict",))
    assert wire(tools=[TIME], strict_tools=True)[1]["strict_tools"] is True


MCP: Json = {"type": "function", "function": {"name": "files-read"}}
MENDED = "_files_read_9c8df7a9"


def test_a_name_with_a_dash_goes_out_mended_and_comes_back_as_it_was() -> None:
    """ "tool names can only contain certain characters (A-Za-z0-9_)"; in a history, an answer and a stream."""
    history = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "tool_calls": [call("files-read", "{}", "1")]},
        {"role": "tool", "tool_call_id": "1", "content": "x"},
    ]
    _, body = wire(history, tools=[MCP, WEATHER])
    function = {"name": MENDED, "arguments": "{}"}
    said = {"id": "2", "type": "function", "function": function}
    _, whole = answer({"id": "x", "finish_reason": "TOOL_CALL", "message": {"tool_calls": [said]}}, tools=[MCP])
    _, chunks = run([{"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": said}}}], tools=[MCP])

    assert names(body) == [MENDED, "get_weather"]
    assert body["messages"][1]["tool_calls"][0]["function"]["name"] == MENDED
    assert whole["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "files-read"
    assert deltas(chunks)[0]["tool_calls"][0]["function"]["name"] == "files-read"
