"""What happens after the answer: policies settle, sinks take note. Off the client's path, exactly once per request."""

import asyncio
from collections import deque
from collections.abc import Sequence

import structlog

from proxy.engine.chain import Chain
from proxy.engine.ports import Sink
from proxy.engine.story import Story
from proxy.tasks import spawn

_log = structlog.get_logger("switchgear")


class After:
    """What a request joins synchronously in its ``finally``, its answer sent, so that no cancellation can skip it.

    Where no policy settles it is noted there and then, which takes a few microseconds and no task. Where policies do,
    they may have to wait for a store, so a task settles one request after another.
    """

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._sinks = tuple(sinks)
        self._unsettled: deque[tuple[Chain, Story]] = deque()
        self._settler: asyncio.Task[None] | None = None

    def submit(self, chain: Chain, story: Story) -> None:
        """Take a finished request. Sync: never waits, never fails."""
        if not chain.settles:
            self._note(story)
            return
        self._unsettled.append((chain, story))
        if self._settler is None or self._settler.done():
            self._settler = spawn(self._settle(), "settle")

    async def drain(self) -> None:
        """Wait until everything taken so far is dealt with; for shutdown."""
        while self._settler is not None and not self._settler.done():
            await asyncio.shield(self._settler)

    async def _settle(self) -> None:
        while self._unsettled:
            chain, story = self._unsettled.popleft()
            assert story.outcome is not None
            await chain.settle(story.call, story.outcome)
            self._note(story)

    def _note(self, story: Story) -> None:
        for sink in self._sinks:
            try:
                sink.record(story)
            except Exception:  # noqa: BLE001 - a sink's fault loses its own note, not the other sinks'
                _log.exception("sink_failed", request=story.call.id, sink=type(sink).__name__)
