"""Tells when a client leaves before its answer is complete. ASGI says so to ``receive`` alone, and to who awaits it."""

from collections.abc import Callable, MutableMapping
from functools import partial
from typing import Any, Protocol

from proxy.edge.body import Receive
from proxy.tasks import spawn

LINE = "switchgear.line"
"""The key of a request's scope under which our own server puts the connection itself: no task has to wait for it."""


class Line(Protocol):
    """A client's connection."""

    def listen(self, lost: Callable[[], None]) -> None:
        """Call ``lost`` once when the connection ends; at once if it has."""

    def ignore(self, lost: Callable[[], None]) -> None:
        """Do not call it any more. The next request on the connection may have its own by now."""


def watch(scope: MutableMapping[str, Any], receive: Receive, left: Callable[[], None]) -> Callable[[], object]:
    """Call ``left`` once when the client leaves; returns how to stop watching.

    Args:
        scope: the request's.
        receive: ASGI's; the body has been read.
        left: never called once watching has stopped.
    """
    line: Line | None = scope.get(LINE)
    if line is None:  # another ASGI server
        return spawn(_wait(receive, left), "watch-client").cancel
    line.listen(left)
    return partial(line.ignore, left)


async def _wait(receive: Receive, left: Callable[[], None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    left()
