"""Tells what is new from what has been said already. Bounded: whoever asks chooses the names, so some are forgotten."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

REMEMBERED = 4096
"""Names; what was said longest ago of the others is forgotten, and would be said again."""

V = TypeVar("V")


class Recent(OrderedDict[str, V], Generic[V]):
    """A dictionary that forgets what was written longest ago."""

    def __setitem__(self, key: str, value: V) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > REMEMBERED:
            self.popitem(last=False)


class Once:
    """Says of each name whether it has been told already in this episode, and of how many more it was not told."""

    def __init__(self) -> None:
        self._told: Recent[Hashable] = Recent()
        self._suppressed: Recent[int] = Recent()

    def is_new(self, name: str, episode: Hashable) -> bool:
        """Whether nobody has been told of it in this episode. If not, it is counted."""
        if self._told.get(name) == episode:
            self.suppress(name)
            return False
        return True

    def suppress(self, name: str) -> None:
        """Count one that is not told."""
        self._suppressed[name] = self._suppressed.get(name, 0) + 1

    def told(self, name: str, episode: Hashable) -> int:
        """It is told now.

        Returns:
            How many were not since it was told last.
        """
        self._told[name] = episode
        return self._suppressed.pop(name, 0)
