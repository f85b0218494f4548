"""``reasoning_effort`` and ``thinking`` as Cohere takes them: on, off, or on with a budget.

Cohere's own OpenAI interface knows ``none`` and ``high`` alone (https://docs.cohere.com/docs/compatibility-api,
2026-11): off, and on without a bound. What is between becomes a budget, which leaves at least half of the client's
limit for the answer. A model that cannot think is told nothing, and what was asked for is named.
"""

from typing import Any

from translators.base import JsonObject
from translators.providers.cohere.models import Model
from translators.providers.draft import Draft

_BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192}
"""Tokens for each level. Ours: Cohere has none, and recommends no bound (https://docs.cohere.com/docs/reasoning)."""
_UNBOUND = frozenset({"high", "xhigh", "max"})


def set_thinking(draft: Draft, asked: JsonObject, model: Model) -> None:
    """Set ``thinking``; ``max_tokens`` stands already."""
    wish, level = asked.get("thinking"), asked.get("reasoning_effort")
    name = "thinking" if isinstance(wish, dict) else "reasoning_effort"
    said = _own(wish) if isinstance(wish, dict) else _of_level(level, draft.body.get("max_tokens"))
    if wish is not None and not isinstance(wish, dict):
        draft.drop("thinking")
    if said is None:
        if level is not None:
            draft.drop("reasoning_effort")
    elif model.thinks:
        draft.body["thinking"] = said
    elif said["type"] != "disabled":
        draft.drop(name)


def _own(wish: JsonObject) -> JsonObject:
    """The client's own words: Cohere's, or Anthropic's, which name the budget otherwise."""
    said: JsonObject = {"type": "disabled" if wish.get("type") == "disabled" else "enabled"}
    budget = wish.get("token_budget") or wish.get("budget_tokens")
    if isinstance(budget, int) and budget > 0 and said["type"] == "enabled":
        said["token_budget"] = budget
    return said


def _of_level(level: Any, limit: int | None) -> JsonObject | None:
    if level == "none":
        return {"type": "disabled"}
    if level in _UNBOUND:
        return {"type": "enabled"}
    budget = _BUDGETS.get(level) if isinstance(level, str) else None
    if budget is None:
        return None
    return {"type": "enabled", "token_budget": budget if limit is None else max(1, min(budget, limit // 2))}
