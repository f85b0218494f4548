"""Streams that break: ends that are none, errors, noise; nothing an upstream sends can raise."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rig.breaking import check_broken, check_garbled, check_noise, check_odd, check_truncated
from tests.translators.providers.anthropic.anthropic_asks import Json, ask
from tests.translators.providers.anthropic.anthropic_streams import HELLO, STOP, begin, close, delta, end, framed, run
from translators.facts import FailureKind
from translators.providers.anthropic import AnthropicDecoder


@pytest.mark.parametrize("cut", range(len(HELLO)))
def test_an_end_without_message_stop_is_a_break(cut: int) -> None:
    """F6: whatever came before."""
    check_broken(*run(HELLO[:cut]))


def test_the_last_blank_line_may_be_missing() -> None:
    """Some servers leave it out; half an event is none."""
    whole = framed(HELLO)
    for raw, finished in ((whole[:-2], True), (whole[:-3], False)):
        decoder = AnthropicDecoder(ask(stream=True))
        decoder.feed(raw)
        decoder.close()

        assert decoder.finished is finished


@pytest.mark.parametrize(
    ("kind", "status", "meaning"),
    [
        ("overloaded_error", 529, FailureKind.OVERLOADED),
        ("rate_limit_error", 429, FailureKind.RATE_LIMITED),
        ("api_error", 500, FailureKind.OVERLOADED),
        ("invalid_request_error", 400, FailureKind.BAD_REQUEST),
        ("of_tomorrow", 500, FailureKind.OVERLOADED),
    ],
)
def test_an_error_event_counts_as_its_status(kind: str, status: int, meaning: FailureKind) -> None:
    """F9, F10: before the first word and after it; then the model has done some work."""
    event = {"type": "error", "error": {"type": kind, "message": "Words"}}

    first, none = run([event])
    later, some = run([*HELLO[:4], event, *HELLO[4:]])

    for decoder, reached in ((first, False), (later, True)):
        assert decoder.failure is not None
        assert not decoder.finished
        failure = decoder.failure
        assert (failure.kind, failure.status, failure.code, failure.message) == (meaning, status, kind, "Words")
        assert failure.reached_model is reached
    assert (len(none), len(some)) == (0, 1)


@pytest.mark.parametrize(
    "raw",
    [
        b"data: {\n\n",
        b"data: 5\n\n",
        b"data: []\n\n",
        b"data: {}\n\n",
        b'data: {"type": []}\n\n',
        b"data: \xff\n\n",
        framed([delta("text_delta", text=5)]),
        framed([delta("input_json_delta", partial_json="x")]),
        framed([begin({"type": "tool_use", "id": 5, "name": "x"})]),
        framed([{"type": "message_start", "message": 5}]),
        framed([{"type": "message_delta", "delta": 5}]),
        framed([begin({"type": "x", "y": 1}), end()]).replace(b'"y":1', b'"y":' + b"[" * 400 + b"]" * 400),
        framed([STOP]),
        framed([begin({"type": "x"}, 0), begin({"type": "x"}, "a"), close(), STOP]),  # type: ignore[arg-type]
    ],
)
def test_an_event_of_another_shape_breaks_the_stream(raw: bytes) -> None:
    """F8: it is a failure and no exception; nothing comes after it."""
    decoder = AnthropicDecoder(ask(stream=True))

    decoder.feed(raw)

    check_garbled(decoder, framed(HELLO))


def test_an_error_without_the_usual_frame_is_still_one() -> None:
    """As other servers of this wire write it: an event without a type, or a whole body where a stream was asked for."""
    error = orjson.dumps({"error": {"type": "overloaded_error", "message": "Busy"}})

    for pieces in ([b"data: %b\n\n" % error], [b" ", error[:5], error[5:]]):
        decoder = AnthropicDecoder(ask(stream=True))
        out = b"".join([decoder.feed(piece) for piece in pieces]) + decoder.close()

        assert out == b""
        assert decoder.failure is not None
        assert (decoder.failure.kind, decoder.failure.status) == (FailureKind.OVERLOADED, 529)


@pytest.mark.parametrize("raw", [b"<html>", b'{"type": "message"}', b"{" + b"x" * (1 << 20)])
def test_a_body_that_is_no_stream_is_garbled(raw: bytes) -> None:
    """And at most a MiB of it is kept."""
    decoder = AnthropicDecoder(ask(stream=True))

    assert decoder.feed(raw) + decoder.close() == b""
    assert decoder.failure is not None
    assert decoder.failure.kind is FailureKind.GARBLED


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.text(max_size=3)
    | st.sampled_from(["text", "thinking", "tool_use"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "text", "index", "usage"]), inner)
    ),
    max_leaves=6,
)
NAMES = ("index", "delta", "content_block", "message", "usage", "error")
KINDS = ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "error"]
DELTAS = ["text_delta", "thinking_delta", "input_json_delta", "signature_delta", "citations_delta"]
TYPED = st.fixed_dictionaries(
    {"type": st.sampled_from(DELTAS)},
    optional=dict.fromkeys(("text", "thinking", "partial_json", "signature", "citation", "stop_reason"), JSON),
)
ODD = st.fixed_dictionaries(
    {"type": st.sampled_from([*KINDS, "message_stop"])}, optional=dict.fromkeys(NAMES, JSON | TYPED)
)


@given(st.lists(st.sampled_from(HELLO) | ODD, max_size=8))
def test_no_order_and_no_shape_of_events_raises(events: list[Json]) -> None:
    """A hostile upstream gets a failure at most, and what came out is whole."""
    check_odd(AnthropicDecoder(replace(ask(stream=True), include_usage=True)), framed(events))


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_no_bytes_raise_or_finish(pieces: list[bytes]) -> None:
    """Noise is never an answer."""
    check_noise(AnthropicDecoder(ask(stream=True)), pieces)


@given(st.integers(0, len(framed(HELLO)) - 3), st.lists(st.integers(0, len(framed(HELLO))), max_size=6))
def test_a_truncated_stream_is_never_finished(length: int, cuts: list[int]) -> None:
    """Wherever it ends, and however it was cut."""
    check_truncated(AnthropicDecoder(ask(stream=True)), framed(HELLO)[:length], cuts)
