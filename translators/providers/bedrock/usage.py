"""Usage, from Converse's exclusive buckets to OpenAI's inclusive ones.

``inputTokens`` leaves out what was read from the cache and what was written to it, and ``totalTokens`` has both in
(https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html, 2026-11; seen in recordings). Thinking is in
``outputTokens``; how much of it is not said.
"""

from dataclasses import replace
from typing import Any

from translators.base import JsonObject
from translators.facts import Usage
from translators.providers.inclusive import counted_with_cache
from translators.providers.loose import count, objs, part

_COUNTED = frozenset(
    {
        *("inputTokens", "outputTokens", "totalTokens", "cacheReadInputTokens", "cacheWriteInputTokens"),
        *("cacheReadInputTokenCount", "cacheWriteInputTokenCount"),
    }
)


def read_usage(raw: Any) -> Usage | None:
    """The usage of an answer; None where it is missing or either main count is: better an estimate than half."""
    if not isinstance(raw, dict):
        return None
    fresh, produced = count(raw.get("inputTokens")), count(raw.get("outputTokens"))
    if fresh is None or produced is None:
        return None
    read, written = count(raw.get("cacheReadInputTokens")) or 0, count(raw.get("cacheWriteInputTokens")) or 0
    usage = Usage(fresh + read + written, produced, read, written)
    kept = [entry.get("inputTokens") for entry in objs(raw.get("cacheDetails")) if entry.get("ttl") == "1h"]
    return replace(usage, cache_write_1h_tokens=part(kept[0], written)) if kept else usage


def openai_usage(raw: JsonObject, usage: Usage) -> JsonObject:
    """As a client reads it: OpenAI's fields, the names LiteLLM made common for the cache, and what else was said."""
    rest = {name: value for name, value in raw.items() if value and name not in _COUNTED}
    return counted_with_cache(usage) | rest
