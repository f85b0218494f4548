"""The network, through httpx2. The only file that imports it.

Each exchange is carried by a task of its own, which gives its connection back itself. It is told to stop by a flag
while it connects and through anyio after that, whose shields httpcore2 builds on, because the pool loses connections
otherwise (RELIABILITY K1; httpcore#961, httpx#3782). The transport is called directly, without the client around it
(PERFORMANCE (b)), and its ``trace`` extension tells how far a request has come.

A request is never sent a second time here: once it has gone out, its work may be done (RFC 9112, 9.3.1), and attempts
are counted by the engine alone (I7). Connections that the other side closed while they were idle are found by the
pool before they are used.

HTTP/2 is for upstreams that speak nothing else (K10), and each of its connections carries one exchange at a time: in
httpcore2 2.16 a stream that waits holds up those whose bytes are here, and one that is left is not reset, so that its
upstream goes on to the end. Here it is cut with its connection.
"""

import asyncio
import functools
import ssl
import zlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from enum import IntEnum
from importlib import import_module
from typing import Any, cast

import anyio
import httpx2

from policies.base import Timeouts
from proxy.tasks import spawn
from proxy.upstream import failures, tls
from proxy.upstream.account import KEEP_ALIVE, Account
from proxy.upstream.addresses import not_public
from proxy.upstream.goodbyes import is_quiet, wait_for_answer
from proxy.upstream.handover import HandOver
from proxy.upstream.headers import FIXED, joined, own
from proxy.upstream.inflate import Inflater
from proxy.upstream.leftovers import spend_if_more_came
from proxy.upstream.origin import origin
from proxy.upstream.port import Credential, TransportFault
from translators.base import WireRequest
from translators.facts import Failure, FailureKind

_FAULTS: tuple[type[Exception], ...] = (httpx2.HTTPError, OSError, zlib.error)
"""What an exchange can end with. HTTP/2 adds its library's own: httpcore2 lets some of them through."""

_PROXY_AUTH = 407
"""The proxy on the way wants another credential: nobody but a proxy says that (RFC 9110, 15.5.8)."""


_CUT_OFF = ("Server disconnected", "peer closed", "peer unexpectedly closed", "<StreamReset", "<ConnectionTerminated")
"""How httpcore2 (head), h11 (body) and h2 (events) say that the bytes just ended; by these words alone."""


class _Phase(IntEnum):
    CONNECTING = 0
    """Waiting for a connection. Not to be cancelled."""
    SENDING = 1
    SENT = 2
    """The whole request is out: a model may be at work."""
    ANSWERED = 3
    """The head is here, the body is on its way."""
    CLOSING = 4
    """The connection is on its way back. Not to be cancelled."""


class _Stopped(Exception):
    """Nobody wants the answer any more."""


