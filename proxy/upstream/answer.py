"""Answers as they come over the wire: one connection's bytes in, in any split; heads and bodies out. No I/O.

llhttp, below httptools, frames strictly: it refuses bare line feeds, folded lines, two lengths, a length beside a
transfer coding, and data after ``connection: close`` (RFC 9112, 6.3 and 11.2). What it lets pass and is refused here:
transfer codings other than ``chunked``, protocols other than HTTP/1.x, oversized heads, statuses below 100, bodies of
interim answers. Bytes after an answer's end never become the next one.
"""

from collections.abc import Iterator, Mapping

import httptools

from proxy.upstream.failures import ENCODED, NOT_HTTP, SWITCHES
from proxy.upstream.headers import joined

HEAD_BYTES = 64 * 1024
"""Of one head, the interim answers before it included."""
HEAD_LINES = 200
INTERIMS = 32
"""Interim answers (1xx) that may come before the one that counts."""

_END = b"\r\n\r\n"
_INTERIM, _SWITCHING, _FINAL = 100, 101, 200


class Fields(Mapping[str, str]):
    """An answer's headers by lower-case name, repeated ones joined by a comma. Read when somebody looks."""

    __slots__ = ("_raw", "_read")

    def __init__(self, raw: bytes) -> None:
        self._raw, self._read = raw, None

    _read: dict[str, str] | None

    def __getitem__(self, name: str) -> str:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, str]:
        if self._read is None:
            lines = (line.partition(b":") for line in self._raw.split(b"\r\n")[1:] if line)
            self._read = joined([(name, value.strip(b" \t")) for name, _, value in lines])
        return self._read


class Answer:
    """Reads the answers of one connection, one after another. After each ``feed`` the attributes say where it stands.

    Its ``on_...`` methods are what httptools calls. They raise to stop it, when the connection is done for.
    """

    __slots__ = (
        "_head",
        "_interims",
        "_lower",
        "_parser",
        "_without_body",
        "complete",
        "fault",
        "gzip",
        "headers",
        "idle_for",
        "keep",
        "on_body",
        "pieces",
        "status",
    )

    status: int
    """Of the answer's head; 0 until all of it is here."""
    headers: Mapping[str, str]
    gzip: bool
    """Whether the body is compressed; ``pieces`` are as they came."""
    idle_for: float | None
    """Seconds that the other side keeps the connection when it is idle, where it says so."""
    complete: bool
    """The body has ended as its head promised."""
    keep: bool
    """Once complete: whether the connection may carry another exchange."""
    fault: str | None
    """Why this is no answer; nothing more comes out then."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        """What has come of the body; whoever takes it clears the list."""
        self.on_body = self.pieces.append
        self._parser = httptools.HttpResponseParser(self)
        self.expect()

    def expect(self, *, without_body: bool = False) -> None:
        """The next request goes out; ``without_body``: its answer has none whatever its head says (RFC 9110, 9.3.2)."""
        self.status, self.complete, self.keep, self.gzip = 0, False, False, False
        self.fault = self.idle_for = None
        self.pieces.clear()
        self._head, self._lower, self._interims, self._without_body = b"", b"", 0, without_body

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Never raises. What follows a fault is not looked at."""
        if self.fault is not None:
            return
        if headless := not self.status:
            self._head += data
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.keep = False
            if not self.complete:
                self.fault = self.fault or NOT_HTTP
        if self.keep and data[-1] in b"\r\n" and self._has_stray_breaks(data):
            self.keep = False
        if headless:
            if self.status:
                self._read_head()
            elif len(self._head) > HEAD_BYTES:
                self.fault = self.fault or NOT_HTTP

    def finish(self) -> bool:
        """The connection has ended: whether that is the body's end, too (RFC 9112, 6.3, 8)."""
        framed = b"\r\ncontent-length:" in self._lower or b"\r\ntransfer-encoding:" in self._lower
        if self.status and not self.fault and not framed:
            self.complete = True
        return self.complete

    def on_message_begin(self) -> None:
        """A second answer to one request is an attempt at smuggling, or a server that has lost count."""
        if self.complete:
            raise _Enough

    def on_headers_complete(self) -> None:
        """Of an interim answer, or of the one that counts."""
        status = self._parser.get_status_code()
        if status >= _FINAL:
            self.status = status
            if self._without_body:
                self.complete = True
                raise _Enough
        elif status == _SWITCHING or status < _INTERIM or self._interims == INTERIMS:
            self.fault = SWITCHES if status == _SWITCHING else NOT_HTTP
            raise _Enough
        else:
            self._interims += 1

    def on_message_complete(self) -> None:
        """Of an interim answer, or of the one that counts."""
        if self.status:
            self.complete, self.keep = True, self._parser.should_keep_alive()
        elif self.pieces:
            raise _Enough

    def _read_head(self) -> None:
        head, start = self._head, 0
        for _ in range(self._interims):
            start = head.index(_END, start) + len(_END)
        end = head.index(_END, start) + 2
        self._head = b""
        raw = head[start:end]
        self._lower = lower = raw.lower()
        self.headers = Fields(raw)
        if end > HEAD_BYTES or raw.count(b"\r\n") > HEAD_LINES + 1 or not raw.startswith(b"HTTP/1."):
            self._refuse(NOT_HTTP)
        if self._without_body:
            self._skip_body(rest=head[end + 2 :])
        if b"\r\ntransfer-encoding:" in lower:
            self._look_at_transfer_coding()
        if b"\r\ncontent-encoding:" in lower:
            self._look_at_content_coding()
        if b"\r\nkeep-alive:" in lower:
            self.idle_for = _timeout(self.headers["keep-alive"])

    def _skip_body(self, rest: bytes) -> None:
        """The parser was stopped at the head's end, before a body that does not come: the next answer has a new one."""
        self._parser = httptools.HttpResponseParser(self)
        self.keep = (
            self._lower.startswith(b"http/1.1") and not rest and "close" not in self.headers.get("connection", "")
        )

    def _has_stray_breaks(self, data: bytes) -> bool:
        """Whether there are line breaks after the answer's end: the parser skips them without a word."""
        bare = not self.pieces or b"\r\ntransfer-encoding:" in (self._lower or self._head.lower())
        return _breaks(data) > (len(_END) if bare else _breaks(self.pieces[-1]))

    def _look_at_transfer_coding(self) -> None:
        """None but ``chunked`` was asked for; HTTP/1.0 has no such thing (RFC 9112, 6.1)."""
        if self.headers["transfer-encoding"].lower() != "chunked" or self._lower.startswith(b"http/1.0"):
            self._refuse(NOT_HTTP)

    def _look_at_content_coding(self) -> None:
        encoding = self.headers["content-encoding"].lower()
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            self._refuse(ENCODED)
        self.gzip = encoding.endswith("gzip")

    def _refuse(self, why: str) -> None:
        self.fault = self.fault or why
        self.status, self.complete, self.keep = 0, False, False
        self.pieces.clear()


class _Enough(Exception):
    """Stops the parser."""


def _breaks(data: bytes) -> int:
    return len(data) - len(data.rstrip(b"\r\n"))


def _timeout(keep_alive: str) -> float | None:
    """``keep-alive: timeout=5, max=100`` (RFC 2068, 19.7.1.1; widely sent though obsolete)."""
    for parameter in keep_alive.lower().split(","):
        name, _, value = parameter.partition("=")
        if name.strip() == "timeout" and len(value) < 9 and value.strip().isdecimal():
            return float(value)
    return None
