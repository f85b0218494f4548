"""Whole answers of Converse's (F7, F11)."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion

from tests.translators.providers.bedrock.bedrock_asks import Json, Target, ask
from translators.base import ChatResponse, WireResponse
from translators.facts import Failure, FailureKind, Usage
from translators.providers.bedrock import Bedrock
from translators.providers.forms import ANSWER

USAGE: Json = {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10}
HELLO: Json = {"text": "Hello"}


def read(body: Any, **wanted: Any) -> ChatResponse | Failure:
    """What an answer comes to."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return Bedrock().response(ask(**wanted), WireResponse(200, {}, raw), Target())


def answer(*blocks: Json, stop: Any = "end_turn", usage: Any = USAGE, wanted: Any = None, **more: Any) -> Json:
    """The completion that an answer of these blocks is."""
    message = {"role": "assistant", "content": list(blocks)}
    response = read({"output": {"message": message}, "stopReason": stop, "usage": usage, **more}, **(wanted or {}))
    assert isinstance(response, ChatResponse)
    ChatCompletion.model_validate_json(response.body)
    said: Json = orjson.loads(response.body)
    return said


def test_a_text_is_openais_message() -> None:
    """Converse names neither the answer nor the model: ours stand in."""
    assert answer(HELLO) == {
        "id": "chatcmpl-ours",
        "object": "chat.completion",
        "created": 7,
        "model": "smart",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
                "native_finish_reason": "end_turn",
            }
        ],
        "usage": {
            "prompt_tokens": 7,
            "completion_tokens": 3,
            "total_tokens": 10,
            "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "cache_read_input_tokens": 0,
            "cache_creation_input_tokens": 0,
        },
    }


@pytest.mark.parametrize(
    ("native", "expected"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("tool_use", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("guardrail_intervened", "content_filter"),
        ("content_filtered", "content_filter"),
        ("something_new", "stop"),
    ],
)
def test_every_stop_reason_has_openais_name(native: str, expected: str) -> None:
    """And its own beside it."""
    choice = answer(HELLO, stop=native)["choices"][0]

    assert (choice["finish_reason"], choice["native_finish_reason"]) == (expected, native)


@pytest.mark.parametrize("native", ["malformed_model_output", "malformed_tool_use"])
def test_output_that_nobody_can_read_is_no_answer(native: str) -> None:
    """Another attempt may well give one; the work was done."""
    failure = read({"output": {"message": {"content": []}}, "stopReason": native, "usage": USAGE})

    assert isinstance(failure, Failure)
    assert (failure.kind, failure.code, failure.reached_model) == (FailureKind.GARBLED, native, True)


def test_parallel_calls_keep_their_order_and_arguments() -> None:
    """Beside what was said."""
    calls = [{"toolUse": {"toolUseId": f"t{n}", "name": "f", "input": {"n": n}}} for n in range(2)]
    choice = answer(HELLO, *calls, stop="tool_use")["choices"][0]

    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] == "Hello"
    assert [(call["id"], call["function"]["arguments"]) for call in choice["message"]["tool_calls"]] == [
        ("t0", '{"n":0}'),
        ("t1", '{"n":1}'),
    ]
    assert answer(calls[0], stop="tool_use")["choices"][0]["message"]["content"] is None


def test_the_tool_that_stands_for_the_answer_is_the_answer() -> None:
    """The client never sees it; beside a call of its own it is a text."""
    stands = {"toolUse": {"toolUseId": "t", "name": ANSWER, "input": {"n": 1}}}
    other = {"toolUse": {"toolUseId": "u", "name": "f", "input": {}}}
    wanted = {"response_format": {"type": "json_object"}}
    choice = answer(stands, stop="tool_use", wanted=wanted)["choices"][0]

    assert choice["message"] == {"role": "assistant", "content": '{"n":1}', "refusal": None}
    assert choice["finish_reason"] == "stop"
    both = answer(stands, other, stop="tool_use", wanted=wanted)["choices"][0]
    assert (both["message"]["content"], both["finish_reason"]) == ('{"n":1}', "tool_calls")
    assert "tool_calls" in answer(stands, stop="tool_use")["choices"][0]["message"]  # a client's own of that name


def test_tools_of_the_providers_own_are_no_calls_of_the_clients() -> None:
    """A peer's failure: the client would be asked to run them."""
    own = [
        {"toolUse": {"toolUseId": "s", "name": "nova_code_interpreter", "input": {}, "type": "server_tool_use"}},
        {"toolResult": {"toolUseId": "s", "content": [], "type": "nova_code_interpreter_result"}},
    ]
    message = answer(*own, HELLO)["choices"][0]["message"]

    assert "tool_calls" not in message
    assert message["extra_content"]["bedrock"]["content"] == own


