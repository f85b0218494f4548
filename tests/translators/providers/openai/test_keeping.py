"""What has to go back in the next turn, found in answers and in streams."""

from typing import Any

import orjson
import pytest

from tests.rig.asks import HI, Target, ask, call
from translators.base import ChatResponse, Memento, WireResponse
from translators.providers.openai import OpenAI
from translators.providers.vendors import VENDORS

CALLS = [call("f", "{}", "a"), call("f", "{}", "b")]
SUMMARY = {"type": "reasoning.summary", "format": "openai-responses-v1", "index": 0}
SECRET = {"type": "reasoning.encrypted", "data": "xyz", "format": "openai-responses-v1", "index": 0, "id": "rs_1"}
HEAD: dict[str, Any] = {"id": "x", "created": 1, "model": "m"}


def of_answer(vendor: str, **fields: Any) -> Memento | None:
    """The memento of a whole answer."""
    choice = {"index": 0, "message": {"role": "assistant", "content": None, **fields}, "finish_reason": "tool_calls"}
    raw = orjson.dumps({**HEAD, "object": "chat.completion", "choices": [choice]})
    response = OpenAI(VENDORS[vendor]).response(ask(HI), WireResponse(200, {}, raw), Target())
    assert isinstance(response, ChatResponse)
    return response.memento


def of_stream(vendor: str, *deltas: Any) -> Memento | None:
    """The memento of a stream of these deltas."""
    decoder = OpenAI(VENDORS[vendor]).decoder(ask(HI, stream=True), Target())
    for delta, reason in [*((delta, None) for delta in deltas), ({}, "tool_calls")]:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        chunk = orjson.dumps({**HEAD, "object": "chat.completion.chunk", "choices": [choice]})
        decoder.feed(b"data: " + chunk + b"\n\n")
        assert decoder.memento is None
    decoder.feed(b"data: [DONE]\n\n")
    assert decoder.finished
    return decoder.memento


@pytest.mark.parametrize("vendor", ["deepseek", "zai", "fireworks"])
def test_visible_thinking_beside_calls_is_kept(vendor: str) -> None:
    """DeepSeek answers a 400 where it does not come back."""
    pieces = [{"reasoning_content": "h"}, {"content": "", "reasoning_content": "m"}, {"content": "x"}, {"content": "y"}]
    calls = [{"tool_calls": [{"index": i, **entry}]} for i, entry in enumerate(CALLS)]
    more = [{"tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]}]

    expected = Memento(("a", "b"), {"reasoning_content": "hm"})
    assert of_answer(vendor, reasoning_content="hm", tool_calls=CALLS) == expected
    assert of_stream(vendor, {"content": ""}, *pieces, *calls, *more) == expected


def test_openrouters_details_are_put_together() -> None:
    """Deltas of one index and type are one entry; what is encrypted comes whole."""
    deltas = [
        {"reasoning": "h", "reasoning_details": [{**SUMMARY, "summary": "h"}]},
        {"reasoning": "m", "reasoning_details": [{**SUMMARY, "summary": "m"}]},
        {"reasoning_details": [SECRET]},
        {"tool_calls": [{"index": 0, **CALLS[0]}]},
    ]
    details = [{**SUMMARY, "summary": "hm"}, SECRET]

    assert of_stream("openrouter", *deltas) == Memento(("a",), {"reasoning_details": details})
    assert of_answer("openrouter", reasoning_details=details, tool_calls=CALLS) == Memento(
        ("a", "b"), {"reasoning_details": details}
    )


def test_mistrals_chunks_of_thinking_are_kept() -> None:
    """In the form in which a client has them."""
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    detail = {"type": "reasoning.text", "text": "hm", "format": "mistral-v1", "index": 0}

    assert of_answer("mistral", content=[thought], tool_calls=CALLS) == Memento(
        ("a", "b"), {"reasoning_details": [detail]}
    )
    halves = [{"content": [{"type": "thinking", "thinking": [{"type": "text", "text": half}]}]} for half in "hm"]
    assert of_stream("mistral", *halves, {"tool_calls": [{"index": 0, **CALLS[0]}]}) == Memento(
        ("a",), {"reasoning_details": [detail]}
    )


@pytest.mark.parametrize(
    ("vendor", "fields"),
    [
        ("deepseek", {"reasoning_content": "hm"}),
        ("deepseek", {"tool_calls": CALLS}),
        ("deepseek", {"reasoning_content": "hm", "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}, "x"]}),
        ("deepseek", {"reasoning_content": 5, "tool_calls": CALLS}),
        ("openrouter", {"reasoning_details": [5], "tool_calls": CALLS}),
        ("openrouter", {"reasoning_details": "x", "tool_calls": CALLS}),
        ("openai", {"reasoning_content": "hm", "tool_calls": CALLS}),
    ],
)
def test_nothing_is_kept_without_calls_or_thinking(vendor: str, fields: Any) -> None:
    """Or where the vendor does not want it."""
    assert of_answer(vendor, **fields) is None
