"""``thinking`` and ``reasoning_effort`` as the model at hand can take them.

Rules: a level that a model lacks becomes its next lower one (or its lowest); a budget is kept within the model's
bounds; who asks for thinking gets to see it (``includeThoughts``); whatever was changed or left out is named. Budgets
for each level are those of Google's own surface for OpenAI's SDK (https://ai.google.dev/gemini-api/docs/openai#thinking),
which says as well that thinking cannot be turned off for 2.5 Pro and 3 (2026-11).
"""

from translators.base import JsonObject
from translators.providers.gemini.draft import Draft
from translators.providers.gemini.models import Model, Thinking

_BUDGETS = {"minimal": 1_024, "low": 1_024, "medium": 8_192, "high": 24_576, "xhigh": 24_576, "max": 24_576}
"""Tokens. The last two are OpenAI's newer ones, of which Google's surface knows nothing."""
_LADDER = ("minimal", "low", "medium", "high", "xhigh", "max")
_DYNAMIC = -1
"""The model decides by itself."""


def set_thinking(draft: Draft, asked: JsonObject) -> None:
    """Set ``thinkingConfig``."""
    wish, level = asked.get("thinking"), asked.get("reasoning_effort")
    if wish is not None and not isinstance(wish, dict):
        draft.drop("thinking")
        wish = None
    if draft.model.thinking is Thinking.NONE:
        if wish is not None and wish.get("type") != "disabled":
            draft.drop("thinking")
        elif level not in (None, "none"):
            draft.drop("reasoning_effort")
    elif wish is not None:
        _take_wish(draft, wish, level)
    elif level == "none":
        _rest(draft, "reasoning_effort")
    elif level in _LADDER:
        _take_level(draft, level)
    elif level is not None:
        draft.drop("reasoning_effort")


def _take_wish(draft: Draft, wish: JsonObject, level: object) -> None:
    """The client speaks Anthropic's ``thinking``, as clients of gateways do."""
    budget = wish.get("budget_tokens")
    if wish.get("type") == "disabled":
        _rest(draft, "thinking")
    elif level in _LADDER:
        _take_level(draft, str(level))
        if budget is not None:
            draft.drop("thinking.budget_tokens")
    elif draft.model.thinking is Thinking.BUDGET:
        _set_budget(draft, budget if type(budget) is int else _DYNAMIC, "thinking.budget_tokens")
    else:
        _think(draft, {})
        if budget is not None:
            draft.drop("thinking.budget_tokens")


def _take_level(draft: Draft, level: str) -> None:
    model = draft.model
    if model.thinking is Thinking.BUDGET:
        _set_budget(draft, _BUDGETS[level], "reasoning_effort")
        return
    lower = [own for own in model.levels if _LADDER.index(own) <= _LADDER.index(level)]
    taken = lower[-1] if lower else model.levels[0]
    if taken != level:
        draft.drop("reasoning_effort")
    _think(draft, {"thinkingLevel": taken})


def _rest(draft: Draft, name: str) -> None:
    """The client wants no thinking: none, or as little as there is."""
    model = draft.model
    if model.thinking is Thinking.BUDGET and model.rests:
        draft.config["thinkingConfig"] = {"thinkingBudget": 0}
        return
    draft.config["thinkingConfig"] = _least(model)
    draft.drop(name)


def _least(model: Model) -> JsonObject:
    return {"thinkingBudget": model.least} if model.thinking is Thinking.BUDGET else {"thinkingLevel": model.levels[0]}


def _set_budget(draft: Draft, budget: int, name: str) -> None:
    kept = budget if budget == _DYNAMIC else min(max(budget, draft.model.least), draft.model.most)
    if kept != budget:
        draft.drop(name)
    _think(draft, {"thinkingBudget": kept})


def _think(draft: Draft, how: JsonObject) -> None:
    draft.config["thinkingConfig"] = {**how, "includeThoughts": True}
