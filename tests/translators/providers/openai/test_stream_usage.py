"""Usage in a stream of OpenAI's wire, wherever a vendor puts it (F11)."""

from typing import Any

import pytest

from tests.translators.providers.openai.openai_streams import (
    DONE,
    GOOD,
    HELLO,
    LAST_WITH_USAGE,
    ROLE,
    USAGE,
    USAGE_CHUNK,
    choice,
    chunk,
    decode,
    documents,
    event,
)
from translators.facts import Usage


@pytest.mark.parametrize(
    "stream",
    [
        GOOD + event(USAGE_CHUNK) + DONE,
        GOOD + event(USAGE_CHUNK),
        ROLE + HELLO + LAST_WITH_USAGE + DONE,
        ROLE + HELLO + LAST_WITH_USAGE + event(USAGE_CHUNK) + DONE,
        ROLE + event(chunk(choice(content="hello"), usage=USAGE | {"completion_tokens": 1})) + LAST_WITH_USAGE,
        GOOD + event(chunk(choice(content=""), usage=USAGE)) + DONE,
        GOOD + event(chunk(choice("stop", content=""), usage=USAGE)) + DONE,
        GOOD + event({name: value for name, value in USAGE_CHUNK.items() if name != "choices"}) + DONE,
        GOOD + event(chunk(usage=USAGE) | {"choices": None}) + DONE,
    ],
    ids=["openai", "openai cut", "deepseek", "groq", "perplexity", "openrouter", "twice", "bare", "null"],
)
@pytest.mark.parametrize("include_usage", [True, False])
def test_usage_comes_once_and_last_and_only_if_asked_for(stream: bytes, include_usage: bool) -> None:
    """Wherever the vendor puts it; the gateway knows it either way."""
    decoder, out = decode(stream, include_usage=include_usage)
    chunks = documents(out)

    assert decoder.finished
    assert decoder.usage == Usage(10, 5)
    assert [one for one in chunks if one.get("usage")] == ([USAGE_CHUNK] if include_usage else [])
    assert chunks[: 3 if include_usage else None] == documents(GOOD)
    assert len(chunks) == 3 + include_usage


def test_null_usage_passes() -> None:
    """OpenAI puts it into every chunk when usage was asked for."""
    raw = event(chunk(choice(content="a"), usage=None))

    assert decode(raw)[1] == raw


def test_groqs_own_usage_is_read_where_it_gives_no_other() -> None:
    """Its field stays where it is."""
    last = event(chunk(choice("stop"), x_groq={"usage": USAGE}))
    decoder, out = decode(HELLO + last + DONE)

    assert decoder.usage == Usage(10, 5)
    assert out == HELLO + last


def test_usage_that_cannot_be_read_is_none_and_takes_nothing_away() -> None:
    """F11: the last one that could be read counts."""
    decoder, out = decode(
        ROLE + event(chunk(choice("stop"), usage=USAGE)) + event(chunk(usage={"prompt_tokens": -1})) + DONE
    )

    assert decoder.usage == Usage(10, 5)
    assert len(documents(out)) == 3


@pytest.mark.parametrize("include_usage", [True, False])
@pytest.mark.parametrize("bad", [-1, None, "7", 10**12])
def test_usage_that_is_none_is_not_shown(bad: Any, include_usage: bool) -> None:
    """F11: clients add counts up, so one below zero is worse than none."""
    decoder, out = decode(
        GOOD + event(chunk(usage=USAGE | {"completion_tokens": bad})) + DONE, include_usage=include_usage
    )

    assert (decoder.finished, decoder.usage) == (True, None)
    assert out == GOOD


@pytest.mark.parametrize("counts", [[5, 5], [1, 3, 5], [9, 7, 5], [5, 0, 5], [5, -1]], ids=str)
def test_usage_said_again_and_again_goes_out_once_as_it_was_said_last(counts: list[int]) -> None:
    """F11: twice, in every chunk, falling, back at zero, or nonsense at the end; clients add all of them up."""
    said = [event(chunk(choice(content="a"), usage=USAGE | {"completion_tokens": count})) for count in counts]
    decoder, out = decode(ROLE + b"".join(said) + event(chunk(choice("stop"))) + DONE)

    assert decoder.usage == Usage(10, 5)
    assert [one["usage"] for one in documents(out) if one.get("usage")] == [USAGE]
    assert documents(out)[-1]["choices"] == []


def test_reasoning_beside_the_output_is_told_to_the_client_as_openai_counts() -> None:
    """xAI's way."""
    raw = USAGE | {"total_tokens": 22, "completion_tokens_details": {"reasoning_tokens": 7}}
    decoder, out = decode(GOOD + event(chunk(usage=raw)) + DONE)

    assert decoder.usage == Usage(10, 12, reasoning_tokens=7)
    assert documents(out)[-1]["usage"]["completion_tokens"] == 12
