"""How much a request gives a model to read at most, by its size and by what it holds or refers to."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import orjson

from policies.base import Target
from translators.base import ChatRequest, JsonObject, Request
from translators.parameters import PARAMETERS

TEMPLATE = 64
"""Tokens that a provider puts around a plain prompt, beyond what the JSON around it has bytes for."""
TEMPLATES = {"cohere": 1024, "openrouter": 1024, "perplexity": 1024}
"""Where it is long: Cohere's preambles, and models of strangers. Recorded: 297 tokens, and 384."""
TOOLS = 1024
"""The same of one with tools or a schema: Anthropic's own words are 281 to 804 tokens, by model and choice
(https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview, 2026-11)."""
WINDOW = 200_000
"""Tokens of input where a request refers to something of unknown size, and the model's window is unknown too."""

_IMAGE: Mapping[str, int] = {
    # https://developers.openai.com/api/docs/guides/images-vision, 2026-11. By tiles: at most 8 of 512 pixels, within
    # 2048 x 768. By patches of 32 pixels: 1,536, or 10,000 in detail `original`, times the model's own factor
    "gpt-4o-mini": 2833 + 8 * 5667,
    "gpt-4o": 85 + 8 * 170,
    "gpt-4.1-nano": 3779,
    "gpt-4.1-mini": 2489,
    "gpt-4.1": 1536,
    "gpt-4-turbo": 85 + 8 * 170,
    "gpt-4.5": 85 + 8 * 170,
    "o1": 75 + 8 * 150,
    "o3": 75 + 8 * 150,
    "o4-mini": 2642,
    "gpt-5": 12_000,
    # https://platform.claude.com/docs/en/build-with-claude/vision, 2026-11: 1,600, or 4,784 in high resolution
    "claude": 5_000,
    # https://ai.google.dev/gemini-api/docs/media-resolution, 2026-11: 2,240 in ultra high, and about as many by tiles
    "gemini": 5_000,
}
_IMAGES = sorted(_IMAGE, key=len, reverse=True)
MOST_OF_IMAGE = 16_384
"""Of models of no row: what Qwen's take at their largest (its model card: 4 to 16384); others take less."""

_PART = "messages[].content[]."
_SIZED = frozenset({f"{_PART}image_url", f"{_PART}input_audio", f"{_PART}image", f"{_PART}image_url.url"})
_SIZED |= {f"{_PART}image_url.detail", f"{_PART}thinking", f"{_PART}redacted_thinking"}
_SIZED |= {"tools[].custom", "tools[].function.strict"}
_SCHEMAS = frozenset({"tools", "functions", "response_format.json_schema", "response_format.json_object"})
_SEARCHES = frozenset({"web_search_options", "search_parameters", "plugins", "mcp_servers", "container"})
_SEARCHES |= {"connectors", "cachedContent", "cached_content"}
"""What lets a provider read more than it is sent."""
_BARE = frozenset(name for name in PARAMETERS if "." not in name and "[" not in name) - _SCHEMAS - _SEARCHES
SIMPLE = _BARE - {"modalities", "audio", "service_tier", "prompt_cache_retention"}
"""What may be asked for without any effect on what is read, or at which rates."""


def read_at_most(ask: Request, target: Target) -> int:
    """Tokens of a request's input at most.

    Args:
        ask: the request.
        target: whose model reads it; no input is larger than a known context window.
    """
    window = target.capabilities.context_window
    if type(ask) is not ChatRequest:
        return len(ask.raw)  # of each of its inputs a window at most, so no window bounds the sum
    most = len(ask.raw) + TEMPLATES.get(target.provider, TEMPLATE)
    if not ask.plain or not _BARE.issuperset(ask.uses):
        more = beyond(ask, target)
        most = (window or WINDOW) if more is None else most + more
    return most if window is None or most < window else window


def beyond(ask: ChatRequest, target: Target) -> int | None:
    """Tokens that a request may have beyond its own bytes; None where its size says nothing."""
    more = 0
    for name in ask.uses:
        if name in _SCHEMAS:
            more = TOOLS
        elif name in _SEARCHES or (name.startswith(("tools[].", _PART)) and name not in _SIZED):
            return None
    if ask.plain:
        return more
    messages: list[JsonObject] = ask.body["messages"]
    images = sum("image" in str(kind) for message in messages for kind in _kinds(message))
    more += images * most_of_image(target.model) if images else 0
    if any(message.get("tool_calls") for message in messages):  # what was given back to the history is not in its bytes
        more += max(len(orjson.dumps(messages)) - len(ask.raw), 0)
    return more


def _kinds(message: JsonObject) -> Iterator[Any]:
    content = message.get("content")
    for part in content if type(content) is list else ():
        yield part.get("type")


@lru_cache(256)  # names may be a client's own (wildcards), so not all are kept
def most_of_image(model: str) -> int:
    """Tokens of one picture at most, for a model of that name: ``gpt-4o``, ``us.anthropic.claude-…``."""
    name = model.lower()
    for prefix in _IMAGES:
        if name.startswith(prefix) or f"/{prefix}" in name or f".{prefix}" in name:
            return _IMAGE[prefix]
    return MOST_OF_IMAGE
