"""One stream in OpenAI's wire: what passes, what is mended, and when it is over (F6, I10)."""

from typing import Any

import pytest

from tests.translators.providers.openai.openai_streams import (
    DONE,
    GOOD,
    HELLO,
    ROLE,
    STOP,
    USAGE,
    ask,
    choice,
    chunk,
    decode,
    documents,
    event,
)
from translators.facts import FailureKind
from translators.providers.openai.stream import OpenAIDecoder
from translators.providers.vendors import VENDORS

K = FailureKind


def test_what_is_right_passes_as_the_same_bytes() -> None:
    """And ``[DONE]`` is swallowed: the client's side says its own."""
    odd = b'data: {"id":"x", "object":"chat.completion.chunk","created":1.0,"model":"m","choices":[],"seed":1e2}\n\n'
    decoder, out = decode(GOOD + odd + DONE)

    assert out == GOOD + odd
    assert (decoder.started, decoder.finished, decoder.failure, decoder.usage) == (True, True, None, None)


def test_the_end_is_seen_when_it_comes() -> None:
    """Not only when the body ends; what comes after it is nobody's."""
    decoder = OpenAIDecoder(ask(), VENDORS["openai"])

    assert decoder.feed(GOOD) == GOOD
    assert not decoder.finished
    assert decoder.feed(DONE + HELLO + b"data: nonsense\n\n") == b""
    assert decoder.finished
    assert decoder.feed(HELLO) == b""
    assert decoder.close() == b""
    assert decoder.failure is None


@pytest.mark.parametrize(
    ("delta", "finish", "starts"),
    [
        ({}, None, False),
        ({"role": "assistant", "content": ""}, None, False),
        ({"role": "assistant", "content": None, "refusal": None}, None, False),
        ({"content": "a"}, None, True),
        ({"reasoning_content": "a"}, None, True),
        ({"reasoning": "a"}, None, True),
        ({"refusal": "a"}, None, True),
        ({"tool_calls": [{"index": 0}]}, None, True),
        ({"function_call": {"name": "f"}}, None, True),
        ({"audio": {"id": "a"}}, None, True),
        ({}, "stop", True),
    ],
)
def test_a_stream_starts_with_content_or_a_finish(delta: dict[str, Any], finish: str | None, starts: bool) -> None:
    """A role alone, or an empty text, commits nobody."""
    decoder = OpenAIDecoder(ask(), VENDORS["openai"])
    decoder.feed(event(chunk(choice(finish, **delta))))

    assert decoder.started is starts


def test_azures_first_chunk_passes_and_does_not_start() -> None:
    """Its filter's results are a fact, and no content."""
    filters = b'data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[]}\n\n'
    decoder = OpenAIDecoder(ask(), VENDORS["openai"])

    assert decoder.feed(filters) == filters
    assert not decoder.started


# Mending


def test_missing_fields_are_filled_in() -> None:
    """Copilot and others leave some out; Perplexity has another name for a chunk."""
    decoder, out = decode(event({"object": "chat.completion", "choices": [{"delta": {"content": "a"}}]}) + STOP + DONE)

    assert decoder.finished
    assert documents(out)[0] == {
        "object": "chat.completion.chunk",
        "id": "chatcmpl-ours",
        "model": "asked",
        "created": 7,
        "choices": [{"delta": {"content": "a"}, "index": 0}],
    }


@pytest.mark.parametrize(
    "odd",
    [
        {"choices": [choice(content="a")]},
        chunk(choice(content="a"), object="chat.completion"),
        chunk(choice(content="a"), id=""),
        chunk(choice(content="a"), created=None),
        chunk(choice(content="a"), usage=USAGE),
        chunk({"delta": {"content": "a"}}),
        chunk(choice(content="a", reasoning="b")),
        chunk(choice(content=[{"type": "text", "text": "a"}])),
        chunk(choice(content="a", tool_calls=[{"id": "c", "function": {"arguments": {}}}])),
        chunk(choice(content="a"), choice(content="b", index=1)),
        chunk(choice("eos", content="a")),
    ],
)
def test_what_needs_mending_gets_it_at_any_point(odd: dict[str, Any]) -> None:
    """In the middle of a stream as at its start: the way for common chunks lets none of these through."""
    first, later = decode(event(odd))[1], decode(HELLO + event(odd))[1]

    assert documents(first) != [odd] or len(odd["choices"]) == 2
    assert later == HELLO + first


