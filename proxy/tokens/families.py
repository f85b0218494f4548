"""Which tokenizer comes nearest to a model's own, and how many tokens it finds where that one finds one.

OpenAI's are known. Nobody else's comes with a package of ours: the factors are what o200k_base has to be multiplied
with for prose, rounded up, until a provider's own counts say otherwise. Sources, 2026-11: Anthropic's newer tokenizer
makes up to 1.35 tokens of what was one (https://platform.claude.com/docs/en/about-claude/models/whats-new-claude-4-7);
Llama 3's and Qwen's vocabularies have 128k and 151k entries, Gemma's and Gemini's 262k, Mistral's tekken 131k, where
o200k has 200k (their model cards).
"""

from collections.abc import Mapping
from functools import lru_cache

_OLD = ("gpt-4-", "gpt-3.5", "text-embedding-", "davinci", "babbage")
_FACTORS: Mapping[str, float] = {
    "gpt": 1.0,
    "o1": 1.0,
    "o3": 1.0,
    "o4": 1.0,
    "text-embedding": 1.0,
    "claude": 1.7,
    "claude-3": 1.25,
    "claude-haiku-4": 1.25,
    "claude-sonnet-4": 1.25,
    "claude-opus-4-1": 1.25,
    "claude-opus-4-5": 1.25,
    "claude-opus-4-6": 1.25,
    "gemini": 1.1,
    "gemma": 1.1,
    "llama": 1.15,
    "qwen": 1.15,
    "deepseek": 1.15,
    "mistral": 1.2,
    "command": 1.2,
    "grok": 1.15,
    "nova": 1.25,
}
_LONGEST_FIRST = sorted(_FACTORS, key=len, reverse=True)
STRANGER = 1.4
"""Of a model of no row: small vocabularies of 32k entries make that many more."""


@lru_cache(256)  # names may be a client's own (wildcards), so not all are kept
def family_of(model: str) -> tuple[str, float]:
    """The name of the nearest vocabulary, and the factor.

    Args:
        model: its name, with or without a path: ``gpt-4o``, ``us.anthropic.claude-…``, ``meta-llama/Llama-3.3``.
    """
    name = model.lower()
    if name == "gpt-4" or name.startswith(_OLD):
        return "cl100k_base", 1.0
    parts = name.replace(".", "/").split("/")
    for beginning in _LONGEST_FIRST:
        if name.startswith(beginning) or any(part.startswith(beginning) for part in parts):
            return "o200k_base", _FACTORS[beginning]
    return "o200k_base", STRANGER
