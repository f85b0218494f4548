"""Thinking across turns: signatures and encrypted thinking go back to who made them, unchanged (PEERS 23)."""

import base64
from typing import Any

import orjson
import pytest

from tests.translators.providers.anthropic.anthropic_asks import wire as anthropic_wire
from tests.translators.providers.bedrock.bedrock_asks import CLAUDE, HI, NOVA, TIME, Json, Target, ask, call, wire
from tests.translators.providers.bedrock.bedrock_streams import METADATA, START, begin, delta, end, run, stop
from translators.base import ChatResponse, Memento, WireResponse
from translators.providers.bedrock import Bedrock

SIGNED: Json = {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "sig=="}}}
SEALED: Json = {"reasoningContent": {"redactedContent": base64.b64encode(b"EtkE+/=").decode()}}
CALL: Json = {"toolUse": {"toolUseId": "a", "name": "get_time", "input": {}}}
DETAILS = [
    {"type": "reasoning.text", "text": "Hm.", "format": "anthropic-claude-v1", "index": 0, "signature": "sig=="},
    {"type": "reasoning.encrypted", "data": "EtkE+/=", "format": "anthropic-claude-v1", "index": 1},
]
R1 = "us.deepseek.r1-v1:0"
NOON: Json = {"role": "tool", "tool_call_id": "a", "content": "Noon"}


def answered(blocks: list[Json], *, model: str = CLAUDE) -> tuple[Json, Memento | None]:
    """The message that a whole answer of these blocks is, and what is to be kept of it."""
    body = {"output": {"message": {"role": "assistant", "content": blocks}}, "stopReason": "tool_use", "usage": {}}
    response = Bedrock().response(ask(), WireResponse(200, {}, orjson.dumps(body)), Target(model))
    assert isinstance(response, ChatResponse)
    return orjson.loads(response.body)["choices"][0]["message"], response.memento


def sent_back(message: Json, *, to: str = CLAUDE) -> tuple[list[Json], tuple[str, ...]]:
    """The assistant's blocks as they go out again, and what was left out."""
    request, body = wire([*HI, message, NOON], to=to, tools=[TIME])
    return body["messages"][1]["content"], request.dropped


def test_thinking_of_a_whole_answer_comes_back_as_it_was() -> None:
    """Text and signature, and what is encrypted, in order, before the call."""
    message, memento = answered([SIGNED, SEALED, CALL])

    assert message["reasoning_content"] == "Hm."
    assert message["reasoning_details"] == DETAILS
    assert memento == Memento(("a",), {"reasoning_details": DETAILS})
    assert sent_back(message) == ([SIGNED, SEALED, CALL], ())


def test_thinking_of_a_stream_comes_back_as_it_was() -> None:
    """In pieces; encrypted bytes too."""
    sealed = SEALED["reasoningContent"]["redactedContent"]
    events = [
        START,
        delta(0, reasoningContent={"text": "H"}),
        delta(0, reasoningContent={"text": "m."}),
        delta(0, reasoningContent={"signature": "sig"}),
        delta(0, reasoningContent={"signature": "=="}),
        end(0),
        delta(1, reasoningContent={"redactedContent": base64.b64encode(b"EtkE").decode()}),
        delta(1, reasoningContent={"redactedContent": base64.b64encode(b"+/=").decode()}),
        end(1),
        begin(2, toolUse=CALL["toolUse"]),
        end(2),
        stop("tool_use"),
        METADATA,
    ]
    decoder, chunks = run(events)
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]

    assert "".join(step.get("reasoning_content", "") for step in deltas) == "Hm."
    assert [detail for step in deltas for detail in step.get("reasoning_details", [])] == DETAILS
    assert decoder.memento == Memento(("a",), {"reasoning_details": DETAILS})
    assert base64.b64decode(sealed) == b"EtkE+/="


def test_a_stream_that_is_not_over_keeps_nothing() -> None:
    """The calls may not be whole."""
    decoder, _ = run([START, delta(0, reasoningContent={"signature": "s"}), end(0), begin(1, toolUse=CALL["toolUse"])])

    assert decoder.memento is None


def test_claudes_thinking_is_the_same_at_anthropic() -> None:
    """A conversation may move between Bedrock and Anthropic's own API, in either direction."""
    message, _ = answered([SIGNED, SEALED, CALL])
    _, body = anthropic_wire([*HI, message, NOON], tools=[TIME])

    assert body["messages"][1]["content"][:2] == [
        {"type": "thinking", "thinking": "Hm.", "signature": "sig=="},
        {"type": "redacted_thinking", "data": "EtkE+/="},
    ]
    native = {"role": "assistant", "content": None, "thinking_blocks": body["messages"][1]["content"][:2]}
    native["tool_calls"] = [call("get_time", "{}", "a")]
    assert sent_back(native)[0] == [SIGNED, SEALED, CALL]


@pytest.mark.parametrize(
    ("given", "to", "dropped"),
    [
        ({"reasoning_details": DETAILS}, NOVA, "messages[].reasoning_details"),
        ({"reasoning_details": [{"type": "reasoning.text", "text": "x", "signature": "s", "format": "f"}]}, CLAUDE, ""),
        ({"reasoning_details": [{"type": "reasoning.text", "text": "x"}]}, R1, ""),
        ({"reasoning_content": "x"}, CLAUDE, "messages[].reasoning_content"),
        ({"reasoning_content": "x"}, NOVA, "messages[].reasoning_content"),
    ],
)
def test_anothers_thinking_is_left_out_and_named(given: Json, to: str, dropped: str) -> None:
    """Nobody else can read it, and unsigned it proves nothing."""
    message = {"role": "assistant", "content": None, "tool_calls": [call("get_time", "{}", "a")], **given}

    assert sent_back(message, to=to) == ([CALL], (dropped or "messages[].reasoning_details",))


def test_another_vendors_thinking_is_its_own() -> None:
    """It comes back to its own models, and not to Claude."""
    message, memento = answered([SIGNED, CALL], model=R1)

    assert message["reasoning_details"][0]["format"] == "bedrock-deepseek-v1"
    assert memento is not None
    assert sent_back(message, to=R1)[0] == [SIGNED, CALL]
    assert sent_back(message) == ([CALL], ("messages[].reasoning_details",))


def test_thinking_that_nobody_signed_is_not_kept() -> None:
    """The model does not want it back."""
    message, memento = answered([{"reasoningContent": {"reasoningText": {"text": "Hm."}}}, CALL], model="moonshot.kimi")

    assert (message["reasoning_content"], memento) == ("Hm.", None)


def test_an_answer_without_calls_has_nothing_to_keep() -> None:
    """The next turn does not go on from it."""
    assert answered([SIGNED, {"text": "Hi"}])[1] is None


@pytest.mark.parametrize("sealed", [b"\xff\x00", b"abc"])
def test_encrypted_bytes_of_any_kind_are_passed_on(sealed: bytes) -> None:
    """Those that are no text, as base64."""
    block: Any = {"reasoningContent": {"redactedContent": base64.b64encode(sealed).decode()}}
    data = answered([block])[0]["reasoning_details"][0]["data"]

    assert data == (sealed.decode() if sealed.isascii() else base64.b64encode(sealed).decode())