def test_a_choice_without_a_delta_gets_an_empty_one() -> None:
    """SDKs read it without looking."""
    assert documents(decode(event(chunk({"index": 0, "finish_reason": "stop"})))[1])[0]["choices"][0]["delta"] == {}


def test_reasoning_is_given_under_both_names() -> None:
    """Groq, OpenRouter, Ollama."""
    delta = documents(decode(event(chunk(choice(reasoning="hm"))) + DONE)[1])[0]["choices"][0]["delta"]

    assert delta == {"reasoning": "hm", "reasoning_content": "hm"}


def test_tool_calls_without_an_index_are_numbered() -> None:
    """A new one to each id, the last one to what has none."""
    stream = [
        event(chunk(choice(tool_calls=[{"id": "a", "function": {"name": "f", "arguments": ""}}, "odd"]))),
        event(chunk(choice(tool_calls=[{"function": {"arguments": "{}"}}]))),
        event(chunk(choice(tool_calls=[{"id": "b", "function": {"name": "g", "arguments": {"x": 1}}}]))),
        event(chunk(choice(tool_calls=[{"index": 5, "id": "c"}, {"id": "d"}]))),
    ]
    calls = [
        call
        for one in documents(decode(*stream, DONE)[1])
        for call in one["choices"][0]["delta"]["tool_calls"]
        if call != "odd"
    ]

    assert [call["index"] for call in calls] == [0, 0, 1, 5, 6]
    assert calls[2]["function"]["arguments"] == '{"x":1}'


def test_data_over_several_lines_becomes_one() -> None:
    """Line breaks of JSON are white space."""
    raw = HELLO.replace(b',"object"', b',\ndata: "object"')

    assert documents(decode(raw + STOP + DONE)[1])[0] == documents(HELLO)[0]


def test_a_text_that_looks_like_a_field_is_a_text() -> None:
    """Nothing is searched for, all is parsed."""
    text = '"usage":{"prompt_tokens":1} "error":{} "finish_reason":"stop" [DONE]\n\ndata: [DONE]\n\n'
    raw = event(chunk(choice(content=text)))
    decoder, out = decode(raw)

    assert out == raw
    assert (decoder.usage, decoder.finished) == (None, False)


# Ends


@pytest.mark.parametrize("tail", [b"data: [DONE]", b"data: [DONE]\n", b"data:[DONE] \n\n", b"data: [DONE]\r\n\r\n"])
def test_the_last_blank_line_may_be_missing(tail: bytes) -> None:
    """Some servers leave it out."""
    decoder, out = decode(HELLO + tail)

    assert decoder.finished
    assert out == HELLO


def test_a_whole_last_event_without_its_blank_line_counts() -> None:
    """It is JSON to its last brace."""
    decoder, out = decode(HELLO + STOP.rstrip())

    assert decoder.finished
    assert out == HELLO + STOP


@pytest.mark.parametrize(
    ("stream", "finished"),
    [
        (GOOD, True),
        (HELLO, False),
        (ROLE, False),
        (b"", False),
        (b": ping\n\n", False),
        (GOOD + b'data: {"choi', True),
        (HELLO + STOP[:-5], False),
        (event(chunk(choice("stop", index=0), choice(index=1, content="a"))), False),
        (event(chunk(choice("stop", index=0), choice("stop", index=1))), True),
        (event(chunk(choice("stop", index=1))) + HELLO, False),
        (event(chunk(usage=USAGE)), False),
    ],
)
def test_without_done_every_choice_must_have_finished(stream: bytes, finished: bool) -> None:
    """F6: Perplexity says no ``[DONE]``; a cut connection says none either."""
    decoder, _ = decode(stream)

    assert decoder.finished is finished
    assert (decoder.failure is None) is finished
    if decoder.failure is not None:
        assert (decoder.failure.kind, decoder.failure.reached_model) == (K.UNREACHABLE, True)


def test_done_without_any_answer_is_no_answer() -> None:
    """There is nothing to give to a client."""
    decoder, out = decode(DONE)

    assert (out, decoder.finished) == (b"", False)
    assert decoder.failure is not None
    assert decoder.failure.kind is K.GARBLED
