"""Thinking: on, off, or within a budget, on models that can."""

import pytest

from tests.translators.providers.cohere.cohere_asks import Json, wire

THINKER = "command-a-reasoning-08-2025"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"reasoning_effort": "none"}, {"type": "disabled"}),
        ({"reasoning_effort": "minimal"}, {"type": "enabled", "token_budget": 1024}),
        ({"reasoning_effort": "low"}, {"type": "enabled", "token_budget": 2048}),
        ({"reasoning_effort": "medium"}, {"type": "enabled", "token_budget": 8192}),
        ({"reasoning_effort": "medium", "max_tokens": 600}, {"type": "enabled", "token_budget": 300}),
        ({"reasoning_effort": "medium", "max_tokens": 1}, {"type": "enabled", "token_budget": 1}),
        ({"reasoning_effort": "high"}, {"type": "enabled"}),
        ({"reasoning_effort": "xhigh"}, {"type": "enabled"}),
        ({"thinking": {"type": "disabled"}}, {"type": "disabled"}),
        ({"thinking": {"type": "enabled", "token_budget": 500}}, {"type": "enabled", "token_budget": 500}),
        ({"thinking": {"type": "enabled", "budget_tokens": 500}}, {"type": "enabled", "token_budget": 500}),
        ({"thinking": {"type": "adaptive"}, "reasoning_effort": "low"}, {"type": "enabled"}),
    ],
)
def test_an_effort_is_a_budget(asked: Json, said: Json) -> None:
    """At most half of the limit; the client's own words win, Cohere's or Anthropic's."""
    request, body = wire(to=THINKER, **asked)

    assert body["thinking"] == said
    assert request.dropped == ()


@pytest.mark.parametrize("asked", [{"reasoning_effort": "high"}, {"thinking": {"type": "enabled"}}])
def test_a_model_that_cannot_think_is_not_told_to(asked: Json) -> None:
    """It is named."""
    request, body = wire(to="command-r-08-2024", **asked)

    assert "thinking" not in body
    assert request.dropped == tuple(asked)


def test_a_model_that_cannot_think_need_not_be_told_not_to() -> None:
    """Nothing is lost."""
    request, body = wire(to="command-a-03-2025", reasoning_effort="none")

    assert ("thinking" in body, request.dropped) == (False, ())


@pytest.mark.parametrize("asked", [{"reasoning_effort": "of_tomorrow"}, {"thinking": "much"}])
def test_unknown_words_are_named(asked: Json) -> None:
    """And nothing is said."""
    request, body = wire(to=THINKER, **asked)

    assert ("thinking" in body, request.dropped) == (False, tuple(asked))


@pytest.mark.parametrize("model", ["command-a-plus-05-2026", "north-mini-code-1.0", "of-ones-own"])
def test_models_that_think_are_known_by_family_and_strangers_are_believed(model: str) -> None:
    """Private deployments have names of their own."""
    assert wire(to=model, reasoning_effort="high")[1]["thinking"] == {"type": "enabled"}
