"""Streams of Gemini's in OpenAI's chunks."""

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.translators.providers.gemini.gemini_answers import COUNTS, HEAD, answer, deltas, framed, run, said
from tests.translators.providers.gemini.gemini_asks import Json, ask
from translators.base import Memento
from translators.facts import FailureKind, Usage
from translators.providers.gemini import GeminiDecoder

CALL: Json = {"functionCall": {"name": "f", "args": {"a": 1}}}
HELLO = [answer(said({"text": "Hel"})), answer(said({"text": "lo"}, reason="STOP"))]


def finishes(chunks: list[Json]) -> list[Json]:
    """The choices that end."""
    return [choice for chunk in chunks for choice in chunk["choices"] if choice["finish_reason"]]


def test_the_finish_goes_out_when_the_body_has_ended_and_not_before() -> None:
    """There is no terminal event: what follows may still be an error."""
    decoder = GeminiDecoder(ask(stream=True))
    before = decoder.feed(framed(HELLO))
    assert not decoder.finished
    after = decoder.close()

    assert b'"finish_reason":"stop"' not in before
    assert b'"finish_reason":"stop"' in after
    assert (decoder.finished, decoder.failure) == (True, None)


def test_usage_is_the_last_ones_and_told_once() -> None:
    """Every event has one: clients would add them up."""
    first = {**COUNTS, "candidatesTokenCount": 1}
    events = [
        answer(said({"text": "Hi"}), usageMetadata=first),
        answer(said(reason="STOP"), usageMetadata={**COUNTS, "thoughtsTokenCount": 2}),
    ]
    decoder, chunks = run(events, include_usage=True)

    assert decoder.usage == Usage(7, 5, 0, 0, 2)
    assert [chunk["choices"] for chunk in chunks if chunk["usage"]] == [[]]
    assert chunks[-1]["usage"]["completion_tokens"] == 5


def test_calls_have_indexes_and_ids_of_their_own() -> None:
    """A peer gives them all index 0."""
    decoder, chunks = run([answer(said(CALL, CALL)), answer(said(CALL, reason="STOP"))])
    calls = [call for delta in deltas(chunks) for call in delta.get("tool_calls", ())]

    assert [(call["index"], call["id"]) for call in calls] == [
        (0, "call_ours_0_0"),
        (1, "call_ours_0_1"),
        (2, "call_ours_0_2"),
    ]
    assert {call["function"]["arguments"] for call in calls} == {'{"a":1}'}
    assert [end["finish_reason"] for end in finishes(chunks)] == ["tool_calls"]
    assert decoder.finished


