"""One request and its answer on a connection: uvicorn's, with a quicker way to write the answer.

uvicorn looks at each header line with two regular expressions and writes head and body apart; a whole answer of ours
took as long to write as to make (measured). Here the head waits for the first piece of body, and is looked at once.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

BODILESS = frozenset({204, 304})
"""Statuses whose answers end with their head (RFC 9110, 15.3.5 and 15.4.5)."""


class Cycle(RequestResponseCycle):
    """What an application is given to receive a request and to send its answer."""

    until_close = False
    """Whether the end of the connection is the end of an answer without a length: HTTP/1.0 knows no chunks."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self._unwritten: list[bytes] = []
        self._left: int | None = None  # bytes of body, where a content-length promised some
        self._bodiless = self._says_close = self._told = False

    async def receive(self) -> Any:
        """ASGI's. Most bodies are complete before anybody asks."""
        if not self.more_body and not self._told and not self.disconnected and not self.waiting_for_100_continue:
            self._told = True
            body, self.body = bytes(self.body), bytearray()
            self.flow.resume_reading()
            self.message_event.clear()
            return {"type": "http.request", "body": body, "more_body": False}
        return await super().receive()

    async def send(self, message: Any) -> None:
        """ASGI's. Waits while the client is slow.

        Raises:
            RuntimeError: the application's mistake: an order that is none, an illegal header, a length that is wrong.
        """
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        kind = message["type"]
        if kind == "http.response.start" and not self.response_started:
            self._begin(message["status"], message.get("headers") or ())
        elif kind == "http.response.body" and self.response_started and not self.response_complete:
            self._write(message.get("body", b""), more=message.get("more_body", False))
        else:
            raise RuntimeError(f"Unexpected ASGI message {kind!r}.")

    def _begin(self, status: int, headers: Any) -> None:
        self.response_started, self.waiting_for_100_continue = True, False
        lines = [STATUS_LINE[status]]
        for name, value in headers:
            lines.append(b"%b: %b\r\n" % (name, value))
            if name == b"content-length":
                self._left = int(value)
            elif name == b"connection" and value.lower() == b"close":
                self.keep_alive, self._says_close = False, True
        self._bodiless = self.scope["method"] == "HEAD" or status in BODILESS
        if self._left is None and not self._bodiless:
            self._frame(lines)
        if not self.keep_alive and not self._says_close:
            lines.append(b"connection: close\r\n")
        head = b"".join(lines)
        if not head.count(b"\n") == head.count(b"\r") == len(lines):
            raise RuntimeError("Invalid HTTP header.")
        self._unwritten = [head, b"\r\n"]

    def _frame(self, lines: list[bytes]) -> None:
        """How the end of a body without a length is told: by a last chunk, or by the end of the connection."""
        if self.until_close:
            self.keep_alive = False
        else:
            self.chunked_encoding = True
            lines.append(b"transfer-encoding: chunked\r\n")

    def _write(self, body: bytes, *, more: bool) -> None:
        out, self._unwritten = self._unwritten, []
        if self._bodiless:
            self._left = None
        elif self.chunked_encoding:
            if body:
                out += (b"%x\r\n" % len(body), body, b"\r\n")
            if not more:
                out.append(b"0\r\n\r\n")
        else:
            out.append(body)
            if self._left is not None:
                self._left -= len(body)
        if self._left is not None and (self._left < 0 or (self._left and not more)):
            raise RuntimeError("The answer is not as long as its content-length says.")
        if out:
            self.transport.write(b"".join(out))
        if not more:
            self._end()

    def _end(self) -> None:
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
