"""OpenAI's models that think, at OpenAI and wherever else they are served, take less than their siblings.

All of them refuse ``max_tokens`` ("is not supported with this model. Use 'max_completion_tokens' instead"), which says
the same. Those that cannot rest, the o series and the first GPT-5, refuse a sampling of one's own too ("Only the
default (1) value is supported"); since GPT-5.1 it depends on the effort, so there it is for the upstream to say. A
conversation that moves here from another provider would end with a 400 otherwise.
Sources, 2026-11: https://platform.openai.com/docs/api-reference/chat/create (``max_tokens``: "not compatible with
o-series models"), …/docs/guides/latest-model (GPT-5.1: ``temperature`` and the like with effort ``none``), and
https://learn.microsoft.com/azure/ai-foundry/openai/how-to/reasoning (what is not supported).
"""

import re
from functools import lru_cache

from translators.base import Destination, JsonObject
from translators.providers.openai.parameters import passed

_THINKS = re.compile(r"(?:openai/)?(?:o[1-9]|gpt-[5-9])(?![0-9a-z])")
_NEVER_RESTS = re.compile(r"(?:openai/)?(?:o[1-9](?:-.+)?|gpt-5(?:-mini|-nano|-pro|-codex)?(?:-20[0-9]{2}-[0-9-]+)?)")
_SAMPLING = {"temperature": 1, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0, "logit_bias": {}}
"""With the values that are taken."""


@lru_cache(maxsize=256)  # asked with each request; names may be a client's own (wildcards), so not all are kept
def thinks(model: str) -> bool:
    """Whether the model of this name is one of them."""
    return _THINKS.match(model) is not None


def fit_thinker(body: JsonObject, target: Destination, dropped: list[str]) -> None:
    """Say the limit as the model takes it, and leave its sampling alone; what is left out is named.

    Args:
        body: as the vendor takes it; changed.
        target: where it goes, to a model that thinks.
        dropped: where what is left out is named.
    """
    if not passed(target, "max_tokens"):
        limit = body.pop("max_tokens", None)
        if limit is not None and body.get("max_completion_tokens") is None:
            body["max_completion_tokens"] = limit
    if not _NEVER_RESTS.fullmatch(target.model):
        return
    for name, taken in _SAMPLING.items():
        if body.get(name, taken) not in (taken, None) and not passed(target, name):
            del body[name]
            dropped.append(name)
