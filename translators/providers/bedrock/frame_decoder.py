"""What the decoders of Bedrock's streams have in common: how frames are read, and how a stream breaks.

Each adds what its events mean. Source of the frames' headers: https://smithy.io/2.0/aws/amazon-eventstream.html
(``:message-type`` is event, exception or error), 2026-11.
"""

from abc import ABC, abstractmethod

from translators.base import Memento
from translators.facts import Failure, FailureKind, Usage, garbled
from translators.framing.aws_eventstream import Frame, Header, Parser
from translators.providers.bedrock.errors import failure_of

CUT_OFF = Failure(FailureKind.UNREACHABLE, "The upstream's stream ended before its end.", reached_model=True)
ODD_EVENT = garbled("The upstream's stream holds an event of an unknown shape.")


class FrameDecoder(ABC):
    """One stream of one attempt, as :class:`translators.base.Decoder` promises it."""

    __slots__ = ("_parser", "_reached", "failure", "finished", "memento", "started", "usage")

    def __init__(self) -> None:
        self.started, self.finished = False, False
        self.failure: Failure | None = None
        self.usage: Usage | None = None
        self.memento: Memento | None = None
        self._parser = Parser()
        self._reached = False

    @property
    @abstractmethod
    def produced(self) -> int:
        """Bytes of what the model has said so far, about."""

    @abstractmethod
    def _take(self, kind: Header | None, payload: bytes) -> bytes:
        """What an event comes to: canonical events (maybe none), and the attributes. Never raises."""

    def _run_out(self) -> bytes:
        """The body has ended, with a whole frame: cut off, unless the wire format knows better."""
        return self._fail(CUT_OFF)

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes; return the canonical events that are complete by now."""
        if self.finished or self.failure is not None:
            return b""
        out = []
        for frame in self._parser.feed(data):
            headers = frame.headers
            plain = headers.get(":message-type") == "event"
            out.append(self._take(headers.get(":event-type"), frame.payload) if plain else self._break(frame))
            if self.finished or self.failure is not None:
                return b"".join(out)
        if self._parser.broken is not None:
            self._fail(garbled(f"The upstream's stream is invalid: {self._parser.broken}."))
        return b"".join(out)

    def close(self) -> bytes:
        """The body has ended."""
        if self.finished or self.failure is not None:
            return b""
        return self._run_out() if self._parser.between_frames else self._fail(CUT_OFF)

    def _break(self, frame: Frame) -> bytes:
        """A frame that is no event: an exception, an error, or something that the format does not know."""
        headers = frame.headers
        kind = headers.get(":message-type")
        if kind == "exception":
            name = str(headers.get(":exception-type"))
            return self._fail(failure_of(name, frame.payload, reached_model=self._reached))
        if kind == "error":
            name, message = str(headers.get(":error-code")), str(headers.get(":error-message") or "")
            return self._fail(failure_of(name, frame.payload, message, reached_model=self._reached))
        return self._fail(ODD_EVENT)

    def _fail(self, failure: Failure) -> bytes:
        self.failure = failure
        return b""
