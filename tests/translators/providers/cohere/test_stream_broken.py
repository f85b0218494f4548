"""Streams that break: ends that are none, errors, noise; nothing an upstream sends can raise."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rig.breaking import check_broken, check_garbled, check_noise, check_odd, check_truncated
from tests.translators.providers.cohere.cohere_asks import Json, ask, framed, run
from translators.facts import FailureKind
from translators.providers.cohere import CohereDecoder

START: Json = {"type": "message-start", "id": "x"}
TEXT: Json = {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "Hi"}}}}
STOP: Json = {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}
HELLO = [START, TEXT, TEXT, STOP]


@pytest.mark.parametrize("cut", range(len(HELLO)))
def test_an_end_without_message_end_is_a_break(cut: int) -> None:
    """F6: whatever came before."""
    check_broken(*run(HELLO[:cut]))


@pytest.mark.parametrize(
    ("reason", "kind", "status"), [("ERROR", FailureKind.OVERLOADED, 500), ("TIMEOUT", FailureKind.TIMEOUT, 504)]
)
def test_an_end_that_names_an_error_is_no_end(reason: str, kind: FailureKind, status: int) -> None:
    """F10: in the provider's words, and without a finish reason; what was used is counted all the same."""
    usage = {"tokens": {"input_tokens": 5, "output_tokens": 1}}
    end = {"type": "message-end", "delta": {"finish_reason": reason, "error": "Words", "usage": usage}}
    decoder, chunks = run([START, TEXT, end])

    assert not decoder.finished
    assert decoder.failure is not None
    failure = decoder.failure
    assert (failure.kind, failure.status, failure.message, failure.code) == (kind, status, "Words", reason)
    assert decoder.usage is not None
    assert len(chunks) == 1


def test_an_error_in_the_place_of_an_event_is_one() -> None:
    """F9, F10: a message without a type; or a whole body where a stream was asked for."""
    error = orjson.dumps({"id": "x", "message": "too many tokens: shorten it"})

    for pieces, reached in (([b"data: %b\n\n" % error], False), ([framed([START]), b"data: %b\n\n" % error], True)):
        decoder = CohereDecoder(ask(stream=True))
        assert b"".join([decoder.feed(piece) for piece in pieces]) + decoder.close() == b""
        assert decoder.failure is not None
        assert (decoder.failure.kind, decoder.failure.reached_model) == (FailureKind.CONTEXT_LENGTH, reached)

    decoder = CohereDecoder(ask(stream=True))
    assert decoder.feed(error) + decoder.close() == b""
    assert decoder.failure is not None
    assert decoder.failure.message == "too many tokens: shorten it"


CALL = b'{"type":"tool-call-start","delta":{"message":{"tool_calls":'
DEEP = b"[" * 400 + b"]" * 400


@pytest.mark.parametrize(
    "raw",
    [
        b"data: {\n\n",
        b"data: 5\n\n",
        b"data: []\n\n",
        b"data: {}\n\n",
        b"data: [DONE]\n\n",
        b"data: \xff\n\n",
        b'data: {"type": "content-delta"}\n\n',
        b'data: {"type":"content-delta","delta":{"message":{"content":{"text":5}}}}\n\n',
        b'data: {"type":"content-delta","delta":{"message":{"content":{"thinking":5}}}}\n\n',
        b'data: {"type":"content-delta","delta":{"message":{"content":{"text":"x"}}},"logprobs":{"logprobs":5}}\n\n',
        b'data: {"type":"tool-plan-delta","delta":{"message":{"tool_plan":5}}}\n\n',
        b'data: {"type":"tool-call-delta","delta":{"message":{"tool_calls":{"function":{"arguments":"x"}}}}}\n\n',
        b"data: " + CALL + b'{"id":5,"function":{"name":"x"}}}}}\n\n',
        b"data: " + CALL + b'{"id":"5","function":{"name":[]}}}}}\n\n',
        b'data: {"type":"citation-start","delta":{"message":{"citations":' + DEEP + b"}}}\n\n",
        b'data: {"type":"message-end"}\n\n',
        b'data: {"type":"message-end","delta":{}}\n\n',
    ],
)
def test_an_event_of_another_shape_breaks_the_stream(raw: bytes) -> None:
    """F8: it is a failure and no exception; nothing comes after it."""
    decoder = CohereDecoder(ask(stream=True))

    decoder.feed(raw)

    check_garbled(decoder, framed(HELLO))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3) | st.sampled_from(["text", "COMPLETE"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "thinking", "content", "tool_calls", "function", "id"]), inner
        )
    ),
    max_leaves=8,
)
CONTENT = st.fixed_dictionaries({}, optional=dict.fromkeys(("text", "thinking", "type"), JSON))
CALLS = st.fixed_dictionaries(
    {},
    optional={
        "id": JSON,
        "function": st.fixed_dictionaries({}, optional=dict.fromkeys(("name", "arguments"), JSON)) | JSON,
    },
)
MESSAGE = st.fixed_dictionaries(
    {}, optional={"content": CONTENT | JSON, "tool_calls": CALLS | JSON, "tool_plan": JSON, "citations": JSON}
)
DELTA = st.fixed_dictionaries(
    {}, optional={"message": MESSAGE | JSON, "finish_reason": JSON, "usage": JSON, "error": JSON}
)
KINDS = [
    *("message-start", "content-start", "content-delta", "content-end", "tool-plan-delta", "tool-call-start"),
    *("tool-call-delta", "tool-call-end", "citation-start", "citation-end", "message-end"),
]
ODD = st.fixed_dictionaries(
    {"type": st.sampled_from(KINDS)}, optional={"delta": DELTA | JSON, "index": JSON, "logprobs": JSON, "id": JSON}
)


@given(st.lists(st.sampled_from(HELLO) | ODD, max_size=8))
def test_no_order_and_no_shape_of_events_raises(events: list[Json]) -> None:
    """A hostile upstream gets a failure at most, and what came out is whole."""
    check_odd(CohereDecoder(replace(ask(stream=True), include_usage=True)), framed(events))


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_no_bytes_raise_or_finish(pieces: list[bytes]) -> None:
    """Noise is never an answer."""
    check_noise(CohereDecoder(ask(stream=True)), pieces)


@given(st.integers(0, len(framed(HELLO)) - 3), st.lists(st.integers(0, len(framed(HELLO))), max_size=6))
def test_a_truncated_stream_is_never_finished(length: int, cuts: list[int]) -> None:
    """Wherever it ends, and however it was cut."""
    check_truncated(CohereDecoder(ask(stream=True)), framed(HELLO)[:length], cuts)
