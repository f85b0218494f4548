"""What follows for parameters from what a model cannot do."""

from dataclasses import fields
from typing import Any

import orjson
import pytest

from proxy.catalog.wishes import wishes
from translators.dialects.chat import ChatDialect
from translators.facts import Capabilities
from translators.parameters import PARAMETERS, fitted

FLAGS = [field.name for field in fields(Capabilities) if field.type in (bool | None, "bool | None")]
TOOL = {"type": "function", "function": {"name": "f"}}
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
ASKED: dict[str, tuple[dict[str, Any], str]] = {
    "tools": ({"tools": [TOOL]}, "tools"),
    "tool_choice": ({"tools": [TOOL], "tool_choice": "required"}, "tool_choice.required"),
    "response_schema": (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}},
        "response_format.json_schema",
    ),
    "vision": (
        {"messages": [{"role": "user", "content": [PICTURE]}]},
        "messages[].content[].image_url",
    ),
    "pdf": (
        {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_data": "data:,x"}}]}]},
        "messages[].content[].file",
    ),
    "audio_input": (
        {
            "messages": [
                {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "a", "format": "wav"}}]}
            ]
        },
        "messages[].content[].input_audio",
    ),
    "audio_output": ({"modalities": ["text", "audio"], "audio": {"voice": "ash", "format": "wav"}}, "audio"),
    "web_search": ({"web_search_options": {}}, "web_search_options"),
}
SHAPED: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "parallel_tool_calls": ({"tools": [TOOL], "parallel_tool_calls": False}, ("parallel_tool_calls",)),
    "reasoning": ({"reasoning_effort": "high"}, ("reasoning_effort",)),
    "sampling": ({"temperature": 0.5, "top_p": 0.5}, ("temperature", "top_p")),
}


def fit(fields: dict[str, Any], capabilities: Capabilities, *, native: bool = True) -> Any:
    """A request with these fields, as a model of these capabilities gets it."""
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}]} | fields
    ask = ChatDialect().parse(orjson.dumps(body), request_id="x", created=1)
    return fitted(ask, wishes(capabilities, native=native))


@pytest.mark.parametrize("ability", ASKED)
def test_what_a_model_cannot_do_is_refused_by_name(ability: str) -> None:
    """The answer would be another one: the target is no candidate."""
    asked, name = ASKED[ability]

    assert fit(asked, Capabilities(**{ability: False})).refused[:1] == (name,)


@pytest.mark.parametrize("ability", SHAPED)
def test_what_only_shapes_the_answer_is_left_out_and_named(ability: str) -> None:
    """Advice that a model would answer with a 400."""
    asked, names = SHAPED[ability]
    found = fit(asked, Capabilities(**{ability: False}))

    assert (found.dropped, found.refused) == (names, ())
    assert not set(names) & found.ask.body.keys()


@pytest.mark.parametrize("ability", ASKED | SHAPED)
@pytest.mark.parametrize("flag", [None, True])
def test_what_is_possible_or_unknown_is_let_through(ability: str, flag: bool | None) -> None:
    """A snapshot is never complete: what nobody says counts as possible."""
    asked = (ASKED | SHAPED)[ability][0]
    found = fit(asked, Capabilities(**{ability: flag}))

    assert (found.dropped, found.refused) == ((), ())


def test_a_schema_is_refused_only_where_nobody_else_would_enforce_it() -> None:
    """A wire format of another kind has a tool called with that schema."""
    asked, _ = ASKED["response_schema"]

    assert fit(asked, Capabilities(response_schema=False), native=False).refused == ()


def test_a_model_without_forced_tools_may_still_choose_for_itself() -> None:
    """``auto`` and ``none`` demand nothing."""
    for choice in ("auto", "none"):
        found = fit({"tools": [TOOL], "tool_choice": choice}, Capabilities(tool_choice=False))
        assert found.refused == ()


def test_every_flag_follows_into_parameters_that_there_are() -> None:
    """A flag that led nowhere, or to a name that no request uses, would be a promise not kept."""
    for flag in set(FLAGS) - {"prompt_caching"}:  # caches change the bill, not the answer
        names = wishes(Capabilities(**{flag: False}), native=True)
        assert names
        assert names.keys() <= PARAMETERS.keys()
