"""Plain conversations: the quick way comes to what the careful way comes to, byte for byte."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.translators.providers.anthropic.anthropic_asks import HI, TIME, Json, Target, ask
from translators.providers.anthropic import Anthropic, translate

ANSWER: Json = {"role": "assistant", "content": "Yes?\n \n"}
RULES: Json = {"role": "system", "content": "Be brief."}
TALK = [RULES, *HI, ANSWER, {"role": "user", "content": 'é "\\",\n  "\u2028'}, ANSWER]


def assert_alike(messages: list[Json], model: str = "claude-sonnet-4-5", **body: Any) -> None:
    """Both ways, the request and what it lacks are the same."""
    plain = ask(messages, **body)
    careful, anthropic, target = replace(plain, plain=False), Anthropic(), Target(model)

    assert plain.plain
    assert anthropic.request(plain, target) == anthropic.request(careful, target)
    assert anthropic.unsupported(plain, target) == anthropic.unsupported(careful, target)


@pytest.mark.parametrize("messages", [TALK[:count] for count in range(1, 6)])
def test_who_takes_turns_is_read_in_the_quick_way(messages: list[Json]) -> None:
    """With and without instructions in front; but instructions alone are the user's turn."""
    assert_alike(messages)
    assert_alike([message for message in messages if message is not RULES] or HI)
    assert translate(ask(messages), "claude-sonnet-4-5").plain is (len(messages) > 1)


@pytest.mark.parametrize(
    "messages",
    [
        [RULES],
        [ANSWER, *HI],
        [*HI, *HI],
        [*HI, RULES, ANSWER],
        [*HI, ANSWER, RULES],
        [{"role": "developer", "content": ""}, *HI],
        [*HI, {"role": "assistant", "content": ""}],
        [*HI, {"role": "assistant", "content": " \n\u00a0"}, *HI],
        [{"role": "user", "content": " "}, RULES],
    ],
)
def test_whatever_takes_more_is_read_with_care(messages: list[Json]) -> None:
    """Late instructions, several messages in a turn, blank texts, an answer that comes first."""
    assert_alike(messages)
    assert not translate(ask(messages), "claude-sonnet-4-5").plain


ROLES = st.sampled_from(["user", "assistant", "system", "developer"])
TEXTS = st.one_of(
    st.sampled_from(["", " \n", "x", "x \t", '",\n  "', '"}]},{"role":"user"', "\\", "\x00\x7f", "\u2028😀"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
TURNS = st.lists(TEXTS, min_size=1, max_size=6).map(
    lambda texts: [{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(texts)]
)


@settings(deadline=None, max_examples=300)
@given(st.one_of(TURNS, st.lists(st.fixed_dictionaries({"role": ROLES, "content": TEXTS}), min_size=1, max_size=6)))
def test_both_ways_say_the_same_of_any_conversation(messages: list[Json]) -> None:
    """Whatever is said, in whatever order."""
    assert_alike(messages)


@pytest.mark.parametrize(
    "body",
    [
        {"stream": True, "temperature": 0.3, "max_tokens": 5},
        {"tools": [TIME], "tool_choice": "auto"},
        {"tools": []},
        {"tools": [TIME], "tool_choice": {"type": "allowed_tools", "allowed_tools": {"tools": []}}},
        {"functions": [], "parallel_tool_calls": False},
        {"web_search_options": {}},
        {"reasoning_effort": "high"},
        {"thinking": {"type": "enabled", "budget_tokens": 2000}, "tools": [TIME], "tool_choice": "required"},
        {"response_format": {"type": "json_object"}},
        {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "object"}}}},
        {"n": 2, "logprobs": True, "modalities": ["audio"]},
        {"stop": ["x", " "], "user": "u1", "service_tier": "auto", "metadata": {"x": "y"}},
        {"betas": ["a", 1], "output_config": {"effort": "low"}, "seed": 1, "cache_control": {"type": "ephemeral"}},
    ],
)
@pytest.mark.parametrize("model", ["claude-sonnet-4-5", "claude-opus-4-7", "claude-3-haiku", "bench"])
@pytest.mark.parametrize("messages", [TALK, TALK[:2]])
def test_parameters_mean_the_same_both_ways(messages: list[Json], model: str, body: Json) -> None:
    """Those too that look at the messages."""
    assert_alike(messages, model, **body)
