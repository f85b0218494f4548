"""Newline-delimited JSON: bytes in any split in, lines out.

Accepts LF and CRLF, and blank lines between (https://github.com/ndjson/ndjson-spec, 3.1 and 3.2, 2026-11). What is on a
line is the caller's business.

The peer is hostile: a line over 1 MiB breaks the parser for good, and memory and time stay linear in what came, even
one byte at a time.
"""

LONGEST_LINE = 1 << 20
"""Bytes; as of an event in ``sse``."""
_WHITE = b" \t\r"


class Lines:
    """The incremental parser of one stream. Never raises; ``broken`` says why nothing more will come."""

    __slots__ = ("_rest", "broken")

    def __init__(self) -> None:
        self.broken: str | None = None
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes; return the lines that are complete by now, without the blank ones."""
        if self.broken is not None:
            return []
        last = data.rfind(b"\n")
        complete = b""
        if last >= 0:
            complete = bytes(self._rest) + data[:last] if self._rest else data[:last]
            self._rest.clear()
            data = data[last + 1 :]
        self._rest += data
        lines = self._of(complete)
        if self.broken is None and len(self._rest) > LONGEST_LINE:
            self.broken = _TOO_LONG
        return lines

    def close(self) -> bytes:
        """The stream has ended: the last line, if it lacks its end; else nothing."""
        return b"" if self.broken is not None else bytes(self._rest).strip(_WHITE)

    def _of(self, complete: bytes) -> list[bytes]:
        lines = []
        for line in complete.split(b"\n"):
            if len(line) > LONGEST_LINE:
                self.broken = _TOO_LONG
                break
            if stripped := line.strip(_WHITE):
                lines.append(stripped)
        return lines


_TOO_LONG = "a line is longer than 1 MiB"
