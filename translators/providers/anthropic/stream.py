"""A stream of Anthropic's as OpenAI's chunks.

Source: https://platform.claude.com/docs/en/build-with-claude/streaming, 2026-11. The provider may add types of events
and of deltas at any time: those unknown are skipped. The finish goes out with ``message_stop`` and not before, so that
a stream that breaks at its very end is not taken for a whole one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import orjson

from translators.base import ChatRequest, JsonObject
from translators.facts import Failure, garbled
from translators.framing.splice import Splice
from translators.framing.sse import Event
from translators.providers.anthropic.ends import annotations_of, finish_of, own_facts, refusal_of
from translators.providers.anthropic.errors import error_of, failure_of
from translators.providers.anthropic.reasoning import detail_of
from translators.providers.anthropic.response import memento_of
from translators.providers.anthropic.usage import openai_usage, read_usage, tier_of
from translators.providers.chunks import Chunks, string
from translators.providers.forms import ANSWER, is_formed
from translators.providers.sse_decoder import SseDecoder, is_json

_ODD_SHAPE = (KeyError, TypeError, AttributeError)
"""What reading an event of another shape than the documented one raises, and writing one that is nested too deeply."""


@dataclass(slots=True)
class _Block:
    """A content block that is under way."""

    raw: JsonObject
    """As it began."""
    start: int
    """Characters of text before it."""
    citations: list[Any]
    number: int = -1
    """Of a tool call: its place among them."""
    filled: bool = False
    """Of a tool call: some of its arguments have gone out."""
    answers: bool = False
    """Of a call of the reserved tool: its input is the answer's text."""
    pieces: list[str] = field(default_factory=list)
    """Thinking, or JSON of a server tool's input."""


