"""A request under construction, and what it leaves out of the client's."""

from dataclasses import dataclass, field

from translators.base import JsonObject


@dataclass(slots=True)
class Draft:
    """A request in an upstream's own words."""

    body: JsonObject = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    """Names of what has no place in it, or could not be said in full; each once."""

    def drop(self, name: str) -> None:
        """Name something that was left out, or could not be said in full."""
        if name not in self.dropped:
            self.dropped.append(name)
