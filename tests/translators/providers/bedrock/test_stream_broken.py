"""Converse's streams that break, end too early, or are none (F6-F9)."""

from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rig.frames import EVENT, framed
from tests.translators.providers.bedrock.bedrock_asks import CLAUDE, Json, ask
from tests.translators.providers.bedrock.bedrock_streams import (
    HELLO,
    METADATA,
    START,
    argue,
    delta,
    end,
    exception,
    frames,
    run,
    stop,
    text,
    use,
)
from translators.facts import FailureKind
from translators.providers.bedrock import ConverseDecoder


@pytest.mark.parametrize(
    ("kind", "message", "expected", "status"),
    [
        ("throttlingException", "Too many requests", FailureKind.RATE_LIMITED, 429),
        ("throttlingException", "Too many tokens per day", FailureKind.EXHAUSTED, 429),
        ("modelStreamErrorException", "Broken", FailureKind.OVERLOADED, 424),
        ("internalServerException", "Oh", FailureKind.OVERLOADED, 500),
        ("serviceUnavailableException", "Oh", FailureKind.OVERLOADED, 503),
        ("modelTimeoutException", "Slow", FailureKind.TIMEOUT, 408),
        ("validationException", "Input is too long for requested model.", FailureKind.CONTEXT_LENGTH, 400),
        ("validationException", "Bad field", FailureKind.BAD_REQUEST, 400),
        ("newException", "New", FailureKind.OVERLOADED, 500),
    ],
)
@pytest.mark.parametrize("begun", [True, False])
def test_an_exception_is_what_it_would_be_by_itself(
    kind: str, message: str, expected: FailureKind, status: int, begun: bool
) -> None:
    """It counts as its own status; no finish comes out, and nothing after it."""
    before = frames([START, text("Hi")]) if begun else b""
    decoder, chunks = run(before + exception(kind, message) + frames(HELLO))

    assert decoder.failure is not None
    assert (decoder.failure.kind, decoder.failure.status, decoder.failure.message) == (expected, status, message)
    assert decoder.failure.code == kind[0].upper() + kind[1:]
    assert decoder.failure.reached_model or not begun
    assert not decoder.finished
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None] * len(chunks)


def test_an_exception_after_the_last_word_is_still_one() -> None:
    """The finish had not gone out yet."""
    decoder, chunks = run(frames(HELLO[:-1]) + exception("internalServerException", "Oh"))

    assert (decoder.finished, decoder.failure is not None) == (False, True)
    assert chunks[-1]["choices"][0]["finish_reason"] is None


def test_an_error_frame_is_read_off_its_headers() -> None:
    """It has no payload."""
    headers = {":message-type": "error", ":error-code": "InternalFailure", ":error-message": "Oh"}
    decoder, _ = run(frames([START]) + framed(b"", headers))

    assert decoder.failure is not None
    assert (decoder.failure.code, decoder.failure.message) == ("InternalFailure", "Oh")


@pytest.mark.parametrize("count", range(5))
def test_a_stream_that_stops_between_events_is_cut_off(count: int) -> None:
    """Before ``messageStop`` there is no good end."""
    decoder, _ = run(HELLO[:count])

    assert decoder.failure is not None
    assert (decoder.failure.kind, decoder.failure.reached_model) == (FailureKind.UNREACHABLE, True)


@pytest.mark.parametrize("native", ["malformed_model_output", "malformed_tool_use"])
def test_output_that_nobody_can_read_is_no_answer(native: str) -> None:
    """Its cost is known all the same."""
    decoder, _ = run([START, text("Hi"), stop(native), METADATA])

    assert decoder.failure is not None
    assert (decoder.failure.kind, decoder.failure.code) == (FailureKind.GARBLED, native)
    assert decoder.usage is not None


