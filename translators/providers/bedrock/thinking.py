"""``thinking`` and ``reasoning_effort`` as the model at hand can take them.

Claude's rules are Anthropic's; the fields stand in ``additionalModelRequestFields`` (``thinking``) and ``outputConfig``
(``effort``). For the others a level that a model lacks becomes its next lower one, or its lowest, and is named.
Sources, 2026-11: https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html,
…/nova/latest/nova2-userguide/extended-thinking.html (at ``high`` there is no limit and no sampling:
UKGovernmentBEIS/inspect_ai#3767), …/bedrock/latest/userguide/model-parameters-openai.html, and what pydantic-ai found
by asking: gpt-oss refuses ``none``, and Qwen takes ``reasoning_config`` of low and high alone.
"""

from translators.base import JsonObject
from translators.providers.anthropic.draft import Draft as AnthropicDraft
from translators.providers.anthropic.models import model_of
from translators.providers.anthropic.thinking import set_thinking as set_claudes_thinking
from translators.providers.bedrock.draft import Draft
from translators.providers.bedrock.families import Thinking
from translators.providers.loose import obj

_LADDER = ("minimal", "low", "medium", "high", "xhigh", "max")
_LEVELS = {
    Thinking.EFFORT: ("low", "medium", "high"),
    Thinking.NOVA: ("low", "medium", "high"),
    Thinking.QWEN: ("low", "high"),
}


def set_thinking(draft: Draft, asked: JsonObject, limit: int | None) -> None:
    """Set what makes the model think, and ``inferenceConfig.maxTokens``.

    Args:
        draft: its ``messages`` and ``toolConfig`` stand already.
        asked: the client's body.
        limit: the client's limit of output tokens.
    """
    if limit is not None:
        draft.settings["maxTokens"] = limit
    wish, level = asked.get("thinking"), asked.get("reasoning_effort")
    if wish is None and level is None:
        return
    thinking = draft.family.thinking
    if thinking is Thinking.CLAUDE:
        _set_claudes(draft, asked, limit)
        return
    if wish is not None:
        draft.drop("thinking")
    if level == "none" and thinking in (Thinking.NONE, Thinking.NOVA):
        return  # it does not think anyway
    if level not in _LADDER or thinking is Thinking.NONE:
        if level is not None:
            draft.drop("reasoning_effort")
        return
    _set_level(draft, thinking, _nearest(draft, level, _LEVELS[thinking]), limit)


def thinks(draft: Draft) -> bool:
    """Whether Claude will think, which calms its sampling."""
    return obj(draft.extra.get("thinking")).get("type") in ("enabled", "adaptive")


def _set_claudes(draft: Draft, asked: JsonObject, limit: int | None) -> None:
    choice = obj(obj(draft.body.get("toolConfig")).get("toolChoice"))
    claude = AnthropicDraft({"tool_choice": {"type": next(iter(choice), "auto")}}, plain=True)
    set_claudes_thinking(claude, asked, model_of(draft.model), limit)
    thinking = claude.body.get("thinking")
    if obj(thinking).get("type") == "enabled" and _goes_on_without_thinking(draft):
        thinking = None  # the API wants the turn that it goes on to begin with a thinking block
        claude.drop("thinking" if isinstance(asked.get("thinking"), dict) else "reasoning_effort")
    if thinking is not None:
        draft.extra["thinking"] = thinking
    if "effort" in claude.output:
        draft.output["effort"] = claude.output["effort"]
    for path in claude.dropped:
        draft.drop(path)


def _goes_on_without_thinking(draft: Draft) -> bool:
    turns: list[JsonObject] = [] if draft.plain else draft.body["messages"]
    if len(turns) < 2 or "toolResult" not in turns[-1]["content"][0]:
        return False
    return "reasoningContent" not in turns[-2]["content"][0]


def _nearest(draft: Draft, level: str, levels: tuple[str, ...]) -> str:
    lower = [known for known in levels if _LADDER.index(known) <= _LADDER.index(level)]
    nearest = lower[-1] if lower else levels[0]
    if nearest != level:
        draft.drop("reasoning_effort")
    return nearest


def _set_level(draft: Draft, thinking: Thinking, level: str, limit: int | None) -> None:
    if thinking is Thinking.EFFORT:
        draft.extra["reasoning_effort"] = level
    elif thinking is Thinking.QWEN:
        draft.extra["reasoning_config"] = level
    else:
        if level == "high" and limit is not None:  # the limit binds, the level does not
            level = "medium"
            draft.drop("reasoning_effort")
        draft.extra["reasoningConfig"] = {"type": "enabled", "maxReasoningEffort": level}