def test_thoughts_and_signatures_come_as_they_are_made() -> None:
    """Pieces of thought as they come; its detail once it is whole; signatures with their calls."""
    signed = {**CALL, "thoughtSignature": "U0lH"}
    decoder, chunks = run(
        [
            answer(said({"text": "A", "thought": True})),
            answer(said({"text": "B", "thought": True})),
            answer(said(signed)),
            answer(said({"text": "", "thoughtSignature": "QQ=="}, reason="STOP")),
        ]
    )
    said_all = deltas(chunks)
    details = [detail for delta in said_all for detail in delta.get("reasoning_details", ())]

    assert [delta.get("reasoning_content") for delta in said_all[:2]] == ["A", "B"]
    assert [(detail["index"], detail.get("text") or detail["data"]) for detail in details] == [
        (0, "AB"),
        (1, "U0lH"),
        (2, "QQ=="),
    ]
    assert said_all[2]["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "U0lH"}}
    assert decoder.memento == Memento(("call_ours_0_0",), {"reasoning_details": details})


def test_candidates_are_choices_each_with_its_role_and_its_end() -> None:
    """However they interleave."""
    decoder, chunks = run(
        [
            answer(said({"text": "A"}), said({"text": "1"}, index=1)),
            answer(said({"text": "2"}, index=1, reason="STOP")),
            answer(said({"text": "B"}, reason="MAX_TOKENS")),
        ]
    )

    assert "".join(delta.get("content", "") for delta in deltas(chunks)) == "AB"
    assert "".join(delta.get("content", "") for delta in deltas(chunks, 1)) == "12"
    assert [delta.get("role") for delta in deltas(chunks, 1)] == ["assistant", None, None]
    assert {(end["index"], end["finish_reason"]) for end in finishes(chunks)} == {(0, "length"), (1, "stop")}
    assert decoder.finished


def test_a_candidate_that_does_not_end_leaves_the_stream_open() -> None:
    """It is not finished, though another one is."""
    decoder, chunks = run([answer(said({"text": "A"}), said({"text": "1"}, index=1, reason="STOP"))])

    assert finishes(chunks) == []
    assert decoder.failure is not None
    assert (decoder.failure.kind, decoder.finished) == (FailureKind.UNREACHABLE, False)


def test_a_blocked_prompt_is_a_stream_that_ends_for_the_filter() -> None:
    """Its feedback comes without a candidate."""
    feedback = {"blockReason": "SAFETY"}
    decoder, chunks = run([{"promptFeedback": feedback, "usageMetadata": {"promptTokenCount": 4}, **HEAD}])

    assert [(end["finish_reason"], end["native_finish_reason"]) for end in finishes(chunks)] == [
        ("content_filter", "SAFETY")
    ]
    assert deltas(chunks) == [{"role": "assistant", "extra_content": {"google": {"promptFeedback": feedback}}}]
    assert (decoder.started, decoder.finished, decoder.usage) == (True, True, Usage(4, 0))


def test_facts_beside_the_parts_come_with_the_finish() -> None:
    """Grounding as annotations, ratings as they are."""
    grounding = {
        "groundingChunks": [{"web": {"uri": "https://a.b", "title": "A"}}],
        "groundingSupports": [{"segment": {"endIndex": 5}, "groundingChunkIndices": [0]}],
    }
    _, chunks = run([HELLO[0], answer(said({"text": "lo"}, reason="STOP", groundingMetadata=grounding))])
    last = deltas(chunks)[-1]

    assert last["annotations"][0]["url_citation"] == {
        "url": "https://a.b",
        "title": "A",
        "start_index": 0,
        "end_index": 5,
    }
    assert last["extra_content"] == {"google": {"groundingMetadata": grounding}}


def test_log_probabilities_come_with_their_text() -> None:
    """The role is still said once."""
    result = {"chosenCandidates": [{"token": "Hi", "logProbability": -1.5}]}
    _, chunks = run([answer(said({"text": "Hi"}, logprobsResult=result)), answer(said({"text": "!"}, reason="STOP"))])

    assert chunks[0]["choices"][0]["logprobs"]["content"][0]["logprob"] == -1.5
    assert [delta.get("role") for delta in deltas(chunks)] == ["assistant", None, None]


def test_images_and_googles_own_tools_come_as_deltas() -> None:
    """Neither is a text or a call."""
    code = {"executableCode": {"code": "1"}}
    _, chunks = run([answer(said(code, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}, reason="STOP"))])

    assert deltas(chunks)[:2] == [
        {"role": "assistant", "extra_content": {"google": {"content": [code]}}},
        {"images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]},
    ]


ERROR: Json = {"error": {"code": 503, "message": "Overloaded.", "status": "UNAVAILABLE"}}


def test_an_error_event_is_the_end_and_no_finish() -> None:
    """Though every candidate had ended."""
    decoder, chunks = run([*HELLO, ERROR])

    assert finishes(chunks) == []
    assert decoder.failure is not None
    assert (decoder.failure.kind, decoder.failure.status) == (FailureKind.OVERLOADED, 503)
    assert decoder.failure.reached_model


@pytest.mark.parametrize("body", [[ERROR], ERROR])
def test_an_error_in_place_of_a_stream_is_one(body: Any) -> None:
    """Google answers so where the request never got to the model."""
    decoder = GeminiDecoder(ask(stream=True))
    out = decoder.feed(orjson.dumps(body)) + decoder.close()

    assert out == b""
    assert decoder.failure is not None
    assert (decoder.failure.kind, decoder.failure.reached_model) == (FailureKind.OVERLOADED, False)


def test_a_call_that_the_model_got_wrong_breaks_the_stream() -> None:
    """What has been said stands, but it is no end."""
    decoder, chunks = run([HELLO[0], answer({"finishReason": "MALFORMED_FUNCTION_CALL"})])

    assert finishes(chunks) == []
    assert decoder.failure is not None
    assert (decoder.failure.kind, decoder.failure.code) == (FailureKind.GARBLED, "MALFORMED_FUNCTION_CALL")


BROKEN: dict[str, bytes] = {
    "no JSON": b"data: {oops\n\n",
    "a number": b"data: 1\n\n",
    "candidates that are none": b'data: {"candidates": [1]}\n\n',
    "an odd number": b'data: {"candidates": [{"index": []}]}\n\n',
    "a text that is none": b'data: {"candidates": [{"content": {"parts": [{"text": 1}]}}]}\n\n',
    "a call without a name": b'data: {"candidates": [{"content": {"parts": [{"functionCall": {}}]}}]}\n\n',
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
def test_an_event_that_is_none_is_garbled(raw: bytes) -> None:
    """Never an exception (F8)."""
    decoder = GeminiDecoder(ask(stream=True))
    decoder.feed(framed(HELLO[:1]) + raw)
    decoder.close()

    assert decoder.failure is not None
    assert (decoder.failure.kind, decoder.finished) == (FailureKind.GARBLED, False)


@pytest.mark.parametrize("raw", [b"", b"\r\n", b": ping\n\n", framed([{"usageMetadata": COUNTS}]), framed([{}])])
def test_a_body_that_says_nothing_is_no_answer(raw: bytes) -> None:
    """A silent end is no success (F6)."""
    decoder = GeminiDecoder(ask(stream=True))
    out = decoder.feed(raw) + decoder.close()

    assert out == b""
    assert decoder.failure is not None
    assert (decoder.failure.kind, decoder.finished) == (FailureKind.UNREACHABLE, False)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.sampled_from(["STOP", "SAFETY"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("candidates", "content", "parts", "text", "thought", "thoughtSignature", "functionCall", "name"),
                    *("args", "id", "index", "finishReason", "usageMetadata", "promptFeedback", "blockReason", "error"),
                    *("inlineData", "mimeType", "data", "groundingMetadata", "groundingSupports", "logprobsResult"),
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)
PARTS = st.lists(st.dictionaries(st.sampled_from(["text", "thought", "functionCall", "inlineData"]), JSON), max_size=3)
EVENTS = st.lists(
    JSON
    | st.builds(
        lambda parts, more: {"candidates": [{"content": {"parts": parts}, **more}]},
        PARTS,
        st.dictionaries(st.sampled_from(["finishReason", "index", "groundingMetadata", "logprobsResult"]), JSON),
    ),
    max_size=4,
)


@settings(max_examples=300, deadline=None)
@given(events=EVENTS, cuts=st.lists(st.integers(0, 400), max_size=4), tail=st.binary(max_size=8))
def test_no_stream_raises_and_none_both_ends_and_fails(events: list[Any], cuts: list[int], tail: bytes) -> None:
    """Whatever an upstream makes up, in whatever pieces."""
    raw = b"".join(b"data: %b\r\n\r\n" % json.dumps(event).encode() for event in events) + tail
    whole, pieced = (GeminiDecoder(replace(ask(stream=True), include_usage=True)) for _ in range(2))
    expected = whole.feed(raw) + whole.close()
    places = [0, *sorted(min(cut, len(raw)) for cut in cuts), len(raw)]
    out = b"".join([pieced.feed(raw[a:b]) for a, b in pairwise(places)]) + pieced.close()

    assert out == expected
    assert (whole.finished, whole.failure, whole.usage) == (pieced.finished, pieced.failure, pieced.usage)
    assert whole.finished is (whole.failure is None)
    assert (b'"finish_reason":"' in expected) is whole.finished
