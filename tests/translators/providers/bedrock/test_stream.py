"""Converse's streams as OpenAI's chunks."""

from typing import Any

import pytest

from tests.translators.providers.bedrock.bedrock_asks import Json
from tests.translators.providers.bedrock.bedrock_streams import (
    HELLO,
    METADATA,
    START,
    USAGE,
    argue,
    begin,
    delta,
    deltas,
    end,
    run,
    stop,
    text,
    use,
)
from translators.facts import Usage
from translators.providers.forms import ANSWER


def test_a_text_comes_piece_by_piece() -> None:
    """Role once, finish once and last, one id."""
    decoder, chunks = run(HELLO)

    assert deltas(chunks)[:2] == [{"role": "assistant", "content": "Hel"}, {"content": "lo"}]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, None, "stop"]
    assert chunks[-1]["choices"][0]["native_finish_reason"] == "end_turn"
    assert len({(chunk["id"], chunk["created"], chunk["model"]) for chunk in chunks}) == 1
    assert (decoder.started, decoder.finished, decoder.failure) == (True, True, None)
    assert decoder.usage == Usage(7, 3)


def test_usage_comes_last_where_it_is_asked_for() -> None:
    """In a chunk of its own; null in all the others."""
    _, chunks = run(HELLO, include_usage=True)

    assert [chunk["usage"] is None for chunk in chunks] == [True, True, True, False]
    assert (chunks[-1]["choices"], chunks[-1]["usage"]["total_tokens"]) == ([], 10)


def test_the_finish_waits_for_what_it_cost() -> None:
    """A stream that breaks between the two is broken; one that ends there has ended."""
    decoder, chunks = run(HELLO[:-1])
    assert (decoder.finished, decoder.usage) == (True, None)
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"

    decoder, chunks = run([START, text("Hi"), METADATA, stop()])
    assert (decoder.finished, decoder.usage) == (True, Usage(7, 3))
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"


def test_parallel_calls_have_indexes_of_their_own() -> None:
    """Interleaved or not, whatever the blocks are numbered; a text before them is none of them."""
    events = [
        START,
        text("So", 0),
        use("a", 3),
        use("b", 5),
        argue('{"x":', 3),
        argue('{"y":2}', 5),
        argue("1}", 3),
        end(3),
        end(5),
        stop("tool_use"),
        METADATA,
    ]
    _, chunks = run(events)
    calls = [step["tool_calls"][0] for step in deltas(chunks) if "tool_calls" in step]

    assert [(call["index"], call.get("id"), call["function"]["arguments"]) for call in calls] == [
        (0, "id_a", ""),
        (1, "id_b", ""),
        (0, None, '{"x":'),
        (1, None, '{"y":2}'),
        (0, None, "1}"),
    ]
    assert calls[0]["function"]["name"] == "a"
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("ended", [True, False])
def test_a_call_without_arguments_has_an_empty_object(ended: bool) -> None:
    """JSON in any case, also where the block is never said to end."""
    events = [START, use("a", 0), argue("", 0), *([end(0)] if ended else []), stop("tool_use"), METADATA]
    calls = [step["tool_calls"][0] for step in deltas(run(events)[1]) if "tool_calls" in step]

    assert "".join(call["function"]["arguments"] for call in calls) == "{}"


def test_the_tool_that_stands_for_the_answer_streams_as_text() -> None:
    """The client sees no call, and the finish is none."""
    events = [START, use(ANSWER, 0), argue('{"n":', 0), argue("1}", 0), end(0), stop("tool_use"), METADATA]
    decoder, chunks = run(events, response_format={"type": "json_object"})

    assert "".join(step.get("content", "") for step in deltas(chunks)) == '{"n":1}'
    assert not any("tool_calls" in step for step in deltas(chunks))
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert decoder.started


def test_an_answer_by_tool_that_is_empty_is_an_empty_object() -> None:
    """Not an empty text."""
    _, chunks = run(
        [START, use(ANSWER, 0), end(0), stop("tool_use"), METADATA], response_format={"type": "json_object"}
    )

    assert "".join(step.get("content", "") for step in deltas(chunks)) == "{}"


def test_tools_of_the_providers_own_are_no_calls_of_the_clients() -> None:
    """Call and result go to ``extra_content``, whole, in the order in which they end."""
    events = [
        START,
        use("nova_code_interpreter", 0, type="server_tool_use"),
        argue('{"snippet":', 0),
        argue('"1+1"}', 0),
        end(0),
        begin(1, toolResult={"toolUseId": "s", "type": "nova_code_interpreter_result", "status": "success"}),
        delta(1, toolResult=[{"json": {"stdOut": "2"}}]),
        end(1),
        text("Two.", 2),
        stop(),
        METADATA,
    ]
    steps = deltas(run(events)[1])
    own = [
        block
        for step in steps
        if "extra_content" in step
        for block in step["extra_content"]["bedrock"].get("content", [])
    ]

    assert own[0]["toolUse"]["input"] == {"snippet": "1+1"}
    assert own[1]["toolResult"]["content"] == [{"json": {"stdOut": "2"}}]
    assert not any("tool_calls" in step for step in steps)


@pytest.mark.parametrize("first", [True, False])
def test_citations_know_their_place_in_the_text(first: bool) -> None:
    """Whether they come before their text or behind it."""
    cited: list[Any] = [delta(1, citation={"title": "T", "location": {"web": {"url": "https://example.com"}}})]
    said: list[Any] = [text(" you", 1)]
    events = [START, text("Hello", 0), end(0), *(cited + said if first else said + cited), end(1), stop(), METADATA]
    (step,) = [step for step in deltas(run(events)[1]) if "citations" in step]

    assert len(step["citations"]) == 1
    place = step["annotations"][0]["url_citation"]
    assert (place["start_index"], place["end_index"]) == (5, 9)


def test_an_image_is_one_of_the_messages() -> None:
    """Put together of its pieces."""
    events = [START, begin(0, image={"format": "png"}), delta(0, image={"source": {"bytes": "AAAA"}}), end(0), stop()]
    (step,) = [step for step in deltas(run([*events, METADATA])[1]) if "images" in step]

    assert step["images"][0]["image_url"]["url"] == "data:image/png;base64,AAAA"


def test_facts_without_another_place_come_with_the_finish() -> None:
    """Of both of the last events."""
    facts: Json = {"metrics": {"latencyMs": 1}, "trace": {"guardrail": {}}, "serviceTier": {"type": "flex"}}
    events = [START, text("Hi"), stop(additionalModelResponseFields={"x": 1}), ("metadata", {"usage": USAGE, **facts})]

    assert deltas(run(events)[1])[-1]["extra_content"]["bedrock"] == {
        **facts,
        "additionalModelResponseFields": {"x": 1},
    }


def test_events_that_are_new_or_empty_are_skipped() -> None:
    """The provider may add kinds of events and of deltas at any time."""
    events: list[Any] = [
        START,
        ("somethingNew", {"x": 1}),
        delta(0, somethingNew={}),
        begin(0, somethingNew={}),
        delta(0, text=""),
        delta(1, reasoningContent={"text": ""}),
        end(9),
    ]
    decoder, chunks = run([*events, *HELLO[1:]])

    assert "".join(step.get("content", "") for step in deltas(chunks)) == "Hello"
    assert decoder.finished


def test_nothing_has_started_before_there_is_content() -> None:
    """Until then fail-over is free."""
    decoder, chunks = run([START, begin(0, image={"format": "png"}), end(9)])

    assert (decoder.started, chunks) == (False, [])
