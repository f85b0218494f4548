"""A stream of Converse's as OpenAI's chunks.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html, 2026-11. Blocks
of text and of thinking have no beginning, and any may lack its end. ``messageStop`` says why the answer ended, and
``metadata`` after it what it cost: the finish goes out when both are there, or when the body ends after the first.
Types of events and of deltas that are new here are skipped; ``p`` in an event is padding.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import orjson

from translators.base import ChatRequest, JsonObject
from translators.facts import garbled
from translators.framing.aws_eventstream import Header
from translators.providers.bedrock.ends import annotations_of, finish_of, malformed, own_facts
from translators.providers.bedrock.frame_decoder import ODD_EVENT, FrameDecoder
from translators.providers.bedrock.reasoning import (
    encrypted_detail,
    format_of,
    memento_of,
    text_detail,
    unpacked,
)
from translators.providers.bedrock.response import image_of
from translators.providers.bedrock.usage import openai_usage, read_usage
from translators.providers.chunks import Chunks, string
from translators.providers.forms import ANSWER, is_formed

_ODD_SHAPE = (KeyError, TypeError, AttributeError)
"""What reading an event of another shape than the documented one raises, and writing one that is nested too deeply."""


@dataclass(slots=True)
class _Block:
    """A content block that is under way."""

    start: int
    """Characters of text before it."""
    call: int | None = None
    """Of a tool call: its place among them."""
    answers: bool = False
    """It is the call that stands for the answer."""
    filled: bool = False
    """Some of its arguments have gone out."""
    own: JsonObject | None = None
    """A block of the provider's own tools, as it began."""
    pieces: list[str] = field(default_factory=list)
    """Thinking, or JSON of such a tool's input."""
    signature: str = ""
    redacted: bytearray = field(default_factory=bytearray)
    citations: list[JsonObject] = field(default_factory=list)
    image: JsonObject | None = None


