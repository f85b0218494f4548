"""What an answer and a stream say alike: why it ended, where the model is, and how sure it was.

Source: ``ChatResponse`` in Ollama's api/types.go, 2026-11.
"""

from typing import Any

from translators.base import JsonObject

_FACTS = ("remote_model", "remote_host")
_REASONS = {"stop": "stop", "length": "length"}
"""One that is new here is ``stop``; ``native_finish_reason`` has it as it is."""


def finish_of(answer: JsonObject, *, calls: bool) -> JsonObject:
    """``finish_reason``, which Ollama says to be ``stop`` where there are calls, and ``native_finish_reason``."""
    native = answer.get("done_reason")
    reason = _REASONS.get(native, "stop") if isinstance(native, str) else "stop"
    if calls and reason == "stop":
        reason = "tool_calls"
    return {"finish_reason": reason, "native_finish_reason": native}


def logprobs_of(items: list[Any]) -> JsonObject:
    """Log probabilities: the entries are OpenAI's, but for fields that are left out where they are empty."""
    return {"content": [{"bytes": None, "top_logprobs": [], **item} for item in items], "refusal": None}


def own_facts(answer: JsonObject) -> JsonObject:
    """``extra_content``: where the model really is, if that is elsewhere."""
    facts = {name: answer[name] for name in _FACTS if answer.get(name)}
    return {"extra_content": {"ollama": facts}} if facts else {}
