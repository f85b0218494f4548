"""``reasoning_details``: the de-facto field for thinking that has to go back to who thought it.

Form: https://openrouter.ai/docs/use-cases/reasoning-tokens, 2026-11. An entry has a ``type`` (``reasoning.text``,
``reasoning.summary``, ``reasoning.encrypted``), a ``format`` that says who can read it, and an ``index``.
"""

import re
from typing import Any

from translators.base import JsonObject

_TEXTS = {"reasoning.text": "text", "reasoning.summary": "summary"}
"""What grows from delta to delta."""
_OURS = re.compile(r"(?:cohere-tool-plan|mistral|bedrock-[a-z0-9]+)-v1")
"""Formats that translators here made up, for vendors that have no name for theirs."""


def whole(details: Any) -> list[JsonObject]:
    """Entries put together that came as deltas: neighbours of one index and type are one. What is none is left out."""
    entries: list[JsonObject] = []
    for detail in details if isinstance(details, list) else ():
        if not isinstance(detail, dict):
            continue
        last = entries[-1] if entries else {}
        grows = _TEXTS.get(str(detail.get("type")))
        if grows and detail.get("index") is not None and _same(detail, last):
            text = str(last.get(grows) or "") + str(detail.get(grows) or "")
            news = {name: value for name, value in detail.items() if value is not None}
            entries[-1] = {**last, **news, grows: text}
        else:
            entries.append(detail)
    return entries


def is_ours(detail: Any) -> bool:
    """Whether nobody outside of this gateway knows an entry's format: OpenRouter has a closed list of them, and what it
    answered itself is on it (``ReasoningFormat`` of its API, https://openrouter.ai/docs/agent-sdk/typescript/models)."""
    form = detail.get("format") if isinstance(detail, dict) else None
    return isinstance(form, str) and _OURS.fullmatch(form) is not None


def _same(one: JsonObject, other: JsonObject) -> bool:
    return all(one.get(name) == other.get(name) for name in ("index", "type"))
