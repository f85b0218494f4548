"""What the decoders of all wire formats over server-sent events have in common: how a stream is read, and how it ends.

A wire format adds what its events mean: it says so in the hooks of :class:`SseDecoder`.
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import orjson

from translators.base import Memento
from translators.facts import Failure, FailureKind, Usage, garbled
from translators.framing.splice import Splice
from translators.framing.sse import LONGEST_EVENT, Event, Parser


class SseDecoder(ABC):
    """One stream of one attempt, as :class:`translators.base.Decoder` promises it."""

    __slots__ = ("_parser", "_splice", "_whole", "failure", "finished", "memento", "started", "usage")

    _LAST_WORD: ClassVar[bytes | None] = None
    """Data of the terminal event where that is not JSON."""

    def __init__(self, splice: Splice) -> None:
        self._splice = splice
        self.started, self.finished = False, False
        self.failure: Failure | None = None
        self.usage: Usage | None = None
        self.memento: Memento | None = None
        self._parser = Parser()
        self._whole: bytearray | None = bytearray()  # empty: nothing but white space so far; None: it is a stream

    @property
    @abstractmethod
    def produced(self) -> int:
        """Bytes of what the model has said so far, about."""

    @abstractmethod
    def _take(self, event: Event) -> bytes:
        """What an event comes to: canonical events (maybe none), and the attributes. Never raises."""

    @abstractmethod
    def _pass_on(self, texts: list[str], data: bytes) -> bytes:
        """The same of a run of events like those that ``_splice`` was taught: their texts, and all as it came."""

    @abstractmethod
    def _error_in(self, document: Any) -> Failure | None:
        """The error that a JSON document in the place of a stream is; None where it is something else."""

    def _run_out(self) -> bytes:
        """The body has ended without a terminal event: cut off, unless the wire format knows better."""
        message = "The upstream's stream ended before its end."
        return self._fail(Failure(FailureKind.UNREACHABLE, message, reached_model=True))

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes; return the canonical events that are complete by now."""
        if self.finished or self.failure is not None:
            return b""
        if self._whole is not None and not self._is_stream(self._whole, data):
            return b""
        out = []
        if self.started and self._parser.between_events:
            texts, size = self._splice.run(data)
            if texts:
                out.append(self._pass_on(texts, data[:size]))
                if size == len(data):
                    return out[0]
                data = data[size:]
        for event in self._parser.feed(data):
            out.append(self._take(event))
            if self.finished or self.failure is not None:
                return b"".join(out)
        if self._parser.broken is not None:
            self._fail(garbled(f"The upstream's stream is invalid: {self._parser.broken}."))
        return b"".join(out)

    def close(self) -> bytes:
        """The body has ended. A last event that lacks its blank line counts if it is whole by itself."""
        if self.finished or self.failure is not None:
            return b""
        if self._whole:
            return self._fail(self._read_whole(self._whole))
        last, out = self._parser.close(), b""
        if last is not None and (last.data == self._LAST_WORD or is_json(last.data)):
            out = self._take(last)
        if self.finished or self.failure is not None:
            return out
        return out + self._run_out()

    def _is_stream(self, kept: bytearray, data: bytes) -> bool:
        """Whether this is an event stream, by its first character; else it is kept, since an error may come so."""
        if not kept:
            head = data.lstrip()[:1]
            if head not in (b"{", b"[", b"<"):  # no field of an event begins with one of these
                self._whole = None if head else kept
                return True
        kept += data
        if len(kept) > LONGEST_EVENT:
            self._fail(_NO_STREAM)
        return False

    def _read_whole(self, body: bytearray) -> Failure:
        try:
            return self._error_in(orjson.loads(body)) or _NO_STREAM
        except orjson.JSONDecodeError:
            return _NO_STREAM

    def _fail(self, failure: Failure) -> bytes:
        self.failure = failure
        return b""


def is_json(data: bytes) -> bool:
    """Whether this is one JSON document that is not nested too deeply for orjson."""
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return True


_NO_STREAM = garbled("The upstream's answer is no event stream.")
