"""A stream in OpenAI's wire, made canonical: what is right passes as the same bytes, usage comes once and last.

Every event is parsed, or is one that was parsed with another text (``framing/splice.py``): so nothing that is not JSON
ever reaches a client, and no text can be mistaken for a field.
"""

from typing import Any, ClassVar

import orjson

from translators.base import ChatRequest, JsonObject
from translators.estimate import said_in, utf8
from translators.facts import Failure, garbled
from translators.framing.splice import Splice
from translators.framing.sse import Event, frame
from translators.providers.openai.errors import broken_off, in_band
from translators.providers.openai.keeping import Keeping
from translators.providers.openai.numbers import Numbers
from translators.providers.openai.repair import (
    is_plain,
    mend_calls,
    mend_choice,
    mend_envelope,
    mend_message,
    only_choice,
)
from translators.providers.openai.usage import mend_usage, read_usage
from translators.providers.sse_decoder import SseDecoder
from translators.providers.vendors import Vendor

_CHUNK = "chat.completion.chunk"
_CONTENT = (
    "content",
    "reasoning_content",
    "reasoning",
    "reasoning_details",
    "refusal",
    "tool_calls",
    "function_call",
    "audio",
    "images",
)
"""Fields of a delta that are content, where they are not empty."""
_HEAD = ("id", "object", "created", "model", "system_fingerprint", "service_tier")
"""Fields that all chunks of a stream have in common."""


