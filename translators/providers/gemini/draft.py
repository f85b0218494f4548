"""A request under construction."""

from dataclasses import dataclass, field

from translators.base import JsonObject
from translators.providers.gemini.models import Model


@dataclass(slots=True)
class Draft:
    """A request in Gemini's words, and what it leaves out."""

    model: Model
    """What the target's model takes."""
    vertex: bool
    """The words are Vertex's: they differ from AI Studio's in a few."""
    body: JsonObject = field(default_factory=dict)
    config: JsonObject = field(default_factory=dict)
    """``generationConfig``: part of the body once it holds anything."""
    dropped: list[str] = field(default_factory=list)
    """Paths of what has no place here, each once."""

    def drop(self, path: str) -> None:
        """Name something that was left out, or could not be said in full."""
        if path not in self.dropped:
            self.dropped.append(path)
