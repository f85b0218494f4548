"""The log: one JSON object per line on stdout. Events through structlog; one record per request through a buffer.

orjson escapes control characters (RFC 8259, 7). The separators and direction marks that it leaves alone, and that make
a terminal or a log viewer show something else than is there, are escaped here (RELIABILITY S10).
"""

import asyncio
import logging
import re
import sys
from typing import Any, BinaryIO, cast

import orjson
import structlog

LINE_LIMIT = 8192
"""Bytes of a line; most log shippers cut longer ones in the middle."""
FLUSH_SECONDS = 0.1
"""How long a line may wait for company: one write for many lines is what makes logging cheap."""
CUT_FIELDS = ("policies", "ended_by", "tags", "user", "session", "dropped")
"""What a line that is too long loses, in this order; the record by id still has it."""

_TRICKS = re.compile("[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class Output:
    """Where lines go. A reader that has gone, or a disk that is full, costs the line and nothing else.

    Args:
        out: the stream beneath.
    """

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.lost = 0
        """Writes that failed."""

    def write(self, lines: bytes) -> None:
        """Write whole lines, and flush: a line that waits in a buffer is lost with the process."""
        try:
            self._out.write(lines)
            self._out.flush()
        except (OSError, ValueError):  # ValueError: it is closed
            self.lost += 1

    def flush(self) -> None:
        """Nothing waits."""


def configure(level: str) -> None:
    """Send all events, uvicorn's own among them, to stdout as JSON lines of this level and up."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, structlog.processors.JSONRenderer(line)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(cast("BinaryIO", Output(sys.stdout.buffer))),
        cache_logger_on_first_use=True,
    )
    logging.raiseExceptions = False  # a library's line that cannot be written is lost, too
    handler = logging.StreamHandler(sys.stdout)
    renderer = structlog.processors.JSONRenderer(lambda event, **_: line(event).decode())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.processors.format_exc_info],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)


def event(name: str, **facts: Any) -> None:
    """Log one event."""
    structlog.get_logger("switchgear").info(name, **facts)


def line(record: dict[str, Any], **_: Any) -> bytes:
    """A record as one line, without its end."""
    text = orjson.dumps(record, default=repr)
    if text.isascii() and b"\x7f" not in text:
        return text
    return _TRICKS.sub(lambda match: f"\\u{ord(match[0]):04x}", text.decode()).encode()


class RecordLog:
    """The requests' lines, gathered and written together.

    Args:
        out: where to; stdout by default.
    """

    def __init__(self, out: BinaryIO | None = None) -> None:
        self._out = Output(out or sys.stdout.buffer)
        self._lines: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None

    def write(self, text: bytes) -> None:
        """Add a request's line. Needs a running event loop; never waits.

        Args:
            text: the record, as :func:`line` has it.
        """
        self._lines.append(text if len(text) <= LINE_LIMIT else _cut(orjson.loads(text)))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what has gathered."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        lines, self._lines = self._lines, []  # gone even if the write fails: a full disk must not fill the memory too
        if lines:
            self._out.write(b"\n".join(lines) + b"\n")

    def close(self) -> None:
        """Write what is left."""
        self.flush()


def _cut(record: dict[str, Any]) -> bytes:
    short = {**record, "cut": True}
    attempts = [{name: value for name, value in turn.items() if name != "policies"} for turn in record["attempts"]]
    steps: list[dict[str, Any]] = [{"attempts": attempts}, *({name: None} for name in CUT_FIELDS)]
    for smaller in steps:
        short |= smaller
        text = line(short)
        if len(text) <= LINE_LIMIT:
            return text
    return line({name: short[name] for name in ("event", "id", "outcome", "status", "cut")})
