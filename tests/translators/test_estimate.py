"""Tokens by size, where nobody counted them."""

from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from tests.fuzz.invariants import decoder
from tests.fuzz.samples import STREAMS
from tests.rig.asks import WEATHER, ask, call
from translators.base import ChatResponse, EmbeddingsResponse
from translators.dialects.embeddings import EmbeddingsDialect
from translators.estimate import (
    MOST_OUTPUT,
    PER_CALL,
    PER_MESSAGE,
    PER_PART,
    TEMPLATE,
    input_tokens,
    is_implausible,
    of_answer,
    of_stream,
    output_tokens,
    said_in,
)
from translators.facts import Usage

PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 4000}}


def user(content: Any) -> list[dict[str, Any]]:
    """One message."""
    return [{"role": "user", "content": content}]


def embeddings(entries: Any) -> Any:
    """A request for vectors."""
    raw = orjson.dumps({"model": "m", "input": entries})
    return EmbeddingsDialect().parse(raw, request_id="x", created=1)


@pytest.mark.parametrize(
    ("content", "tokens"),
    [
        ("word" * 100, 100),
        ("字" * 100, 75),
        ([{"type": "text", "text": "word" * 100}], 100),
        ([{"type": "text", "text": "word"}, PICTURE], 1 + 765),
        ([{"type": "image_url", "image_url": {"url": "https://x.test/a.png", "detail": "low"}}], 85),
        ([{"type": "input_audio", "input_audio": {"data": "QUFB", "format": "wav"}}], PER_PART["input_audio"]),
        ([{"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,QUFB"}}], 3000),
    ],
)
def test_a_message_is_its_bytes_and_a_number_for_each_part_that_is_no_text(content: Any, tokens: int) -> None:
    """Base64 is not text to a model."""
    assert input_tokens(ask(user(content))) == tokens + PER_MESSAGE


