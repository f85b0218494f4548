"""Counting tokens with OpenAI's tokenizers, whose vocabularies come with the package."""

from proxy.tokens.counter import Counter

__all__ = ["Counter"]
