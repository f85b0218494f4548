"""What each Claude model takes: one row per family, found by the longest prefix of the model's name.

Sources, 2026-11: https://platform.claude.com/docs/en/about-claude/models/overview (largest outputs),
…/build-with-claude/effort (levels), …/build-with-claude/adaptive-thinking and …/build-with-claude/thinking (modes),
…/build-with-claude/structured-outputs (models), …/about-claude/models/migration-guide (no sampling since Opus 4.7), and
the API's own words: "`temperature` and `top_p` cannot both be specified for this model" (BerriAI/litellm#15097).
"""

from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import lru_cache


class Thinking(Enum):
    """How thinking is switched on."""

    NONE = auto()
    """It cannot think."""
    BUDGET = auto()
    """``{"type": "enabled", "budget_tokens": n}`` alone."""
    EITHER = auto()
    """That, or ``{"type": "adaptive"}``, which is recommended."""
    ADAPTIVE = auto()
    """``{"type": "adaptive"}`` alone; a budget is a 400, and the text is left out unless asked for."""


class Rest(Enum):
    """What a model does that is told nothing of thinking, and how it is told not to."""

    SILENT = auto()
    """It does not think."""
    DISABLED = auto()
    """It thinks, unless told ``{"type": "disabled"}``."""
    BETWEEN_TOOLS = auto()
    """It thinks; ``{"type": "between_tools"}`` is the least it can do."""
    NEVER = auto()
    """It thinks, whatever it is told."""


VERSION = "2023-06-01"
"""The API's version that takes ``temperature``, ``top_p`` and ``top_k``, which models up to 4.6 honour."""
NEWEST = "2026-10-21"
"""The one that refuses them, even at their defaults, and that is recommended otherwise: models that sample as they do
are asked by it (https://platform.claude.com/docs/en/api/versioning, 2026-11)."""


@dataclass(frozen=True, slots=True)
class Model:
    """One family."""

    max_tokens: int
    """Sent where the client names no limit, for the API demands one: the largest output. Less before 4.5, where prompt
    and limit together must fit the window, or the request is a 400."""
    thinking: Thinking = Thinking.NONE
    rest: Rest = Rest.SILENT
    efforts: tuple[str, ...] = ()
    """Levels of ``output_config.effort``, from the least to the most."""
    samples: bool = True
    """Whether ``temperature``, ``top_p`` and ``top_k`` are taken at all."""
    both_samplers: bool = False
    """Whether ``temperature`` and ``top_p`` may come together."""
    schemas: bool = False
    """Whether ``output_config.format`` and strict tools are taken."""

    @property
    def version(self) -> str:
        """Of the API, where the operator pins none."""
        return VERSION if self.samples else NEWEST


_LEVELS = ("low", "medium", "high")
_OLD = Model(8_192, Thinking.BUDGET, both_samplers=True)
_4_5 = Model(64_000, Thinking.BUDGET, schemas=True)
_4_6 = Model(128_000, Thinking.EITHER, efforts=(*_LEVELS, "max"), schemas=True)
_4_7 = Model(128_000, Thinking.ADAPTIVE, efforts=(*_LEVELS, "xhigh", "max"), samples=False, schemas=True)
_5 = replace(_4_7, rest=Rest.DISABLED)
_TIRELESS = replace(_4_7, rest=Rest.NEVER)

_ROWS = {
    "claude-3-": Model(4_096, both_samplers=True),
    "claude-3-5-": Model(8_192, both_samplers=True),
    "claude-3-7-": _OLD,
    "claude-opus-4": _OLD,
    "claude-sonnet-4": _OLD,
    "claude-opus-4-1": replace(_OLD, both_samplers=False),
    "claude-haiku-4-5": _4_5,
    "claude-sonnet-4-5": _4_5,
    "claude-opus-4-5": replace(_4_5, efforts=_LEVELS),
    "claude-sonnet-4-6": _4_6,
    "claude-opus-4-6": _4_6,
    "claude-opus-4-7": _4_7,
    "claude-opus-4-8": _4_7,
    "claude-opus-5": _5,
    "claude-opus-5-5": _TIRELESS,
    "claude-sonnet-5": _5,
    "claude-sonnet-5-5": replace(_4_7, rest=Rest.BETWEEN_TOOLS),
    "claude-haiku-5": _5,
    "claude-fable-": _TIRELESS,
    "claude-mythos-": _TIRELESS,
    "claude-": replace(_TIRELESS, max_tokens=64_000),  # newer than this table: as its newest rows
}
_STRANGER = Model(8_192, Thinking.BUDGET, both_samplers=True)
"""A model that is no Claude, behind an interface that speaks its wire."""
_LONGEST_FIRST = sorted(_ROWS, key=len, reverse=True)


@lru_cache(maxsize=256)  # a request asks twice; names may be a client's own (wildcards), so not all are kept
def model_of(name: str) -> Model:
    """The row of a model, by its name at Anthropic, Bedrock (``us.anthropic.claude-…``) or Vertex (``claude-…@…``)."""
    at = name.find("claude-")
    bare = name[at:].replace(".", "-") if at >= 0 else name
    return next((_ROWS[prefix] for prefix in _LONGEST_FIRST if bare.startswith(prefix)), _STRANGER)
