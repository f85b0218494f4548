"""A stream of Ollama's, one JSON object a line, as OpenAI's chunks.

Source: https://docs.ollama.com/api/streaming and ollama/ollama, server/routes.go (``streamResponse``), 2026-11. The
line with ``done: true`` is the end, and carries the reason and the counts; a body that ends without it is broken, as is
one with a line that says ``error``.
"""

from typing import Any

import orjson

from translators.base import ChatRequest, JsonObject, Memento
from translators.facts import Failure, FailureKind, Usage, garbled
from translators.framing.ndjson import Lines
from translators.providers.chunks import Chunks, string
from translators.providers.ollama.calls import Calls
from translators.providers.ollama.ends import finish_of, logprobs_of, own_facts
from translators.providers.ollama.errors import error_in
from translators.providers.ollama.response import memento_of
from translators.providers.ollama.usage import openai_usage, read_usage
from translators.providers.sse_decoder import is_json

_ODD_SHAPE = (KeyError, TypeError, AttributeError)


class OllamaDecoder:
    """One stream of one attempt, as :class:`translators.base.Decoder` promises it."""

    __slots__ = (
        *("_calls", "_chunks", "_lines", "_open", "_shows_usage", "_thought"),
        *("failure", "finished", "memento", "started", "usage"),
    )

    def __init__(self, ask: ChatRequest) -> None:
        self.started, self.finished = False, False
        self.failure: Failure | None = None
        self.usage: Usage | None = None
        self.memento: Memento | None = None
        self._lines, self._chunks, self._calls = Lines(), Chunks(ask), Calls(ask)
        self._thought: list[str] = []
        self._shows_usage = ask.include_usage
        self._open = False

    @property
    def produced(self) -> int:
        """Bytes of what has been said so far, about."""
        return self._chunks.produced

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes; return the canonical events that are complete by now."""
        if self.finished or self.failure is not None:
            return b""
        out = []
        for line in self._lines.feed(data):
            out.append(self._take(line))
            if self.finished or self.failure is not None:
                return b"".join(out)
        if self._lines.broken is not None:
            self._fail(garbled(f"The upstream's stream is invalid: {self._lines.broken}."))
        return b"".join(out)

    def close(self) -> bytes:
        """The body has ended. A last line that lacks its end counts if it is whole by itself."""
        if self.finished or self.failure is not None:
            return b""
        last, out = self._lines.close(), b""
        if last and (is_json(last) or not last.startswith(b"{")):  # else it was cut off
            out = self._take(last)
        if not self.finished and self.failure is None:
            self.failure = Failure(FailureKind.UNREACHABLE, _CUT, reached_model=True)
        return out

    def _take(self, line: bytes) -> bytes:
        try:
            said = orjson.loads(line)
        except orjson.JSONDecodeError:
            return self._fail(garbled("The upstream's stream holds a line that is not JSON."))
        try:
            message, done = said["message"], said["done"]
            if not self._open:
                self._chunks.open(model=said.get("model"))
                self._open = True
            out = self._say(message, said.get("logprobs"))
            return out + self._end(said) if done is True else out
        except _ODD_SHAPE:
            return self._fail(error_in(said, reached_model=self._open) or _ODD_LINE)

    def _say(self, message: JsonObject, logprobs: Any) -> bytes:
        text, thought, calls = message.get("content"), message.get("thinking"), message.get("tool_calls")
        if text and not (thought or calls or logprobs):  # the hot path
            if type(text) is not str:
                raise TypeError
            self.started = True
            return self._chunks.text(text)
        out = b""
        if thought:
            out += self._emit(b'"reasoning_content"', string(thought))
            self._thought.append(thought)
        if logprobs:
            string(text or "")
            out += self._chunks.piece({"content": text or ""}, {"logprobs": logprobs_of(logprobs)})
        elif text:
            out += self._emit(b'"content"', string(text))
        for call in calls or ():
            number = len(self._calls.ids)
            out += self._emit(b'"tool_calls"', orjson.dumps([{"index": number, **self._calls.take(call)}]))
        self.started = self.started or bool(out)
        return out

    def _emit(self, name: bytes, value: bytes) -> bytes:
        self.started = True
        return self._chunks.delta(name, value)

    def _end(self, said: JsonObject) -> bytes:
        self.usage = read_usage(said)
        out = self._chunks.finish(own_facts(said), finish_of(said, calls=bool(self._calls.ids)))
        if self.usage is not None and self._shows_usage:
            out += self._chunks.usage(openai_usage(said, self.usage))
        self.memento = memento_of(self._calls.ids, "".join(self._thought))
        self.started = self.finished = True
        return out

    def _fail(self, failure: Failure) -> bytes:
        self.failure = failure
        return b""


_CUT = "The upstream's stream ended before its end."
_ODD_LINE = garbled("The upstream's stream holds a line of an unknown shape.")
