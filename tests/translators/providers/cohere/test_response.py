"""Whole answers: what peers lose on the way, and what is no answer."""

from typing import Any

import orjson
import pytest
from openai.types.chat import ChatCompletion

from tests.translators.providers.cohere.cohere_asks import Json, Target, answer, ask
from translators.base import Memento, WireResponse
from translators.facts import Failure, FailureKind, Usage
from translators.providers.cohere import Cohere

USAGE: Json = {
    "billed_units": {"input_tokens": 3, "output_tokens": 2},
    "tokens": {"input_tokens": 70, "output_tokens": 9, "reasoning_tokens": 4},
    "cached_tokens": 48,
}


def message(*blocks: Json, finish: str = "COMPLETE", usage: Any = None, **fields: Any) -> Json:
    """An answer with this message."""
    return {"id": "x", "finish_reason": finish, "message": {"role": "assistant", "content": list(blocks), **fields}} | (
        {"usage": usage} if usage else {}
    )


def text(said: str) -> Json:
    """A block of text."""
    return {"type": "text", "text": said}


def call(name: str, arguments: str = "{}") -> Json:
    """A call."""
    return {"id": f"id_{name}", "type": "function", "function": {"name": name, "arguments": arguments}}


def failed(body: bytes) -> Failure:
    """An answer that is none."""
    failure = Cohere().response(ask(), WireResponse(200, {}, body), Target())
    assert isinstance(failure, Failure)
    return failure


def test_an_answer_is_one_that_openais_sdk_knows() -> None:
    """With all there is in it."""
    said = message(
        {"type": "thinking", "thinking": "Hm"}, text("Hi"), usage=USAGE, tool_plan="P", tool_calls=[call("f")]
    )
    response, body = answer(said)

    ChatCompletion.model_validate(body)
    assert body["choices"] == [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "Hi",
                "refusal": None,
                "reasoning_content": "Hm",
                "reasoning_details": [
                    {"type": "reasoning.text", "text": "P", "format": "cohere-tool-plan-v1", "index": 0}
                ],
                "tool_calls": [call("f")],
            },
            "logprobs": None,
            "finish_reason": "tool_calls",
            "native_finish_reason": "COMPLETE",
        }
    ]
    assert response.usage == Usage(70, 9, 48, 0, 4)


@pytest.mark.parametrize(
    ("native", "calls", "reason"),
    [
        ("COMPLETE", [], "stop"),
        ("STOP_SEQUENCE", [], "stop"),
        ("MAX_TOKENS", [], "length"),
        ("MAX_TOKENS", [call("f")], "length"),
        ("TOOL_CALL", [call("f")], "tool_calls"),
        ("TOOL_CALL", [], "stop"),
        ("ERROR_LIMIT", [], "length"),
        ("ERROR_TOXIC", [], "content_filter"),
        ("OF_TOMORROW", [], "stop"),
    ],
)
def test_a_finish_reason_is_openais_and_the_native_one_is_kept(native: str, calls: list[Json], reason: str) -> None:
    """Peers answer ``stop`` to all."""
    _, body = answer(message(text("x"), finish=native, tool_calls=calls))

    choice = body["choices"][0]
    assert (choice["finish_reason"], choice["native_finish_reason"]) == (reason, native)


@pytest.mark.parametrize(
    ("native", "kind", "status"), [("ERROR", FailureKind.OVERLOADED, 500), ("TIMEOUT", FailureKind.TIMEOUT, 504)]
)
def test_an_end_that_is_none_is_a_failure(native: str, kind: FailureKind, status: int) -> None:
    """What came before it may be half an answer."""
    failure = failed(orjson.dumps(message(text("Hal"), finish=native)))

    assert (failure.kind, failure.status, failure.code, failure.reached_model) == (kind, status, native, True)


def test_usage_is_all_tokens_and_shows_what_is_billed() -> None:
    """Cached ones are part of the input, thinking is part of the output."""
    _, body = answer(message(text("x"), usage=USAGE))

    assert body["usage"] == {
        "prompt_tokens": 70,
        "completion_tokens": 9,
        "total_tokens": 79,
        "prompt_tokens_details": {"cached_tokens": 48},
        "completion_tokens_details": {"reasoning_tokens": 4},
        "billed_units": {"input_tokens": 3, "output_tokens": 2},
    }


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        (None, None),
        ("x", None),
        ({"tokens": {"input_tokens": 5}}, None),
        ({"tokens": {"input_tokens": -5, "output_tokens": 1}}, None),
        ({"tokens": {"input_tokens": 1e300, "output_tokens": 1}}, None),
        ({"tokens": {"input_tokens": 5.0, "output_tokens": 1.0}}, Usage(5, 1)),
        ({"tokens": {"input_tokens": 5.5, "output_tokens": 1}}, None),
        (
            {"tokens": {"input_tokens": 5, "output_tokens": 1, "reasoning_tokens": 9}, "cached_tokens": 9},
            Usage(5, 1, 5, 0, 1),
        ),
        ({"billed_units": {"input_tokens": 5, "output_tokens": 1}}, None),
    ],
)
def test_a_count_that_is_none_is_not_believed(usage: Any, counted: Usage | None) -> None:
    """F11."""
    response, body = answer(message(text("x"), usage=usage))

    assert response.usage == counted
    assert ("usage" in body) is (counted is not None)


