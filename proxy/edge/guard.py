"""uvicorn's HTTP/1.1 protocol with the limits it lacks, and without requests that two parsers read differently.

The parser refuses CL+TE, bare LF and obs-fold by itself; it takes a missing or repeated Host, absolute-form targets and
``TE: gzip, chunked``, has no limit on the size of a head and no deadline for anything (RELIABILITY K2, K3, D1, D2, F17;
uvicorn 0.54, httptools 0.9). Absolute form and trailers are invisible to an application, so all of it is done here.

A request that comes in one read costs a few attribute tests and no timer. Every refusal closes the connection, once the
requests before it are answered: where one message has no certain end, nothing behind it can be trusted.
"""

import asyncio
import re
import socket
from typing import Any, ClassVar
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from proxy.edge.cycle import Cycle
from proxy.edge.intake import request_id
from proxy.edge.line import LINE
from proxy.edge.refusals import (
    HEAD_TOO_LARGE,
    INVALID,
    LATE_BODY,
    LATE_HEAD,
    URL_TOO_LONG,
    Refusal,
    Refused,
    bad,
)
from translators.dialects.errors import envelope, error_object

_HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")
"""RFC 3986, 3.2.2, without user information (RFC 9112, 3.2)."""
_FRAMING = frozenset({b"host", b"content-length", b"transfer-encoding", b"upgrade"})
_METHODS_REFUSED = frozenset({b"CONNECT", b"TRACE"})


_IDLE, _HEAD, _BODY = 0, 1, 2
"""Where the parser is: between two messages, or in one. Plain numbers: each request asks several times."""


