"""A request under construction."""

from dataclasses import dataclass, field

from translators.base import JsonObject
from translators.providers import draft
from translators.providers.gemini.models import Model


@dataclass(slots=True)
class Draft(draft.Draft):
    """A request in Gemini's words, and what it leaves out."""

    model: Model = field(kw_only=True)
    """What the target's model takes."""
    vertex: bool = field(kw_only=True)
    """The words are Vertex's: they differ from AI Studio's in a few."""
    config: JsonObject = field(default_factory=dict)
    """``generationConfig``: part of the body once it holds anything."""
