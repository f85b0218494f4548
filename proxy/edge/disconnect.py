"""Tells when a client leaves before its answer is complete, and ends the task that serves it.

ASGI tells it to ``receive`` alone, so that a second task would have to wait there for each request; our own server puts
the connection itself into the scope.
"""

import asyncio
from collections.abc import Callable, MutableMapping
from typing import Any, Protocol

from proxy.edge.body import Receive
from proxy.tasks import spawn

LINE = "switchgear.line"
"""The key of the scope."""


class Line(Protocol):
    """A client's connection, serving one request at a time."""

    def listen(self, lost: Callable[[], None]) -> None:
        """Call ``lost`` once when the connection ends; at once if it has."""

    def ignore(self, lost: Callable[[], None]) -> None:
        """Do not call it any more. The next request on the connection may have its own by now."""

    def cancel(self) -> None:
        """Cancel the task of the request that is being served."""


def line_of(scope: MutableMapping[str, Any], receive: Receive) -> Line:
    """The connection of a request, whose body has been read."""
    line: Line | None = scope.get(LINE)
    return line if line is not None else _AsgiLine(receive)


class _AsgiLine:
    """A connection of another ASGI server, which a second task has to watch."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._task = receive, asyncio.current_task()
        self._watcher: asyncio.Task[None] | None = None

    def listen(self, lost: Callable[[], None]) -> None:
        self._watcher = spawn(self._watch(lost), "watch-client")

    def ignore(self, lost: Callable[[], None]) -> None:
        del lost
        if self._watcher is not None:
            self._watcher.cancel()

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _watch(self, lost: Callable[[], None]) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        lost()
