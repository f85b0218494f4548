"""Counting by a tokenizer: near the truth, off the event loop, and never worse than by size."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.base import Target
from proxy.money import bound_of
from proxy.money.media import read_at_most
from proxy.tokens import Counter
from proxy.tokens.counter import MOST, MOST_WAITING
from proxy.tokens.families import family_of
from proxy.tokens.vocabulary import Damaged, load
from tests.policies.scene import target
from tests.rig.asks import WEATHER, ask
from translators.base import ChatRequest
from translators.dialects.embeddings import EmbeddingsDialect
from translators.facts import Capabilities

pytestmark = pytest.mark.anyio
GPT = target("up/gpt-4o", capabilities=Capabilities(context_window=10_000_000))
CLAUDE = target("up/claude-sonnet-4-5", capabilities=Capabilities(context_window=10_000_000))
PROSE = "The quick brown fox jumps over the lazy dog. " * 100
ENCODINGS = {name: load(name) for name in ("o200k_base", "cl100k_base")}


@pytest.fixture
def counter() -> Iterator[Counter]:
    """One that has its vocabularies."""
    made = Counter(ENCODINGS.__getitem__)
    yield made
    made.close()


def said(text: str, **fields: Any) -> ChatRequest:
    """A request that says this."""
    return ask([{"role": "user", "content": text}], **fields)


async def test_a_count_is_near_the_truth(counter: Counter) -> None:
    """By a tenth above it, where bytes are four times too many."""
    truth = len(ENCODINGS["o200k_base"].encode_ordinary(PROSE))
    counted = await counter.count(said(PROSE), GPT)

    assert truth < counted < 1.2 * truth + 80
    assert bound_of(said(PROSE), GPT).input > 4 * truth


async def test_other_families_have_more_tokens(counter: Counter) -> None:
    """Nobody has Claude's tokenizer."""
    assert await counter.count(said(PROSE), CLAUDE) > 1.2 * await counter.count(said(PROSE), GPT)


async def test_tools_and_parts_and_calls_are_counted(counter: Counter) -> None:
    """All that is read."""
    parts = [{"type": "text", "text": PROSE}, {"type": "text", "text": PROSE}]
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": PROSE}}]
    truth = len(ENCODINGS["o200k_base"].encode_ordinary(PROSE))
    several = ask([{"role": "user", "content": parts}, {"role": "assistant", "tool_calls": calls}])

    assert await counter.count(several, GPT) > 3 * truth
    assert await counter.count(said(PROSE, tools=[WEATHER]), GPT) > await counter.count(said(PROSE), GPT) + 30


async def test_pictures_are_bounded_and_their_bytes_not_read(counter: Counter) -> None:
    """A megabyte of base64 is no megabyte of tokens."""
    url = "data:image/png;base64," + "A" * 1_000_000
    request = ask([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}])

    assert 1445 <= await counter.count(request, GPT) < 2500


async def test_sound_is_counted_by_its_length(counter: Counter) -> None:
    """Base64 of sound has many bytes a token."""
    sound = {"type": "input_audio", "input_audio": {"data": "A" * 20_000, "format": "wav"}}

    assert 1000 <= await counter.count(ask([{"role": "user", "content": [sound]}]), GPT) < 1200


async def test_embeddings_are_counted_too(counter: Counter) -> None:
    """Texts by the tokenizer, tokens as they are."""
    texts = EmbeddingsDialect().parse(b'{"model":"m","input":["' + PROSE.encode() + b'"]}', request_id="x", created=1)
    tokens = EmbeddingsDialect().parse(b'{"model":"m","input":[[1,2,3]]}', request_id="x", created=1)

    assert await counter.count(texts, GPT) < len(texts.raw) / 3
    assert await counter.count(tokens, GPT) == len(tokens.raw)


async def test_what_nobody_can_measure_stays_a_whole_window(counter: Counter) -> None:
    """The tokenizer sees no file."""
    assert await counter.count(said(PROSE, web_search_options={}), GPT) == 10_000_000


