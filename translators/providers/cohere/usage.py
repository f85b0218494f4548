"""Usage: Cohere's ``tokens``, which are what the model read and wrote, the preamble and the thinking in them.

``billed_units`` are fewer ("there are situations in which Cohere adds tokens under the hood",
https://docs.cohere.com/docs/how-does-cohere-pricing-work, 2026-11), and are shown beside. ``cached_tokens`` are part of
the input ("the number of prompt tokens that hit the inference cache", https://docs.cohere.com/reference/chat).
"""

from typing import Any

from translators.base import JsonObject
from translators.facts import Usage
from translators.providers.inclusive import counted
from translators.providers.loose import count, obj

_COUNTED = frozenset({"tokens", "cached_tokens"})


def read_usage(raw: Any) -> Usage | None:
    """The usage object of an answer; None where either main count is missing: better an estimate than half."""
    said = obj(raw)
    tokens = obj(said.get("tokens"))
    read, produced = tokens_of(tokens.get("input_tokens")), tokens_of(tokens.get("output_tokens"))
    if read is None or produced is None:
        return None
    cached, thought = tokens_of(said.get("cached_tokens")), tokens_of(tokens.get("reasoning_tokens"))
    return Usage(read, produced, min(cached or 0, read), reasoning_tokens=min(thought or 0, produced))


def openai_usage(raw: JsonObject, usage: Usage) -> JsonObject:
    """As a client reads it: OpenAI's fields, and what else was said."""
    said = counted(usage)
    if raw.get("cached_tokens") is not None:
        said["prompt_tokens_details"] = {"cached_tokens": usage.cached_tokens}
    if obj(raw.get("tokens")).get("reasoning_tokens") is not None:
        said["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return said | {name: value for name, value in raw.items() if value is not None and name not in _COUNTED}


def tokens_of(value: Any) -> int | None:
    """A count. Cohere's API description has them as numbers, so ``24.0`` is one too."""
    return count(int(value) if type(value) is float and value.is_integer() else value)
