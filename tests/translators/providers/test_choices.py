"""Choices among tools, in every form of OpenAI's."""

from typing import Any

import pytest

from tests.rig.asks import TIME, WEATHER, Json
from translators.providers.choices import Choice, choice_of, declared_of, functions_of, parameter_of, tools_of

TIMES = ("get_time",)
NAMED: Json = {"type": "function", "function": {"name": "get_time"}}


@pytest.mark.parametrize(
    ("asked", "choice"),
    [
        ({}, Choice("auto")),
        ({"tool_choice": None}, Choice("auto")),
        ({"tool_choice": "auto"}, Choice("auto")),
        ({"tool_choice": "none"}, Choice("none")),
        ({"tool_choice": "required"}, Choice("required")),
        ({"tool_choice": NAMED}, Choice("required", TIMES, "get_time")),
        ({"tool_choice": {"function": {"name": "get_time"}}}, Choice("required", TIMES, "get_time")),
        ({"tool_choice": {"type": "function", "name": "get_time"}}, Choice("required", TIMES, "get_time")),
        ({"tool_choice": {"type": "custom", "custom": {"name": "x"}}}, Choice("custom")),
        (
            {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [NAMED]}}},
            Choice("required", TIMES),
        ),
        ({"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [NAMED]}}, Choice("auto", TIMES)),
        ({"tool_choice": {"type": "allowed_tools"}}, Choice("auto", ())),
        ({"tool_choice": {"type": "function"}}, Choice("auto")),
        ({"tool_choice": {"type": "hosted", "name": "x"}}, Choice("hosted")),
        ({"tool_choice": 5}, Choice("auto")),
        ({"function_call": "none"}, Choice("none")),
        ({"function_call": {"name": "get_time"}}, Choice("required", TIMES, "get_time")),
    ],
)
def test_a_choice_is_a_mode_and_names(asked: Json, choice: Choice) -> None:
    """Whether the object has its fields inside or at its root."""
    assert choice_of(asked) == choice


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, []),
        ({"tools": [WEATHER, TIME]}, ["get_weather", "get_time"]),
        ({"tools": [WEATHER, TIME], "tool_choice": NAMED}, ["get_time"]),
        ({"tools": [WEATHER], "tool_choice": NAMED}, []),
        ({"functions": [WEATHER["function"]], "tools": [TIME]}, ["get_time", "get_weather"]),
        ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, []),
    ],
)
def test_the_functions_are_those_the_choice_leaves(asked: dict[str, Any], names: list[str]) -> None:
    """Whichever field declares them."""
    assert [function["name"] for function in functions_of(asked)] == names


@pytest.mark.parametrize(
    ("asked", "tools"),
    [
        ({}, []),
        ({"tools": [WEATHER, {"type": "web_search"}], "tool_choice": NAMED}, [WEATHER, {"type": "web_search"}]),
        ({"functions": [TIME["function"], {}], "tools": [WEATHER]}, [WEATHER, TIME]),
    ],
)
def test_functions_of_old_are_tools_like_the_others(asked: Json, tools: list[Json]) -> None:
    """Whatever the choice is; of them, those of the client's own are functions."""
    assert tools_of(asked) == tools
    assert declared_of(asked) == [tool["function"] for tool in tools if "function" in tool]


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"tool_choice": "required"}, "tool_choice.required"),
        ({"tool_choice": NAMED}, "tool_choice.function"),
        ({"tool_choice": {"name": "get_time"}}, "tool_choice.function"),
        ({"tool_choice": {"type": "allowed_tools"}}, "tool_choice.allowed_tools"),
        ({"function_call": {"name": "get_time"}}, "function_call"),
    ],
)
def test_a_choice_has_the_name_of_its_parameter(asked: Json, name: str) -> None:
    """The one that a refusal names, and operators write."""
    assert parameter_of(asked) == name