class AnthropicDecoder(SseDecoder):
    """One stream of one attempt. It has ended well only if ``message_stop`` came."""

    __slots__ = (
        "_blocks",
        "_calls",
        "_chunks",
        "_ending",
        "_formed",
        "_kept",
        "_length",
        "_raw_usage",
        "_reached",
        "_shows_usage",
        "_thoughts",
    )

    def __init__(self, ask: ChatRequest) -> None:
        super().__init__(Splice(b"text"))
        self._chunks = Chunks(ask)
        self._shows_usage = ask.include_usage
        self._blocks: dict[int, _Block] = {}
        self._calls, self._thoughts, self._length = 0, 0, 0
        self._ending: JsonObject = {}
        self._raw_usage: JsonObject = {}
        self._reached, self._formed = False, is_formed(ask)
        self._kept: dict[str, list[JsonObject]] = {}

    @property
    def produced(self) -> int:
        """Bytes of what has been said so far, about."""
        return self._chunks.produced

    def take(self, data: bytes) -> bytes:
        """What one event comes to that is framed in another way than as a server-sent event (Bedrock's)."""
        return self._take(Event("", data))

    def _take(self, event: Event) -> bytes:
        try:
            said = orjson.loads(event.data)
        except orjson.JSONDecodeError:
            return self._fail(garbled("The upstream's stream holds an event that is not JSON."))
        try:
            kind = said["type"]
            if kind == "content_block_delta":
                delta = said["delta"]
                if delta["type"] != "text_delta":
                    return self._delta(said, delta)
                out = self._text(delta["text"])
                self._splice.learn(event.data, event.name)
                return out
            handler = self._HANDLERS.get(kind)
            return handler(self, said) if handler else b""
        except _ODD_SHAPE:
            error = error_of(said)
            return self._fail(failure_of(error, reached_model=self._reached) if error else _ODD_EVENT)

    def _pass_on(self, texts: list[str], data: bytes) -> bytes:  # noqa: ARG002
        if len(texts) == 1:  # each came in a read of its own
            return self._text(texts[0])
        return b"".join([self._text(text) for text in texts])

    def _error_in(self, document: Any) -> Failure | None:
        error = error_of(document)
        return failure_of(error) if error is not None else None

    def _delta(self, said: JsonObject, delta: JsonObject) -> bytes:
        kind = delta["type"]
        if kind == "thinking_delta":
            return self._thought(self._blocks[said["index"]], delta["thinking"])
        if kind == "input_json_delta":
            return self._arguments(self._blocks[said["index"]], delta["partial_json"])
        if kind == "signature_delta":
            self._blocks[said["index"]].raw["signature"] = delta["signature"]
        elif kind == "citations_delta":
            self._blocks[said["index"]].citations.append(delta["citation"])
        return b""

    def _text(self, text: Any) -> bytes:
        if type(text) is not str:
            raise TypeError
        if not text:
            return b""
        self.started = True
        self._length += len(text)
        return self._chunks.text(text)

    def _thought(self, block: _Block, text: Any) -> bytes:
        quoted = string(text)
        block.pieces.append(text)
        return self._emit(b'"reasoning_content"', quoted) if text else b""

    def _arguments(self, block: _Block, piece: Any) -> bytes:
        quoted = string(piece)
        if not piece:
            return b""
        if block.answers:
            block.filled = True
            return self._text(piece)
        if block.number < 0:
            block.pieces.append(piece)
            return b""
        block.filled = True
        return self._emit(b'"tool_calls"', b'[{"index":%d,"function":{"arguments":%b}}]' % (block.number, quoted))

    def _emit(self, name: bytes, value: bytes) -> bytes:
        self.started = True
        return self._chunks.delta(name, value)

    def _start_message(self, said: JsonObject) -> bytes:
        message = said["message"]
        if not self._reached and not self.started:
            self._chunks.open(message.get("id"), message.get("model"), tier_of(message.get("usage")))
        self._reached = True
        self._count(message.get("usage"))
        return b""

    def _start_block(self, said: JsonObject) -> bytes:
        raw = said["content_block"]
        block = _Block(raw, self._length, list(raw.get("citations") or ()))
        self._blocks[said["index"]] = block
        kind = raw["type"]
        if kind == "text":
            return self._text(raw.get("text", ""))
        if kind == "thinking":
            return self._thought(block, raw.get("thinking", ""))
        if kind != "tool_use":
            return b""
        if self._formed and raw["name"] == ANSWER:
            block.answers = True
            return b""
        self._kept.setdefault("tool_calls", []).append(raw)
        block.number, self._calls = self._calls, self._calls + 1
        head = b'[{"index":%d,"id":%b,"type":"function","function":{"name":%b,"arguments":""}}]'
        return self._emit(b'"tool_calls"', head % (block.number, string(raw["id"]), string(raw["name"])))

    def _stop_block(self, said: JsonObject) -> bytes:
        block = self._blocks.pop(said["index"], None)
        return self._end(block) if block else b""

    def _end(self, block: _Block) -> bytes:
        """What can be said of a block only when it is whole."""
        raw, kind = block.raw, block.raw["type"]
        if kind == "text":
            return self._cite(block) if block.citations else b""
        if kind == "tool_use":  # it takes no arguments, or they all came at the start
            return b"" if block.filled else self._arguments(block, orjson.dumps(raw.get("input") or {}).decode())
        if kind in ("thinking", "redacted_thinking"):
            detail = detail_of({**raw, "thinking": "".join(block.pieces)}, self._thoughts)
            self._thoughts += 1
            self._kept.setdefault("reasoning_details", []).append(detail)
            return self._emit(b'"reasoning_details"', orjson.dumps([detail]))
        if block.pieces:
            whole = "".join(block.pieces)
            raw["input"] = orjson.loads(whole) if is_json(whole.encode()) else whole
        return self._emit(b'"extra_content"', orjson.dumps({"anthropic": {"content": [raw]}}))

    def _cite(self, block: _Block) -> bytes:
        annotations = annotations_of(block.citations, block.start, self._length)
        noted = b',"annotations":' + orjson.dumps(annotations) if annotations else b""
        return self._emit(b'"citations"', orjson.dumps(block.citations) + noted)

    def _take_ending(self, said: JsonObject) -> bytes:
        news = {**said["delta"], "context_management": said.get("context_management")}
        self._ending |= {name: value for name, value in news.items() if value is not None}
        self._count(said.get("usage"))
        return b""

    def _stop_message(self, said: JsonObject) -> bytes:  # noqa: ARG002
        if "stop_reason" not in self._ending:
            return self._fail(garbled("The upstream's stream ends without a reason."))
        ends = [self._end(self._blocks.pop(index)) for index in sorted(self._blocks)]
        delta: JsonObject = {}
        refusal, facts = refusal_of(self._ending), own_facts(self._ending)
        if refusal is not None:
            delta["refusal"] = refusal
        if facts:
            delta["extra_content"] = {"anthropic": facts}
        ends.append(self._chunks.finish(delta, finish_of(self._ending, calls=self._calls > 0)))
        if self.usage is not None and self._shows_usage:
            ends.append(self._chunks.usage(openai_usage(self._raw_usage, self.usage)))
        self.memento = memento_of(self._kept)
        self.started = self.finished = True
        return b"".join(ends)

    def _count(self, raw: Any) -> None:
        """Counts are cumulative: the later one of each kind holds, wherever it stands."""
        if isinstance(raw, dict):
            self._raw_usage |= {name: value for name, value in raw.items() if value is not None}
            self.usage = read_usage(self._raw_usage) or self.usage

    def _take_error(self, said: JsonObject) -> bytes:
        return self._fail(failure_of(error_of(said), reached_model=self._reached))

    _HANDLERS: ClassVar[dict[str, Callable[["AnthropicDecoder", JsonObject], bytes]]] = {
        "message_start": _start_message,
        "content_block_start": _start_block,
        "content_block_stop": _stop_block,
        "message_delta": _take_ending,
        "message_stop": _stop_message,
        "error": _take_error,
    }


_ODD_EVENT = garbled("The upstream's stream holds an event of an unknown shape.")
