"""What a model thought, between canonical form and Cohere's, both ways.

Thinking blocks are ``reasoning_content``. The plan that a model makes before it calls tools ("chain-of-thought style
reflection and plan", https://docs.cohere.com/reference/chat, ``tool_plan``, 2026-11) is no part of the answer's text
and not of those blocks, so it is an entry of ``reasoning_details`` with a format of its own, which no other provider
takes for its state. Cohere's guides send the whole message back in the next turn, plan and all.
"""

from typing import Any

from translators.base import JsonObject, Memento
from translators.providers.cohere.models import Model
from translators.providers.draft import Draft
from translators.providers.loose import objs

FORMAT = "cohere-tool-plan-v1"
"""Ours: Cohere has no name for it."""


def detail_of(plan: str) -> JsonObject:
    """A plan as an entry of ``reasoning_details``."""
    return {"type": "reasoning.text", "text": plan, "format": FORMAT, "index": 0}


def memento_of(calls: list[str], thought: str, plan: str) -> Memento | None:
    """What the next turn should bring back beside these calls; None where there is nothing, or are no calls."""
    fields: JsonObject = {}
    if thought:
        fields["reasoning_content"] = thought
    if plan:
        fields["reasoning_details"] = [detail_of(plan)]
    return Memento(tuple(calls), fields) if calls and fields else None


def plan_of(draft: Draft, message: JsonObject) -> str:
    """The plan in a message of a history: as we gave it, or in Cohere's own field. What is others' is named."""
    own = message.get("tool_plan")
    details: Any = objs(message.get("reasoning_details"))
    texts = [detail["text"] for detail in details if detail.get("format") == FORMAT and type(detail.get("text")) is str]
    if len(texts) < len(details):
        draft.drop("messages[].reasoning_details")
    return own if isinstance(own, str) and own else "".join(texts)


def thinking_of(draft: Draft, message: JsonObject, model: Model) -> list[JsonObject]:
    """The thinking block of a message in a history, whoever thought it: it is plain text. None for the thoughtless."""
    thought = message.get("reasoning_content")
    if not isinstance(thought, str) or not thought:
        return []
    if not model.thinks:
        draft.drop("messages[].reasoning_content")
        return []
    return [{"type": "thinking", "thinking": thought}]
