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
    """A queue that a request joins synchronously in its ``finally``, so that no cancellation can skip it.

    What ended in one turn of the event loop is noted in the next, all at once and without a task. Only where policies
    settle, and so may have to wait for a store, a task does it.
    """

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._sinks = tuple(sinks)
        self._ended: list[tuple[Chain, Story]] = []
        self._unsettled: deque[tuple[Chain, Story]] = deque()
        self._settler: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None  # asking for it is a system call (CPython 3.11)

    def submit(self, chain: Chain, story: Story) -> None:
        """Queue a finished request. Sync: never waits, never fails."""
        self._ended.append((chain, story))
        if len(self._ended) == 1:
            if self._loop is None:
                self._loop = asyncio.get_running_loop()
            self._loop.call_soon(self._run)

    async def drain(self) -> None:
        """Wait until everything queued so far is dealt with; for shutdown."""
        self._run()
        while self._settler is not None and not self._settler.done():
            await asyncio.shield(self._settler)

    def _run(self) -> None:
        ended, self._ended = self._ended, []
        for chain, story in ended:
            if chain.settles:
                self._unsettled.append((chain, story))
            else:
                self._note(story)
        if self._unsettled and (self._settler is None or self._settler.done()):
            self._settler = spawn(self._settle(), "settle")

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
