"""A stream of Cohere's as OpenAI's chunks.

Source: https://docs.cohere.com/docs/streaming and the types of the events in its SDK
(cohere/v2/types/v2chat_stream_response.py), 2026-11. Unknown events are skipped. The finish goes out with
``message-end`` and not before; the ``[DONE]`` that newer servers send behind it says nothing more.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import orjson

from translators.base import ChatRequest, JsonObject
from translators.facts import Failure, garbled
from translators.framing.splice import Splice
from translators.framing.sse import Event
from translators.providers.chunks import Chunks, string
from translators.providers.cohere.ends import annotations_of, broken_off, finish_of, logprobs_of
from translators.providers.cohere.errors import error_in
from translators.providers.cohere.names import mended
from translators.providers.cohere.reasoning import detail_of, memento_of
from translators.providers.cohere.usage import openai_usage, read_usage
from translators.providers.sse_decoder import SseDecoder

_ODD_SHAPE = (KeyError, TypeError, AttributeError, ValueError)
"""What reading an event of another shape than the documented one raises, and writing one that is nested too deeply."""


class CohereDecoder(SseDecoder):
    """One stream of one attempt. It has ended well only if ``message-end`` came, and named no error."""

    __slots__ = (
        "_ask",
        "_calls",
        "_chunks",
        "_filled",
        "_length",
        "_names",
        "_plan",
        "_reached",
        "_starts",
        "_thought",
    )

    def __init__(self, ask: ChatRequest) -> None:
        super().__init__(Splice(b"text"))
        self._ask, self._chunks = ask, Chunks(ask)
        self._calls: list[str] = []
        self._filled = True
        self._length, self._starts = 0, dict[int, int]()
        self._names: dict[str, str] | None = None
        self._plan, self._thought = list[str](), list[str]()
        self._reached = False

    @property
    def produced(self) -> int:
        """Bytes of what has been said so far, about."""
        return self._chunks.produced

    def _take(self, event: Event) -> bytes:
        try:
            said = orjson.loads(event.data)
        except orjson.JSONDecodeError:
            return self._fail(garbled("The upstream's stream holds an event that is not JSON."))
        try:
            kind = said["type"]
            if kind == "content-delta":
                content = said["delta"]["message"]["content"]
                if "text" not in content or len(content) > 1 or "logprobs" in said:
                    return self._content(content, said.get("logprobs"))
                out = self._text(content["text"])
                self._splice.learn(event.data, event.name)
                return out
            handler = self._HANDLERS.get(kind)
            return handler(self, said) if handler else b""
        except _ODD_SHAPE:
            return self._fail(error_in(said, reached_model=self._reached) or _ODD_EVENT)

    def _pass_on(self, texts: list[str], data: bytes) -> bytes:  # noqa: ARG002
        if len(texts) == 1:  # each came in a read of its own
            return self._text(texts[0])
        return b"".join([self._text(text) for text in texts])

    def _error_in(self, document: Any) -> Failure | None:
        return error_in(document)

    def _text(self, text: Any) -> bytes:
        if type(text) is not str:
            raise TypeError
        if not text:
            return b""
        self.started = True
        self._length += len(text)
        return self._chunks.text(text)

    def _content(self, content: JsonObject, logprobs: Any = None) -> bytes:
        """A piece of a block, whose kind is told by the field that it is in."""
        thought, text, out = content.get("thinking"), content.get("text"), b""
        if thought:
            out = self._emit(b'"reasoning_content"', string(thought))
            self._thought.append(thought)
        if not logprobs:
            return out + self._text(text or "")
        self.started = True
        self._length += len(text or "")
        string(text or "")
        return out + self._chunks.piece({"content": text or ""}, {"logprobs": logprobs_of([logprobs])})

    def _emit(self, name: bytes, value: bytes) -> bytes:
        self.started = True
        return self._chunks.delta(name, value)

    def _start_message(self, said: JsonObject) -> bytes:
        if not self._reached and not self.started:
            self._chunks.open(said.get("id"))
        self._reached = True
        return b""

    def _start_content(self, said: JsonObject) -> bytes:
        content = said["delta"]["message"]["content"]
        if content.get("type") == "text" and type(said.get("index")) is int:
            self._starts[said["index"]] = self._length
        return self._content(content)

    def _take_plan(self, said: JsonObject) -> bytes:
        """Kept until it is whole: entries of a list are not put together alike by all clients."""
        piece = said["delta"]["message"]["tool_plan"]
        string(piece)
        self._plan.append(piece)
        return b""

    def _start_call(self, said: JsonObject) -> bytes:
        call = said["delta"]["message"]["tool_calls"]
        if self._names is None:
            self._names = mended(self._ask.body)
        function = call["function"]
        quoted, name = string(call["id"]), string(self._names.get(function["name"], function["name"]))
        filled = self._end_call({})
        self._calls.append(call["id"])
        self._filled = False
        head = b'[{"index":%d,"id":%b,"type":"function","function":{"name":%b,"arguments":""}}]'
        out = filled + self._emit(b'"tool_calls"', head % (len(self._calls) - 1, quoted, name))
        return out + self._arguments(function.get("arguments") or "")

    def _take_arguments(self, said: JsonObject) -> bytes:
        return self._arguments(said["delta"]["message"]["tool_calls"]["function"]["arguments"])

    def _arguments(self, piece: Any) -> bytes:
        """Of the call that is under way: they come one after the other."""
        quoted = string(piece)
        if not piece:
            return b""
        if not self._calls:
            raise KeyError
        self._filled = True
        value = b'[{"index":%d,"function":{"arguments":%b}}]' % (len(self._calls) - 1, quoted)
        return self._emit(b'"tool_calls"', value)

    def _end_call(self, said: JsonObject) -> bytes:  # noqa: ARG002
        return b"" if self._filled else self._arguments("{}")

    def _cite(self, said: JsonObject) -> bytes:
        citation = said["delta"]["message"]["citations"]
        annotations = annotations_of([citation], self._starts)
        noted = b',"annotations":' + orjson.dumps(annotations) if annotations else b""
        return self._emit(b'"citations"', orjson.dumps([citation]) + noted)

    def _stop_message(self, said: JsonObject) -> bytes:
        delta = said["delta"]
        native, raw = delta["finish_reason"], delta.get("usage")
        self.usage = read_usage(raw)
        broken = broken_off(native, delta.get("error"))
        if broken is not None:
            return self._fail(broken)
        thought, plan = "".join(self._thought), "".join(self._plan)
        out = [self._end_call({})]
        if plan:
            out.append(self._emit(b'"reasoning_details"', orjson.dumps([detail_of(plan)])))
        out.append(self._chunks.finish({}, finish_of(native, calls=bool(self._calls))))
        if self.usage is not None and self._ask.include_usage:
            out.append(self._chunks.usage(openai_usage(raw, self.usage)))
        self.memento = memento_of(self._calls, thought, plan)
        self.started = self.finished = True
        return b"".join(out)

    _HANDLERS: ClassVar[dict[str, Callable[["CohereDecoder", JsonObject], bytes]]] = {
        "message-start": _start_message,
        "content-start": _start_content,
        "tool-plan-delta": _take_plan,
        "tool-call-start": _start_call,
        "tool-call-delta": _take_arguments,
        "tool-call-end": _end_call,
        "citation-start": _cite,
        "message-end": _stop_message,
    }


_ODD_EVENT = garbled("The upstream's stream holds an event of an unknown shape.")
