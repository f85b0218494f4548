"""Usage as vendors of OpenAI's wire report it, in inclusive buckets.

What differs (from recorded traffic): xAI counts reasoning beside the output, so its total is more than the sum; cached
tokens are in ``prompt_tokens_details``, at the top, or named ``prompt_cache_hit_tokens`` (DeepSeek) or
``num_cached_tokens`` (Mistral); Azure's Grok reports more cached tokens than tokens.
"""

from typing import Any

from translators.base import JsonObject
from translators.facts import Usage

_ABSURD = 1_000_000_000
"""Tokens; no context window is within two orders of magnitude."""
_CACHED = ("prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens")
_WRITTEN = ("cache_creation_input_tokens",)
_REASONING = ("reasoning_tokens",)
"""Where vendors put what OpenAI has in the details."""


def read_usage(raw: Any) -> Usage | None:
    """The usage object of an answer.

    Returns:
        None where it is missing, or where either main count is: an estimate is better than half a number.
    """
    if type(raw) is not dict:
        return None
    prompt: Any = raw.get("prompt_tokens")
    completion: Any = raw.get("completion_tokens")
    if not (_is_count(prompt) and _is_count(completion)):
        return None
    read, made = raw.get("prompt_tokens_details"), raw.get("completion_tokens_details")
    cached = min(_detail(read, "cached_tokens", raw, _CACHED), prompt)
    written = _detail(read, "cache_write_tokens", raw, _WRITTEN)
    reasoning = _detail(made, "reasoning_tokens", raw, _REASONING)
    if reasoning and _is_beside(raw, prompt, completion, reasoning):
        completion += reasoning
    return Usage(prompt, completion, cached, min(written, prompt - cached), reasoning)


def mend_usage(raw: Any, usage: Usage | None) -> bool:
    """Say a usage object in OpenAI's meaning, in place, where its reasoning stands beside its output; else leave it.

    A client that multiplies ``completion_tokens`` by a price would come out too low.

    Args:
        raw: the object.
        usage: what was read from it.
    """
    if usage is None or usage.output_tokens == raw["completion_tokens"]:
        return False
    raw["completion_tokens"] = usage.output_tokens
    return True


def _is_beside(raw: JsonObject, prompt: int, completion: int, reasoning: int) -> bool:
    return reasoning > completion or bool(raw.get("total_tokens") == prompt + completion + reasoning)


def _is_count(value: Any) -> bool:
    """Whether this is a number of tokens: not missing, negative, absurd, or a boolean."""
    return type(value) is int and 0 <= value <= _ABSURD


def _detail(details: Any, name: str, raw: JsonObject, elsewhere: tuple[str, ...]) -> int:
    """A part of a main count: where OpenAI puts it, or else where others do; 0 if nobody says."""
    if type(details) is dict:
        value = details.get(name)
        if type(value) is int and 0 <= value <= _ABSURD:
            return value
    for other in elsewhere:
        count: Any = raw.get(other)
        if _is_count(count):
            return int(count)
    return 0
