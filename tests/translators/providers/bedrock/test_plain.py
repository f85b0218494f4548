"""Plain conversations: the quick way comes to what the careful way comes to, byte for byte."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.translators.providers.bedrock.bedrock_asks import (
    CLAUDE,
    HI,
    LLAMA,
    NOVA,
    OLD_CLAUDE,
    TIME,
    Json,
    Target,
    ask,
)
from translators.providers.bedrock import Bedrock
from translators.providers.bedrock.request import converse

ANSWER: Json = {"role": "assistant", "content": "Yes?\n \n"}
RULES: Json = {"role": "system", "content": "Be brief."}
TALK = [RULES, *HI, ANSWER, {"role": "user", "content": 'é "\\",\n  "\u2028'}, ANSWER]
TITAN = "amazon.titan-text-express-v1"
MODELS = [CLAUDE, OLD_CLAUDE, NOVA, LLAMA, TITAN, "openai.gpt-oss-120b-1:0", "bench"]


def assert_alike(messages: list[Json], model: str = CLAUDE, **body: Any) -> None:
    """Both ways, the request and what it lacks are the same."""
    plain = ask(messages, **body)
    careful, bedrock, target = replace(plain, plain=False), Bedrock(), Target(model)

    assert plain.plain
    assert bedrock.request(plain, target) == bedrock.request(careful, target)
    assert bedrock.unsupported(plain, target) == bedrock.unsupported(careful, target)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("messages", [TALK[:count] for count in range(2, 6)])
def test_who_takes_turns_is_read_in_the_quick_way(messages: list[Json], model: str) -> None:
    """With and without instructions in front; but a model that takes none is told in the user's turn."""
    assert_alike(messages, model)
    assert_alike(messages[1:], model)
    assert converse(ask(messages[1:]), model).plain
    assert converse(ask(messages), model).plain is (model != TITAN)


@pytest.mark.parametrize(
    "messages",
    [
        [RULES],
        [ANSWER, *HI],
        [*HI, *HI],
        [*HI, ANSWER, RULES],
        [{"role": "developer", "content": " "}, *HI],
        [*HI, {"role": "assistant", "content": ""}],
        [*HI, {"role": "assistant", "content": " \n\u00a0"}, *HI],
    ],
)
def test_whatever_takes_more_is_read_with_care(messages: list[Json]) -> None:
    """Instructions late or alone, several messages in a turn, blank texts, an answer that comes first."""
    assert_alike(messages)
    assert not converse(ask(messages), CLAUDE).plain


ROLES = st.sampled_from(["user", "assistant", "system", "developer"])
TEXTS = st.one_of(
    st.sampled_from(["", " \n", "x", "x \t", '",\n  "', '"}]},{"role":"user"', "\\", "\x00\x7f", "\u2028😀"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
TURNS = st.lists(TEXTS, min_size=1, max_size=6).map(
    lambda texts: [{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(texts)]
)


@settings(deadline=None, max_examples=300)
@given(
    st.one_of(TURNS, st.lists(st.fixed_dictionaries({"role": ROLES, "content": TEXTS}), min_size=1, max_size=6)),
    st.sampled_from(MODELS),
)
def test_both_ways_say_the_same_of_any_conversation(messages: list[Json], model: str) -> None:
    """Whatever is said, in whatever order, to whomever."""
    assert_alike(messages, model)


@pytest.mark.parametrize(
    "body",
    [
        {"stream": True, "temperature": 0.3, "max_tokens": 5},
        {"max_completion_tokens": 5, "temperature": 1.5, "top_p": 0.5},
        {"tools": [TIME], "tool_choice": "required"},
        {"tools": [TIME], "tool_choice": "none"},
        {"reasoning_effort": "high", "temperature": 0.3},
        {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 4000},
        {"response_format": {"type": "json_object"}},
        {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "object"}}}},
        {"stop": ["x", " "], "user": "u1", "service_tier": "flex", "metadata": {"x": "y"}, "seed": 1, "top_k": 3},
    ],
)
@pytest.mark.parametrize("model", MODELS)
def test_parameters_mean_the_same_both_ways(model: str, body: Json) -> None:
    """The common ones, which are said without a look for others, and those that look at the messages."""
    assert_alike(TALK, model, **body)