def test_what_the_next_turn_needs_is_kept_for_clients_that_drop_it() -> None:
    """Plan and thoughts, by the ids of the calls; nothing where there are no calls, or nothing beside them."""
    thinking = {"type": "thinking", "thinking": "Hm"}
    both, _ = answer(message(thinking, tool_plan="P", tool_calls=[call("f"), call("g")]))

    assert both.memento == Memento(
        ("id_f", "id_g"),
        {
            "reasoning_content": "Hm",
            "reasoning_details": [{"type": "reasoning.text", "text": "P", "format": "cohere-tool-plan-v1", "index": 0}],
        },
    )
    assert answer(message(thinking, text("x")))[0].memento is None
    assert answer(message(tool_calls=[call("f")]))[0].memento is None


def test_citations_are_kept_and_those_with_an_address_are_annotations_too() -> None:
    """Their places are counted in their block of text."""
    source = {"type": "document", "id": "1", "document": {"url": "https://example.com", "title": "T", "text": "…"}}
    cited = {"start": 1, "end": 2, "text": "b", "sources": [source], "content_index": 2, "type": "TEXT_CONTENT"}
    planned = {**cited, "type": "PLAN"}
    unsourced = {"start": 0, "end": 1, "text": "a", "sources": [{"type": "tool", "id": "t:0", "tool_output": {"x": 1}}]}
    thinking = {"type": "thinking", "thinking": "Hm"}

    _, body = answer(message(text("abc"), thinking, text("bbb"), citations=[cited, planned, unsourced]))

    said = body["choices"][0]["message"]
    assert said["citations"] == [cited, planned, unsourced]
    assert said["annotations"] == [
        {
            "type": "url_citation",
            "url_citation": {"url": "https://example.com", "title": "T", "start_index": 4, "end_index": 5},
        }
    ]


def test_log_probabilities_are_in_openais_form() -> None:
    """A piece of text that is several tokens has their sum."""
    said = message(text("Hi you")) | {
        "logprobs": [
            {"text": "Hi", "token_ids": [5], "logprobs": [-0.5]},
            {"text": " yöu", "token_ids": [6, 7], "logprobs": [-0.25, -1]},
        ]
    }
    _, body = answer(said)

    assert body["choices"][0]["logprobs"] == {
        "content": [
            {"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": []},
            {"token": " yöu", "logprob": -1.25, "bytes": [32, 121, 195, 182, 117], "top_logprobs": []},
        ],
        "refusal": None,
    }


def test_no_text_is_null_beside_calls_and_empty_without() -> None:
    """As OpenAI has it."""
    assert answer(message(tool_calls=[call("f")]))[1]["choices"][0]["message"]["content"] is None
    assert answer(message())[1]["choices"][0]["message"]["content"] == ""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"5",
        b"[]",
        b"{}",
        b'{"finish_reason": "COMPLETE"}',
        b'{"finish_reason": "COMPLETE", "message": 5}',
        b'{"finish_reason": "COMPLETE", "message": {"content": 5}}',
        b'{"finish_reason": "COMPLETE", "message": {"content": [{"type": "text"}]}}',
        b'{"finish_reason": "COMPLETE", "message": {"tool_calls": [{"id": "x"}]}}',
        b'{"finish_reason": "COMPLETE", "message": {"tool_plan": 5, "tool_calls": [5]}}',
        b'{"finish_reason": "COMPLETE", "message": {}, "logprobs": [{"logprobs": "x"}]}',
        b'{"finish_reason": "COMPLETE", "message": {"citations": ' + b"[" * 300 + b"]" * 300 + b"}}",
    ],
)
def test_what_is_no_answer_is_garbled(body: bytes) -> None:
    """F7: a failure, never an exception."""
    assert failed(body).kind is FailureKind.GARBLED


def test_an_error_in_an_answers_clothes_is_one() -> None:
    """A front may say 200 to anything."""
    failure = failed(b'{"id": "x", "message": "too many tokens: size limit exceeded"}')

    assert (failure.kind, failure.status) == (FailureKind.CONTEXT_LENGTH, 500)
