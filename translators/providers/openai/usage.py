"""Usage as vendors of OpenAI's wire report it, in inclusive buckets.

What differs (from recorded traffic): xAI counts reasoning beside the output, so its total is more than the sum; cached
tokens are in ``prompt_tokens_details``, at the top, or named ``prompt_cache_hit_tokens`` (DeepSeek) or
``num_cached_tokens`` (Mistral); Azure's Grok reports more cached tokens than tokens.

Sound and pictures are in the details of both sides: ``audio_tokens`` and, of the prompt, ``image_tokens`` by OpenAI
(openai-python, types/completion_usage.py, 2026-11), ``image_tokens`` of the answer by OpenRouter
(https://openrouter.ai/docs/client-sdks/typescript/models/batchobjectcompletiontokensdetails, 2026-11).
"""

from dataclasses import replace
from typing import Any

from translators.base import JsonObject
from translators.facts import Usage
from translators.providers.loose import count, obj, part

_ABSURD = 1_000_000_000
"""Tokens; no context window is within two orders of magnitude."""
_CACHED = ("prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens")
_WRITTEN = "cache_creation_input_tokens"
_REASONING = ("reasoning_tokens",)
"""Where vendors put what OpenAI has in the details."""


def read_usage(raw: Any, tier: Any = None) -> Usage | None:
    """The usage object of an answer.

    Args:
        raw: the object.
        tier: the ``service_tier`` beside it.

    Returns:
        None where it is missing, or where either main count is: an estimate is better than half a number.
    """
    if type(raw) is not dict:
        return None
    prompt: Any = raw.get("prompt_tokens")
    completion: Any = raw.get("completion_tokens")
    if type(prompt) is not int or type(completion) is not int:
        return None
    if not (0 <= prompt <= _ABSURD and 0 <= completion <= _ABSURD):
        return None
    read, made = raw.get("prompt_tokens_details"), raw.get("completion_tokens_details")
    cached = written = reasoning = media = None
    if type(read) is dict:
        cached, written = read.get("cached_tokens"), read.get("cache_write_tokens")
        media = read.get("audio_tokens") or read.get("image_tokens")
    if type(made) is dict:
        reasoning = made.get("reasoning_tokens")
        media = media or made.get("audio_tokens") or made.get("image_tokens")
    if type(cached) is not int or not 0 <= cached <= _ABSURD:
        cached = _elsewhere(raw, _CACHED)
    if type(written) is not int or not 0 <= written <= _ABSURD:
        written = count(raw[_WRITTEN]) or 0 if _WRITTEN in raw else 0
    if type(reasoning) is not int or not 0 <= reasoning <= _ABSURD:
        reasoning = _elsewhere(raw, _REASONING)
    if cached > prompt:
        cached = prompt
    if reasoning and _is_beside(raw, prompt, completion, reasoning):
        completion += reasoning
    usage = Usage(
        prompt,
        completion,
        cached,
        min(written, prompt - cached) if written else 0,
        reasoning,
        service_tier=tier if type(tier) is str else None,
    )
    return _with_media(usage, obj(read), obj(made)) if media else usage


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


def _with_media(usage: Usage, read: JsonObject, made: JsonObject) -> Usage:
    return replace(
        usage,
        input_audio_tokens=part(read.get("audio_tokens"), usage.input_tokens),
        input_image_tokens=part(read.get("image_tokens"), usage.input_tokens),
        output_audio_tokens=part(made.get("audio_tokens"), usage.output_tokens),
        output_image_tokens=part(made.get("image_tokens"), usage.output_tokens),
    )


def _is_beside(raw: JsonObject, prompt: int, completion: int, reasoning: int) -> bool:
    return reasoning > completion or bool(raw.get("total_tokens") == prompt + completion + reasoning)


def _elsewhere(raw: JsonObject, names: tuple[str, ...]) -> int:
    """A part of a main count where others than OpenAI put it; 0 if nobody says."""
    for name in names:
        found = count(raw.get(name))
        if found is not None:
            return found
    return 0