class OpenAIDecoder(SseDecoder):
    """One stream of one attempt."""

    __slots__ = ("_ask", "_calls", "_ended", "_keeping", "_produced", "_seen", "_tail")

    _LAST_WORD: ClassVar[bytes | None] = b"[DONE]"

    def __init__(self, ask: ChatRequest, vendor: Vendor) -> None:
        super().__init__(Splice(b"content", noise=b"obfuscation"))
        self._ask = ask
        self._keeping = Keeping(vendor.keeps) if vendor.keeps else None
        self._seen: set[int] = set()
        self._ended: set[int] = set()
        self._calls: dict[int, Numbers] = {}
        self._tail: JsonObject | None = None
        self._produced = 0

    @property
    def produced(self) -> int:
        """Bytes of what has been said so far."""
        return self._produced

    def _take(self, event: Event) -> bytes:
        data = event.data
        try:
            chunk = orjson.loads(data)
        except orjson.JSONDecodeError:
            if data.strip() == self._LAST_WORD:
                return self._finish()
            return self._fail(garbled("The upstream's stream holds an event that is not JSON."))
        if self.started and 0 in self._seen and _is_plain(chunk) and not event.name:
            self._splice.learn(data)
            delta = chunk["choices"][0]["delta"]
            self._produced += said_in(delta)
            if self._keeping is not None:
                self._keeping.add(delta)
            return _reframe(data)
        if type(chunk) is not dict or event.name == "error" or chunk.get("error"):
            return self._take_odd(event.name, chunk)
        choices = chunk.get("choices")
        if type(choices) is not list:
            if choices is not None or "usage" not in chunk:
                return self._take_odd(event.name, chunk)
            chunk["choices"] = choices = []
        return self._take_chunk(chunk, choices, data)

    def _pass_on(self, texts: list[str], data: bytes) -> bytes:
        self._produced += utf8(texts[0] if len(texts) == 1 else "".join(texts))
        return data

    def _error_in(self, document: Any) -> Failure | None:
        return in_band(document, reached_model=False)

    def _run_out(self) -> bytes:
        """An end, if every choice has its finish (Perplexity says no ``[DONE]``)."""
        return self._finish() if self._seen and self._seen == self._ended else super()._run_out()

    def _take_odd(self, name: str, document: Any) -> bytes:
        """An event that is no chunk: an error, something of another protocol, or nonsense."""
        failure = in_band(document, reached_model=self.started)
        if failure is None and name == "error":
            failure = in_band({"error": document or "The upstream reported an error."}, reached_model=self.started)
        if failure is None and name not in ("", "message") and type(document) is dict:
            return b""  # a ping, or an event that a client of this protocol would not know either
        return self._fail(failure or garbled("The upstream's stream holds an event that is no chunk."))

    def _take_chunk(self, chunk: JsonObject, choices: list[Any], data: bytes) -> bytes:
        mended, news = False, False
        for position, choice in enumerate(choices):
            if type(choice) is not dict:
                return self._fail(garbled("The upstream's stream holds a choice that is no object."))
            broken = broken_off(choice, reached_model=self.started)
            if broken is not None:
                return self._fail(broken)
            mended = self._mend(choice, position) or mended
            news = self._note(choice) or news
            if self._keeping is not None and choice["index"] == 0:
                self._keeping.add(choice["delta"])
        raw = chunk.get("usage")
        if raw is None:
            self._read_usage_of_groq(chunk)
        else:
            self._keep_usage(chunk, raw, news)
            if not news:
                return b""  # it came for the usage alone
            mended = True
        if choices:  # Azure's chunk of prompt_filter_results has none, and empty strings for a head: a fact, kept as is
            mended = mend_envelope(chunk, self._ask, _CHUNK) or mended
        return self._encode(chunk) if mended else _reframe(data)

    def _mend(self, choice: JsonObject, position: int) -> bool:
        mended = mend_choice(choice, position)
        delta = choice.get("delta")
        if type(delta) is not dict:
            choice["delta"] = delta = {}
            mended = True
        mended = mend_message(delta) or mended
        calls = delta.get("tool_calls")
        if calls and type(calls) is list:
            mended = self._number(choice["index"], calls) or mended
            mended = mend_calls(calls, whole=False) or mended
        return mended

    def _number(self, choice: int, calls: list[Any]) -> bool:
        numbers = self._calls.get(choice)
        if numbers is None:
            numbers = self._calls[choice] = Numbers()
        mended = False
        for call in calls:
            if type(call) is dict:
                mended = numbers.number(call) or mended
        return mended

    def _note(self, choice: JsonObject) -> bool:
        """Keep account of a choice; say whether this chunk tells anything new of it."""
        index, delta = choice["index"], choice["delta"]
        ends = choice.get("finish_reason") is not None
        content = any(delta.get(name) for name in _CONTENT)
        news = content or index not in self._ended
        self._seen.add(index)
        if ends:
            self._ended.add(index)
        if content:
            self._produced += said_in(delta)
        if content or ends:
            self.started = True
        return news

    def _keep_usage(self, chunk: JsonObject, raw: Any, news: bool) -> None:
        """Take the usage out of a chunk, and the rest too if that is no news; of several, the last one counts.

        One that cannot be read is nobody's: a client that adds up a negative count has too little in the end (F11).
        """
        del chunk["usage"]
        usage = read_usage(raw, chunk.get("service_tier"))
        if usage is None:
            return
        mend_usage(raw, usage)
        self.usage = usage
        self._tail = {name: chunk[name] for name in _HEAD if name in chunk} if news else chunk.copy()
        self._tail |= {"choices": [], "usage": raw}

    def _read_usage_of_groq(self, chunk: JsonObject) -> None:
        own = chunk.get("x_groq")
        if type(own) is dict and own.get("usage") is not None:
            self.usage = read_usage(own["usage"]) or self.usage

    def _encode(self, chunk: JsonObject) -> bytes:
        try:
            return frame(orjson.dumps(chunk))
        except orjson.JSONEncodeError:  # deeper than orjson writes
            return self._fail(garbled("The upstream's stream holds an event that is nested too deeply."))

    def _finish(self) -> bytes:
        if not self._seen:
            return self._fail(garbled("The upstream's stream holds no answer."))
        if self._keeping is not None:
            self.memento = self._keeping.memento()
        tail, out = self._tail, b""
        if tail is not None and self._ask.include_usage:
            mend_envelope(tail, self._ask, _CHUNK)
            out = self._encode(tail)
        self.finished = self.failure is None
        return out


def _reframe(data: bytes) -> bytes:
    """An event's data as it came; line breaks in JSON are white space."""
    return b"data: " + data.replace(b"\n", b" ") + b"\n\n"


def _is_plain(chunk: Any) -> bool:
    """Whether this is the common chunk: a text for the first and only choice, and nothing to mend or to note.

    It says again what the careful way would find out, with fewer looks.
    """
    choice = only_choice(chunk, _CHUNK)
    return (
        choice is not None
        and choice["index"] == 0
        and is_plain(choice.get("delta"))
        and choice.get("finish_reason") is None
        and chunk.get("usage") is None
        and "x_groq" not in chunk
    )
