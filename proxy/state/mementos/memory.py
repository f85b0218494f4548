"""Keeps mementos in this process: for a server of one worker."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import NamedTuple

import orjson

from proxy.state.mementos.bounds import BOUNDS, Bounds, entry_of, weight
from translators.base import JsonObject, Memento

AMBIGUOUS = b""
"""In the place of a memento: its call's id came again with another one.

Some models number their calls, so two conversations of a tenant come to the same id (``functions.get_weather:0``,
https://github.com/MoonshotAI/Kimi-K2/blob/main/docs/tool_call_guidance.md, 2026-11). Nobody can tell whose thinking is
asked for then, and another conversation's is worse than none.
"""


class _Entry(NamedTuple):
    text: bytes
    until: float


class MemoryMementos:
    """See :class:`proxy.engine.ports.Mementos`.

    Args:
        clock: monotonic seconds.
        bounds: what is kept at most.
    """

    def __init__(self, clock: Callable[[], float], bounds: Bounds = BOUNDS) -> None:
        self._clock, self._bounds = clock, bounds
        self._entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()  # in the order of their last use
        self._size = 0

    async def keep(self, scope: str, memento: Memento) -> None:
        """Keep a memento for each of its calls."""
        text = entry_of(scope, memento, self._bounds)
        if text is None:
            return
        now = self._clock()
        for call in memento.calls:
            before = self._take(scope, call)
            same = before is None or before.until <= now or before.text == text
            self._put(scope, call, text if same else AMBIGUOUS, now)
        self._let_go(now)

    async def recall(self, scope: str, calls: Iterable[str]) -> dict[str, JsonObject]:
        """The fields kept for these calls, by call."""
        now, found = self._clock(), {}
        for call in calls:
            entry = self._take(scope, call)
            if entry is None or entry.until <= now:
                continue
            self._put(scope, call, entry.text, now)
            if entry.text != AMBIGUOUS:
                found[call] = orjson.loads(entry.text)
        return found

    async def close(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._size = 0

    def _take(self, scope: str, call: str) -> _Entry | None:
        entry = self._entries.pop((scope, call), None)
        if entry is not None:
            self._size -= weight(scope, call, entry.text)
        return entry

    def _put(self, scope: str, call: str, text: bytes, now: float) -> None:
        self._entries[scope, call] = _Entry(text, now + self._bounds.seconds)
        self._size += weight(scope, call, text)

    def _let_go(self, now: float) -> None:
        """What is too old or too much. The first in order is also the first to be too old."""
        while self._entries:
            (scope, call), entry = next(iter(self._entries.items()))
            fits = len(self._entries) <= self._bounds.entries and self._size <= self._bounds.size
            if fits and entry.until > now:
                return
            self._take(scope, call)
