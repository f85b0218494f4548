"""A stream of Gemini's as OpenAI's chunks.

Each event is a ``GenerateContentResponse`` by itself (https://ai.google.dev/api/generate-content, 2026-11): the parts
are new, the usage is of all so far. There is no terminal event: a candidate is over once it has a reason, the stream is
once all are and the body has ended. So the finish goes out at the very end, and a stream that is cut off has none.
"""

from typing import Any

import orjson

from translators.base import ChatRequest, JsonObject
from translators.facts import Failure, Usage, garbled
from translators.framing.sse import Event
from translators.providers.chunks import Chunks
from translators.providers.gemini.alike import CountedSplice
from translators.providers.gemini.candidate import ODD_SHAPE, Candidate, index_of
from translators.providers.gemini.ends import blocked, malfunction_of
from translators.providers.gemini.errors import error_of, failure_of
from translators.providers.gemini.grounding import logprobs_of
from translators.providers.gemini.usage import openai_usage, read_usage, tier_of
from translators.providers.sse_decoder import SseDecoder


class GeminiDecoder(SseDecoder):
    """One stream of one attempt. It has ended well only if every candidate has its reason when the body ends."""

    __slots__ = ("_alike", "_ask", "_candidates", "_facts", "_feedback", "_raw_usage", "_said", "_usage")

    def __init__(self, ask: ChatRequest) -> None:
        self._alike = CountedSplice()
        super().__init__(self._alike)
        self._ask = ask
        self._candidates: dict[int, tuple[Candidate, Chunks]] = {}
        self._facts: tuple[Any, Any, str | None] | None = None
        self._feedback: Any = None
        self._raw_usage: JsonObject = {}
        self._said: tuple[Candidate, Chunks] | None = None  # whose text ``_alike`` was taught

    @property
    def usage(self) -> Usage | None:
        """Of what has come so far. Each event has it, so that of events that are passed on is read only when asked."""
        event = self._alike.news()
        if event is not None:
            self._count(event.get("usageMetadata"))
        return self._usage

    @usage.setter
    def usage(self, usage: Usage | None) -> None:
        self._usage = usage

    @property
    def produced(self) -> int:
        """Bytes of what has been said so far, about."""
        return sum(chunks.produced for _, chunks in self._candidates.values())

    def _take(self, event: Event) -> bytes:
        try:
            said = orjson.loads(event.data)
        except orjson.JSONDecodeError:
            return self._fail(garbled("The upstream's stream holds an event that is not JSON."))
        try:
            out = self._read(said)
        except ODD_SHAPE:
            return self._fail(_ODD_EVENT)
        if out:
            self.started = True
        if _is_plain(said):
            self._said = self._at(index_of(said["candidates"][0], 0))
            self._alike.learn(event.data, event.name)
        else:  # a text behind a thought ends it, and behind a finish it is odd
            self._alike.forget()
        return out

    def _pass_on(self, texts: list[str], data: bytes) -> bytes:  # noqa: ARG002
        assert self._said is not None, "it was taught"
        candidate, chunks = self._said
        candidate.texts += texts
        if len(texts) == 1 and texts[0]:  # each came in a read of its own
            return chunks.text(texts[0])
        return b"".join([chunks.text(text) for text in texts if text])

    def _error_in(self, document: Any) -> Failure | None:
        error = error_of(document)
        return failure_of(error) if error is not None else None

    def _read(self, said: JsonObject) -> bytes:
        usage = said.get("usageMetadata")
        if usage is not None:
            self._count(usage)
        if self._facts is None:
            self._facts = (said.get("responseId"), said.get("modelVersion"), tier_of(usage))
        candidates = said.get("candidates")
        if candidates:
            if len(candidates) == 1:
                return self._candidate(candidates[0], 0)
            return b"".join([self._candidate(candidate, at) for at, candidate in enumerate(candidates)])
        error = error_of(said)
        if error is not None:
            return self._fail(failure_of(error, reached_model=bool(self._candidates)))
        self._feedback = said.get("promptFeedback") or self._feedback
        return b""

    def _count(self, raw: Any) -> None:
        before = self.usage  # read first: what is said now holds
        self._raw_usage, self.usage = raw, read_usage(raw) or before

    def _candidate(self, said: JsonObject, position: int) -> bytes:
        if failure := malfunction_of(said):
            return self._fail(failure)
        candidate, chunks = self._at(index_of(said, position))
        candidate.note(said)
        parts: Any = (said.get("content") or {}).get("parts") or ()
        if "logprobsResult" in said:
            return _scored(chunks, [candidate.take(part) for part in parts], said["logprobsResult"])
        if len(parts) == 1:
            return _chunk(chunks, candidate.take(parts[0]))
        return b"".join([_chunk(chunks, candidate.take(part)) for part in parts])

    def _at(self, index: int) -> tuple[Candidate, Chunks]:
        found = self._candidates.get(index)
        if found is None:
            found = Candidate(self._ask, index), self._chunks(index)
            self._candidates[index] = found
        return found

    def _chunks(self, index: int) -> Chunks:
        chunks = Chunks(self._ask, index)
        if self._facts:
            chunks.open(*self._facts)
        return chunks

    def _run_out(self) -> bytes:
        open_ends = [candidate for candidate, _ in self._candidates.values() if candidate.native is None]
        block = blocked(self._feedback) if not self._candidates else None
        if open_ends or not (self._candidates or block):
            return super()._run_out()
        try:
            return self._end(self._chunks(0).finish(*block) if block else self._ends())
        except ODD_SHAPE:
            return self._fail(_ODD_EVENT)

    def _ends(self) -> bytes:
        return b"".join([chunks.finish(*candidate.finish()) for candidate, chunks in self._candidates.values()])

    def _end(self, out: bytes) -> bytes:
        if self.usage is not None and self._ask.include_usage:
            out += self._chunks(0).usage(openai_usage(self._raw_usage, self.usage))
        mementos = (candidate.memento for candidate, _ in self._candidates.values())
        self.memento = next((memento for memento in mementos if memento), None)
        self.started = self.finished = True
        return out


def _scored(chunks: Chunks, deltas: list[JsonObject], result: Any) -> bytes:
    """The first chunk says how sure the model was of all."""
    logprobs = {"content": logprobs_of(result), "refusal": None}
    first, *rest = deltas or [{}]
    return b"".join([chunks.piece(first, {"logprobs": logprobs}), *[_chunk(chunks, delta) for delta in rest]])


def _is_plain(said: JsonObject) -> bool:
    """Whether an event, which has been read, says nothing but a text and the usage: another one alike adds to these.

    What stands beside the candidates counts in the first event alone.
    """
    candidates = said.get("candidates")
    if not candidates or len(candidates) != 1 or not candidates[0].keys() <= _TEXT_ALONE:
        return False
    parts: Any = (candidates[0].get("content") or {}).get("parts") or ()
    return len(parts) == 1 and parts[0].keys() == {"text"}


def _chunk(chunks: Chunks, delta: JsonObject) -> bytes:
    if len(delta) == 1:
        ((name, value),) = delta.items()
        return chunks.text(value) if name == "content" else chunks.delta(b'"%b"' % name.encode(), orjson.dumps(value))
    return chunks.piece(delta, {}) if delta else b""


_TEXT_ALONE = frozenset({"content", "index"})
_ODD_EVENT = garbled("The upstream's stream holds an event of an unknown shape.")