class ConverseDecoder(FrameDecoder):
    """One stream of one attempt."""

    __slots__ = (
        "_at",
        "_begun",
        "_blocks",
        "_calls",
        "_chunks",
        "_details",
        "_facts",
        "_form",
        "_formed",
        "_length",
        "_raw_usage",
        "_shows_usage",
        "_stop",
    )

    def __init__(self, ask: ChatRequest, model: str) -> None:
        super().__init__()
        self._chunks = Chunks(ask)
        self._shows_usage = ask.include_usage
        self._form, self._formed = format_of(model), is_formed(ask)
        self._blocks: dict[int, _Block] = {}
        self._calls: list[str] = []
        self._details: list[JsonObject] = []
        self._length = 0
        self._at, self._begun = -1, 0  # the block whose text came last, and the characters before it
        self._facts: JsonObject = {}
        self._raw_usage: JsonObject = {}
        self._stop: JsonObject | None = None  # what messageStop said

    @property
    def produced(self) -> int:
        """Bytes of what has been said so far, about."""
        return self._chunks.produced

    def _take(self, kind: Header | None, payload: bytes) -> bytes:
        handler = self._HANDLERS.get(kind)
        if handler is None:
            return b""
        try:
            return handler(self, orjson.loads(payload))
        except orjson.JSONDecodeError:
            return self._fail(garbled("The upstream's stream holds an event that is not JSON."))
        except _ODD_SHAPE:
            return self._fail(ODD_EVENT)

    def _start_message(self, said: JsonObject) -> bytes:  # noqa: ARG002
        self._reached = True
        return b""

    def _delta(self, said: JsonObject) -> bytes:
        delta = said["delta"]
        text = delta.get("text")
        index = said["contentBlockIndex"]
        if text is not None:
            if index != self._at:
                self._at, self._begun = index, self._length
            return self._text(text)
        block = self._block(index)
        for kind, read in self._DELTAS.items():
            if kind in delta:
                return read(self, block, delta[kind])
        return b""

    def _block(self, index: int) -> _Block:
        if type(index) is not int:
            raise TypeError
        block = self._blocks.get(index)
        if block is None:
            block = self._blocks[index] = _Block(self._begun if index == self._at else self._length)
        return block

    def _text(self, text: Any) -> bytes:
        if type(text) is not str:
            raise TypeError
        if not text:
            return b""
        self.started = True
        self._length += len(text)
        return self._chunks.text(text)

    def _think(self, block: _Block, thought: JsonObject) -> bytes:
        if "redactedContent" in thought:
            block.redacted += unpacked(thought["redactedContent"])
        elif "signature" in thought:
            block.signature += thought["signature"]
        elif thought.get("text"):
            quoted = string(thought["text"])
            block.pieces.append(thought["text"])
            return self._emit(b'"reasoning_content"', quoted)
        return b""

    def _argue(self, block: _Block, use: JsonObject) -> bytes:
        piece = use["input"]
        quoted = string(piece)
        if not piece:
            return b""
        block.filled = True
        if block.answers:
            return self._text(piece)
        if block.call is None:
            block.pieces.append(piece)
            return b""
        return self._emit(b'"tool_calls"', b'[{"index":%d,"function":{"arguments":%b}}]' % (block.call, quoted))

    def _cite(self, block: _Block, citation: JsonObject) -> bytes:
        block.citations.append({**citation})
        return b""

    def _result(self, block: _Block, pieces: list[JsonObject]) -> bytes:
        if block.own is not None:
            block.own["toolResult"].setdefault("content", []).extend(pieces)
        return b""

    def _picture(self, block: _Block, piece: JsonObject) -> bytes:
        if block.image is not None:
            block.pieces.append(piece["source"]["bytes"])
        return b""

    def _emit(self, name: bytes, value: bytes) -> bytes:
        self.started = True
        return self._chunks.delta(name, value)

    def _start_block(self, said: JsonObject) -> bytes:
        block, start = self._block(said["contentBlockIndex"]), said["start"]
        use = start.get("toolUse")
        if use is None:
            block.image = start.get("image")
            block.own = {"toolResult": {**start["toolResult"]}} if "toolResult" in start else None
            return b""
        if use.get("type") == "server_tool_use":
            block.own = {"toolUse": {**use}}
            return b""
        if self._formed and use["name"] == ANSWER:
            block.answers = True
            return b""
        head = b'[{"index":%d,"id":%b,"type":"function","function":{"name":%b,"arguments":""}}]'
        block.call = len(self._calls)
        values = block.call, string(use["toolUseId"]), string(use["name"])
        self._calls.append(use["toolUseId"])
        return self._emit(b'"tool_calls"', head % values)

    def _stop_block(self, said: JsonObject) -> bytes:
        block = self._blocks.pop(said["contentBlockIndex"], None)
        return self._end(block) if block else b""

    def _end(self, block: _Block) -> bytes:
        """What can be said of a block only when it is whole."""
        if block.call is not None or block.answers:  # no input is an empty one
            return b"" if block.filled else self._argue(block, {"input": "{}"})
        if block.own is not None:
            return self._end_own(block, block.own)
        if block.citations:
            annotations = annotations_of(block.citations, block.start, self._length)
            noted = b',"annotations":' + orjson.dumps(annotations) if annotations else b""
            return self._emit(b'"citations"', orjson.dumps(block.citations) + noted)
        if block.image is not None:
            image = image_of(block.image["format"], "".join(block.pieces))
            return self._emit(b'"images"', orjson.dumps([image]))
        return self._end_thought(block)

    def _end_thought(self, block: _Block) -> bytes:
        number = len(self._details)
        if block.redacted:
            detail = encrypted_detail(bytes(block.redacted), self._form, number)
        elif block.pieces or block.signature:
            detail = text_detail("".join(block.pieces), block.signature, self._form, number)
        else:
            return b""
        self._details.append(detail)
        return self._emit(b'"reasoning_details"', orjson.dumps([detail]))

    def _end_own(self, block: _Block, own: JsonObject) -> bytes:
        if "toolUse" in own:
            own["toolUse"]["input"] = _parsed("".join(block.pieces))
        return self._emit(b'"extra_content"', orjson.dumps({"bedrock": {"content": [own]}}))

    def _stop_message(self, said: JsonObject) -> bytes:
        self._stop = {"stopReason": said["stopReason"]}
        self._facts |= own_facts(said)
        return self._finish(said["stopReason"]) if self.usage is not None else b""

    def _note(self, said: JsonObject) -> bytes:
        usage = read_usage(said.get("usage"))
        if usage is not None:
            self.usage, self._raw_usage = usage, said["usage"]
        self._facts |= own_facts(said)
        return self._finish(self._stop["stopReason"]) if self._stop is not None else b""

    def _run_out(self) -> bytes:
        if self._stop is None:
            return super()._run_out()
        try:
            return self._finish(self._stop["stopReason"])
        except _ODD_SHAPE:
            return self._fail(ODD_EVENT)

    def _finish(self, reason: Any) -> bytes:
        failure = malformed(reason)
        if failure is not None:
            return self._fail(failure)
        ends = [self._end(self._blocks.pop(index)) for index in sorted(self._blocks)]
        delta: JsonObject = {"extra_content": {"bedrock": self._facts}} if self._facts else {}
        ends.append(self._chunks.finish(delta, finish_of(reason, calls=bool(self._calls))))
        if self.usage is not None and self._shows_usage:
            ends.append(self._chunks.usage(openai_usage(self._raw_usage, self.usage)))
        self.memento = memento_of(tuple(self._calls), self._details)
        self.started = self.finished = True
        return b"".join(ends)

    _HANDLERS: ClassVar[dict[Header | None, Callable[["ConverseDecoder", JsonObject], bytes]]] = {
        "contentBlockDelta": _delta,
        "contentBlockStart": _start_block,
        "contentBlockStop": _stop_block,
        "messageStart": _start_message,
        "messageStop": _stop_message,
        "metadata": _note,
    }
    _DELTAS: ClassVar[dict[str, Callable[["ConverseDecoder", _Block, Any], bytes]]] = {
        "toolUse": _argue,
        "reasoningContent": _think,
        "citation": _cite,
        "toolResult": _result,
        "image": _picture,
    }


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text) if text else {}
    except orjson.JSONDecodeError:
        return text
