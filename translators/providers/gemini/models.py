"""What each Gemini model takes: one row per family, found by the longest prefix of the model's name.

Sources, 2026-11: https://ai.google.dev/gemini-api/docs/thinking (budgets, and levels up to 3.1),
https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/guides/gemini-3-8-flash (levels of 3.1 to 3.8),
…/models/gemini/3-5-flash-lite (from it on, sampling is ignored and a penalty is an error),
https://dev.to/aihubmix/gemini-4-neon-migration-default-high-thinking-400-errors-and-the-65k-cap-45gj (the same of 4,
and one candidate), https://ai.google.dev/gemini-api/docs/structured-output (tools beside a schema: from 3 on), the
API's own words: "Penalty is not enabled for models/gemini-2.5-flash" (PublicAffairs/openai-gemini#63), "Logprobs is not
enabled for models/gemini-2.5-pro" (mscraftsman/generative-ai#135), "Logprobs is not supported for this model" (3.5,
GoogleCloudPlatform/generative-ai#2947), "Multiple candidates is not enabled" (3 Pro, googleapis/python-genai#1723).
"""

from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import lru_cache


class Thinking(Enum):
    """How thinking is measured out."""

    NONE = auto()
    """It cannot think."""
    BUDGET = auto()
    """``thinkingBudget``, in tokens."""
    LEVEL = auto()
    """``thinkingLevel``. There is no way to switch it off."""


@dataclass(frozen=True, slots=True)
class Model:
    """One family."""

    thinking: Thinking = Thinking.NONE
    least: int = 0
    """Smallest budget, in tokens."""
    most: int = 24_576
    """Largest budget."""
    rests: bool = True
    """A budget of 0 is taken: no thinking at all."""
    levels: tuple[str, ...] = ()
    """Levels, from the least to the most."""
    samples: bool = True
    """Whether ``temperature``, ``topP`` and ``topK`` change anything."""
    penalties: bool = False
    """Whether ``presencePenalty`` and ``frequencyPenalty`` are taken on AI Studio as on Vertex."""
    candidates: int = 8
    """The most that ``candidateCount`` may be."""
    logprobs: frozenset[str] = frozenset()
    """Providers where ``responseLogprobs`` is taken."""
    mixes: bool = False
    """Whether functions may come beside a JSON answer, and beside Google's own tools."""
    signed: bool = False
    """Whether a function call in the history must have a thought signature, and its result may hold media."""
    fetches: bool = True
    """Whether AI Studio fetches files from the web for it."""
    validates: bool = True
    """Whether calls can be held to their schemas while none is forced (mode ``VALIDATED``)."""


_THREE = ("low", "medium", "high")
_FOUR = ("minimal", *_THREE)
_BOTH, _VERTEX = frozenset({"google", "vertex"}), frozenset({"vertex"})

_OLD = Model(penalties=True, logprobs=_BOTH, fetches=False, validates=False)
_2_5 = Model(Thinking.BUDGET, logprobs=_VERTEX)
_3 = Model(Thinking.LEVEL, levels=_FOUR, mixes=True, signed=True)
_FIXED = replace(_3, samples=False)
_NEWEST = replace(_FIXED, levels=_THREE, candidates=1)

_ROWS = {
    "gemini-1.": _OLD,
    "gemini-2.0-": _OLD,
    "gemma-": replace(_OLD, penalties=False, logprobs=frozenset()),
    "learnlm-": _OLD,
    "gemini-2.5-": _2_5,
    "gemini-2.5-pro": replace(_2_5, least=128, most=32_768, rests=False),
    "gemini-2.5-flash-lite": replace(_2_5, least=512),
    "gemini-2.5-flash-image": replace(_2_5, thinking=Thinking.NONE),
    "gemini-2.5-flash-preview-tts": replace(_2_5, thinking=Thinking.NONE),
    "gemini-2.5-pro-preview-tts": replace(_2_5, thinking=Thinking.NONE),
    "gemini-3-": _3,
    "gemini-3-pro": replace(_3, levels=("low", "high"), candidates=1),
    "gemini-3.1-": _3,
    "gemini-3.1-pro": replace(_3, levels=_THREE),
    "gemini-3.5-": _3,
    "gemini-3.5-flash-lite": _FIXED,
    "gemini-3.6-": _FIXED,
    "gemini-": _NEWEST,  # 3.7, 3.8, 4 and what is newer than this table; ``gemini-flash-latest``
}
_STRANGER = Model(fetches=False, validates=False)
"""A model of another name behind the same wire."""
_LONGEST_FIRST = sorted(_ROWS, key=len, reverse=True)


@lru_cache(maxsize=256)  # a request asks twice; names may be a client's own (wildcards), so not all are kept
def model_of(name: str) -> Model:
    """The row of a model, by its name with or without what collection it is in (``models/``, ``google/``)."""
    bare = name.rpartition("/")[2]
    return next((_ROWS[prefix] for prefix in _LONGEST_FIRST if bare.startswith(prefix)), _STRANGER)


def draws(name: str) -> bool:
    """Whether the model makes images (https://ai.google.dev/gemini-api/docs/image-generation, 2026-11)."""
    return "-image" in name or "nano-banana" in name


def speaks(name: str) -> bool:
    """Whether the model makes speech (https://ai.google.dev/gemini-api/docs/speech-generation, 2026-11)."""
    return "-tts" in name