ODD: list[tuple[str, Any]] = [
    ("contentBlockDelta", []),
    ("contentBlockDelta", {}),
    ("contentBlockDelta", {"delta": {"text": 7}, "contentBlockIndex": 0}),
    ("contentBlockDelta", {"delta": {"text": "x"}}),
    ("contentBlockDelta", {"delta": {"toolUse": {}}, "contentBlockIndex": 0}),
    ("contentBlockDelta", {"delta": {"toolUse": {"input": {}}}, "contentBlockIndex": 0}),
    ("contentBlockDelta", {"delta": {"reasoningContent": {"redactedContent": "%"}}, "contentBlockIndex": 0}),
    ("contentBlockDelta", {"delta": {"reasoningContent": {"signature": 7}}, "contentBlockIndex": 0}),
    ("contentBlockDelta", {"delta": {"reasoningContent": {"text": "x"}}, "contentBlockIndex": []}),
    ("contentBlockDelta", {"delta": {"reasoningContent": {"text": "x"}}, "contentBlockIndex": "0"}),
    ("contentBlockStart", {"contentBlockIndex": 0}),
    ("contentBlockStart", {"contentBlockIndex": 0, "start": {"toolUse": {"name": "f"}}}),
    ("contentBlockStart", {"contentBlockIndex": 0, "start": {"toolUse": {"name": 1, "toolUseId": "t"}}}),
    ("contentBlockStop", {}),
    ("messageStop", {}),
    ("metadata", []),
]


@pytest.mark.parametrize("event", ODD, ids=str)
def test_an_event_of_another_shape_breaks_the_stream(event: tuple[str, Any]) -> None:
    """F7: never an exception, and no finish."""
    decoder, _ = run([START, text("Hi"), event, *HELLO[1:]])

    assert decoder.failure is not None
    assert decoder.failure.kind is FailureKind.GARBLED


def test_an_event_that_is_not_json_breaks_the_stream() -> None:
    """Its checksum may be right all the same."""
    decoder, _ = run(frames([START]) + framed(b"{", {**EVENT, ":event-type": "metadata"}))

    assert decoder.failure is not None
    assert decoder.failure.kind is FailureKind.GARBLED


def test_what_is_nested_too_deeply_breaks_the_stream() -> None:
    """Also where it is only said at the end of the body."""
    deep: Json = {}
    for _ in range(240):
        deep = {"a": deep}
    citation = orjson.dumps({"contentBlockIndex": 0, "delta": {"citation": "@"}})
    raw = citation.replace(b'"@"', b'{"a":' * 20 + orjson.dumps(deep) + b"}" * 20)
    cited = framed(raw, {**EVENT, ":event-type": "contentBlockDelta"})

    decoder, _ = run(frames([START]) + cited + frames([stop()]))
    assert decoder.failure is not None
    assert decoder.failure.kind is FailureKind.GARBLED


@pytest.mark.parametrize("body", [b'{"message":"no stream"}', b"<html>503</html>", b"data: {}\n\n" * 3, b"\x00" * 40])
def test_a_body_that_is_no_event_stream_is_garbled(body: bytes) -> None:
    """At once, by its first checksum."""
    decoder, chunks = run(body)

    assert decoder.failure is not None
    assert (decoder.failure.kind, chunks) == (FailureKind.GARBLED, [])


def test_a_frame_of_an_unknown_type_breaks_the_stream() -> None:
    """The format has three."""
    decoder, _ = run(frames([START]) + framed(b"{}", {":message-type": "gossip"}))

    assert decoder.failure is not None


def test_an_empty_body_is_cut_off() -> None:
    """Not one event."""
    decoder, _ = run(b"")

    assert decoder.failure is not None
    assert decoder.failure.kind is FailureKind.UNREACHABLE


EVENTS = st.sampled_from(
    [
        *HELLO,
        use("a", 1),
        argue('{"x":', 1),
        end(1),
        delta(2, reasoningContent={"text": "Hm"}),
        delta(2, reasoningContent={"signature": "s"}),
        delta(3, citation={"source": "https://example.com"}),
        end(3),
        *ODD,
    ]
)


@settings(deadline=None)
@given(st.lists(EVENTS, max_size=12), st.integers(0, 2**32), st.booleans())
def test_events_in_any_order_at_any_split_never_raise(events: list[Any], seed: int, cut: bool) -> None:
    """And how they were cut never shows; a finish comes only after a reason for it."""
    raw, dice = frames(events), Random(seed)
    raw = raw[: dice.randrange(len(raw) + 1)] if cut else raw
    cuts = sorted(dice.choices(range(len(raw) + 1), k=6))
    whole, pieces = ConverseDecoder(ask(stream=True), CLAUDE), ConverseDecoder(ask(stream=True), CLAUDE)
    expected = whole.feed(raw) + whole.close()

    out = b"".join([pieces.feed(raw[a:b]) for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)])
    out += pieces.close()

    assert (out, pieces.failure, pieces.finished) == (expected, whole.failure, whole.finished)
    assert whole.finished is not (whole.failure is not None)
    assert not whole.finished or stop() in events