class _Refused(Exception):
    """We will have nothing of it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class HttpUpstream:
    """One account behind an HTTP(S) base URL, with its own pool of connections.

    Args:
        account: where to.
        http2: whether HTTP/2 is offered; by TLS alone, and spoken where the upstream takes the offer.
        proxy: URL of an HTTP proxy that all goes through, perhaps with a user and a password: a secret. Addresses are
            not judged then (``public_only``): its own is the operator's word, and where it goes from there is not seen.

    Raises:
        ValueError: a base URL, a proxy or a header that cannot be used, or ``http2`` without its extra.
    """

    def __init__(self, account: Account, *, http2: bool = False, proxy: str | None = None) -> None:
        self.name = account.name
        self._base, self._auth, self._headers = origin(account.base_url).url, account.auth, own(account.headers)
        self._connections, self._public_only = account.connections, account.public_only and proxy is None
        self._slots = asyncio.Semaphore(account.connections)
        self._under_way, self._retired = 0, False
        self._faults = _FAULTS + (_http2_faults() if http2 else ())
        context, most = _context(account.verify, http2=http2), 1 if http2 else account.connections
        self._open = functools.partial(
            httpx2.AsyncHTTPTransport,
            verify=context,
            trust_env=False,
            http2=http2,
            proxy=None if proxy is None else _proxy(proxy, context),
            limits=httpx2.Limits(max_connections=most, max_keepalive_connections=most, keepalive_expiry=KEEP_ALIVE),
        )
        self._shared = None if http2 else self._open()
        self._resting: list[httpx2.AsyncHTTPTransport] = []

    async def send(
        self, request: WireRequest, timeouts: Timeouts, credential: Credential | None, within: float
    ) -> "HttpExchange":
        """See :class:`proxy.upstream.port.Upstream`."""
        outgoing = self._outgoing(request, credential)
        async with asyncio.timeout(within):
            return await self._send(outgoing, timeouts)

    async def _send(self, outgoing: httpx2.Request, timeouts: Timeouts) -> "HttpExchange":
        connected_by = asyncio.get_running_loop().time() + timeouts.connect
        await self._slot(connected_by)
        exchange = HttpExchange(timeouts, connected_by, self._public_only)
        self._under_way += 1
        spawn(self._carry(exchange, outgoing), f"upstream {self.name}")
        try:
            await exchange.answered()
        except BaseException:
            exchange.close()
            raise
        return exchange

    async def aclose(self) -> None:
        """Close the idle connections, once nothing is under way any more: running exchanges go on to their end."""
        self._retired = True
        if not self._under_way:
            for transport in (*([self._shared] if self._shared else ()), *self._resting):
                await transport.aclose()

    async def _slot(self, until: float) -> None:
        """Our own queue before the pool's: leaving it leaves nothing behind."""
        try:
            async with asyncio.timeout_at(until):
                await self._slots.acquire()
        except TimeoutError:
            raise TransportFault(failures.pool_full(self._connections)) from None

    async def _carry(self, exchange: "HttpExchange", request: httpx2.Request) -> None:
        transport = self._shared or await self._rested()
        try:
            await exchange.carry(transport, request, self._faults)
        finally:
            if transport is not self._shared:
                await self._rest(transport, whole=exchange.complete)
            self._under_way -= 1
            self._slots.release()
            exchange.over()
            if self._retired:
                await self.aclose()

    async def _rested(self) -> httpx2.AsyncHTTPTransport:
        while self._resting:
            if is_quiet(transport := self._resting.pop()):
                return transport
            await transport.aclose()
        return self._open()

    async def _rest(self, transport: httpx2.AsyncHTTPTransport, *, whole: bool) -> None:
        if whole:
            self._resting.append(transport)
        else:
            await transport.aclose()

    def _outgoing(self, request: WireRequest, credential: Credential | None) -> httpx2.Request:
        headers = {**FIXED, **request.headers, **self._headers}
        if not request.path.startswith("/"):
            raise ValueError("a path that could change the host")
        try:
            if credential is not None:
                headers[self._auth.header] = self._auth.value(credential)
            url = httpx2.URL(self._base + request.path)
            lines = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
        except (httpx2.InvalidURL, ValueError) as fault:
            why = "a header is not ASCII" if isinstance(fault, UnicodeEncodeError) else str(fault)
            raise TransportFault(failures.not_sent(why)) from None
        lines += [(b"host", url.netloc), (b"content-length", b"%d" % len(request.body))]
        return httpx2.Request(request.method, url, headers=lines, stream=httpx2.ByteStream(request.body))


class HttpExchange:
    """See :class:`proxy.upstream.port.Exchange`. ``carry`` runs in a task of its own, the rest is its reader's."""

    def __init__(self, timeouts: Timeouts, connected_by: float, public_only: bool) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self._timeouts, self._public_only = timeouts, public_only
        self.complete = False
        """Whether the answer came to its end, and nothing else is left to do."""
        self._phase, self._sent, self._stopped = _Phase.CONNECTING, False, False
        self._body, self._answered = HandOver(), asyncio.Event()
        self._scope = anyio.CancelScope()
        # httpx2's own deadlines see to it that a connection nobody waits for any more ends, a proxy's tunnel included.
        # Once it stands it is for us alone to say.
        self._steps: dict[str, float | None] = dict.fromkeys(("connect", "pool", "read", "write"), timeouts.connect)
        self._failure: Failure | None = None
        self._transport: httpx2.AsyncHTTPTransport | None = None
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_at(connected_by, self._expire)

    async def read(self, within: float) -> bytes:
        """See :class:`proxy.upstream.port.Exchange`."""
        async with asyncio.timeout(within):
            return await self._body.get()

    def close(self) -> None:
        """See :class:`proxy.upstream.port.Exchange`."""
        self._body.drop(failures.CUT)
        self._stop()

    async def answered(self) -> None:
        """Wait for the head.

        Raises:
            TransportFault: none comes.
        """
        await self._answered.wait()
        if self._failure is not None and not self.status:
            raise TransportFault(self._failure)

    async def carry(
        self, transport: httpx2.AsyncHTTPTransport, request: httpx2.Request, faults: tuple[type[Exception], ...]
    ) -> None:
        """The exchange itself, from the pool to the pool; ``faults`` are those it can end with."""
        self._transport = transport
        request.extensions = {"trace": self._trace, "timeout": self._steps}
        try:
            with self._scope:
                response = await transport.handle_async_request(request)
                try:
                    await self._deliver(response)
                finally:
                    self._phase = _Phase.CLOSING
                    await response.aclose()
                self.complete = True
        except _Stopped:
            return
        except _Refused as refusal:
            self._fail(refusal.failure)
        except faults as fault:
            self._fail(_explain(fault, sent=self._sent))

    def over(self) -> None:
        """The carrier has ended and its connection is back, or gone: whoever waits hears of it now."""
        self._timer.cancel()
        if self.complete:
            self._body.end()
        else:
            self._fail(failures.LOST)

    async def _deliver(self, response: httpx2.Response) -> None:
        self._phase = _Phase.ANSWERED
        self._timer.cancel()
        headers = joined(response.headers.raw)
        inflater = self._inflater(response.status_code, headers)
        self.status, self.headers = response.status_code, headers
        self._answered.set()
        # aclosing: a generator left to the garbage collector would be closed by a task of the loop's own.
        stream = cast("AsyncGenerator[bytes, None]", aiter(cast("httpx2.AsyncByteStream", response.stream)))
        try:
            async with aclosing(stream) as pieces:
                async for piece in pieces:
                    for inflated in inflater.feed(piece) if inflater else (piece,):
                        await self._body.put(inflated)
        finally:  # a body can be at its end and damaged all the same
            spend_if_more_came(response.stream, response.extensions["network_stream"])
        if inflater and not inflater.complete:
            raise zlib.error

    def _inflater(self, status: int, headers: Mapping[str, str]) -> Inflater | None:
        if status < 200:
            raise _Refused(failures.no_answer(failures.SWITCHES, sent=self._sent))
        if status == _PROXY_AUTH:  # of plain HTTP through a proxy; before a tunnel httpcore2 says so itself
            raise _Refused(failures.proxy_refused(str(status)))
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise _Refused(failures.no_answer(failures.ENCODED, sent=self._sent))
        return Inflater() if encoding.endswith("gzip") else None

    async def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        """httpx2 tells how far it has come; see "trace" in its documentation of request extensions."""
        part, _, step = event.partition(".")  # of httpcore2, by version of HTTP
        if step == "send_request_headers.started":
            if self._stopped:
                raise _Stopped
            if part == "http2":
                wait_for_answer(self._transport)
            if info["request"].method != b"CONNECT":  # that one is for a proxy, and still a part of connecting
                self._steps.update(read=None, write=None)
                self._reach(_Phase.SENDING)
        elif step == "send_request_body.complete" and self._phase is _Phase.SENDING:
            self._sent = True
            self._reach(_Phase.SENT)
        elif step == "response_closed.started":
            self._phase = _Phase.CLOSING
        elif step == "connect_tcp.complete" and self._public_only:
            await _insist_on_public(info["return_value"])

    def _reach(self, phase: _Phase) -> None:
        self._phase = phase
        self._timer.cancel()
        self._timer = self._loop.call_later(self._timeouts.headers, self._expire)

    def _expire(self) -> None:
        late = {_Phase.CONNECTING: failures.not_connected, _Phase.SENDING: failures.not_taken}
        self._fail(late.get(self._phase, failures.not_answered)(self._timeouts))
        self._stop()

    def _fail(self, failure: Failure) -> None:
        self._failure = self._failure or failure
        self._body.end(self._failure)
        self._answered.set()

    def _stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._timer.cancel()
            if _Phase.CONNECTING < self._phase < _Phase.CLOSING:
                self._scope.cancel()