def test_history_tools_and_schema_are_read_too() -> None:
    """Calls, their results, tools and the answer's schema are in the prompt."""
    history = [
        *user("Hi"),
        {"role": "assistant", "content": None, "tool_calls": [call("get_weather", '{"city":"Paris"}', "call_1")]},
        {"role": "tool", "tool_call_id": "call_1", "content": "21 degrees"},
    ]
    schema = {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}}
    plain, whole = input_tokens(ask(history)), input_tokens(ask(history, tools=[WEATHER], response_format=schema))

    text = len("Hi") + len('get_weather{"city":"Paris"}') + PER_CALL + len("21 degrees")
    assert plain == -(-text // 4) + 3 * PER_MESSAGE
    assert whole == -(-(text + len(orjson.dumps([WEATHER])) + len(orjson.dumps(schema))) // 4) + 3 * PER_MESSAGE


def test_inputs_of_embeddings_are_counted_each_and_tokens_one_by_one() -> None:
    """Token arrays are counted already."""
    assert input_tokens(embeddings(["word" * 10, "a"])) == 11
    assert input_tokens(embeddings([[1, 2, 3], [4]])) == 4


def test_embeddings_without_a_count_are_estimated() -> None:
    """So are those that are said to have taken none; a count is taken as it is, without any output."""
    wanted = embeddings(["word" * 10])

    assert of_answer(wanted, EmbeddingsResponse(b"{}", None)) == Usage(10, 0, source="estimated")
    assert of_answer(wanted, EmbeddingsResponse(b"{}", Usage(0, 0))) == Usage(10, 0, source="estimated")
    assert of_answer(wanted, EmbeddingsResponse(b"{}", Usage(7, 0))) == Usage(7, 0)


def test_what_is_known_of_a_count_is_kept_where_the_rest_is_estimated() -> None:
    """Cached tokens stay what the provider said."""
    body = orjson.dumps({"choices": [{"message": {"content": "word" * 9}}, {"message": {"content": "word"}}]})
    told = Usage(50, 0, cached_tokens=40, cache_write_tokens=5)

    assert of_answer(ask(), ChatResponse(body, told)) == Usage(50, 10, 40, 5, source="estimated")


@pytest.mark.parametrize(
    ("message", "size"),
    [
        ({}, 0),
        ({"content": None, "tool_calls": None}, 0),
        ({"content": "Grüße", "reasoning_content": "Hm", "refusal": "No"}, 7 + 2 + 2),
        ({"tool_calls": [{"index": 0, "function": {"arguments": '{"x"'}}]}, 4),
        ({"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]}, 3 + PER_CALL),
        ({"tool_calls": [{"id": "a", "custom": {"name": "f", "input": "x"}}]}, 2 + PER_CALL),
        ({"content": 5, "reasoning_content": [], "refusal": {}, "tool_calls": {"a": 1}}, 0),
        ({"content": [5, {"text": 5}], "tool_calls": [5, {"function": 5}, {"function": {"name": []}}]}, 0),
    ],
)
def test_what_a_message_says_has_a_size_whatever_its_shape(message: dict[str, Any], size: int) -> None:
    """Text, thinking, refusal and calls; it may have been made up by an upstream."""
    assert said_in(message) == size


@dataclass
class Stand:
    """Where a stream stands."""

    started: bool = True
    finished: bool = True
    usage: Usage | None = None
    produced: int = 400
    failure: None = None
    memento: None = None

    def feed(self, data: bytes) -> bytes:
        return data

    def close(self) -> bytes:
        return b""


@pytest.mark.parametrize(
    ("stand", "usage"),
    [
        (Stand(started=False, produced=0), None),
        (Stand(started=False, finished=False, usage=Usage(7, 1)), Usage(7, 1)),
        (Stand(), Usage(5, 100, source="estimated")),
        (Stand(usage=Usage(7, 3)), Usage(7, 3)),
        (Stand(usage=Usage(7, 3), finished=False), Usage(7, 100, source="estimated")),
        (Stand(usage=Usage(7, 300), finished=False), Usage(7, 300)),
        (Stand(usage=Usage(7, 0)), Usage(7, 100, source="estimated")),
        (Stand(usage=Usage(7, 0), produced=0), Usage(7, 0)),
    ],
)
def test_a_stream_is_counted_by_its_provider_as_far_as_it_did(stand: Stand, usage: Usage | None) -> None:
    """A count of the beginning is none of a stream that was not finished; what came out is the least that it took."""
    assert of_stream(ask(), stand) == usage


@pytest.mark.parametrize("wire", STREAMS, ids=":".join)
def test_decoders_of_every_wire_know_how_much_was_said(wire: tuple[str, str]) -> None:
    """Thinking, text and two calls: the same by the byte and at once, about as much as it is (ids are short here)."""
    pieces = STREAMS[wire]
    whole, cut = decoder(*wire), decoder(*wire)
    events = b"".join([whole.feed(piece) for piece in pieces]) + whole.close()
    raw = b"".join(pieces)
    for at in range(len(raw)):
        cut.feed(raw[at : at + 1])
    cut.close()

    chunks = [orjson.loads(line[6:]) for line in events.split(b"\n\n") if line]
    said = sum(said_in(choice["delta"]) for chunk in chunks for choice in chunk["choices"])
    assert cut.produced == whole.produced
    assert said * 0.6 <= whole.produced <= said * 1.4


def test_a_text_in_pieces_has_its_own_size() -> None:
    """Of OpenAI's wire to the byte, parsed or not; of others but for what JSON escapes."""
    texts = ["Grüße", " an", " alle", "\n"] * 10
    sizes = {}
    for wire, pieces in {
        ("openai", "openai"): [
            b'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":'
            b'{"content":%b},"finish_reason":null}]}\n\n' % orjson.dumps(text)
            for text in texts
        ],
        ("anthropic", "messages"): [
            b'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":%b}}\n\n'
            % orjson.dumps(text)
            for text in texts
        ],
    }.items():
        reader = decoder(*wire)
        for piece in pieces[:20]:
            reader.feed(piece)
        reader.feed(b"".join(pieces[20:]))
        sizes[wire[0]] = reader.produced

    size = len("".join(texts).encode())
    assert sizes == {"openai": size, "anthropic": size + 10}
    assert output_tokens(size) == 40


def test_counts_are_implausible_beyond_ten_times_what_there_can_be() -> None:
    """By the bytes of the request, by its limit, and by what models can write at all."""
    short, limited, pair = ask(), ask(max_tokens=2000), ask(max_completion_tokens=2000, n=2)
    most = 10 * (len(short.raw) + TEMPLATE)

    assert not is_implausible(short, Usage(most, 10 * MOST_OUTPUT))
    assert is_implausible(short, Usage(most + 1, 0))
    assert is_implausible(short, Usage(0, 10 * MOST_OUTPUT + 1))
    assert not is_implausible(limited, Usage(0, 20_000))
    assert is_implausible(limited, Usage(0, 20_001))
    assert not is_implausible(pair, Usage(0, 40_000))
    assert not is_implausible(ask(user([PICTURE])), Usage(900_000, 0))
    assert is_implausible(embeddings(["a"]), Usage(10**6, 0))
