"""Tool calls in a history."""

from typing import Any

import pytest

from translators.providers.calls import arguments_of, called_by


@pytest.mark.parametrize(
    ("called", "arguments"),
    [
        ({"arguments": '{"city": "Rome"}'}, {"city": "Rome"}),
        ({"arguments": ""}, {}),
        ({"arguments": " "}, {}),
        ({"arguments": None}, {}),
        ({}, {}),
        ({"arguments": {"city": "Rome"}}, {"city": "Rome"}),
        ({"arguments": "[1]"}, {"arguments": "[1]"}),
        ({"arguments": '{"city": '}, {"arguments": '{"city": '}),
        ({"input": "SELECT 1"}, {"input": "SELECT 1"}),
    ],
)
def test_arguments_are_an_object(called: dict[str, Any], arguments: dict[str, Any]) -> None:
    """Whatever a model once wrote: nothing of it is lost, and nothing invented."""
    assert arguments_of(called) == arguments


def test_a_call_is_of_a_function_or_of_a_clients_own_tool() -> None:
    """Or of nothing."""
    assert called_by({"type": "function", "function": {"name": "f"}}) == {"name": "f"}
    assert called_by({"type": "custom", "custom": {"name": "c"}}) == {"name": "c"}
    assert called_by({"function": 5}) == called_by({}) == {}
