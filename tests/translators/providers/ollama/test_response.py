"""Whole answers: what is said, and what is no answer."""

from typing import Any

import orjson
import pytest
from openai.types.chat import ChatCompletion

from tests.translators.providers.ollama.ollama_asks import Json, Target, answer, ask
from translators.base import Memento, WireResponse
from translators.facts import Failure, FailureKind, Usage
from translators.providers.ollama import Ollama


def said(content: Any = "Hi", reason: Any = "stop", message: Json | None = None, **fields: Any) -> Json:
    """An answer with this message."""
    inner = {"role": "assistant", "content": content, **(message or {})}
    return {"model": "qwen3:4b", "message": inner, "done": True, "done_reason": reason, **fields}


def call(name: str, arguments: Any, **fields: Any) -> Json:
    """A call."""
    return {"function": {"name": name, "arguments": arguments}, **fields}


def failed(body: bytes) -> Failure:
    """An answer that is none."""
    failure = Ollama().response(ask(), WireResponse(200, {}, body), Target())
    assert isinstance(failure, Failure)
    return failure


def test_an_answer_is_one_that_openais_sdk_knows() -> None:
    """With all there is in it; the times are shown beside the counts."""
    counts = {"prompt_eval_count": 5, "eval_count": 3, "total_duration": 9, "eval_duration": 4}
    response, body = answer(said(message={"thinking": "Hm"}, **counts, remote_host="https://ollama.com"))

    ChatCompletion.model_validate(body)
    assert body == {
        "id": "chatcmpl-ours",
        "object": "chat.completion",
        "created": 7,
        "model": "qwen3:4b",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "Hi",
                    "refusal": None,
                    "reasoning_content": "Hm",
                    "extra_content": {"ollama": {"remote_host": "https://ollama.com"}},
                },
                "logprobs": None,
                "finish_reason": "stop",
                "native_finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 5,
            "completion_tokens": 3,
            "total_tokens": 8,
            "total_duration": 9,
            "eval_duration": 4,
        },
    }
    assert (response.usage, response.memento) == (Usage(5, 3), None)


@pytest.mark.parametrize(
    ("native", "called", "reason"),
    [
        ("stop", False, "stop"),
        ("stop", True, "tool_calls"),
        ("length", False, "length"),
        ("length", True, "length"),
        ("load", False, "stop"),
        ("unload", False, "stop"),
        (None, False, "stop"),
        ("of_tomorrow", True, "tool_calls"),
    ],
)
def test_a_finish_reason_is_openais_and_the_native_one_is_kept(native: Any, called: bool, reason: str) -> None:
    """Ollama says ``stop`` though the answer is a tool call."""
    message = {"tool_calls": [call("f", {})]} if called else {}
    _, body = answer(said(reason=native, message=message))

    choice = body["choices"][0]
    assert (choice["finish_reason"], choice["native_finish_reason"]) == (reason, native)


def test_every_call_has_an_id_of_its_own() -> None:
    """The server's, unless there is none, or it comes again; arguments are text."""
    calls = [
        call("f", {"x": {"y": 1}}, id="call_a"),
        call("f", {}, id="call_a"),
        call("g", None),
        call("h", '{"z":2}', id=""),
    ]
    response, body = answer(said("", message={"thinking": "Hm", "tool_calls": calls}))

    message = body["choices"][0]["message"]
    ids = [entry["id"] for entry in message["tool_calls"]]
    assert message["content"] is None
    assert ids == ["call_a", "call_ours_1", "call_ours_2", "call_ours_3"]
    assert [entry["function"]["arguments"] for entry in message["tool_calls"]] == [
        '{"x":{"y":1}}',
        "{}",
        "{}",
        '{"z":2}',
    ]
    assert response.memento == Memento(tuple(ids), {"reasoning_content": "Hm"})


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        ({}, None),
        ({"eval_count": 3}, None),
        ({"prompt_eval_count": 5}, Usage(5, 0)),
        ({"prompt_eval_count": 5, "eval_count": -1}, None),
        ({"prompt_eval_count": "5", "eval_count": 1}, None),
    ],
)
def test_a_count_that_is_none_is_not_believed(counts: Json, usage: Usage | None) -> None:
    """F11; that of nothing written is left out by the server."""
    response, body = answer(said(**counts))

    assert response.usage == usage
    assert ("usage" in body) is (usage is not None)


def test_log_probabilities_are_openais_with_what_the_server_left_out() -> None:
    """Empty fields."""
    token = {"token": "Hi", "logprob": -0.5, "bytes": [72, 105]}
    _, body = answer(said(logprobs=[{**token, "top_logprobs": [token]}, {"token": "!", "logprob": -1}]))

    ChatCompletion.model_validate(body)
    assert body["choices"][0]["logprobs"] == {
        "content": [
            {**token, "top_logprobs": [token]},
            {"token": "!", "logprob": -1, "bytes": None, "top_logprobs": []},
        ],
        "refusal": None,
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"5",
        b"[]",
        b"{}",
        b'{"message": {"content": "half"}, "done": false}',
        b'{"message": 5, "done": true}',
        b'{"message": {"content": 5}, "done": true}',
        b'{"message": {"thinking": {"a": 1}}, "done": true}',
        b'{"message": {"tool_calls": 5}, "done": true}',
        b'{"message": {"tool_calls": [{"function": {"name": 5}}]}, "done": true}',
        b'{"message": {"tool_calls": [{"function": {}}]}, "done": true}',
        b'{"message": {}, "logprobs": [5], "done": true}',
        b'{"message": {"tool_calls": [{"function": {"name": "f", "arguments": '
        + b"[" * 300
        + b"]" * 300
        + b'}}]}, "done": true}',
    ],
)
def test_what_is_no_answer_is_garbled(body: bytes) -> None:
    """F7: a failure, never an exception; half an answer is none."""
    assert failed(body).kind is FailureKind.GARBLED


def test_an_error_in_an_answers_clothes_is_one() -> None:
    """As the server has it in the middle of a stream."""
    failure = failed(orjson.dumps({"error": "an error was encountered while running the model"}))

    assert (failure.kind, failure.status) == (FailureKind.OVERLOADED, 500)
