"""A client's line: told when it is lost, and able to take a whole answer at once.

ASGI says that a client has left to ``receive`` alone, so that a second task would have to wait there for each request;
our own server puts the line into the request's scope instead.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any, Protocol

from proxy.edge.body import Receive
from proxy.tasks import spawn

LINE = "switchgear.line"
"""The key of the scope."""

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
HeaderList = list[tuple[bytes, bytes]]


class Line(Protocol):
    """The way back to the client of one request."""

    def listen(self, lost: Callable[[], None]) -> None:
        """Call ``lost`` once when the connection ends; at once if it has."""

    def ignore(self) -> None:
        """Do not call it any more."""

    def cancel(self) -> None:
        """Cancel the task that serves the request."""

    def answer(self, status: int, head: HeaderList, body: bytes) -> Coroutine[Any, Any, None]:
        """Send a whole answer. Waits while the client is slow."""


def line_of(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> Line:
    """The line of a request, whose body has been read."""
    line: Line | None = scope.get(LINE)
    return line if line is not None else _AsgiLine(receive, send)


class _AsgiLine:
    """The line of another ASGI server, which a second task has to watch."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send, self._task = receive, send, asyncio.current_task()
        self._watcher: asyncio.Task[None] | None = None

    def listen(self, lost: Callable[[], None]) -> None:
        self._watcher = spawn(self._watch(lost), "watch-client")

    def ignore(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def answer(self, status: int, head: HeaderList, body: bytes) -> None:
        await self._send({"type": "http.response.start", "status": status, "headers": head})
        await self._send({"type": "http.response.body", "body": body})

    async def _watch(self, lost: Callable[[], None]) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        lost()
