"""What each family of models takes on Bedrock's Converse API: one row per family, by the longest prefix of its name.

The API is one for all, but it answers 400 to a field that the model at hand does not take. Sources, 2026-11:
https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html (system
prompts), …/prompt-caching.html, …/structured-output.html (models), …/APIReference/API_runtime_ToolChoice.html, and what
was found by asking: langchain-ai/langchain-aws (``supports_tool_choice_values``) and pydantic/pydantic-ai
(``providers/bedrock.py``: results beside texts, ``status``, ``top_k``, who may begin).
"""

from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import lru_cache


class Thinking(Enum):
    """How a family is told to think."""

    NONE = auto()
    """It is not."""
    CLAUDE = auto()
    """As Anthropic has it: ``thinking``, and ``effort``."""
    EFFORT = auto()
    """``reasoning_effort``, as OpenAI has it; it never rests."""
    NOVA = auto()
    """``reasoningConfig``; it rests unless told."""
    QWEN = auto()
    """``reasoning_config``, low or high; it never rests."""


@dataclass(frozen=True, slots=True)
class Family:
    """One family."""

    thinking: Thinking = Thinking.NONE
    choices: frozenset[str] = frozenset()
    """Tool choices beside ``auto``: ``any``, ``tool``."""
    schemas: bool = False
    """Whether ``outputConfig.textFormat`` and strict tools are taken."""
    top_k: tuple[str, ...] = ()
    """Where ``top_k`` stands in ``additionalModelRequestFields``; empty: nowhere."""
    caches: bool = False
    """Whether cache points are taken."""
    caches_tools: bool = False
    """Whether they are taken among the tools, and with a time to live."""
    instructed: bool = True
    """Whether ``system`` is taken."""
    leads: bool = False
    """Whether a conversation may begin with the assistant."""
    results_alone: bool = False
    """Whether tool results may have nothing beside them in a turn."""
    status: bool = True
    """Whether a tool result may say how it went."""
    lacks: frozenset[str] = frozenset()
    """Names of ``translators.parameters`` that Converse has a form for, and these models none."""
    grounds: bool = False
    """Whether ``nova_grounding`` searches the web for it (…/nova/latest/nova2-userguide/web-grounding.html)."""


_ANY, _BOTH = frozenset({"any"}), frozenset({"any", "tool"})
_UNHEARD = frozenset({"messages[].content[].input_audio", "messages[].content[].video_url"})
"""What Anthropic's own API has no blocks for (https://platform.claude.com/docs/en/api/messages)."""
_CLAUDE = Family(Thinking.CLAUDE, _BOTH, top_k=("top_k",), caches=True, caches_tools=True, leads=True, lacks=_UNHEARD)
_NOVA = Family(choices=_BOTH, top_k=("inferenceConfig", "topK"), caches=True)
_MISTRAL = Family(results_alone=True)
_SCHEMAS = Family(schemas=True)

_ROWS = {
    "ai21.j2": Family(instructed=False),
    "amazon.nova-": _NOVA,
    "amazon.nova-premier": replace(_NOVA, grounds=True),
    "amazon.nova-2-": replace(_NOVA, thinking=Thinking.NOVA, grounds=True),
    "amazon.titan-": Family(instructed=False),
    "anthropic.": _CLAUDE,
    "anthropic.claude-haiku-4-5": replace(_CLAUDE, schemas=True),
    "anthropic.claude-opus-4-5": replace(_CLAUDE, schemas=True),
    "anthropic.claude-opus-4-6": replace(_CLAUDE, schemas=True),
    "anthropic.claude-sonnet-4-5": replace(_CLAUDE, schemas=True),
    "anthropic.claude-sonnet-4-6": replace(_CLAUDE, schemas=True),
    "cohere.command-light": Family(instructed=False),
    "cohere.command-text": Family(instructed=False),
    "deepseek.v3": Family(choices=_BOTH, schemas=True),
    "deepseek.v3-v1": Family(choices=_ANY, schemas=True),
    "google.gemma-3-12b": _SCHEMAS,
    "google.gemma-3-27b": _SCHEMAS,
    "meta.llama": Family(results_alone=True),
    "minimax.": _SCHEMAS,
    "mistral.": _MISTRAL,
    "mistral.magistral": replace(_MISTRAL, schemas=True),
    "mistral.ministral-3": replace(_MISTRAL, schemas=True),
    "mistral.mistral-7b": replace(_MISTRAL, instructed=False),
    "mistral.mistral-large": replace(_MISTRAL, choices=_ANY),
    "mistral.mistral-large-3": replace(_MISTRAL, choices=_ANY, schemas=True),
    "mistral.mixtral": replace(_MISTRAL, instructed=False),
    "mistral.voxtral": replace(_MISTRAL, schemas=True),
    "moonshot": Family(Thinking.EFFORT, _BOTH, schemas=True, leads=True),
    "nvidia.nemotron": _SCHEMAS,
    "openai.gpt-oss": Family(Thinking.EFFORT, schemas=True),
    "qwen.": Family(leads=True),
    "qwen.qwen3": Family(Thinking.QWEN, schemas=True, leads=True),
    "writer.": Family(results_alone=True, status=False),
    "zai.": Family(choices=_BOTH, schemas=True, leads=True),
}
_LONGEST_FIRST = sorted(_ROWS, key=len, reverse=True)
_STRANGER = Family()
"""A vendor that is new here: what all take."""
_HIDDEN = Family(choices=_BOTH, caches=True)
"""A model behind the ARN of a profile, a deployment or an endpoint of the operator's: what most of them take."""
_PLACES = frozenset({"us", "eu", "apac", "jp", "au", "ca", "global", "us-gov"})
"""Prefixes of inference profiles across regions (…/userguide/inference-profiles-support.html)."""


@lru_cache(maxsize=256)  # names may be a client's own (wildcards), so not all are kept
def family_of(model: str) -> Family:
    """The row of a model, by its id, its inference profile (``us.anthropic.claude-…``) or an ARN of either."""
    name = bare(model)
    if not vendor_of(model):
        return _HIDDEN
    return next((_ROWS[prefix] for prefix in _LONGEST_FIRST if name.startswith(prefix)), _STRANGER)


def vendor_of(model: str) -> str:
    """Who made the model: ``anthropic``, ``amazon`` …; empty where its name does not tell."""
    vendor, dot, _ = bare(model).partition(".")
    return vendor if dot else ""


def bare(model: str) -> str:
    """A model's id without ARN and place."""
    name = model.rpartition("/")[2] if model.startswith("arn:") else model
    place, _, rest = name.partition(".")
    return rest if place in _PLACES else name
