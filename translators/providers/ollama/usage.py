"""Usage: what a whole answer, and the last line of a stream, counts (``ChatResponse`` in Ollama's api/types.go)."""

from translators.base import JsonObject
from translators.facts import Usage
from translators.providers.inclusive import counted
from translators.providers.loose import count

_DURATIONS = ("total_duration", "load_duration", "prompt_eval_duration", "eval_duration")
"""Nanoseconds."""


def read_usage(answer: JsonObject) -> Usage | None:
    """The counts of an answer, where it has them: none of what was read means that nobody counted.

    A count of nothing written is left out (``omitempty``).
    """
    read, produced = count(answer.get("prompt_eval_count")), count(answer.get("eval_count", 0))
    return Usage(read, produced) if read is not None and produced is not None else None


def openai_usage(answer: JsonObject, usage: Usage) -> JsonObject:
    """As a client reads it: OpenAI's fields, and the times, which are Ollama's measure of itself."""
    return counted(usage) | {name: answer[name] for name in _DURATIONS if answer.get(name) is not None}
