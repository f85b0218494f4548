"""Whole answers: what was said, why it ended, what it cost."""

from typing import Any

import orjson
import pytest
from openai.types.chat import ChatCompletion

from tests.translators.providers.anthropic.anthropic_asks import Json, Target, ask
from translators.base import ChatResponse, WireResponse
from translators.facts import Failure, FailureKind, Usage
from translators.providers.anthropic import Anthropic

USAGE = {"input_tokens": 7, "output_tokens": 3, "service_tier": "standard"}
HELLO = {"type": "text", "text": "Hello"}


def read(**fields: Any) -> ChatResponse | Failure:
    """A message with these fields, read."""
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-x",
        "content": [HELLO],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": USAGE,
        **fields,
    }
    return Anthropic().response(ask(), WireResponse(200, {"retry-after": "3"}, orjson.dumps(message)), Target())


def said(**fields: Any) -> Json:
    """The completion a client gets."""
    response = read(**fields)
    assert isinstance(response, ChatResponse)
    ChatCompletion.model_validate_json(response.body)
    completion: Json = orjson.loads(response.body)
    return completion


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "stop"),
        ("refusal", "content_filter"),
        ("pause_turn", "stop"),
        ("of_tomorrow", "stop"),
    ],
)
def test_why_it_ended_is_said_in_openais_words_and_in_its_own(reason: str, finish: str) -> None:
    """Tool calls are the client's alone: the provider's tools are none."""
    choice = said(stop_reason=reason)["choices"][0]

    assert (choice["finish_reason"], choice["native_finish_reason"]) == (finish, reason)


def test_tool_calls_are_in_order_and_their_arguments_are_json() -> None:
    """None at all is an empty object; there is no content then."""
    uses = [
        {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
        {"type": "tool_use", "id": "b", "name": "g", "input": {}},
    ]
    choice = said(content=uses, stop_reason="tool_use")["choices"][0]

    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    assert choice["message"]["tool_calls"] == [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
        {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
    ]
    assert choice["message"]["extra_content"]["anthropic"]["content"] == [uses[1]]


def test_a_refusal_says_why() -> None:
    """Where the provider does; the details are kept."""
    details = {"type": "refusal", "category": "cyber", "explanation": "Not that."}
    message = said(content=[], stop_reason="refusal", stop_details=details)["choices"][0]["message"]

    assert (message["content"], message["refusal"]) == ("", "Not that.")
    assert message["extra_content"]["anthropic"]["stop_details"] == details
    assert said(stop_reason="refusal", stop_details={"explanation": None})["choices"][0]["message"]["refusal"] is None
    assert said(stop_reason="refusal")["choices"][0]["message"]["refusal"] is None


def test_the_stop_sequence_that_was_met_is_kept() -> None:
    """OpenAI's form has no place for it."""
    message = said(stop_reason="stop_sequence", stop_sequence="END")["choices"][0]["message"]

    assert message["extra_content"] == {"anthropic": {"stop_sequence": "END"}}


def test_citations_of_pages_are_annotations_with_their_place() -> None:
    """All citations are kept as they came; those with a URL in OpenAI's form too."""
    page = {"type": "web_search_result_location", "url": "https://a/b", "title": None, "cited_text": "x"}
    place = {"type": "char_location", "document_index": 0, "start_char_index": 1, "end_char_index": 2}
    content = [HELLO, {"type": "text", "text": " wörld", "citations": [page, place]}]

    message = said(content=content)["choices"][0]["message"]

    assert message["content"] == "Hello wörld"
    assert message["citations"] == [page, place]
    assert message["annotations"] == [
        {
            "type": "url_citation",
            "url_citation": {"url": "https://a/b", "title": "", "start_index": 5, "end_index": 11},
        }
    ]


@pytest.mark.parametrize("words", ["Hello", "", ' \n"\\', "\u2028😀"])
@pytest.mark.parametrize("end", [{}, {"stop_reason": "max_tokens"}, {"stop_reason": "refusal", "stop_details": {}}])
def test_one_text_is_read_as_one_of_several_would_be(words: str, end: Json) -> None:
    """The common answer has a quick way; an empty text beside it takes the careful one, and says nothing more."""
    block = {"type": "text", "text": words, "citations": None}

    assert read(content=[block], **end) == read(content=[block, {"type": "text", "text": ""}], **end)


def test_usage_counts_what_openai_counts() -> None:
    """What was read from the cache and written to it is in the prompt; the rest of what was said is kept."""
    raw = {
        **USAGE,
        "cache_read_input_tokens": 100,
        "cache_creation_input_tokens": 20,
        "cache_creation": {"ephemeral_5m_input_tokens": 20},
        "output_tokens_details": {"thinking_tokens": 2},
        "server_tool_use": {"web_search_requests": 1},
        "inference_geo": None,
    }
    response = read(usage=raw)

    assert isinstance(response, ChatResponse)
    assert response.usage == Usage(127, 3, 100, 20, 2)
    completion = said(usage=raw)
    assert completion["service_tier"] == "default"
    assert completion["usage"] == {
        "prompt_tokens": 127,
        "completion_tokens": 3,
        "total_tokens": 130,
        "prompt_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 20},
        "completion_tokens_details": {"reasoning_tokens": 2},
        "cache_read_input_tokens": 100,
        "cache_creation_input_tokens": 20,
        "cache_creation": {"ephemeral_5m_input_tokens": 20},
        "server_tool_use": {"web_search_requests": 1},
        "service_tier": "standard",
    }


@pytest.mark.parametrize(
    "raw", [None, [], {}, {"input_tokens": -1, "output_tokens": 1}, {"input_tokens": True, "output_tokens": 10**12}]
)
def test_usage_that_is_none_is_not_invented(raw: Any) -> None:
    """F11: it is estimated elsewhere."""
    response = read(usage=raw)

    assert isinstance(response, ChatResponse)
    assert response.usage is None
    assert "usage" not in orjson.loads(response.body)


def test_ids_are_ours_where_the_provider_gives_none() -> None:
    """A completion needs one."""
    completion = said(id=None, model=None)

    assert (completion["id"], completion["model"]) == ("chatcmpl-ours", "smart")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"5",
        b'{"content": 5, "stop_reason": "x"}',
        b'{"content": [5], "stop_reason": "x"}',
        b'{"content": "x", "stop_reason": "x"}',
        b'{"content": {"0": {}}, "stop_reason": "x"}',
        b'{"content": [{"type": "text", "text": 5}], "stop_reason": "x"}',
        b'{"content": []}',
        b'{"content": [{"type": "tool_use"}], "stop_reason": "x"}',
        b'{"content": [{"type": "x", "y": %b}], "stop_reason": "x"}' % (b"[" * 500 + b"]" * 500),
    ],
)
def test_an_answer_that_is_none_is_garbled(body: bytes) -> None:
    """F7: never an exception."""
    failure = Anthropic().response(ask(), WireResponse(200, {}, body), Target())

    assert isinstance(failure, Failure)
    assert (failure.kind, failure.reached_model) == (FailureKind.GARBLED, True)


def test_an_error_inside_a_200_is_that_error() -> None:
    """With the status of its type."""
    body = orjson.dumps({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})

    failure = Anthropic().response(ask(), WireResponse(200, {"retry-after": "3"}, body), Target())

    assert failure == Failure(FailureKind.OVERLOADED, "Overloaded", 529, 3.0, code="overloaded_error")
