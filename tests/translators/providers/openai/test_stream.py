"""One stream in OpenAI's wire (F4 to F12, I10, I11)."""

from collections.abc import Iterable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translators.base import ChatRequest
from translators.facts import FailureKind, Usage
from translators.framing.sse import LONGEST_EVENT
from translators.providers.openai.stream import OpenAIDecoder
from translators.providers.vendors import VENDORS

K = FailureKind
DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def ask(*, include_usage: bool = True) -> ChatRequest:
    """A streamed request."""
    body = {"model": "asked", "messages": []}
    return ChatRequest("chatcmpl-ours", 7, b"", body, "asked", stream=True, include_usage=include_usage)


def chunk(*choices: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A chunk that needs no mending."""
    return {
        "id": "x",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": list(choices),
        **fields,
    }


def choice(finish: str | None = None, index: int = 0, **delta: Any) -> dict[str, Any]:
    """One choice of a chunk."""
    return {"index": index, "delta": delta, "finish_reason": finish}


def event(document: Any) -> bytes:
    """A document as an event."""
    return b"data: " + orjson.dumps(document) + b"\n\n"


ROLE = event(chunk(choice(role="assistant", content="")))
HELLO = event(chunk(choice(content="hello")))
STOP = event(chunk(choice("stop")))
GOOD = ROLE + HELLO + STOP


def decode(*pieces: bytes, include_usage: bool = True) -> tuple[OpenAIDecoder, bytes]:
    """A whole stream, decoded."""
    decoder = OpenAIDecoder(ask(include_usage=include_usage), VENDORS["openai"])
    out = b"".join([decoder.feed(piece) for piece in pieces])
    return decoder, out + decoder.close()


def documents(out: bytes) -> list[dict[str, Any]]:
    """Canonical events, parsed."""
    blocks = out.split(b"\n\n")
    assert blocks.pop() == b""
    assert all(block.startswith(b"data: ") and b"\n" not in block for block in blocks)
    return [orjson.loads(block[6:]) for block in blocks]


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


# Usage


USAGE_CHUNK = chunk(usage=USAGE)
LAST_WITH_USAGE = event(chunk(choice("stop"), usage=USAGE))


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


# Errors


ERROR = {"error": {"message": "no", "type": "overloaded_error", "code": "x"}}


@pytest.mark.parametrize(
    "raw",
    [
        event(ERROR),
        b"event: error\n" + event(ERROR),
        b"event: error\n" + event(ERROR["error"]),
        b"event: error\n" + event("no"),
        event(chunk(choice("error"), **ERROR)),
        event({"object": "error", "message": "no", "type": "overloaded_error"}),
    ],
)
@pytest.mark.parametrize("before", [b"", ROLE, ROLE + HELLO, GOOD])
def test_an_error_event_ends_the_stream_at_any_time(before: bytes, raw: bytes) -> None:
    """F9, F10: nothing comes after it, and no end is made up."""
    decoder, out = decode(before + raw + HELLO + DONE)

    assert out == before
    assert not decoder.finished
    assert decoder.failure is not None
    assert decoder.failure.kind is K.OVERLOADED
    assert decoder.failure.message == "no"
    assert decoder.failure.reached_model is decoder.started


def test_an_error_event_that_says_nothing_is_one_all_the_same() -> None:
    """Its name is enough."""
    decoder, _ = decode(b"event: error\ndata: {}\n\n")

    assert decoder.failure is not None
    assert decoder.failure.kind is K.OVERLOADED


def test_a_finish_that_is_none_is_a_failure() -> None:
    """OpenRouter puts the error into the choice."""
    decoder, out = decode(HELLO + event(chunk(choice("error") | {"error": {"code": 429, "message": "slow"}})))

    assert out == HELLO
    assert decoder.failure is not None
    assert (decoder.failure.kind, decoder.failure.message) == (K.RATE_LIMITED, "slow")


@pytest.mark.parametrize(
    "raw",
    [
        b"data: hello\n\n",
        b'data: {"choices":[{"delta":{"content":"a\n\n',
        b"data: \xff\n\n",
        b"data: []\n\n",
        b"data: 5\n\n",
        b"data: {}\n\n",
        b'data: {"choices":{}}\n\n',
        b'data: {"choices":[1]}\n\n',
        b'data: {"usage":{},"choices":"x"}\n\n',
        b"data: " + b"x" * LONGEST_EVENT + b"\n\n",
        event(chunk(choice(reasoning="a"))).replace(b'"m"', b"[" * 500 + b"]" * 500),
        event(chunk(choice(tool_calls=[{"function": {"arguments": {"a": 0}}}]))).replace(
            b":0}}", b":" + b"[" * 400 + b"]" * 400 + b"}}"
        ),
    ],
)
def test_what_is_no_chunk_garbles_the_stream(raw: bytes) -> None:
    """F8: what came before it is good, what comes after is not."""
    decoder, out = decode(HELLO + raw + HELLO + DONE)

    assert out == HELLO
    assert not decoder.finished
    assert decoder.failure is not None
    assert (decoder.failure.kind, decoder.failure.reached_model) == (K.GARBLED, True)


def test_usage_nested_too_deep_does_not_break_the_end() -> None:
    """orjson reads more levels than it writes."""
    decoder, out = decode(
        GOOD + event(chunk(usage=USAGE | {"x": 0})).replace(b'"x":0', b'"x":' + b"[" * 400 + b"]" * 400) + DONE
    )

    assert out == GOOD
    assert decoder.failure is not None
    assert decoder.failure.kind is K.GARBLED


def test_events_of_other_names_are_skipped() -> None:
    """A ping with data, for example."""
    decoder, out = decode(HELLO + b'event: ping\ndata: {"type":"ping"}\n\n' + STOP + DONE)

    assert decoder.finished
    assert out == HELLO + STOP


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"error":{"message":"down","code":503}}', K.OVERLOADED),
        (b'\n\n[{"error":{"message":"slow","code":429}}]', K.RATE_LIMITED),
        (b'{\n\n"detail":"no"\n\n}', K.OVERLOADED),
        (b'{"id":"x","object":"chat.completion","choices":[{"message":{"content":"a"}}]}', K.GARBLED),
        (b"<html>data: {}\n\n</html>", K.GARBLED),
        (b'{"error":', K.GARBLED),
        (b'{"x":"' + b"x" * LONGEST_EVENT + b'"}', K.GARBLED),
    ],
)
def test_a_whole_answer_where_a_stream_was_asked_for_is_read_as_one(body: bytes, kind: K) -> None:
    """An error is that error; anything else is no stream."""
    for pieces in ([body], [body[:1], body[1:9], body[9:]]):
        decoder, out = decode(*pieces)

        assert out == b""
        assert not decoder.finished
        assert decoder.failure is not None
        assert decoder.failure.kind is kind


# Any bytes


PIECES = st.sampled_from(
    [
        ROLE,
        HELLO,
        STOP,
        LAST_WITH_USAGE,
        event(USAGE_CHUNK),
        event(ERROR),
        DONE,
        b": ping\n\n",
        b"\r\n",
        b"event: error\n",
        b"data: {",
        b"data: null\n\n",
        event(chunk(choice([], index=1))),  # type: ignore[arg-type]
        event(chunk({"index": [], "delta": {"tool_calls": {}, "content": [[]]}})),
        event(chunk({"delta": {"tool_calls": [{"function": []}]}}, usage={"prompt_tokens": []}, id=[], model={})),
        event({"choices": [{}], "x_groq": [], "usage": 5}),
        b"\xff",
        b"{",
        b"\n\n",
    ]
)


def run(pieces: Iterable[bytes]) -> tuple[bytes, Any, Any, bool, bool]:
    """All there is to see of a stream."""
    decoder, out = decode(*pieces)
    return out, decoder.failure, decoder.usage, decoder.started, decoder.finished


@settings(deadline=None)
@given(st.lists(PIECES, max_size=12).map(b"".join) | st.binary(max_size=60), st.data())
def test_any_bytes_end_in_exactly_one_way_at_any_split(raw: bytes, data: st.DataObject) -> None:
    """I10, I11: never an exception; finished or failed; the cuts do not show."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=6)))
    whole = run([raw])
    _, failure, _, _, finished = whole

    assert finished is (failure is None)
    assert run(raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)) == whole
    assert run(raw[i : i + 1] for i in range(len(raw))) == whole


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([ROLE, HELLO, b": ping\n\n", event(chunk(choice(content="\u00fc")))]), min_size=1),
    st.data(),
)
def test_a_truncated_stream_is_never_finished(events: list[bytes], data: st.DataObject) -> None:
    """G5: cut anywhere before its finish."""
    raw = b"".join([*events, HELLO, STOP, DONE])
    last = raw.index(STOP) + len(STOP.rstrip())
    decoder, out = decode(raw[: data.draw(st.integers(0, last - 1))])

    assert not decoder.finished
    assert decoder.failure is not None
    assert b'"stop"' not in out
