"""``thinking`` and ``reasoning_effort`` as the model at hand can take them.

Rules: a level that a model lacks becomes its next lower one (or its lowest); a mode that it lacks becomes the one it
has; a budget always stays below ``max_tokens``; whatever was changed or left out is named. A forced tool choice rules
thinking out (https://platform.claude.com/docs/en/build-with-claude/extended-thinking, 2026-11), and is binding where
thinking is not. With a budget the last turn must begin with a thinking block if it goes on after tool results: where a
history has none (another provider made it), the model answers without thinking.
"""

from translators.base import JsonObject
from translators.providers.anthropic.draft import Draft
from translators.providers.anthropic.models import Model, Rest, Thinking

SMALLEST_BUDGET = 1024
"""Tokens; fewer are a 400."""
_BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 24_576, "xhigh": 32_768, "max": 32_768}
"""Tokens for each level on models that take budgets. Ours: Anthropic has none, and calls more than 32k batch work."""
_ROOM = 4096
"""Tokens left for the answer beside a budget where the client names no limit."""
_LADDER = ("minimal", "low", "medium", "high", "xhigh", "max")


def set_thinking(draft: Draft, asked: JsonObject, model: Model, limit: int | None) -> None:
    """Set ``max_tokens``, ``thinking`` and ``output_config.effort``.

    Args:
        draft: its ``messages`` and ``tool_choice`` stand already.
        asked: the client's body.
        model: the row of the target's model.
        limit: the client's limit of output tokens.
    """
    draft.body["max_tokens"] = limit or model.max_tokens
    wish, level = asked.get("thinking"), asked.get("reasoning_effort")
    if wish is None and level is None:
        return
    if isinstance(wish, dict):
        _take_wish(draft, wish, level, model, limit)
    elif level in _LADDER:
        _take_level(draft, level, model, limit)
    elif level == "none":
        _rest(draft, "reasoning_effort", model)
    elif level is not None:
        draft.drop("reasoning_effort")
    if wish is not None and not isinstance(wish, dict):
        draft.drop("thinking")
    _give_way(draft, "thinking" if isinstance(wish, dict) else "reasoning_effort", model)


def _take_wish(draft: Draft, wish: JsonObject, level: object, model: Model, limit: int | None) -> None:
    """The client speaks Anthropic's own ``thinking``."""
    mode = wish.get("type")
    if mode == "disabled":
        _rest(draft, "thinking", model)
    elif model.thinking is Thinking.NONE:
        draft.drop("thinking")
    elif mode == "enabled" and model.thinking is Thinking.ADAPTIVE:
        draft.drop("thinking.budget_tokens")
        draft.body["thinking"] = {**wish, "type": "adaptive"}
        draft.body["thinking"].pop("budget_tokens", None)
    elif mode == "adaptive" and model.thinking is Thinking.BUDGET:
        draft.drop("thinking.type")
        _set_budget(
            draft, "thinking", _BUDGETS[level if isinstance(level, str) and level in _BUDGETS else "high"], limit
        )
        return
    elif mode == "enabled" and isinstance(wish.get("budget_tokens"), int):
        _keep_budget(draft, wish, limit)
    else:
        draft.body["thinking"] = wish
    if isinstance(level, str) and level in _LADDER and model.efforts and mode != "disabled":
        _set_effort(draft, level, model)
    elif level not in (None, "none"):
        draft.drop("reasoning_effort")


def _take_level(draft: Draft, level: str, model: Model, limit: int | None) -> None:
    """The client speaks OpenAI's ``reasoning_effort``."""
    if model.thinking is Thinking.NONE:
        draft.drop("reasoning_effort")
    elif model.thinking is Thinking.BUDGET:
        _set_budget(draft, "reasoning_effort", _BUDGETS[level], limit)
    else:
        _set_effort(draft, level, model)
        draft.body["thinking"] = {"type": "adaptive"}
        if model.thinking is Thinking.ADAPTIVE:  # its default is to keep the text back
            draft.body["thinking"]["display"] = "summarized"


def _rest(draft: Draft, name: str, model: Model) -> None:
    """The client wants no thinking."""
    if model.rest is Rest.DISABLED:
        draft.body["thinking"] = {"type": "disabled"}
    elif model.rest is Rest.BETWEEN_TOOLS:
        draft.body["thinking"] = {"type": "between_tools"}
        draft.drop(name)
    elif model.rest is Rest.NEVER:
        draft.output["effort"] = model.efforts[0]
        draft.drop(name)


def _set_effort(draft: Draft, level: str, model: Model) -> None:
    at = _LADDER.index(level)
    lower = [effort for effort in model.efforts if _LADDER.index(effort) <= at]
    effort = lower[-1] if lower else model.efforts[0]
    if effort != level:
        draft.drop("reasoning_effort")
    draft.output["effort"] = effort


def _set_budget(draft: Draft, name: str, budget: int, limit: int | None) -> None:
    """A budget of our own choice: at most half of the client's limit; without one, the answer has room beside it."""
    if limit is not None:
        if limit <= SMALLEST_BUDGET:
            draft.drop(name)
            return
        budget = min(budget, max(SMALLEST_BUDGET, limit // 2))
    else:
        draft.body["max_tokens"] = max(draft.body["max_tokens"], budget + _ROOM)
    draft.body["thinking"] = {"type": "enabled", "budget_tokens": budget}


def _keep_budget(draft: Draft, wish: JsonObject, limit: int | None) -> None:
    """The client's own budget: it stays, unless the client's own limit rules it out."""
    budget = wish["budget_tokens"]
    if limit is None:
        draft.body["max_tokens"] = max(draft.body["max_tokens"], budget + _ROOM)
    elif limit <= SMALLEST_BUDGET:
        draft.drop("thinking")
        return
    elif budget >= limit:
        draft.drop("thinking.budget_tokens")
        budget = limit - 1
    draft.body["thinking"] = {**wish, "budget_tokens": budget}


def _give_way(draft: Draft, name: str, model: Model) -> None:
    """Take thinking back where the rest of the request rules it out."""
    thinking = draft.body.get("thinking")
    if not thinking or thinking.get("type") not in ("enabled", "adaptive"):
        return
    forced = (draft.body.get("tool_choice") or {}).get("type") in ("any", "tool")
    unsigned = thinking["type"] == "enabled" and not draft.plain and _goes_on_without_thinking(draft.body["messages"])
    if not forced and not unsigned:
        return
    del draft.body["thinking"]
    if model.rest is Rest.SILENT:
        draft.drop(name)


def _goes_on_without_thinking(turns: list[JsonObject]) -> bool:
    if len(turns) < 2 or turns[-1]["role"] != "user" or turns[-1]["content"][0]["type"] != "tool_result":
        return False
    return turns[-2]["role"] == "assistant" and turns[-2]["content"][0]["type"] not in ("thinking", "redacted_thinking")
