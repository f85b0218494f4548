"""Counts a request's input with a tokenizer, in one thread, where its size alone says too much.

A count costs a hundred times what the rest of a request does, so it is made only where a bound by bytes does not fit
(``bound: tight``). It is no proof: it is multiplied by what is known of the model's family, learned from what providers
themselves count, and by a margin; what it was exceeded by is measured where requests are settled.
"""

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import structlog

from policies.base import Target
from proxy.money.media import beyond, read_at_most
from proxy.tokens.families import family_of
from proxy.tokens.texts import beside_texts, texts
from proxy.tokens.vocabulary import Damaged, load
from translators.base import ChatRequest, EmbeddingsRequest, Request

if TYPE_CHECKING:
    from tiktoken import Encoding

MARGIN = 1.1
MOST = 2**20
"""Characters that are counted; what is beyond has a token for each byte."""
PIECE = 2**15
"""Characters at a time: a run of a million blanks overflows tiktoken's stack, which is no exception but a panic, and
one of letters takes it a second (0.14, measured). A cut adds a token at most."""
MOST_WAITING = 64
"""Requests that wait for their count; one more is bounded by its bytes."""
PER_MESSAGE = 4
TEMPLATE = 64
LEARNED_FROM = 200
"""Tokens; below it the provider's template is most of the difference."""
_KEPT = 4096
_SLOWLY = 0.05

_log = structlog.get_logger("switchgear")


class Counter:
    """One worker's.

    Args:
        loading: gets a tokenizer by its vocabulary's name.
    """

    def __init__(self, loading: "Callable[[str], Encoding]" = load) -> None:
        self._loading = loading
        self._encodings: dict[str, Encoding | None] = {}
        self._thread: ThreadPoolExecutor | None = None
        self._waiting = 0
        self._factors: dict[str, float] = {}
        self._counts: dict[tuple[str, str], int] = {}

    async def count(self, ask: Request, target: Target) -> int:
        """Tokens of input that the target will count at most, as far as a tokenizer can tell; never more than by size.

        Args:
            ask: the request.
            target: whose model reads it.
        """
        most, more = read_at_most(ask, target), beyond(ask, target) if isinstance(ask, ChatRequest) else 0
        if more is None or self._waiting >= MOST_WAITING:
            return most
        counted = await self._in_thread(ask, family_of(target.model)[0])
        if counted is None:
            return most
        self._remember((ask.id, target.model), counted)
        extra = more + beside_texts(ask) + TEMPLATE
        if not isinstance(ask, EmbeddingsRequest):
            extra += PER_MESSAGE * len(ask.body["messages"])
        return min(most, math.ceil(counted * self.factor(target.model) * MARGIN) + extra)

    def learn(self, ask: Request, target: Target, input_tokens: int) -> None:
        """A provider has counted the input of this request. Only of use where we have too.

        More than expected is believed at once, less bit by bit.
        """
        counted = self._counts.pop((ask.id, target.model), None)
        if counted is None or counted < LEARNED_FROM:
            return
        ratio, before = min(max(input_tokens / counted, 1.0), 2.0), self.factor(target.model)
        if len(self._factors) >= _KEPT:
            self._factors.clear()
        self._factors[target.model] = ratio if ratio > before else before + _SLOWLY * (ratio - before)

    def factor(self, model: str) -> float:
        """Tokens of a model for each of the tokenizer's."""
        return self._factors.get(model) or family_of(model)[1]

    def close(self) -> None:
        """Stop the thread; what waits is not counted any more."""
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)
            self._thread = None

    async def _in_thread(self, ask: Request, vocabulary: str) -> int | None:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "tokens")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._count, ask, vocabulary)
        finally:
            self._waiting -= 1

    def _count(self, ask: Request, vocabulary: str) -> int | None:
        """In the thread."""
        encoding = self._encoding(vocabulary)
        if encoding is None:
            return None
        room, tokens = MOST, 0
        for text in texts(ask):
            for start in range(0, min(len(text), room), PIECE):
                tokens += len(encoding.encode_ordinary(text[start : min(start + PIECE, room)]))
            tokens += len(text[room:].encode("utf-8", "replace"))
            room = max(room - len(text), 0)
        return tokens

    def _encoding(self, vocabulary: str) -> "Encoding | None":
        if vocabulary not in self._encodings:
            try:
                self._encodings[vocabulary] = self._loading(vocabulary)
            except (Damaged, OSError, ImportError, ValueError):
                _log.exception("tokenizer_unavailable", vocabulary=vocabulary)
                self._encodings[vocabulary] = None
        return self._encodings[vocabulary]

    def _remember(self, which: tuple[str, str], counted: int) -> None:
        if len(self._counts) >= _KEPT:
            self._counts.clear()
        self._counts[which] = counted