def test_citations_are_kept_and_shown_where_they_lie_on_the_web() -> None:
    """With the place in the text that they are for."""
    web = {"title": "T", "location": {"web": {"url": "https://example.com/a"}}}
    page = {"title": "P", "location": {"documentPage": {"documentIndex": 0, "start": 1, "end": 1}}}
    message = answer(HELLO, {"citationsContent": {"content": [{"text": " you"}], "citations": [web, page]}})["choices"][
        0
    ]["message"]

    assert message["content"] == "Hello you"
    assert message["citations"] == [web, page]
    assert message["annotations"] == [
        {
            "type": "url_citation",
            "url_citation": {"url": "https://example.com/a", "title": "T", "start_index": 5, "end_index": 9},
        }
    ]


def test_an_image_is_one_of_the_messages() -> None:
    """As OpenRouter has it."""
    message = answer({"image": {"format": "png", "source": {"bytes": "AAAA"}}})["choices"][0]["message"]

    assert message["images"] == [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]


def test_facts_without_another_place_are_kept() -> None:
    """What the guardrail found, the time it took, fields that the client asked for; the tier has a place."""
    facts = {
        "trace": {"guardrail": {"actionReason": "x"}},
        "metrics": {"latencyMs": 3},
        "additionalModelResponseFields": {"stop_sequence": "END"},
        "performanceConfig": {"latency": "optimized"},
        "serviceTier": {"type": "flex"},
    }
    said = answer(HELLO, **facts)

    assert said["choices"][0]["message"]["extra_content"] == {"bedrock": facts}
    assert said["service_tier"] == "flex"


def test_usage_is_inclusive() -> None:
    """What was read from the cache and written to it is beside the input there; what else is said stays."""
    raw = USAGE | {
        "cacheReadInputTokens": 20,
        "cacheWriteInputTokens": 100,
        "cacheDetails": [{"ttl": "1h", "inputTokens": 100}],
    }
    usage = answer(HELLO, usage=raw)["usage"]

    assert (usage["prompt_tokens"], usage["total_tokens"]) == (127, 130)
    assert usage["prompt_tokens_details"] == {"cached_tokens": 20, "cache_write_tokens": 100}
    assert usage["cacheDetails"] == raw["cacheDetails"]
    response = read({"output": {"message": {"content": [HELLO]}}, "stopReason": "end_turn", "usage": raw})
    assert isinstance(response, ChatResponse)
    assert response.usage == Usage(127, 3, 20, 100, cache_write_1h_tokens=100)


@pytest.mark.parametrize(
    "usage", [None, {}, {"inputTokens": -1, "outputTokens": 1}, {"inputTokens": True, "outputTokens": 1}, 7, "x"]
)
def test_usage_that_is_none_is_not_made_up(usage: Any) -> None:
    """F11: better an estimate than nonsense."""
    assert "usage" not in answer(HELLO, usage=usage)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b"[]",
        b"{}",
        {"stopReason": "end_turn"},
        {"output": {"message": {"content": None}}, "stopReason": "end_turn"},
        {"output": {"message": {"content": [HELLO]}}},
        {"output": {"message": {"content": [HELLO]}}, "stopReason": {}},
        {"output": {"message": {"content": ["x"]}}, "stopReason": "end_turn"},
        {"output": {"message": {"content": [{"text": None}]}}, "stopReason": "end_turn"},
        {"output": {"message": {"content": [{"toolUse": {"name": "f"}}]}}, "stopReason": "end_turn"},
        {"output": {"message": {"content": [{"reasoningContent": {"redactedContent": "%"}}]}}, "stopReason": "x"},
        {"output": {"message": {"content": [{"reasoningContent": {"redactedContent": 7}}]}}, "stopReason": "x"},
    ],
)
def test_an_answer_of_another_shape_is_garbled(body: Any) -> None:
    """F7: never an exception, never an empty answer."""
    failure = read(body)

    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.GARBLED


def test_an_answer_that_is_nested_too_deeply_is_garbled() -> None:
    """orjson reads deeper than it writes."""
    deep = b'{"a":' * 300 + b"1" + b"}" * 300
    body = b'{"output":{"message":{"content":[{"toolUse":{"toolUseId":"t","name":"f","input":%b}}]}},"stopReason":"x"}'

    assert isinstance(read(body % deep), Failure)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "text",
                    "toolUse",
                    "name",
                    "input",
                    "toolUseId",
                    "type",
                    "reasoningContent",
                    "reasoningText",
                    "redactedContent",
                    "citationsContent",
                    "citations",
                    "content",
                    "image",
                    "source",
                    "bytes",
                    "format",
                    "location",
                    "web",
                    "url",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.lists(JSON, max_size=3), JSON, JSON)
def test_any_blocks_are_an_answer_or_a_failure(blocks: list[Any], stop: Any, usage: Any) -> None:
    """Never an exception."""
    body = {"output": {"message": {"content": blocks}}, "stopReason": stop, "usage": usage, "metrics": usage}

    assert isinstance(read(body), ChatResponse | Failure)
