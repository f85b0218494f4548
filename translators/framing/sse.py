"""Server-sent events: bytes in any split in, events out. And back.

Accepts every legal form at every byte split: LF, CRLF and CR, comments, ``data:`` with and without the blank, several
data lines, event names, a byte order mark.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html (9.2.6).

The peer is hostile: an event over 1 MiB or bytes that are not UTF-8 break the parser for good, and memory and time stay
linear in what came, even one byte at a time.
"""

from typing import NamedTuple

LONGEST_EVENT = 1 << 20
"""Bytes; what the common clients allow as well."""

_BOM = b"\xef\xbb\xbf"


class Event(NamedTuple):
    """One event."""

    name: str
    """Its ``event:`` field, empty where it has none."""
    data: bytes
    """Its ``data:`` fields, joined by LF. UTF-8."""


class Parser:
    """The incremental parser of one stream. Never raises; ``broken`` says why nothing more will come."""

    __slots__ = ("_after_cr", "_head", "_rest", "broken")

    def __init__(self) -> None:
        self.broken: str | None = None
        self._rest = bytearray()
        self._head: bytes | None = b""
        self._after_cr = False

    @property
    def between_events(self) -> bool:
        """Whether what comes next begins with an event."""
        return not (self._rest or self._after_cr or self._head is not None or self.broken is not None)

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes; return the events that are complete by now."""
        if self.broken is not None:
            return []
        if self._head is not None:
            data = self._without_mark(data)
        if self._after_cr or b"\r" in data:
            data = self._with_line_feeds(data)
        return self._parse(self._complete(data))

    def close(self) -> Event | None:
        """The stream has ended: an event that lacks its blank line, which the standard says to discard.

        Some servers leave the last blank line out, so the caller may take it if it is whole by its own measure.
        """
        return None if self.broken is not None else _event(bytes(self._rest))

    def _without_mark(self, data: bytes) -> bytes:
        """Drop the byte order mark, which may come in pieces."""
        data = (self._head or b"") + data
        if len(data) < len(_BOM) and _BOM.startswith(data):
            self._head = data
            return b""
        self._head = None
        return data.removeprefix(_BOM)

    def _with_line_feeds(self, data: bytes) -> bytes:
        """CRLF and CR as LF. A CR at the end counts at once; an LF that the next bytes begin with is then skipped."""
        if data and self._after_cr:
            self._after_cr = False
            data = data.removeprefix(b"\n")
        if b"\r" in data:
            self._after_cr = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return data

    def _complete(self, data: bytes) -> bytes:
        """All up to the last blank line; what follows it waits in ``_rest``."""
        rest = self._rest
        if not rest:
            end = data.rfind(b"\n\n")
            if end >= 0:
                rest += data[end + 2 :]
                return data[:end]
            rest += data
        else:
            seen = len(rest) - 1
            rest += data
            end = rest.rfind(b"\n\n", seen)
            if end >= 0:
                complete = bytes(rest[:end])
                del rest[: end + 2]
                return complete
        if len(rest) > LONGEST_EVENT + 2:  # a line feed before it and one after it are not part of an event
            self.broken = "an event is longer than 1 MiB"
        return b""

    def _parse(self, complete: bytes) -> list[Event]:
        events = []
        blocks = complete.split(b"\n\n")
        ascii_only = complete.isascii()
        single_lines = complete.count(b"\n") == 2 * len(blocks) - 2
        for block in blocks:
            if single_lines and ascii_only and 6 < len(block) < LONGEST_EVENT and block.startswith(b"data: "):
                events.append(Event("", block[6:]))
                continue  # the common case, by far
            if len(block) > LONGEST_EVENT and len(block.strip(b"\n")) > LONGEST_EVENT:
                self.broken = "an event is longer than 1 MiB"
                break
            if not ascii_only and not _is_utf8(block):
                self.broken = "an event is not UTF-8"
                break
            if event := _event(block):
                events.append(event)
        return events


def frame(data: bytes, event: str | None = None) -> bytes:
    """One event as bytes.

    Args:
        data: without CR; each of its lines gets a field of its own.
        event: its name, without line breaks.
    """
    if b"\n" in data:
        data = data.replace(b"\n", b"\ndata: ")
    framed = b"data: " + data + b"\n\n"
    return f"event: {event}\n".encode() + framed if event else framed


def _event(block: bytes) -> Event | None:
    """The event of some lines; None where they hold no data."""
    name, data = b"", []
    for line in block.split(b"\n"):
        field, _, value = line.partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" "))
        elif field == b"event":
            name = value.removeprefix(b" ")
    joined = b"\n".join(data)
    return Event(name.decode(errors="replace"), joined) if joined else None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
