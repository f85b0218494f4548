"""Usage, from Anthropic's exclusive buckets to OpenAI's inclusive ones.

``input_tokens`` leaves out what was read from the cache and what was written to it
(https://platform.claude.com/docs/en/build-with-claude/prompt-caching, 2026-11); ``output_tokens`` has the thinking in.
"""

from typing import Any

from translators.base import JsonObject
from translators.facts import Usage
from translators.providers.inclusive import counted_with_cache
from translators.providers.loose import count, part

_COUNTED = frozenset(
    {
        *("input_tokens", "output_tokens", "output_tokens_details"),
        *("cache_creation_input_tokens", "cache_read_input_tokens"),
    }
)
_TIERS = {"standard": "default", "priority": "priority"}


def read_usage(raw: Any) -> Usage | None:
    """The usage object of an answer; None where it is missing or either main count is: better an estimate than half."""
    if not isinstance(raw, dict):
        return None
    fresh, produced = count(raw.get("input_tokens")), count(raw.get("output_tokens"))
    if fresh is None or produced is None:
        return None
    read = count(raw.get("cache_read_input_tokens")) or 0
    written = count(raw.get("cache_creation_input_tokens")) or 0
    return Usage(
        fresh + read + written,
        produced,
        read,
        written,
        min(_thought(raw) or 0, produced),
        cache_write_1h_tokens=_for_an_hour(raw, written) if written else 0,
        service_tier="fast" if raw.get("speed") == "fast" else tier_of(raw),
    )


def openai_usage(raw: JsonObject, usage: Usage) -> JsonObject:
    """As a client reads it: OpenAI's fields, the names LiteLLM made common for the cache, and what else was said."""
    said = counted_with_cache(usage)
    if _thought(raw) is not None:
        said["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return said | {name: value for name, value in raw.items() if value is not None and name not in _COUNTED}


def tier_of(raw: Any) -> str | None:
    """The service tier in OpenAI's words."""
    tier = raw.get("service_tier") if isinstance(raw, dict) else None
    return _TIERS.get(tier) if isinstance(tier, str) else None


def _for_an_hour(raw: JsonObject, written: int) -> int:
    """Part of what was written to the cache."""
    parts = raw.get("cache_creation")
    return part(parts.get("ephemeral_1h_input_tokens"), written) if isinstance(parts, dict) else 0


def _thought(raw: JsonObject) -> int | None:
    details = raw.get("output_tokens_details")
    return count(details.get("thinking_tokens")) if isinstance(details, dict) else None