async def _insist_on_public(stream: Any) -> None:
    """Refuse a connection by the address it has, before a byte goes over it."""
    try:
        address = stream.get_extra_info("server_addr")[0]
    except OSError:  # reset already
        address = ""
    if (why := not_public(address)) is not None:
        await stream.aclose()
        raise _Refused(failures.not_public(why))


def _context(verify: ssl.SSLContext | bool, *, http2: bool) -> ssl.SSLContext:
    """httpcore2 writes what it offers into the context, so the one that upstreams share is not for HTTP/2."""
    if http2 and isinstance(verify, bool):
        return tls.fresh() if verify else httpx2.create_ssl_context(verify, trust_env=False)
    return tls.context(verify)


def _proxy(url: str, context: ssl.SSLContext) -> httpx2.Proxy:
    """Its messages hold nothing of the URL, which may hold a password."""
    try:
        where = httpx2.URL(url)
    except httpx2.InvalidURL:
        raise ValueError("proxy is not a URL") from None
    if where.scheme not in ("http", "https") or not where.host:
        raise ValueError("proxy must begin with http:// or https:// and name a host")
    return httpx2.Proxy(where, ssl_context=context if where.scheme == "https" else None)


def _http2_faults() -> tuple[type[Exception], ...]:
    try:
        return (import_module("h2.exceptions").H2Error,)
    except ImportError:
        raise ValueError("http2 needs an extra to be installed: switchgear[http2]") from None


def _explain(fault: Exception, *, sent: bool) -> Failure:
    """A failure in our own words. httpx2's are not shown: they can hold what was sent, keys too."""
    if isinstance(fault, httpx2.TimeoutException):
        return Failure(FailureKind.TIMEOUT, "The upstream took no connection in time.", reached_model=sent)
    if isinstance(fault, httpx2.ProxyError):
        return failures.proxy_refused(str(fault)[:3])
    if isinstance(fault, httpx2.LocalProtocolError) and not sent:
        return failures.not_sent("one of its headers is not legal in HTTP")
    if isinstance(fault, zlib.error):
        return failures.no_answer(failures.DAMAGED, sent=sent)
    if isinstance(fault, httpx2.NetworkError | OSError) or str(fault).startswith(_CUT_OFF):
        return failures.broken(fault, sent=sent)
    return failures.no_answer(failures.NOT_HTTP, sent=sent)
