"""A request under construction, and what it leaves out of the client's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

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

    def drop_rest(self, path: str, given: Mapping[str, Any], said: Iterable[str]) -> None:
        """Name the fields of an object that hold something and were not said.

        Args:
            path: of the object, e.g. ``messages[]``.
            given: the client's object.
            said: its fields that have their place, or are named elsewhere.
        """
        if len(given) > 2:  # the common one has two fields, and both are said
            for name in sorted(given.keys() - set(said)):
                if given[name]:
                    self.drop(f"{path}.{name[:64]}")
