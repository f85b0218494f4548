"""What an answer and a stream say alike: why it ended, what it cites, and what has no place in OpenAI's form.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseResponse.html and …_Citation.html,
2026-11.
"""

from typing import Any

from translators.base import JsonObject
from translators.facts import Failure, garbled
from translators.providers.loose import obj

_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}
"""One that is new here is ``stop``; ``native_finish_reason`` tells it."""
_MALFORMED = frozenset({"malformed_model_output", "malformed_tool_use"})
"""The model's output could not be read: there is no answer, and another attempt may well give one."""
_FACTS = ("additionalModelResponseFields", "metrics", "performanceConfig", "serviceTier", "trace")
_TIERS = frozenset({"default", "flex", "priority"})


def finish_of(native: Any, *, calls: bool) -> JsonObject:
    """``finish_reason`` and, as OpenRouter has it, ``native_finish_reason``.

    Args:
        native: ``stopReason``.
        calls: whether there are tool calls for the client: a tool that stands for the answer is none.
    """
    reason = _REASONS.get(native, "stop") if isinstance(native, str) else "stop"
    if reason == "tool_calls" and not calls:
        reason = "stop"
    return {"finish_reason": reason, "native_finish_reason": native}


def malformed(native: Any) -> Failure | None:
    """The failure that an answer is whose model said what nobody can read."""
    if native not in _MALFORMED:
        return None
    failure = garbled("The model's output is malformed.")
    return Failure(failure.kind, failure.message, None, None, True, native)


def own_facts(answer: JsonObject) -> JsonObject:
    """Facts of an answer that OpenAI's form has no place for."""
    return {name: answer[name] for name in _FACTS if answer.get(name)}


def tier_of(answer: JsonObject) -> str | None:
    """The service tier in OpenAI's words."""
    tier = obj(answer.get("serviceTier")).get("type")
    return tier if tier in _TIERS else None


def annotations_of(citations: list[Any], start: int, end: int) -> list[JsonObject]:
    """Citations of web pages as OpenAI's ``annotations``: found on the web, or search results that lie there.

    Args:
        citations: of one block.
        start: where its text begins in the whole text, in characters.
        end: where it ends.
    """
    found = [(citation, _address(citation)) for citation in citations if isinstance(citation, dict)]
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "url": url,
                "title": citation.get("title") or "",
                "start_index": start,
                "end_index": end,
            },
        }
        for citation, url in found
        if url is not None
    ]


def _address(citation: JsonObject) -> str | None:
    location = citation.get("location")
    urls = (obj(obj(location).get("web")).get("url"), citation.get("source"))
    return next((url for url in urls if isinstance(url, str) and url.startswith(("https://", "http://"))), None)
