"""The network, by an HTTP/1.1 client of our own: a connection is an ``asyncio.Protocol``, an exchange is no task.

Made for what a request costs (PERFORMANCE (b)): the head of a request is looked up, a warm connection is taken from a
list, and there is one wait for the head, mostly together with the body. What is seldom needed is in ``httpx.py``:
HTTP/2, and proxies on the way.

A request is never sent a second time once a byte of it has gone out: its work may be done (RFC 9112, 9.3.1), and
attempts are counted by the engine alone (I7).
"""

import zlib
from collections.abc import Iterator, Mapping
from time import monotonic
from typing import NoReturn

from policies.base import Timeouts
from proxy.upstream import tls
from proxy.upstream.account import Account
from proxy.upstream.connection import Connection
from proxy.upstream.failures import CUT, DAMAGED, no_answer
from proxy.upstream.headers import own
from proxy.upstream.inflate import Inflater
from proxy.upstream.origin import origin
from proxy.upstream.outgoing import Heads
from proxy.upstream.pool import Pool
from proxy.upstream.port import Credential, Exchange, TransportFault
from translators.base import WireRequest


class FastUpstream:
    """One account behind an HTTP(S) base URL, with its own pool of HTTP/1.1 connections.

    Args:
        account: where to.

    Raises:
        ValueError: a base URL or a header that cannot be used.
    """

    def __init__(self, account: Account) -> None:
        self.name = account.name
        where = origin(account.base_url)
        self._heads = Heads(where, account.auth, own(account.headers))
        context = tls.context(account.verify) if where.secure else None
        self._pool = Pool(where, context, account.connections, account.public_only)

    async def send(
        self, request: WireRequest, timeouts: Timeouts, credential: Credential | None, within: float
    ) -> Exchange:
        """See :class:`proxy.upstream.port.Upstream`."""
        head = self._heads.head(request, credential)
        now = monotonic()  # the loop's clock, too; asking for the loop itself is a system call (CPython 3.11)
        over_at = now + within
        while True:
            connection = self._pool.take(now)
            if connection is None:
                connection = await self._pool.get(timeouts, now + timeouts.connect, over_at)
            if connection.begin(head, request.body, without_body=request.method == "HEAD"):
                break
            if connection.fresh and connection.failure is not None:
                raise TransportFault(connection.failure)
        try:
            await connection.answered(timeouts, over_at)
        except BaseException:
            connection.release()
            raise
        exchange = FastExchange(connection)
        return Unzipped(exchange) if connection.answer.gzip else exchange

    async def aclose(self) -> None:
        """Close the idle connections; running exchanges go on to their end, and close theirs."""
        self._pool.retire()


class FastExchange:
    """One answer under way. See :class:`proxy.upstream.port.Exchange`."""

    __slots__ = ("_connection", "headers", "status")

    def __init__(self, connection: Connection) -> None:
        self._connection: Connection | None = connection
        self.status = connection.answer.status
        self.headers: Mapping[str, str] = connection.answer.headers

    async def read(self, within: float) -> bytes:
        """See :class:`proxy.upstream.port.Exchange`."""
        until: float | None = None
        late = False
        while (connection := self._connection) is not None:
            answer = connection.answer
            if answer.pieces:
                return connection.take()
            if answer.complete:
                return b""
            if connection.failure is not None:
                raise TransportFault(connection.failure)
            if late:
                raise TimeoutError
            if until is None:
                until = monotonic() + within
            late = await connection.wait(until)
        raise TransportFault(CUT)

    def close(self) -> None:
        """See :class:`proxy.upstream.port.Exchange`."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.release()


class Unzipped:
    """An exchange whose body came compressed, though nobody asked for that. Inflated as it is read (S15)."""

    def __init__(self, exchange: FastExchange) -> None:
        self._exchange, self._inflater = exchange, Inflater()
        self._coming: Iterator[bytes] = iter(())
        self._failure: TransportFault | None = None
        self.status, self.headers = exchange.status, exchange.headers

    async def read(self, within: float) -> bytes:
        """See :class:`proxy.upstream.port.Exchange`."""
        if self._failure is not None:
            raise self._failure
        until = monotonic() + within
        try:
            while not (piece := next(self._coming, b"")):
                raw = await self._exchange.read(until - monotonic())
                if not raw:
                    return b"" if self._inflater.complete else self._damaged()
                self._coming = self._inflater.feed(raw)
        except zlib.error:
            self._damaged()
        return piece

    def close(self) -> None:
        """See :class:`proxy.upstream.port.Exchange`."""
        self._coming = iter(())
        self._exchange.close()

    def _damaged(self) -> NoReturn:
        self._failure = TransportFault(no_answer(DAMAGED, sent=True))
        self.close()
        raise self._failure from None
