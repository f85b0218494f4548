"""Tools, the choice among them, and answers of a form, in Converse's words (PEERS 20, 21)."""

from typing import Any

import orjson
import pytest

from tests.translators.providers.bedrock.bedrock_asks import (
    CLAUDE,
    HI,
    LLAMA,
    NOVA,
    OLD_CLAUDE,
    TIME,
    WEATHER,
    Json,
    call,
    lacks,
    wire,
)
from translators.providers.forms import ANSWER

MISTRAL = "mistral.mistral-large-2407-v1:0"
BOTH = [WEATHER, TIME]
FORCED: Json = {"type": "function", "function": {"name": "get_time"}}
ONLY_TIME: Json = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [FORCED]}}
ONE_OF_TIME: Json = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [FORCED]}}
SCHEMA: Json = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}, "required": ["n"]}
FORMAT: Json = {"type": "json_schema", "json_schema": {"name": "count", "description": "D", "schema": SCHEMA}}
OBJECT: Json = {"type": "json_object"}
USED: list[Json] = [
    *HI,
    {"role": "assistant", "content": None, "tool_calls": [call("get_time", "{}", "a")]},
    {"role": "tool", "tool_call_id": "a", "content": "Noon"},
]


def config(messages: Any = HI, *, to: str = CLAUDE, **body: Any) -> tuple[list[str], Any]:
    """Names of the tools that go out, and the choice."""
    said = wire(messages, to=to, **body)[1].get("toolConfig") or {"tools": []}
    names = [next(iter(tool.values())).get("name", "cachePoint") for tool in said["tools"]]
    return names, said.get("toolChoice")


def test_a_tool_is_said_whole() -> None:
    """Name, description and schema; no parameters are an empty object's."""
    tools = wire(tools=BOTH)[1]["toolConfig"]["tools"]

    assert tools == [
        {
            "toolSpec": {
                "name": "get_weather",
                "description": "Weather of a city",
                "inputSchema": {"json": WEATHER["function"]["parameters"]},
            }
        },
        {"toolSpec": {"name": "get_time", "inputSchema": {"json": {"type": "object", "properties": {}}}}},
    ]


@pytest.mark.parametrize(
    ("model", "choice", "names", "expected"),
    [
        (CLAUDE, "auto", ["get_weather", "get_time"], None),
        (CLAUDE, "none", [], None),
        (CLAUDE, "required", ["get_weather", "get_time"], {"any": {}}),
        (CLAUDE, FORCED, ["get_weather", "get_time"], {"tool": {"name": "get_time"}}),
        (CLAUDE, ONLY_TIME, ["get_time"], None),
        (CLAUDE, ONE_OF_TIME, ["get_time"], {"any": {}}),
        (NOVA, FORCED, ["get_weather", "get_time"], {"tool": {"name": "get_time"}}),
        (MISTRAL, "required", ["get_weather", "get_time"], {"any": {}}),
        (MISTRAL, FORCED, ["get_time"], {"any": {}}),
    ],
)
def test_every_choice_has_its_words(model: str, choice: Any, names: list[str], expected: Any) -> None:
    """What Converse cannot say is said with fewer tools."""
    assert config(tools=BOTH, tool_choice=choice, to=model) == (names, expected)
    assert lacks(tools=BOTH, tool_choice=choice, to=model) == ()


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"tool_choice": "required"}, "tool_choice.required"),
        ({"tool_choice": FORCED}, "tool_choice.function"),
        ({"tool_choice": ONE_OF_TIME}, "tool_choice.allowed_tools"),
        ({"functions": [TIME["function"]], "function_call": {"name": "get_time"}}, "function_call"),
    ],
)
def test_a_choice_that_the_model_does_not_take_rules_it_out(body: Json, name: str) -> None:
    """Llama decides by itself."""
    assert lacks(to=LLAMA, **({"tools": BOTH} | body)) == (name,)
    assert lacks(to=LLAMA, tools=BOTH, tool_choice=ONLY_TIME) == ()


def test_none_keeps_the_tools_that_the_history_used() -> None:
    """The API refuses the history without them: the model is told, and the promise named."""
    request, body = wire(USED, tools=BOTH, tool_choice="none")

    assert [tool["toolSpec"]["name"] for tool in body["toolConfig"]["tools"]] == ["get_time"]
    assert body["system"] == [{"text": "Answer in words. Do not call any tool now."}]
    assert request.dropped == ("tool_choice.none",)


def test_functions_of_old_are_tools() -> None:
    """And so is their choice."""
    names = config(functions=[TIME["function"]], function_call={"name": "get_time"})

    assert names == (["get_time"], {"tool": {"name": "get_time"}})


def test_a_strict_tool_is_strict_where_the_model_can() -> None:
    """Its limits go into words, and are named; elsewhere it is named itself."""
    tool = {"type": "function", "function": {"name": "f", "parameters": SCHEMA, "strict": True}}
    request, body = wire(tools=[tool])
    spec = body["toolConfig"]["tools"][0]["toolSpec"]

    assert spec["strict"] is True
    assert spec["inputSchema"]["json"]["additionalProperties"] is False
    assert "minimum" not in spec["inputSchema"]["json"]["properties"]["n"]
    assert request.dropped == ("tools[].function.parameters.minimum",)

    request, body = wire(tools=[tool], to=NOVA)
    assert "strict" not in body["toolConfig"]["tools"][0]["toolSpec"]
    assert request.dropped == ("tools[].function.strict",)


