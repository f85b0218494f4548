"""Usage as a client reads it: OpenAI's fields, whatever the provider's own are called."""

from translators.base import JsonObject
from translators.facts import Usage


def counted(usage: Usage) -> JsonObject:
    """What every provider counts: read, written, and both."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
    }


def counted_with_cache(usage: Usage) -> JsonObject:
    """The same of a provider that writes to its cache for a price: with the names that LiteLLM made common for it."""
    cached, written = usage.cached_tokens, usage.cache_write_tokens
    return {
        **counted(usage),
        "prompt_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": written,
    }
