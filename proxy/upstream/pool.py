"""The connections of one upstream: so many at most, the one used last first, and a queue before them."""

import asyncio
import ssl
from time import monotonic

from policies.base import Timeouts
from proxy.tasks import spawn
from proxy.upstream.account import KEEP_ALIVE
from proxy.upstream.connection import Connection
from proxy.upstream.dial import connect
from proxy.upstream.failures import broken, not_connected, pool_full
from proxy.upstream.origin import Origin
from proxy.upstream.port import TransportFault
from translators.facts import Failure


class _Waiter:
    """A request that waits for a connection."""

    __slots__ = ("attempted", "outcome", "timeouts")

    def __init__(self, outcome: "asyncio.Future[Connection | Failure | None]", timeouts: Timeouts) -> None:
        self.outcome, self.timeouts = outcome, timeouts
        self.attempted = False
        """A connection is, or was, being opened for it. It may get another one, and another request may get that."""


class Pool:
    """Connections are opened by tasks of their own, which no request cancels (K1): whoever waits first gets them.

    Args:
        origin: where they go.
        context: how certificates are verified; None without TLS.
        connections: open, or being opened, at most.
        public_only: whether a connection to an address that is not on the public internet is refused (S13).
    """

    def __init__(self, origin: Origin, context: ssl.SSLContext | None, connections: int, public_only: bool) -> None:
        self._origin, self._context, self._public_only = origin, context, public_only
        self._connections, self._open = connections, 0
        self._attempts = 0
        """Connections being opened; they count as open."""
        self._idle: list[Connection] = []
        self._waiting: dict[_Waiter, None] = {}  # a queue that can be left from its middle
        self._sweep: asyncio.TimerHandle | None = None
        self._retired = False

    def take(self, now: float) -> Connection | None:
        """An idle connection, if there is one. Whoever takes one begins at once, or gives it to :meth:`freed`."""
        while self._idle:
            connection = self._idle.pop()
            if connection.expires > now:
                return connection
            connection.cut()
        return None

    async def get(self, timeouts: Timeouts, connect_by: float, over_at: float) -> Connection:
        """Wait for a connection: a new one, or one that is given back. Safe to cancel.

        Raises:
            TimeoutError: there was none when ``over_at`` (loop time) had come.
            TransportFault: there was none when ``connect_by`` had come, or no new one can be made.
        """
        loop = asyncio.get_running_loop()
        waiter = _Waiter(loop.create_future(), timeouts)
        self._waiting[waiter] = None
        if self._open < self._connections:
            self._attempt(waiter)
        timer = loop.call_at(min(connect_by, over_at), _tell, waiter, None)
        try:
            outcome = await waiter.outcome
        except BaseException:
            self._leave(waiter)
            raise
        finally:
            timer.cancel()
            self._waiting.pop(waiter, None)
        if isinstance(outcome, Connection):
            return outcome
        if outcome is None and over_at <= connect_by:
            raise TimeoutError
        late = not_connected(timeouts) if waiter.attempted else pool_full(self._connections)
        raise TransportFault(outcome or late)

    def freed(self, connection: Connection) -> None:
        """See :class:`proxy.upstream.connection.Owner`: it goes to who waits first, or becomes idle."""
        while self._waiting:
            waiter = next(iter(self._waiting))
            del self._waiting[waiter]
            if not waiter.outcome.done():
                waiter.outcome.set_result(connection)
                return
        now = monotonic()
        said = connection.answer.idle_for
        span = KEEP_ALIVE if said is None else min(KEEP_ALIVE, said - 1.0)  # a request takes its time to get there
        if self._retired or span <= 0:
            connection.cut()
        elif connection.rest(now + span):
            self._idle.append(connection)
            if self._sweep is None:
                self._sweep = asyncio.get_running_loop().call_at(connection.expires, self._close_expired)

    def gone(self, connection: Connection) -> None:
        """See :class:`proxy.upstream.connection.Owner`: there is room for another one."""
        self._open -= 1
        if connection in self._idle:
            self._idle.remove(connection)
        self._replace()

    def retire(self) -> None:
        """Close what is idle, and from now on whatever becomes idle."""
        self._retired = True
        for connection in self._idle[:]:
            connection.cut()
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None

    def _attempt(self, waiter: _Waiter) -> None:
        waiter.attempted = True
        self._open += 1
        self._attempts += 1
        spawn(self._connect(waiter), f"connect {self._origin.authority}")

    async def _connect(self, waiter: _Waiter) -> None:
        connection: Connection | None = None
        failure: Failure = broken(None, sent=False)
        within = waiter.timeouts.connect
        try:
            connection = await connect(
                self._origin, self._context, self._public_only, within, lambda connected: Connection(self, connected)
            )
        except TransportFault as fault:
            failure = fault.failure
        except OSError as fault:
            late = isinstance(fault, TimeoutError) and fault.errno is None
            failure = not_connected(waiter.timeouts) if late else broken(fault, sent=False)
        finally:
            self._attempts -= 1
            if connection is None:
                self._open -= 1
                self._failed(waiter, failure)
        if connection is not None and connection.lost:  # already; its place was given back then
            self._failed(waiter, connection.failure or failure)
        elif connection is not None:
            self.freed(connection)
        self._replace()

    def _failed(self, waiter: _Waiter, failure: Failure) -> None:
        """Tell whom it was opened for; if that one has what was opened for another, the first that is left without."""
        if waiter.outcome.done():
            hoping = [other for other in self._waiting if other.attempted and not other.outcome.done()]
            if len(hoping) <= self._attempts:
                return
            waiter = hoping[0]
        _tell(waiter, failure)

    def _replace(self) -> None:
        """Places are free: open connections for those that wait and had none opened for them."""
        if self._waiting and self._open < self._connections:
            for waiter in [waiter for waiter in self._waiting if not (waiter.attempted or waiter.outcome.done())]:
                if self._open >= self._connections:
                    break
                self._attempt(waiter)

    def _leave(self, waiter: _Waiter) -> None:
        """Cancelled, perhaps in the very turn in which it was given a connection: somebody else's now."""
        if waiter.outcome.done() and not waiter.outcome.cancelled():
            given = waiter.outcome.result()
            if isinstance(given, Connection) and not given.lost:
                self.freed(given)

    def _close_expired(self) -> None:
        """One timer for all: it rings when the first of them expires, then for the first of those that are left."""
        loop = asyncio.get_running_loop()
        self._sweep, now = None, loop.time()
        for connection in [connection for connection in self._idle if connection.expires - now < 0.001]:
            connection.cut()
        if self._idle:
            soonest = min(connection.expires for connection in self._idle)
            self._sweep = loop.call_at(soonest, self._close_expired)


def _tell(waiter: _Waiter, outcome: Failure | None) -> None:
    if not waiter.outcome.done():
        waiter.outcome.set_result(outcome)
