"""Usage, from Gemini's buckets to OpenAI's inclusive ones.

``promptTokenCount`` has the cached tokens in; thoughts stand beside ``candidatesTokenCount``, and what tools read
beside the prompt; ``totalTokenCount`` is the sum of the four (https://ai.google.dev/api/generate-content#UsageMetadata,
2026-11). A count of 0 is left out, as in all of Google's JSON. What of it was sound and what was pictures is said by
modality (``ModalityTokenCount``); videos and documents are modalities of their own.
"""

from dataclasses import replace
from typing import Any

from translators.base import JsonObject
from translators.facts import Usage
from translators.providers.inclusive import counted
from translators.providers.loose import count, objs, part

_PROMPT, _TOOLS = "promptTokenCount", "toolUsePromptTokenCount"
_ANSWER, _THOUGHTS, _CACHED = "candidatesTokenCount", "thoughtsTokenCount", "cachedContentTokenCount"
_SAID = frozenset(
    {_PROMPT, _ANSWER, _THOUGHTS, _CACHED, "totalTokenCount", "serviceTier", "promptTokensDetails"}
    | {"candidatesTokensDetails"}
)
"""What has a place in OpenAI's form."""
_TIERS = {"standard": "default", "flex": "flex", "priority": "priority"}


def read_usage(raw: Any) -> Usage | None:
    """The usage of an answer; None where the prompt was not counted: better an estimate than half."""
    if not isinstance(raw, dict):
        return None
    prompt, tools = count(raw.get(_PROMPT)), count(raw.get(_TOOLS, 0))
    answer, thoughts = count(raw.get(_ANSWER, 0)), count(raw.get(_THOUGHTS, 0))
    cached = count(raw.get(_CACHED, 0))
    if prompt is None or tools is None or answer is None or thoughts is None or cached is None:
        return None
    made, served = answer + thoughts, tier_of(raw)
    usage = Usage(prompt + tools, made, min(cached, prompt + tools), 0, thoughts, service_tier=served)
    read, said = raw.get("promptTokensDetails"), raw.get("candidatesTokensDetails")
    return _with_media(usage, read, said) if _has_media(read) or _has_media(said) else usage


def openai_usage(raw: JsonObject, usage: Usage) -> JsonObject:
    """As a client reads it: OpenAI's fields, tokens by modality, and what else was said under its own name."""
    prompt = {"cached_tokens": usage.cached_tokens, **_by_modality(raw.get("promptTokensDetails"))}
    answer = {"reasoning_tokens": usage.reasoning_tokens, **_by_modality(raw.get("candidatesTokensDetails"))}
    said = {**counted(usage), "prompt_tokens_details": prompt, "completion_tokens_details": answer}
    return said | {name: value for name, value in raw.items() if value is not None and name not in _SAID}


def tier_of(raw: Any) -> str | None:
    """The service tier in OpenAI's words."""
    tier = raw.get("serviceTier") if isinstance(raw, dict) else None
    return _TIERS.get(tier) if isinstance(tier, str) else None


def _has_media(details: Any) -> bool:
    """Whether this tells of more than text: looked at in each event of a stream, so with a look at the common one."""
    if not details:
        return False
    return not (type(details) is list and len(details) == 1 and _modality(details[0]) == "TEXT")


def _with_media(usage: Usage, read: Any, made: Any) -> Usage:
    return replace(
        usage,
        input_audio_tokens=part(_of(read, "AUDIO"), usage.input_tokens),
        input_image_tokens=part(_of(read, "IMAGE"), usage.input_tokens),
        output_audio_tokens=part(_of(made, "AUDIO"), usage.output_tokens),
        output_image_tokens=part(_of(made, "IMAGE"), usage.output_tokens),
    )


def _of(details: Any, modality: str) -> int:
    return sum(count(entry.get("tokenCount")) or 0 for entry in objs(details) if entry.get("modality") == modality)


def _modality(entry: Any) -> Any:
    return entry.get("modality") if type(entry) is dict else None


def _by_modality(details: Any) -> JsonObject:
    """Tokens of text, images, audio …, each in a field of its own."""
    return {
        f"{entry['modality'].lower()}_tokens": count(entry.get("tokenCount")) or 0
        for entry in objs(details)
        if isinstance(entry.get("modality"), str)
    }