def test_a_mark_on_a_tool_is_a_cache_point_behind_it() -> None:
    """Claude alone takes one there."""
    marked = TIME | {"cache_control": {"type": "ephemeral"}}

    assert config(tools=[marked, WEATHER])[0] == ["get_time", "cachePoint", "get_weather"]
    assert config(tools=[marked, WEATHER], to=NOVA)[0] == ["get_time", "get_weather"]
    assert wire(tools=[marked], to=NOVA)[0].dropped == ("tools[].cache_control",)


def test_a_search_of_the_web_is_novas_own_tool() -> None:
    """It takes no settings; other models have none."""
    request, body = wire(web_search_options={"search_context_size": "low"}, to=NOVA)

    assert body["toolConfig"]["tools"] == [{"systemTool": {"name": "nova_grounding"}}]
    assert request.dropped == ("web_search_options.search_context_size",)
    assert lacks(web_search_options={}, to=NOVA) == ()
    assert lacks(web_search_options={}) == ("web_search_options",)


def test_a_system_tool_passes() -> None:
    """In Converse's own form."""
    own = {"type": "systemTool", "systemTool": {"name": "nova_code_interpreter"}}

    assert config(tools=[own, TIME], to=NOVA)[0] == ["nova_code_interpreter", "get_time"]
    assert lacks(tools=[own], to=NOVA) == ()
    assert lacks(tools=[{"type": "custom", "custom": {"name": "c"}}]) == ("tools[].custom",)


def test_a_wish_for_one_call_at_a_time_is_named() -> None:
    """Converse cannot say it."""
    assert wire(tools=[TIME], parallel_tool_calls=False)[0].dropped == ("parallel_tool_calls",)


def test_a_schema_is_enforced_where_the_model_can() -> None:
    """As a string, closed; what is no longer enforced is named."""
    request, body = wire(response_format=FORMAT)
    said = body["outputConfig"]["textFormat"]

    assert said["type"] == "json_schema"
    assert said["structure"]["jsonSchema"]["name"] == "count"
    assert said["structure"]["jsonSchema"]["description"] == "D"
    assert orjson.loads(said["structure"]["jsonSchema"]["schema"])["additionalProperties"] is False
    assert "toolConfig" not in body
    assert request.dropped == ("response_format.json_schema.schema.minimum",)


@pytest.mark.parametrize(
    ("model", "choice"),
    [(OLD_CLAUDE, {"tool": {"name": ANSWER}}), (NOVA, {"tool": {"name": ANSWER}}), (MISTRAL, {"any": {}})],
)
def test_a_schema_is_a_forced_tool_elsewhere(model: str, choice: Json) -> None:
    """It is the tool's own, whole: nothing of it is lost."""
    request, body = wire(response_format=FORMAT, to=model)

    spec = body["toolConfig"]["tools"][0]["toolSpec"]
    assert spec["inputSchema"] == {"json": SCHEMA}
    assert spec["description"].endswith(" D")
    assert body["toolConfig"]["toolChoice"] == choice
    assert request.dropped == ()
    assert lacks(response_format=FORMAT, to=model) == ()


@pytest.mark.parametrize(
    ("choice", "names", "expected"),
    [
        (None, ["get_time", ANSWER], {"any": {}}),
        ("none", [ANSWER], {"tool": {"name": ANSWER}}),
        ("required", ["get_time"], {"any": {}}),
        (FORCED, ["get_time"], {"tool": {"name": "get_time"}}),
    ],
)
def test_a_forced_tool_stands_beside_the_clients(choice: Any, names: list[str], expected: Any) -> None:
    """The model calls either one; where the client demands a call, there is no answer to be of a form."""
    assert config(tools=[TIME], tool_choice=choice, response_format=FORMAT, to=OLD_CLAUDE) == (names, expected)


def test_a_json_object_is_a_forced_tool() -> None:
    """Which has no schema but that it is one."""
    assert config(response_format=OBJECT) == ([ANSWER], {"tool": {"name": ANSWER}})


def test_what_cannot_be_held_to_a_form_is_told_or_ruled_out() -> None:
    """An object is asked for, and the promise named; a schema is binding."""
    request, body = wire(response_format=OBJECT, to=LLAMA)

    assert "JSON" in body["system"][0]["text"]
    assert request.dropped == ("response_format.json_object",)
    assert lacks(response_format=FORMAT, to=LLAMA) == ("response_format.json_schema",)
    assert lacks(response_format=OBJECT, to=LLAMA) == ()


def test_a_schema_that_is_no_objects_takes_more_than_a_tool() -> None:
    """A tool's input is an object."""
    numbers: Json = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "array"}}}

    assert lacks(response_format=numbers, to=NOVA) == ("response_format.json_schema",)
    assert lacks(response_format=numbers) == ()


def test_a_text_is_no_form() -> None:
    """It is what comes anyway."""
    assert wire(response_format={"type": "text"})[1] == wire()[1]
