"""Thinking goes out to the client and comes back with the history, signature and all."""

from typing import Any

import orjson
import pytest

from tests.translators.providers.anthropic.anthropic_asks import HI, WEATHER, Json, Target, ask, call, wire
from translators.base import ChatResponse, WireResponse
from translators.providers.anthropic import Anthropic
from translators.providers.anthropic.reasoning import FORMAT

THINKING = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
REDACTED = {"type": "redacted_thinking", "data": "ZGF0YQ=="}
TOOL_USE = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Rome"}}
TEXT = {"type": "text", "text": "Let me see."}


def answered(content: list[Json]) -> Json:
    """The message a client gets for these blocks."""
    body = {"id": "m", "model": "c", "content": content, "stop_reason": "tool_use", "usage": {}}
    response = Anthropic().response(ask(), WireResponse(200, {}, orjson.dumps(body)), Target())
    assert isinstance(response, ChatResponse)
    message: Json = orjson.loads(response.body)["choices"][0]["message"]
    return message


def streamed(content: list[Json]) -> Json:
    """The message a client puts together from a stream of these blocks."""
    decoder = Anthropic().decoder(ask(stream=True), Target())
    message: Json = {"role": "assistant", "content": "", "tool_calls": [], "reasoning_details": []}
    events: list[Json] = []
    for index, block in enumerate(content):
        empty = {**block, "thinking": "", "signature": ""} if block["type"] == "thinking" else block
        events.append({"type": "content_block_start", "index": index, "content_block": empty})
        if block["type"] == "thinking":
            for piece in block["thinking"]:
                delta = {"type": "thinking_delta", "thinking": piece}
                events.append({"type": "content_block_delta", "index": index, "delta": delta})
            delta = {"type": "signature_delta", "signature": block["signature"]}
            events.append({"type": "content_block_delta", "index": index, "delta": delta})
        events.append({"type": "content_block_stop", "index": index})
    events += [{"type": "message_delta", "delta": {"stop_reason": "tool_use"}}, {"type": "message_stop"}]
    out = decoder.feed(b"".join(b"data: %b\n\n" % orjson.dumps(event) for event in events))
    assert decoder.finished
    for chunk in out.split(b"\n\n")[:-1]:
        delta = orjson.loads(chunk[6:])["choices"][0]["delta"]
        message["content"] += delta.get("content", "")
        message["reasoning_details"] += delta.get("reasoning_details", [])
        for part in delta.get("tool_calls", []):
            if "id" in part:
                message["tool_calls"].append(part)
            else:
                message["tool_calls"][part["index"]]["function"]["arguments"] += part["function"]["arguments"]
    return message


@pytest.mark.parametrize("receive", [answered, streamed])
def test_the_second_turn_holds_the_thinking_of_the_first_unchanged(receive: Any) -> None:
    """Before the tool use that came of it, or the API refuses the turn."""
    content = [THINKING, REDACTED, {**THINKING, "thinking": "", "signature": "b"}, TEXT, TOOL_USE]
    result = {"role": "tool", "tool_call_id": "toolu_1", "content": "sunny"}

    request, sent = wire([*HI, receive(content), result], tools=[WEATHER], reasoning_effort="low")

    assert sent["messages"][1] == {"role": "assistant", "content": content}
    assert sent["thinking"] == {"type": "enabled", "budget_tokens": 2048}
    assert request.dropped == ()


def test_a_client_reads_thinking_in_both_usual_ways() -> None:
    """As text, and as details that hold what is to be sent back."""
    message = answered([THINKING, REDACTED])

    assert message["reasoning_content"] == "Hm."
    assert message["reasoning_details"] == [
        {"type": "reasoning.text", "text": "Hm.", "signature": "c2ln", "format": FORMAT, "index": 0},
        {"type": "reasoning.encrypted", "data": "ZGF0YQ==", "format": FORMAT, "index": 1},
    ]


@pytest.mark.parametrize(
    ("fields", "blocks", "dropped"),
    [
        ({"thinking_blocks": [THINKING, REDACTED, {"type": "thinking", "thinking": "x"}]}, [THINKING, REDACTED], ()),
        ({"reasoning_details": [{"type": "reasoning.text", "text": "Hm.", "signature": "c2ln"}]}, [THINKING], ()),
        (
            {
                "reasoning_details": [
                    {"type": "reasoning.text", "text": "H", "format": FORMAT, "index": 0},
                    {"type": "reasoning.text", "text": "m.", "format": FORMAT, "index": 0, "signature": None},
                    {"type": "reasoning.text", "signature": "c2ln", "format": FORMAT, "index": 0},
                ]
            },
            [THINKING],
            (),
        ),
        (
            {"reasoning_details": [{"type": "reasoning.encrypted", "data": "x", "format": "google-gemini-v1"}]},
            [],
            ("messages[].reasoning_details",),
        ),
        ({"reasoning_details": [{"type": "reasoning.text", "text": "x"}]}, [], ("messages[].reasoning_details",)),
        (
            {"reasoning_details": [{"type": "reasoning.summary", "summary": "x"}, 5]},
            [],
            ("messages[].reasoning_details",),
        ),
        ({"reasoning_content": "x"}, [], ("messages[].reasoning_content",)),
    ],
)
def test_only_what_anthropic_signed_goes_back(fields: Json, blocks: list[Json], dropped: tuple[str, ...]) -> None:
    """Whole or in deltas, in OpenRouter's form or LiteLLM's; other providers' thinking is named."""
    request, sent = wire([*HI, {"role": "assistant", "content": "Let me see.", **fields}, *HI])

    assert sent["messages"][1]["content"] == [*blocks, TEXT]
    assert request.dropped == dropped


def test_the_providers_own_tools_come_back_with_the_history() -> None:
    """As they were: their results are encrypted."""
    use = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}
    found = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"encrypted_content": "x"}]}
    message = answered([use, found, TEXT])

    _, sent = wire([*HI, message, *HI])

    assert "tool_calls" not in message
    assert sent["messages"][1]["content"] == [use, found, TEXT]


def test_thinking_stays_in_front_of_legacy_calls_too() -> None:
    """Whatever else an assistant's message holds."""
    message = {"role": "assistant", "content": "x", "thinking_blocks": [THINKING], "tool_calls": [call("f", "{}", "a")]}

    kinds = [block["type"] for block in wire([*HI, message])[1]["messages"][1]["content"]]

    assert kinds == ["thinking", "text", "tool_use"]
