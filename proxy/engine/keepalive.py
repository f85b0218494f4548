"""Keeps a streaming client's connection from being called idle while everybody waits: for an upstream, for a back-off.

Load balancers cut connections that are silent for a minute or less. A comment line is no content: it opens the stream
but binds it to no target, so that another one may still take over.
"""

import asyncio
from collections.abc import Callable

from proxy.engine.ports import Client, ClientGone, Job
from proxy.tasks import spawn


class KeepAlive:
    """A timer beside a stream: its client hears something at least every so often.

    Args:
        client: the one to keep alive. A comment is one send of its own, between two others.
        job: its request.
        clock: the client's, monotonic seconds.
        seconds: of silence after which it gets a comment.
    """

    __slots__ = ("_client", "_clock", "_comment", "_job", "_seconds", "_timer")

    def __init__(self, client: Client, job: Job, clock: Callable[[], float], seconds: float) -> None:
        self._client, self._job, self._clock, self._seconds = client, job, clock, seconds
        self._comment: asyncio.Task[None] | None = None
        self._wait(seconds)

    def stop(self) -> None:
        """The request is over."""
        self._timer.cancel()
        if self._comment is not None:
            self._comment.cancel()

    def _wait(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._due)

    def _due(self) -> None:
        heard = self._client.quiet_since
        silent = self._clock() - heard if heard is not None else 0.0  # a slow client has something to read
        if silent < self._seconds:
            self._wait(self._seconds - silent)
            return
        if not self._client.done:
            self._comment = spawn(self._say_something(), "keep-alive")
        self._wait(self._seconds)

    async def _say_something(self) -> None:
        try:
            if not self._client.opened:
                await self._client.open(self._job.story)
            if not self._client.done:
                await self._client.send(self._job.encoder.ping())
        except ClientGone:  # whoever sends content next finds out
            return
