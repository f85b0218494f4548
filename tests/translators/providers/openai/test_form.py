"""A form at a vendor that knows no JSON schema: the request has a tool instead, and the model has to call it."""

from typing import Any

import pytest

from tests.rig.asks import TIME, WEATHER, Json
from tests.translators.providers.openai.openai_asks import lacks, wire

NAME = "switchgear_answer"
FORM_NAME = "response_format.json_schema"
SCHEMA: Json = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
FORM: Json = {"type": "json_schema", "json_schema": {"name": "x", "description": "A place.", "schema": SCHEMA}}
NAMED: Json = {"type": "function", "function": {"name": NAME}}
GET_TIME: Json = {"type": "function", "function": {"name": "get_time"}}
CALM: Json = {"type": "disabled"}


def form_of(**fields: Any) -> Json:
    """A form with these fields."""
    return {"type": "json_schema", "json_schema": {"name": "x", **fields}}


def test_a_schema_is_that_of_a_tool_which_has_to_be_called() -> None:
    """Once; and nothing of the form is left."""
    request, body = wire("deepseek", response_format=FORM)

    assert (lacks("deepseek", response_format=FORM), request.dropped, "response_format" in body) == ((), (), False)
    (tool,) = body["tools"]
    assert (tool["type"], tool["function"]["name"], tool["function"]["parameters"]) == ("function", NAME, SCHEMA)
    assert tool["function"]["description"].endswith("A place.")
    assert (body["tool_choice"], body["parallel_tool_calls"]) == (NAMED, False)


@pytest.mark.parametrize("form", [{"type": "json_schema"}, form_of(), form_of(schema={})])
def test_a_form_without_a_schema_is_any_object(form: Json) -> None:
    """Which is what arguments are."""
    assert wire("deepseek", response_format=form)[1]["tools"][0]["function"]["parameters"] == {"type": "object"}


@pytest.mark.parametrize(("strict", "sent"), [(True, True), (False, None), (None, None)])
def test_a_strict_schema_is_strict_in_the_tool(strict: bool | None, sent: bool | None) -> None:
    """The vendor takes the flag there."""
    _, body = wire("deepseek", response_format=form_of(strict=strict, schema=SCHEMA))

    assert body["tools"][0]["function"].get("strict") is sent


@pytest.mark.parametrize(
    ("choice", "names", "sent"),
    [
        (None, ["get_weather", "get_time", NAME], "required"),
        ("auto", ["get_weather", "get_time", NAME], "required"),
        ("none", ["get_weather", "get_time", NAME], NAMED),
        ("required", ["get_weather", "get_time"], "required"),
        (GET_TIME, ["get_weather", "get_time"], GET_TIME),
        ({"type": "allowed_tools", "mode": "auto", "tools": [GET_TIME]}, ["get_time", NAME], "required"),
        ({"type": "allowed_tools", "mode": "required", "tools": [GET_TIME]}, ["get_time"], "required"),
    ],
)
def test_beside_other_tools_one_of_all_has_to_be_called(choice: Any, names: list[str], sent: Any) -> None:
    """Where the client demands a call of its own, there is no text to be held to a form."""
    body = wire("deepseek", tools=[WEATHER, TIME], tool_choice=choice, response_format=FORM)[1]

    assert [tool["function"]["name"] for tool in body["tools"]] == names
    assert (body["tool_choice"], "response_format" in body) == (sent, False)


@pytest.mark.parametrize("kind", ["array", "string", ["object", "null"]])
def test_a_schema_of_no_object_rules_the_vendor_out(kind: Any) -> None:
    """Arguments always are an object."""
    assert lacks("deepseek", response_format=form_of(schema={"type": kind})) == (FORM_NAME,)


def test_a_vendor_that_cannot_be_made_to_call_a_tool_is_no_candidate() -> None:
    """Z.ai's choice is ``auto`` alone."""
    assert lacks("zai", response_format=FORM) == (FORM_NAME,)


def test_an_operator_may_have_the_form_sent_as_it_is() -> None:
    """To a server of this vendor's kind that knows better."""
    _, body = wire("deepseek", response_format=FORM, wishes={FORM_NAME: "pass"})

    assert (body["response_format"], "tools" in body) == (FORM, False)
    assert lacks("deepseek", response_format=form_of(schema={"type": "array"}), wishes={FORM_NAME: "pass"}) == ()


@pytest.mark.parametrize("asked", [{"response_format": FORM}, {"tools": [WEATHER], "tool_choice": "required"}])
@pytest.mark.parametrize(
    ("wish", "dropped"),
    [
        ({}, ()),
        ({"reasoning_effort": "none"}, ()),
        ({"thinking": CALM}, ()),
        ({"reasoning_effort": "high"}, ("reasoning_effort",)),
        ({"reasoning_effort": "minimal"}, ("reasoning_effort",)),
        ({"thinking": {"type": "enabled"}}, ("thinking",)),
    ],
)
def test_deepseek_does_not_think_where_a_call_is_forced(asked: Json, wish: Json, dropped: tuple[str, ...]) -> None:
    """It thinks unless it is told otherwise, and refuses both together; what the client wished is named."""
    request, body = wire("deepseek", **asked, **wish)

    assert (body["thinking"], "reasoning_effort" in body, request.dropped) == (CALM, False, dropped)


@pytest.mark.parametrize("choice", [None, "auto", "none"])
def test_deepseek_thinks_where_no_call_is_forced(choice: str | None) -> None:
    """Nothing is said of it but what the client says."""
    request, body = wire("deepseek", tools=[WEATHER], tool_choice=choice, reasoning_effort="high")

    assert (body["reasoning_effort"], "thinking" in body, request.dropped) == ("high", False, ())


@pytest.mark.parametrize("name", ["tool_choice", "reasoning_effort", "thinking"])
def test_what_an_operator_wants_passed_is_not_calmed(name: str) -> None:
    """There may be a model behind that can do both."""
    asked: Json = {"tools": [WEATHER], "tool_choice": "required", "reasoning_effort": "high"}
    _, body = wire("deepseek", **asked, wishes={name: "pass"})

    assert (body["reasoning_effort"], body["tool_choice"], "thinking" in body) == ("high", "required", False)
