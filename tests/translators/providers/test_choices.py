"""Choices among tools, in every form of OpenAI's."""

from typing import Any

import pytest

from tests.rig.asks import TIME, WEATHER, Json
from translators.providers.choices import Choice, choice_of, functions_of

TIMES = frozenset({"get_time"})
NAMED: Json = {"type": "function", "function": {"name": "get_time"}}


@pytest.mark.parametrize(
    ("asked", "choice"),
    [
        ({}, Choice("auto")),
        ({"tool_choice": None}, Choice("auto")),
        ({"tool_choice": "auto"}, Choice("auto")),
        ({"tool_choice": "none"}, Choice("none")),
        ({"tool_choice": "required"}, Choice("required")),
        ({"tool_choice": NAMED}, Choice("required", TIMES)),
        ({"tool_choice": {"function": {"name": "get_time"}}}, Choice("required", TIMES)),
        ({"tool_choice": {"type": "function", "name": "get_time"}}, Choice("required", TIMES)),
        ({"tool_choice": {"type": "custom", "custom": {"name": "x"}}}, Choice("custom", frozenset({None}))),
        (
            {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [NAMED]}}},
            Choice("required", TIMES),
        ),
        ({"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [NAMED]}}, Choice("auto", TIMES)),
        ({"tool_choice": {"type": "allowed_tools"}}, Choice("auto", frozenset())),
        ({"function_call": "none"}, Choice("none")),
        ({"function_call": {"name": "get_time"}}, Choice("required", TIMES)),
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
