"""What Cohere's models take: one row per family, found by the longest prefix of the model's name.

Sources, 2026-11: https://docs.cohere.com/docs/models (families), https://docs.cohere.com/docs/reasoning and the pages
of Command A Reasoning, Command A+ and North (``thinking``), https://docs.cohere.com/reference/chat (``tool_choice``:
"only compatible with models Command-r7b and newer"), https://docs.cohere.com/reference/embed (``output_dimension``:
"only available for embed-v4 and newer models").
"""

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Model:
    """One family."""

    chooses: bool = True
    """Whether ``tool_choice`` is taken."""
    thinks: bool = False
    """Whether it thinks, unless told not to, and takes back what it thought."""
    resizes: bool = True
    """Of embeddings: whether ``output_dimension`` is taken."""


_OLD = Model(chooses=False)
_THINKING = Model(thinks=True)
_ROWS = {
    "command": _OLD,
    "command-r": _OLD,
    "command-r7b": Model(),
    "command-a": Model(),
    "command-a-plus": _THINKING,
    "command-a-reasoning": _THINKING,
    "aya": _OLD,
    "north": _THINKING,
    "embed-english-": Model(resizes=False),
    "embed-multilingual-": Model(resizes=False),
}
_STRANGER = _THINKING
"""A model of somebody's own, or newer than this table: whatever is asked of it is said."""
_LONGEST_FIRST = sorted(_ROWS, key=len, reverse=True)


@lru_cache(maxsize=256)  # a request asks twice; names may be a client's own (wildcards), so not all are kept
def model_of(name: str) -> Model:
    """The row of a model. Open weights are the same families: ``c4ai-command-a-03-2025``."""
    bare = name.removeprefix("c4ai-")
    return next((_ROWS[prefix] for prefix in _LONGEST_FIRST if bare.startswith(prefix)), _STRANGER)
