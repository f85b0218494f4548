"""One stream in OpenAI's wire that goes wrong (F4 to F12, I10, I11)."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.translators.providers.openai.openai_streams import (
    DONE,
    GOOD,
    HELLO,
    LAST_WITH_USAGE,
    ROLE,
    STOP,
    USAGE,
    USAGE_CHUNK,
    choice,
    chunk,
    decode,
    event,
)
from translators.facts import FailureKind
from translators.framing.sse import LONGEST_EVENT

K = FailureKind


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
