"""What was settled last, as it was made: who writes it into the database need not read it out of the journal's JSON.

The journal has it all, and says the same. This is gone with the process, and when it comes to more than a moment's
requests; then the journal is read.
"""

import orjson

from proxy.ledger.plain import Own

MOST = 4096
"""Requests; a database that is away so long is caught up with out of the journal."""

Settled = bytes | tuple[bytes, Own]
"""A request that is over: its payload; of a plain one both of its parts, the second one as it is before it is JSON."""


def payload_of(one: Settled) -> bytes:
    """As the journal has it."""
    return one if isinstance(one, bytes) else one[0] + orjson.dumps(one[1])


class Fresh:
    """The end of a journal.

    Args:
        place: where it begins.
    """

    __slots__ = ("_from", "_given", "_kept")

    def __init__(self, place: int) -> None:
        self._from, self._kept = place, list[Settled]()
        self._given: tuple[int, int] | None = None

    def add(self, one: Settled) -> None:
        """A request is over."""
        if len(self._kept) < MOST:
            self._kept.append(one)
        else:
            self.forget()

    def forget(self) -> None:
        """Not all is here any more."""
        self._kept.clear()
        self._from, self._given = -1, None

    def take(self, place: int, head: int) -> list[Settled] | None:
        """All that was settled between two places; None: the journal has to be read up to :attr:`begin`.

        Args:
            place: where to begin.
            head: the journal's, now.
        """
        if place == self._from:
            self._given = len(self._kept), head
            return self._kept.copy()
        if place > self._from:
            self._kept.clear()
            self._from = head
        return None

    @property
    def begin(self) -> int:
        """The place where it begins."""
        return self._from

    def landed(self, place: int) -> None:
        """All before a place is in the database."""
        if self._given is not None and self._given[1] == place:
            del self._kept[: self._given[0]]
            self._from, self._given = place, None