async def test_what_is_too_long_to_count_is_bounded_by_bytes(counter: Counter) -> None:
    """1 MiB is counted, the rest has a token a byte."""
    counted = await counter.count(said("a " * (MOST // 2) + "é" * 1000), GPT)

    assert MOST / 2 < counted - 1.1 * 2000 < 1.2 * MOST


@pytest.mark.parametrize("text", [" " * 2**20, "\t" * 2**20, "<|endoftext|>" * 100, "\ud83d" * 10])
async def test_no_text_makes_the_tokenizer_fail(counter: Counter, text: str) -> None:
    """A million blanks make tiktoken panic, special tokens make ``encode`` raise, lone surrogates are replaced."""
    request = replace(said("x"), body={"messages": [{"role": "user", "content": text}]}, raw=b"x" * 2**21)

    assert 0 < await counter.count(request, GPT) < 2**20


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_a_tokenizer_finds_no_more_tokens_than_bytes(text: str) -> None:
    """I21 on real tokenizers: what the bound by size rests on."""
    said_bytes = text.encode("utf-8", "ignore")
    for encoding in ENCODINGS.values():
        assert len(encoding.encode_ordinary(said_bytes.decode())) <= len(said_bytes)


async def test_a_count_is_never_more_than_the_size(counter: Counter) -> None:
    """Whatever the factors say."""
    request = said("aZ9$ " * 10)

    assert await counter.count(request, target("up/x")) <= read_at_most(request, target("up/x"))


async def test_the_event_loop_does_not_count(counter: Counter) -> None:
    """One other thread does."""
    threads: set[int] = set()

    class Watched:
        def encode_ordinary(self, text: str) -> list[int]:
            threads.add(threading.get_ident())
            return [1]

    watched = Counter(lambda _name: Watched())  # type: ignore[arg-type, return-value]
    await watched.count(said(PROSE), GPT)
    await watched.count(said(PROSE), GPT)
    watched.close()

    assert len(threads) == 1
    assert threading.get_ident() not in threads


async def test_a_tokenizer_that_cannot_be_had_costs_only_precision() -> None:
    """Bytes bound it; it is asked for once."""
    asked: list[str] = []

    def damaged(name: str) -> Any:
        asked.append(name)
        raise Damaged(name)

    counter = Counter(damaged)
    sizes = [await counter.count(said(PROSE), GPT) for _ in range(2)]
    counter.close()

    assert sizes == [read_at_most(said(PROSE), GPT)] * 2
    assert asked == ["o200k_base"]


async def test_nobody_waits_in_a_long_line() -> None:
    """Where too many wait, the next one is bounded by its size at once."""
    gate = threading.Event()

    class Slow:
        def encode_ordinary(self, text: str) -> list[int]:
            gate.wait()
            return [1]

    counter = Counter(lambda _name: Slow())  # type: ignore[arg-type, return-value]
    async with anyio.create_task_group() as group:
        for _ in range(MOST_WAITING):
            group.start_soon(counter.count, said("x"), GPT)
        await anyio.lowlevel.checkpoint()
        counted = await counter.count(said(PROSE), GPT)
        gate.set()
    counter.close()

    assert counted == read_at_most(said(PROSE), GPT)


async def test_factors_are_learned_from_what_providers_count(counter: Counter) -> None:
    """More is believed at once, less bit by bit, within once and twice."""
    counts = []
    for times in (1.6, 5.0, 1.0):
        counts.append(await counted_and_learned(counter, CLAUDE, times))

    assert counts[1] > counts[0]
    assert counter.factor(CLAUDE.model) == pytest.approx(1.95)


async def counted_and_learned(counter: Counter, where: Target, times: float) -> int:
    """A request comes and goes; its provider counts so many times the tokens."""
    request = said(PROSE)
    counted = await counter.count(request, where)
    truth = len(ENCODINGS["o200k_base"].encode_ordinary(PROSE))
    counter.learn(request, where, round(truth * times))
    return counted


async def test_nothing_is_learned_from_what_was_not_counted_or_is_too_short(counter: Counter) -> None:
    """Templates are most of a short prompt."""
    counter.learn(said(PROSE), CLAUDE, 10**6)
    await counter.count(said("Hi"), CLAUDE)
    counter.learn(said("Hi"), CLAUDE, 10**6)

    assert counter.factor(CLAUDE.model) == family_of(CLAUDE.model)[1]


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("gpt-4", ("cl100k_base", 1.0)),
        ("gpt-4-turbo", ("cl100k_base", 1.0)),
        ("gpt-4o", ("o200k_base", 1.0)),
        ("gpt-6", ("o200k_base", 1.0)),
        ("text-embedding-3-small", ("cl100k_base", 1.0)),
        ("us.anthropic.claude-opus-4-7", ("o200k_base", 1.7)),
        ("claude-sonnet-4-5", ("o200k_base", 1.25)),
        ("meta-llama/Llama-3.3-70B", ("o200k_base", 1.15)),
        ("unheard-of", ("o200k_base", 1.4)),
    ],
)
def test_models_of_all_names_have_a_tokenizer(model: str, family: tuple[str, float]) -> None:
    """tiktoken itself knows OpenAI's up to GPT-5 alone."""
    assert family_of(model) == family
