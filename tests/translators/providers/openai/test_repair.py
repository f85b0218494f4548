"""What is mended in an answer, and what is left alone."""

from typing import Any

import pytest

from translators.base import ChatRequest
from translators.providers.openai.repair import mend_calls, mend_choice, mend_envelope, mend_message

ASK = ChatRequest("chatcmpl-ours", 7, b"{}", {"model": "m"}, "m", stream=False, include_usage=False)
THOUGHT = {"type": "reasoning.text", "text": "hm", "format": "mistral-v1", "index": 0}
WHOLE = {"id": "x", "object": "chat.completion", "created": 0, "model": "y"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"id": "chatcmpl-ours", "object": "chat.completion", "created": 7, "model": "m"}),
        ({"id": "", "model": None, "created": None}, {"id": "chatcmpl-ours", "created": 7, "model": "m"}),
        ({"id": "x", "object": "other", "created": 5, "model": "y"}, WHOLE | {"created": 5}),
    ],
)
def test_what_an_answer_has_to_have_is_filled_in(given: dict[str, Any], expected: dict[str, Any]) -> None:
    """From the request where the provider gives none."""
    assert mend_envelope(given, ASK, "chat.completion")
    assert given == given | expected
    assert not mend_envelope(given, ASK, "chat.completion")


def test_an_answer_that_has_all_is_left_alone() -> None:
    """A ``created`` of 0 too: it is what the provider said."""
    assert not mend_envelope(dict(WHOLE), ASK, "chat.completion")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"index": 1, "finish_reason": "stop"}, None),
        ({"finish_reason": None}, {"index": 3, "finish_reason": None}),
        ({"index": True}, {"index": 3}),
        ({"index": 0, "finish_reason": "eos"}, {"index": 0, "finish_reason": "stop", "native_finish_reason": "eos"}),
        (
            {"index": 0, "finish_reason": "model_length", "native_finish_reason": "own"},
            {"index": 0, "finish_reason": "length", "native_finish_reason": "own"},
        ),
        ({"index": 0, "finish_reason": []}, None),
        ({"index": 0, "finish_reason": ""}, {"index": 0, "finish_reason": None}),
    ],
)
def test_a_choice_gets_its_index_and_openais_finish_reason(given: dict[str, Any], expected: Any) -> None:
    """The provider's own word is kept beside it."""
    before = dict(given)

    assert mend_choice(given, 3) is (expected is not None)
    assert given == (expected or before)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"content": "x"}, None),
        ({"content": None, "reasoning": None}, None),
        ({"reasoning": "hm"}, {"reasoning": "hm", "reasoning_content": "hm"}),
        ({"reasoning": "hm", "reasoning_content": "own"}, None),
        ({"reasoning": {"effort": "low"}}, None),
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, {"content": "ab"}),
        ({"content": []}, {"content": ""}),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "h"}, {"type": "text", "text": "m"}]},
                    {"type": "text", "text": "a"},
                ]
            },
            {"content": "a", "reasoning_content": "hm", "reasoning_details": [THOUGHT]},
        ),
        (
            {"content": [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": 5}]},
            {"content": "", "reasoning_content": "hm", "reasoning_details": [THOUGHT | {"signature": "s"}]},
        ),
        ({"reasoning_text": "hm"}, {"reasoning_text": "hm", "reasoning_content": "hm"}),
        (
            {"content": [{"type": "text", "text": "a"}, {"type": "reference", "reference_ids": [1]}, "odd"]},
            {
                "content": "a",
                "extra_content": {"mistral": {"content": [{"type": "reference", "reference_ids": [1]}, "odd"]}},
            },
        ),
    ],
)
def test_reasoning_and_content_go_where_clients_look_for_them(given: dict[str, Any], expected: Any) -> None:
    """Nothing of the provider's is taken away."""
    before = dict(given)

    assert mend_message(given) is (expected is not None)
    assert given == (expected or before)


def test_arguments_that_are_an_object_become_text() -> None:
    """As OpenAI has them, in deltas too."""
    calls = [{"type": "function", "function": {"name": "f", "arguments": {"a": [1]}}}]

    assert mend_calls(calls, whole=False)
    assert calls[0]["function"] == {"name": "f", "arguments": '{"a":[1]}'}
    assert not mend_calls(calls, whole=False)


def test_a_whole_call_gets_its_type() -> None:
    """Mistral leaves it out; a delta needs none."""
    calls = [{"id": "c", "function": {"name": "f", "arguments": "{}"}}]

    assert not mend_calls(calls, whole=False)
    assert mend_calls(calls, whole=True)
    assert calls[0]["type"] == "function"


def test_other_calls_are_left_alone() -> None:
    """A custom tool's call has no function; nonsense has nothing."""
    calls = [{"type": "custom", "custom": {"name": "f", "input": ""}}, "x", {"function": None}]

    assert not mend_calls(calls, whole=True)
