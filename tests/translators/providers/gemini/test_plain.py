"""Plain conversations: the quick way comes to what the careful way comes to, byte for byte."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.translators.providers.gemini.gemini_asks import FLASH, HI, OLD, PRO, TIME, Json, Target, ask
from translators.providers.gemini import Gemini
from translators.providers.gemini.draft import Draft
from translators.providers.gemini.models import model_of
from translators.providers.gemini.plain import set_plain_contents

ANSWER: Json = {"role": "assistant", "content": "Yes?\n \n"}
RULES: Json = {"role": "system", "content": "Be brief."}
TALK = [RULES, *HI, ANSWER, {"role": "user", "content": 'é "\\",\n  "\u2028'}, ANSWER]


def assert_alike(messages: list[Json], model: str = FLASH, *, vertex: bool = False, **body: Any) -> None:
    """Both ways, the request and what it lacks are the same."""
    plain = ask(messages, **body)
    careful, gemini, target = replace(plain, plain=False), Gemini(vertex=vertex), Target(model)

    assert plain.plain
    assert gemini.request(plain, target) == gemini.request(careful, target)
    assert gemini.unsupported(plain, target) == gemini.unsupported(careful, target)


def quick(messages: list[Json]) -> bool:
    """Whether the quick way takes a conversation."""
    return set_plain_contents(Draft(model=model_of(FLASH), vertex=False), messages)


@pytest.mark.parametrize("messages", [TALK[:count] for count in range(2, 6)])
def test_who_takes_turns_is_read_in_the_quick_way(messages: list[Json]) -> None:
    """With and without instructions in front."""
    for said in (messages, messages[1:]):
        assert_alike(said)
        assert quick(said)


@pytest.mark.parametrize(
    "messages",
    [
        [RULES],
        [ANSWER, *HI],
        [*HI, *HI],
        [*HI, ANSWER, RULES],
        [{"role": "developer", "content": ""}, *HI],
        [*HI, {"role": "assistant", "content": ""}, *HI],
    ],
)
def test_whatever_takes_more_is_read_with_care(messages: list[Json]) -> None:
    """Instructions late or alone, several messages in a turn, empty texts, an answer that comes first."""
    assert_alike(messages)
    assert not quick(messages)


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
        {"max_completion_tokens": 5, "top_p": 0.5},
        {"tools": [TIME], "tool_choice": "required"},
        {"tools": [], "frequency_penalty": 0.5},
        {"reasoning_effort": "high"},
        {"response_format": {"type": "json_object"}},
        {"n": 2, "logprobs": True, "modalities": ["audio"]},
        {"stop": "x", "user": "u1", "service_tier": "flex", "seed": 1, "top_k": 3, "safety_settings": []},
    ],
)
@pytest.mark.parametrize("vertex", [False, True])
@pytest.mark.parametrize("model", [FLASH, PRO, OLD, "gemini-4-pro", "bench"])
def test_parameters_mean_the_same_both_ways(model: str, body: Json, *, vertex: bool) -> None:
    """The common ones, which are said without a look for others, and others."""
    assert_alike(TALK, model, vertex=vertex, **body)
