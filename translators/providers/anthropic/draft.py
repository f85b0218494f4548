"""A request under construction."""

from dataclasses import dataclass, field

from translators.base import JsonObject
from translators.providers import draft


@dataclass(slots=True)
class Draft(draft.Draft):
    """A request in Anthropic's words, what it needs to be understood, and what it leaves out."""

    plain: bool = False
    """``messages`` are texts alone, and JSON already: there is no tool, file or thinking to look for in them."""
    output: JsonObject = field(default_factory=dict)
    """``output_config``: part of the body once it holds anything."""
    betas: list[str] = field(default_factory=list)
    """Values of the ``anthropic-beta`` header."""

    def need(self, beta: str) -> None:
        """Ask for a feature that is not everybody's yet."""
        if beta not in self.betas:
            self.betas.append(beta)
