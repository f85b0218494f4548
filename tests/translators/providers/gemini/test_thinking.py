"""Thinking, as each model can take it."""

from typing import Any

import pytest

from tests.translators.providers.gemini.gemini_asks import FLASH, OLD, PRO, Json, wire

BUDGET_PRO, LITE, THREE = "gemini-2.5-pro", "gemini-2.5-flash-lite", "gemini-3-flash-preview"
SHOWN: Json = {"includeThoughts": True}

LEVELS: dict[str, tuple[str, str, Json | None, bool]] = {
    "2.5 low": (FLASH, "low", {"thinkingBudget": 1024, **SHOWN}, False),
    "2.5 medium": (FLASH, "medium", {"thinkingBudget": 8192, **SHOWN}, False),
    "2.5 high": (FLASH, "high", {"thinkingBudget": 24576, **SHOWN}, False),
    "2.5 none": (FLASH, "none", {"thinkingBudget": 0}, False),
    "2.5 pro none": (BUDGET_PRO, "none", {"thinkingBudget": 128}, True),
    "3 minimal": (THREE, "minimal", {"thinkingLevel": "minimal", **SHOWN}, False),
    "3 high": (THREE, "high", {"thinkingLevel": "high", **SHOWN}, False),
    "3 xhigh": (THREE, "xhigh", {"thinkingLevel": "high", **SHOWN}, True),
    "3 none": (THREE, "none", {"thinkingLevel": "minimal"}, True),
    "3 pro medium": (PRO, "medium", {"thinkingLevel": "low", **SHOWN}, True),
    "3 pro minimal": (PRO, "minimal", {"thinkingLevel": "low", **SHOWN}, True),
    "3.1 pro medium": ("gemini-3.1-pro-preview", "medium", {"thinkingLevel": "medium", **SHOWN}, False),
    "3.8 minimal": ("gemini-3.8-flash", "minimal", {"thinkingLevel": "low", **SHOWN}, True),
    "2.0 high": (OLD, "high", None, True),
    "2.0 none": (OLD, "none", None, False),
    "an odd one": (FLASH, "extreme", None, True),
}


@pytest.mark.parametrize(("model", "level", "config", "named"), LEVELS.values(), ids=LEVELS)
def test_an_effort_is_a_budget_or_a_level(model: str, level: str, config: Json | None, named: bool) -> None:
    """What becomes another, or nothing, is named."""
    request, sent = wire(to=model, reasoning_effort=level)

    assert sent.get("generationConfig", {}).get("thinkingConfig") == config
    assert request.dropped == (("reasoning_effort",) if named else ())


WISHES: dict[str, tuple[str, Any, Json | None, tuple[str, ...]]] = {
    "a budget": (
        FLASH,
        {"type": "enabled", "budget_tokens": 2000},
        {"thinkingBudget": 2000, "includeThoughts": True},
        (),
    ),
    "too small a budget": (
        LITE,
        {"type": "enabled", "budget_tokens": 5},
        {"thinkingBudget": 512, "includeThoughts": True},
        ("thinking.budget_tokens",),
    ),
    "as it likes": (FLASH, {"type": "adaptive"}, {"thinkingBudget": -1, "includeThoughts": True}, ()),
    "none": (FLASH, {"type": "disabled"}, {"thinkingBudget": 0}, ()),
    "a budget for 3": (
        THREE,
        {"type": "enabled", "budget_tokens": 2000},
        {"includeThoughts": True},
        ("thinking.budget_tokens",),
    ),
    "none for 3": (THREE, {"type": "disabled"}, {"thinkingLevel": "minimal"}, ("thinking",)),
    "a word": (FLASH, "on", None, ("thinking",)),
    "to who cannot": (OLD, {"type": "enabled", "budget_tokens": 2000}, None, ("thinking",)),
}


@pytest.mark.parametrize(("model", "wish", "config", "dropped"), WISHES.values(), ids=WISHES)
def test_anthropics_wish_is_understood(model: str, wish: Any, config: Json | None, dropped: tuple[str, ...]) -> None:
    """Clients of gateways write it for all models."""
    request, sent = wire(to=model, thinking=wish)

    assert sent.get("generationConfig", {}).get("thinkingConfig") == config
    assert request.dropped == dropped


def test_a_level_beside_a_wish_wins_over_its_budget() -> None:
    """And the budget is named."""
    request, sent = wire(thinking={"type": "enabled", "budget_tokens": 2000}, reasoning_effort="low")

    assert sent["generationConfig"]["thinkingConfig"] == {"thinkingBudget": 1024, "includeThoughts": True}
    assert request.dropped == ("thinking.budget_tokens",)


def test_geminis_own_words_win() -> None:
    """They are the most exact."""
    _, sent = wire(reasoning_effort="low", thinking_config={"thinkingBudget": 7})

    assert sent["generationConfig"]["thinkingConfig"] == {"thinkingBudget": 7}
