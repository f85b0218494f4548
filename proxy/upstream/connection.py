"""One HTTP/1.1 connection to an upstream: carries one exchange at a time, and is free in between.

No task, no timer and at most one future per wait belong to an exchange: bytes are parsed as they come, whoever waits
is woken once per read, and one timer per connection, moved on only when it rings, stands for all its deadlines
(PERFORMANCE (b)).
"""

import asyncio
import select
import socket
from typing import Protocol, cast

from policies.base import Timeouts
from proxy.upstream.answer import Answer
from proxy.upstream.failures import CUT, broken, no_answer, not_answered, not_taken
from proxy.upstream.port import TransportFault
from translators.facts import Failure

HELD = 64 * 1024
"""Bytes that may wait unread before the upstream is held back. One read of the loop's (256 KiB) comes on top."""

JOINED = 64 * 1024
"""Bytes of a request's body up to which it is copied behind its head, to be one piece to the system."""


class Owner(Protocol):
    """Whom a connection belongs to."""

    def freed(self, connection: "Connection") -> None:
        """Its exchange is over and it can carry another."""

    def gone(self, connection: "Connection") -> None:
        """It has ended. Said exactly once, whatever ended it."""


class Connection(asyncio.Protocol):
    """See the module. ``begin``, then ``answered``, then ``take`` and ``wait`` in turn, then ``release``."""

    __slots__ = (
        "_busy",
        "_early",
        "_held",
        "_loop",
        "_owner",
        "_poll",
        "_reading_paused",
        "_rings_at",
        "_sending",
        "_timer",
        "_transport",
        "_until",
        "_waiter",
        "answer",
        "expires",
        "failure",
        "fresh",
        "lost",
    )

    _transport: asyncio.Transport

    def __init__(self, owner: Owner, connected: socket.socket) -> None:
        self._owner, self._loop = owner, asyncio.get_running_loop()
        self._poll = select.poll()
        self._poll.register(connected, select.POLLIN)
        self.answer = Answer()
        self.failure: Failure | None = None
        """Why nothing more comes, though the answer is not complete."""
        self.fresh, self.lost = True, False
        self.expires = 0.0
        """Loop time after which it must not be used again; while it is idle."""
        self._busy = self._sending = self._reading_paused = False
        self._early, self._held = b"", 0
        self._waiter: asyncio.Future[bool] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = self._until = 0.0

    def begin(self, head: bytes, body: bytes, *, without_body: bool) -> bool:
        """Send a request: its head up to its length, which is added here, and its body.

        Returns:
            False if the connection has ended and not a byte was handed to the system: the request may go elsewhere.
        """
        transport = self._transport
        # One look whether anything came since the last answer that the loop has not seen yet, the connection's end
        # included: else that end costs a request that may not be sent again, and such bytes pass for the next answer.
        if self.lost or transport.is_closing() or (not self.fresh and self._poll.poll(0)):
            self._over(None)
            return False
        self._busy, self._held = True, 0
        self.answer.expect(without_body=without_body)
        if len(body) <= JOINED:
            transport.write(b"".join((head, str(len(body)).encode(), b"\r\n\r\n", body)))
        else:
            transport.writelines((b"%b%d\r\n\r\n" % (head, len(body)), body))
        if transport.is_closing():  # by an error of that first write, which took nothing
            self._busy = False
            self._over(None)
            return False
        self.fresh = False
        if self._early:
            self._read_early()
        return True

    async def answered(self, timeouts: Timeouts, over_at: float) -> None:
        """Wait for the head. ``timeouts.headers`` runs anew from the request's last byte on.

        Raises:
            TimeoutError: there was none when ``over_at`` (loop time) had come.
            TransportFault: none comes, or not in time.
        """
        answer, sending = self.answer, self._sending
        due = self._loop.time() + timeouts.headers
        while not answer.status:
            if self.failure is not None:
                raise TransportFault(self.failure)
            late = await self._news(due if due < over_at else over_at)  # whoever is cancelled here gives it up
            if sending and not self._sending:
                sending, due = False, self._loop.time() + timeouts.headers
            elif late and not answer.status and self.failure is None:
                if over_at <= due:
                    raise TimeoutError
                raise TransportFault(not_taken(timeouts) if sending else not_answered(timeouts))

    async def wait(self, until: float) -> bool:
        """Until something happens. Safe to cancel.

        Returns:
            Whether ``until`` (loop time) had come before.
        """
        waiter = self._news(until)
        try:
            return await waiter
        finally:
            if self._waiter is waiter:
                self._waiter = None

    def take(self) -> bytes:
        """What has come of the body since the last time."""
        pieces = self.answer.pieces
        taken = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self._held = 0
        if self._reading_paused:
            self._reading_paused = False
            if not self.lost:
                self._transport.resume_reading()
        return taken

    def release(self) -> None:
        """The exchange is over: free if it came to its end in good order, else cut."""
        answer = self.answer
        self._wake()
        if not (answer.complete and answer.keep) or self._sending or self._reading_paused or self.lost:
            self.cut()
            return
        self._busy = False
        self._owner.freed(self)

    def rest(self, until: float) -> bool:
        """Be idle until then (loop time), if it is fit for that: nothing has been said that nobody asked for."""
        self.fresh, self.expires = False, until
        if self._early:
            self.cut()
        return not self.lost

    def cut(self, failure: Failure = CUT) -> None:
        """End it, at once."""
        if not self.lost:
            self.lost, self.failure = True, failure
            self._end()

    # What the loop tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Limits of 1 and 0 make ``resume_writing`` the word that a request's last byte is out."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=1, low=0)

    def data_received(self, data: bytes) -> None:
        """Bytes of the answer; or bytes that nobody asked for."""
        answer = self.answer
        if self.lost or not self._busy or answer.complete:
            self._unasked(data)
            return
        answer.feed(data)
        self._held += len(data)
        if answer.fault is not None:
            self.cut(no_answer(answer.fault, sent=not self._sending))
        elif self._held > HELD and not answer.complete:
            self._hold_back()
        if answer.status:
            self._wake()

    def pause_writing(self) -> None:
        """The system does not take all of the request yet."""
        self._sending = True

    def resume_writing(self) -> None:
        """The request is out."""
        self._sending = False
        self._wake()

    def eof_received(self) -> bool:
        """Acted on here and not in ``connection_lost``, which waits until all is sent. False closes the transport."""
        self._over(None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """For whatever reason."""
        self._over(exc)

    def _unasked(self, data: bytes) -> None:
        """A connection that says something on its own is not to be trusted with another request (RFC 9112, 9.2).

        Before its first request it may: a server that is overloaded says so at once.
        """
        if self.fresh and not self.lost:
            self._early += data
            self._hold_back()
        else:
            self.answer.keep = False
            self.cut()

    def _read_early(self) -> None:
        early, self._early = self._early, b""
        self.data_received(early)
        if self._reading_paused and not self.lost and self._held <= HELD:
            self._reading_paused = False
            self._transport.resume_reading()

    def _hold_back(self) -> None:
        if not self._reading_paused:
            self._reading_paused = True
            self._transport.pause_reading()

    def _over(self, fault: Exception | None) -> None:
        if not self.lost:
            self.lost = True
            if not (self._busy and self.answer.finish()):
                self.failure = broken(fault, sent=self._busy and not self._sending)
            self._end()

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._transport.abort()
        self._wake()
        self._owner.gone(self)

    # Waiting.

    def _news(self, until: float) -> "asyncio.Future[bool]":
        """Done when something happens; with True when ``until`` has come before."""
        self._until = until
        if self._timer is None or until < self._rings_at:
            self._arm()
        self._waiter = waiter = self._loop.create_future()
        return waiter

    def _wake(self, *, late: bool = False) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(late)

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at = self._until
        self._timer = self._loop.call_at(self._until, self._ring)

    def _ring(self) -> None:
        """Loops may ring a clock tick early: that is late enough."""
        self._timer = None
        if self._waiter is not None:
            if self._until - self._loop.time() > 0.001:
                self._arm()
            else:
                self._wake(late=True)
