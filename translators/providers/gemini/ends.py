"""Why an answer ended, and whether that is an end.

Source: https://ai.google.dev/api/generate-content#FinishReason and …#BlockReason, Google's SDK, types.py, 2026-11.

Rules. A function call that the model got wrong (``MALFORMED_FUNCTION_CALL`` and its like) is no answer: OpenAI has no
word for it, ``stop`` would make an agent believe that the model is done, and another attempt mostly succeeds. A prompt
that was blocked is an answer that ends for ``content_filter``, as one that was blocked half-way is.
"""

from typing import Any

from translators.base import JsonObject
from translators.facts import Failure, FailureKind
from translators.providers.loose import obj

_REASONS = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "TOO_MANY_TOOL_CALLS": "length",  # Google's own tools were stopped before the answer
    "CONTINUATION": "length",
} | dict.fromkeys(
    (
        *("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "ESCALATION", "MODEL_ARMOR"),
        *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "PUP_LIMITED_DISABLED"),
    ),
    "content_filter",
)
"""``OTHER``, ``IMAGE_OTHER``, ``NO_IMAGE`` and one that is new here are ``stop``; ``native_finish_reason`` tells."""
_MALFUNCTIONS = frozenset({"MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE", "UNEXPECTED_TOOL_CALL"})
_UNSIGNED = "MISSING_THOUGHT_SIGNATURE"
_FACTS = frozenset(
    {
        *("finishMessage", "safetyRatings", "citationMetadata", "groundingMetadata", "urlContextMetadata"),
        *("avgLogprobs", "tokenCount", "continuationToken"),
    }
)
_LONGEST_MESSAGE = 2048


def finish_of(native: Any, *, calls: bool) -> JsonObject:
    """``finish_reason`` and, as OpenRouter has it, ``native_finish_reason``.

    Args:
        native: Gemini's reason.
        calls: whether the answer has tool calls: Gemini says ``STOP`` then as well.
    """
    reason = _REASONS.get(native, "stop") if isinstance(native, str) else "stop"
    return {"finish_reason": "tool_calls" if calls and reason == "stop" else reason, "native_finish_reason": native}


def malfunction_of(candidate: JsonObject) -> Failure | None:
    """The failure that a candidate ended in, if it did."""
    native = candidate.get("finishReason")
    if native is None or (native not in _MALFUNCTIONS and native != _UNSIGNED):
        return None
    kind = FailureKind.BAD_REQUEST if native == _UNSIGNED else FailureKind.GARBLED
    said = candidate.get("finishMessage")
    message = said if isinstance(said, str) and said else f"The model's answer ended with {native}."
    return Failure(kind, message[:_LONGEST_MESSAGE], None, reached_model=True, code=native)


def own_facts(candidate: JsonObject) -> JsonObject:
    """Facts of a candidate that OpenAI's form has no place for, under their own names."""
    if _FACTS.isdisjoint(candidate):
        return {}
    return {name: value for name, value in candidate.items() if name in _FACTS and value is not None}


def blocked(feedback: Any) -> tuple[JsonObject, JsonObject] | None:
    """What is said where the prompt was blocked: the delta, and the end. None where it was not."""
    reason = obj(feedback).get("blockReason")
    if not isinstance(reason, str):
        return None
    delta: JsonObject = {"extra_content": {"google": {"promptFeedback": feedback}}}
    if isinstance(why := feedback.get("blockReasonMessage"), str) and why:
        delta["refusal"] = why
    return delta, {"finish_reason": "content_filter", "native_finish_reason": reason}
