"""Streams: what was said, in the order and the pieces it was said in."""

from typing import Any

import orjson
import pytest

from tests.translators.providers.cohere.cohere_asks import Json, deltas, framed, run
from translators.base import Memento
from translators.facts import Usage

START: Json = {"type": "message-start", "id": "x", "delta": {"message": {"role": "assistant", "tool_calls": []}}}
PLAN_DETAIL: Json = {"type": "reasoning.text", "text": "I will", "format": "cohere-tool-plan-v1", "index": 0}


def begin(kind: str = "text", index: int = 0) -> Json:
    """A block begins."""
    return {"type": "content-start", "index": index, "delta": {"message": {"content": {"type": kind, kind: ""}}}}


def piece(said: str, kind: str = "text", index: int = 0, **fields: Any) -> Json:
    """A piece of a block."""
    return {"type": "content-delta", "index": index, "delta": {"message": {"content": {kind: said}}}, **fields}


def plan(said: str) -> Json:
    """A piece of the plan."""
    return {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": said}}}


def call(name: str, index: int, arguments: str = "") -> Json:
    """A call begins: an object, in a field that has a list's name."""
    said = {"id": f"id_{name}", "type": "function", "function": {"name": name, "arguments": arguments}}
    return {"type": "tool-call-start", "index": index, "delta": {"message": {"tool_calls": said}}}


def arguments(said: str, index: int) -> Json:
    """A piece of its arguments."""
    inner = {"function": {"arguments": said}}
    return {"type": "tool-call-delta", "index": index, "delta": {"message": {"tool_calls": inner}}}


def end(kind: str, index: int = 0) -> Json:
    """Something ends."""
    return {"type": f"{kind}-end", "index": index}


def stop(reason: str = "COMPLETE", usage: Any = None, **fields: Any) -> Json:
    """The message ends."""
    return {"type": "message-end", "delta": {"finish_reason": reason, "usage": usage, **fields}}


HELLO = [START, begin(), piece("Hel"), piece("lo"), end("content"), stop()]


def test_a_text_comes_in_the_pieces_it_came_in() -> None:
    """The role with the first, the reason with the last, all of one id."""
    decoder, chunks = run(HELLO)

    head = {"id": "x", "object": "chat.completion.chunk", "created": 7, "model": "smart"}
    assert decoder.finished
    assert chunks == [
        {**head, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hel"}, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {"content": "lo"}, "finish_reason": None}]},
        {
            **head,
            "choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "native_finish_reason": "COMPLETE"}],
        },
    ]


def test_texts_that_come_in_one_read_or_in_many_are_the_same() -> None:
    """Like events are not parsed one by one; an escape, a quote and a letter of several bytes among them."""
    texts = ["a", 'q"', "\\", "\n", "ü", "😀", "", "b"]
    events = [START, begin(), *[piece(said) for said in texts], stop()]

    decoder, chunks = run(events)
    said = "".join(delta.get("content", "") for delta in deltas(chunks))

    assert (decoder.finished, said) == (True, "".join(texts))


def test_parallel_calls_are_a_list_and_numbered_among_themselves() -> None:
    """Peers hand the object on as it is. Cohere's index counts blocks of thinking too."""
    decoder, chunks = run(
        [
            START,
            begin("thinking"),
            piece("Hm", "thinking"),
            end("content"),
            plan("I "),
            plan("will"),
            call("f", 0),
            arguments('{"x"', 0),
            arguments(":1}", 0),
            end("tool-call", 0),
            call("g", 1),
            end("tool-call", 1),
            call("h", 2, '{"y":2}'),
            end("tool-call", 2),
            call("i", 3),
            stop("TOOL_CALL"),
        ]
    )

    said = deltas(chunks)
    calls = [entry for step in said for entry in step.get("tool_calls", [])]
    assert said[0] == {"role": "assistant", "reasoning_content": "Hm"}
    assert [(entry["index"], entry["id"], entry["function"]) for entry in calls if "id" in entry] == [
        (number, f"id_{name}", {"name": name, "arguments": ""}) for number, name in enumerate("fghi")
    ]
    spoken = ["".join(c["function"]["arguments"] for c in calls if c["index"] == number) for number in range(4)]
    assert [orjson.loads(text) for text in spoken] == [{"x": 1}, {}, {"y": 2}, {}]
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert said[-2] == {"reasoning_details": [PLAN_DETAIL]}
    assert decoder.memento == Memento(
        ("id_f", "id_g", "id_h", "id_i"), {"reasoning_content": "Hm", "reasoning_details": [PLAN_DETAIL]}
    )


@pytest.mark.parametrize("include_usage", [True, False])
def test_usage_comes_last_and_on_request(include_usage: bool) -> None:
    """Peers lose that of streams."""
    usage = {
        "billed_units": {"input_tokens": 3, "output_tokens": 2},
        "tokens": {"input_tokens": 70, "output_tokens": 9},
        "cached_tokens": 48,
    }
    decoder, chunks = run([*HELLO[:-1], stop(usage=usage)], include_usage=include_usage)

    assert decoder.usage == Usage(70, 9, 48)
    assert ([chunk["choices"] for chunk in chunks if chunk.get("usage")] == [[]]) is include_usage
    if include_usage:
        assert chunks[-1]["usage"]["prompt_tokens_details"] == {"cached_tokens": 48}
        assert chunks[-1]["usage"]["billed_units"] == {"input_tokens": 3, "output_tokens": 2}


def test_usage_that_was_never_said_is_not_shown() -> None:
    """Nor invented."""
    decoder, chunks = run(HELLO, include_usage=True)

    assert decoder.usage is None
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"


def test_citations_come_where_they_are_made() -> None:
    """With their annotations, placed in the whole text."""
    source = {"type": "document", "id": "1", "document": {"url": "https://example.com", "title": "T"}}
    citation = {"start": 0, "end": 2, "text": "lo", "sources": [source], "content_index": 1, "type": "TEXT_CONTENT"}
    cite = {"type": "citation-start", "index": 0, "delta": {"message": {"citations": citation}}}

    _, chunks = run([START, begin(), piece("Hel"), begin(index=1), piece("lo", index=1), cite, end("citation"), stop()])

    noted = {"url": "https://example.com", "title": "T", "start_index": 3, "end_index": 5}
    assert deltas(chunks)[2] == {
        "citations": [citation],
        "annotations": [{"type": "url_citation", "url_citation": noted}],
    }


def test_log_probabilities_come_with_their_text() -> None:
    """In OpenAI's form."""
    _, chunks = run(
        [START, begin(), piece("Hi", logprobs={"text": "Hi", "token_ids": [5], "logprobs": [-0.5]}), stop()]
    )

    choice = chunks[0]["choices"][0]
    token = {"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": []}
    assert choice["delta"] == {"role": "assistant", "content": "Hi"}
    assert choice["logprobs"] == {"content": [token], "refusal": None}
    assert choice["finish_reason"] is None


def test_unknown_events_and_comments_are_skipped() -> None:
    """The provider may add some at any time."""
    decoder, chunks = run([START, {"type": "debug", "prompt": "x"}, {"type": "of-tomorrow"}, *HELLO[1:]])

    assert (decoder.finished, len(chunks)) == (True, 3)


def test_the_last_word_says_nothing_more() -> None:
    """Newer servers send ``[DONE]`` behind the end, older ones do not."""
    decoder, _ = run(HELLO)

    assert decoder.feed(b"data: [DONE]\n\n") + decoder.close() == b""
    assert (decoder.finished, decoder.failure) == (True, None)


def test_a_message_that_says_nothing_is_one() -> None:
    """With a role, and a reason."""
    decoder, chunks = run([START, stop("MAX_TOKENS")])

    assert decoder.finished
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == ["length"]
    assert decoder.started


def test_ids_of_ours_stand_in_for_those_that_are_missing() -> None:
    """And for events without the start."""
    _, chunks = run(HELLO[1:])

    assert {chunk["id"] for chunk in chunks} == {"chatcmpl-ours"}
    assert framed(HELLO[:1]).startswith(b"event: message-start\n")