def _cut_off_after(transport: asyncio.Transport, seconds: float) -> None:
    """Let the kernel give up on a peer that acknowledges nothing, or keeps its window shut (tcp(7); Linux alone)."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    connection = transport.get_extra_info("socket")
    if option is not None and connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, option, int(seconds * 1000))


class GuardedProtocol(HttpToolsProtocol):
    """For ``uvicorn.Config(http=GuardedProtocol)``. Its limits are class attributes, so that tests can be quick."""

    cycle: Cycle  # None before the first request

    head_limit: ClassVar[int] = 64 * 1024
    """Bytes of all header lines; also of anything else that is not body: chunk extensions, trailers."""
    head_count: ClassVar[int] = 100
    """Header lines."""
    url_limit: ClassVar[int] = 8 * 1024
    """Bytes."""
    head_seconds: ClassVar[float] = 10.0
    """From the first byte of a head to its last; as long may a new connection be silent."""
    body_seconds: ClassVar[float] = 10.0
    """A body is weighed each time so much of it has passed."""
    body_rate: ClassVar[float] = 1024.0
    """Bytes per second that it has to bring meanwhile."""
    unread_seconds: ClassVar[float] = 60.0
    """A client that takes nothing of what is sent to it for so long is cut off (F16), also while a close is waiting for
    it to read. A slow reader is not: each byte it takes counts."""
    pipeline_limit: ClassVar[int] = 16
    """Requests that may wait behind the one that is served. While more wait nothing is read, and a client that leaves
    is noticed late."""
    linger_seconds: ClassVar[float] = 1.0
    """After a refusal what still comes is thrown away for so long: closing at once would reset the connection, and
    the client would lose the answer (RFC 9112, 9.6)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stage = _IDLE
        self._timer: asyncio.TimerHandle | None = None
        self._refusal: Refusal | None = None
        self._size = 0  # of this read
        self._steps = 0  # messages begun and pieces of body, in this read
        self._at_once = False  # the head began in this read
        self._stuck = 0  # bytes since the last such step
        self._body_bytes = 0  # since the body was weighed last
        self._held_back = False  # by us, since then
        self._good_host: tuple[bytes, bytes] | None = None
        self._serving: Cycle | None = None  # the last one whose turn has come; others wait in the pipeline
        self._idle_since = 0.0
        self._method, self._version = b"", ""

    # The connection.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A new connection has so long to say something."""
        super().connection_made(transport)
        _cut_off_after(transport, self.unread_seconds)
        self._arm(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over, with whatever was to happen to it."""
        self._disarm()
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
        self.connections.discard(self)
        self.flow.resume_writing()
        self.parser = None  # type: ignore[assignment]  # it holds us, and we it
        if exc is None:
            self.transport.close()
        if self._serving is not None:
            self._serving.lose()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        assert isinstance(cycle, Cycle)
        self._serving = cycle
        cycle.start(self.loop, app)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, then see what is left open."""
        if self._refusal is not None:
            return
        before, self._steps, self._size = self._stage, 0, len(data)
        try:
            self.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as fault:
            cause = fault.__context__
            self._refuse(cause.refusal if isinstance(cause, Refused) else INVALID)
            return
        if self._stage != _IDLE:
            self._left_open(before)
        elif self._timer is None and (self.cycle is None or self.cycle.response_complete):
            self._arm(self.head_seconds)  # a stray line break: uvicorn's own timer is off by now

    def on_response_complete(self) -> None:
        """The next request's turn; after the last one a refusal that has waited, or a while of silence."""
        self.server_state.total_requests += 1
        if not self.transport.is_closing():
            if self.flow.read_paused:
                self.read_on()
            if self.pipeline:
                self._start_asgi_task(*self.pipeline.pop())
                return
            self._idle_since = self.loop.time()
            if self.timeout_keep_alive_task is None:
                self._close_when_idle(self.timeout_keep_alive)
        if self._refusal is not None:
            self._send(self._refusal)

    def read_on(self) -> None:
        """Read again, unless too much waits: each read may hold thousands of requests."""
        if len(self.pipeline) < self.pipeline_limit:
            self.flow.resume_reading()

    def _close_when_idle(self, seconds: float) -> None:
        """One timer looks now and then whether the connection is idle: setting one for each request would cost more."""
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self._look_for_idleness)

    def _look_for_idleness(self) -> None:
        self.timeout_keep_alive_task = None
        if self._stage != _IDLE or not self.cycle.response_complete:
            return  # the end of this request sets the timer again
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left <= 0:
            self.transport.close()
        else:
            self._close_when_idle(left)

    def _unset_keepalive_if_required(self) -> None:
        """For uvicorn: nothing to unset."""

    # The parser's callbacks.

    def on_message_begin(self) -> None:
        """A head begins."""
        self.url, self.headers, self.expect_100_continue = b"", [], False
        self.scope = {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,  # type: ignore[typeddict-item]
            "root_path": "",
            "headers": self.headers,
            "state": self.app_state,
        }
        self._stage, self._at_once = _HEAD, True
        self._steps += 1
        if self._timer is not None:
            self._disarm()

    def on_url(self, url: bytes) -> None:
        """A piece of the target."""
        self.url += url
        if len(self.url) > self.url_limit:
            raise Refused(URL_TOO_LONG)

    def on_headers_complete(self) -> None:
        """The head is complete: is it one that every parser reads the same way?"""
        wrong = self._wrong()
        if wrong is not None:
            raise Refused(wrong)
        self._start_cycle()
        self._stage, self._body_bytes = _BODY, 0
        self.headers = []  # for the trailers: uvicorn would add them to headers that were acted upon long before
        if self._timer is not None:
            self._disarm()

    def _start_cycle(self) -> None:
        """What uvicorn does with a head that is complete, but for upgrades, which are refused, and with our cycle."""
        scope, parser = self.scope, self.parser
        version = self._version
        if version != "1.1":
            scope["http_version"] = version
        scope["method"] = self._method.decode("ascii")
        path, _, scope["query_string"] = self.url.partition(b"?")
        text = path.decode("latin-1")
        scope["raw_path"], scope["path"] = path, unquote(text) if "%" in text else text
        busy = self.cycle is not None and not self.cycle.response_complete
        keep_alive = version != "1.0" and parser.should_keep_alive()
        self.cycle = Cycle(
            scope,
            self,
            expect_100_continue=self.expect_100_continue and version == "1.1",  # RFC 9110, 10.1.1
            keep_alive=keep_alive,
            until_close=version == "1.0",
        )
        scope[LINE] = self.cycle  # type: ignore[literal-required]
        if busy:
            self.pipeline.appendleft((self.cycle, self.app))
            if len(self.pipeline) >= self.pipeline_limit:
                self.flow.pause_reading()
        else:
            self._start_asgi_task(self.cycle, self.app)

    def on_body(self, body: bytes) -> None:
        """A piece of body. One that comes when its answer is complete is thrown away."""
        self._steps += 1
        self._body_bytes += len(body)
        if not self.cycle.response_complete:
            self.cycle.take(body)
        if self.flow.read_paused:
            self._held_back = True

    def on_message_complete(self) -> None:
        """The message is complete."""
        self._stage = _IDLE
        if self._timer is not None:
            self._disarm()
        if not self.cycle.response_complete:
            self.cycle.take_end()

    # What a request must be.

    def _wrong(self) -> Refusal | None:
        in_one_read = self._at_once and self._size <= self.head_limit
        if len(self.headers) > self.head_count or (not in_one_read and self._head_size() > self.head_limit):
            return HEAD_TOO_LARGE
        if self.url[:1] != b"/" or b"#" in self.url:
            return bad("The request's target must be a path.")
        self._method, version = self.parser.get_method(), self.parser.get_http_version()
        self._version = version
        if self._method in _METHODS_REFUSED:
            return bad("The method is not supported.")
        if version not in ("1.1", "1.0"):
            return bad("Only HTTP/1.1 and HTTP/1.0 are spoken here.")
        framing = [header for header in self.headers if header[0] in _FRAMING]
        if framing and framing[0] == self._good_host:  # nearly all requests on a connection that is kept
            rest = framing[1:]
            if not rest or (len(rest) == 1 and rest[0][0] == b"content-length"):
                return None
        return self._wrong_host(framing, version) or _wrong_framing(framing, version)

    def _head_size(self) -> int:
        return sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _wrong_host(self, framing: list[tuple[bytes, bytes]], version: str) -> Refusal | None:
        hosts = [header for header in framing if header[0] == b"host"]
        if len(hosts) != 1:
            return None if not hosts and version == "1.0" else bad("There must be exactly one Host header.")
        if hosts[0] != self._good_host:
            if _HOST.fullmatch(hosts[0][1]) is None:
                return bad("The Host header is not a host.")
            self._good_host = hosts[0]
        return None

    # What may take how long.

    def _left_open(self, before: int) -> None:
        """A read has ended within a message."""
        if not self._steps:
            self._stuck += self._size
        else:
            alone = before == _IDLE and self._stage == _HEAD and self._steps == 1
            self._stuck = self._size if alone else 0
        self._at_once = False
        if self._stuck > self.head_limit + self.url_limit:
            self._refuse(HEAD_TOO_LARGE)
        elif self._timer is None and self._stage == _HEAD:
            self._arm(self.head_seconds)
        elif self._timer is None:
            self._held_back = self._waiting()
            self._arm(self.body_seconds)

    def _arm(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self._late)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        if self._stage == _IDLE:
            self.transport.close()  # nothing was asked, so nothing is answered
        elif self._stage == _HEAD:
            self._refuse(LATE_HEAD)
        else:
            self._weigh()

    def _weigh(self) -> None:
        """A body that comes too slowly is refused, unless the client could not send for a part of the time."""
        came, self._body_bytes = self._body_bytes, 0
        waiting = self._waiting()
        excused, self._held_back = self._held_back or waiting, waiting
        if excused or came >= self.body_rate * self.body_seconds:
            self._arm(self.body_seconds)
        else:
            self._refuse(LATE_BODY)

    def _waiting(self) -> bool:
        """It is our turn: we do not read, or owe a 100 Continue."""
        return self.flow.read_paused or self.cycle.waiting_for_100_continue

    # How it is said.

    def _refuse(self, refusal: Refusal) -> None:
        """Answer with an error and close; what came before is answered first."""
        self._disarm()
        self._refusal = refusal
        spoiled = self.cycle if self._stage == _BODY else None
        if self.pipeline and self.pipeline[0][0] is spoiled:
            self.pipeline.popleft()  # its turn is the refusal's
        elif spoiled is not None:
            self._give_up(spoiled, refusal)
        elif self.cycle is None or self.cycle.response_complete:
            self._send(refusal)

    def _give_up(self, spoiled: Cycle, refusal: Refusal) -> None:
        """The request that is being served has no good end. Its application learns that the client is gone."""
        unanswered = not spoiled.response_started
        spoiled.lose()
        self.flow.resume_writing()
        if unanswered:
            self._send(refusal)
        else:
            self.transport.close()

    def _send(self, refusal: Refusal) -> None:
        transport = self.transport
        if transport.is_closing():  # by an answer that said so, which was the last one
            return
        transport.write(self._rendered(refusal))
        if not transport.can_write_eof():  # TLS
            transport.close()
            return
        transport.write_eof()
        self.flow.resume_reading()
        self._timer = self.loop.call_later(self.linger_seconds, transport.close)

    def _rendered(self, refusal: Refusal) -> bytes:
        body = envelope(error_object(refusal.message, "invalid_request_error", refusal.code))
        headers = [
            *self.server_state.default_headers,
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"x-request-id", request_id(self.scope["headers"] if self._stage != _IDLE else ()).encode()),
            (b"connection", b"close"),
        ]
        lines = b"".join(b"%b: %b\r\n" % header for header in headers)
        return b"%b%b\r\n%b" % (STATUS_LINE[refusal.status], lines, body)


def _wrong_framing(framing: list[tuple[bytes, bytes]], version: str) -> Refusal | None:
    """Of the length; the parser itself takes Content-Length but once, and not beside Transfer-Encoding."""
    if any(name == b"upgrade" for name, _ in framing):
        return bad("The connection cannot be upgraded.")
    codings = [value.lower() for name, value in framing if name == b"transfer-encoding"]
    if codings and (codings != [b"chunked"] or version == "1.0"):
        return bad("The only Transfer-Encoding spoken here is chunked, and that in HTTP/1.1.")
    return None
