"""Models that think before they call a tool, and want their thinking back with the result, each in its own wire format.

Forms: https://platform.claude.com/docs/en/build-with-claude/extended-thinking,
https://ai.google.dev/gemini-api/docs/thought-signatures,
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ReasoningContentBlock.html,
https://api-docs.deepseek.com/guides/thinking_mode and https://openrouter.ai/docs/use-cases/reasoning-tokens (2026-11).
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.rig.answers import Answer, plain, stream
from tests.rig.frames import EVENT, framed
from tests.rig.wires import ANTHROPIC_USAGE, anthropic_event, openai_answer, openai_events, openai_tool_call
from translators.registry import PROVIDERS

Json = dict[str, Any]
THOUGHT = "Rome it is."
CLAUDE, GEMINI = "anthropic-claude-v1", "google-gemini-v1"


@dataclass(frozen=True)
class Turn:
    """One turn: a thought, its signature, and the call that came of it."""

    call: str
    signature: str


@dataclass(frozen=True)
class Thinker:
    """One provider.

    Args:
        provider: by its name in the YAML.
        model: one that thinks.
        whole: a turn as its whole answer.
        streamed: the same as a stream.
        state: what of the turn before is in a request, in its place; fails where there is none.
        tail: of the base URL.
        account: further keys of the upstream.
        form: of what is signed; empty where the thinking is a text that anybody may read.
        reads: the forms that it takes.
    """

    provider: str
    model: str
    whole: Callable[[Turn], Answer]
    streamed: Callable[[Turn], Answer]
    state: Callable[[Json], Any]
    tail: str = ""
    account: Json = field(default_factory=dict)
    form: str = CLAUDE
    reads: frozenset[str] = frozenset({CLAUDE})

    def upstream(self, url: str) -> Json:
        """As the YAML has it."""
        return {"provider": self.provider, "base_url": url + self.tail, "api_key": "sk-upstream"} | self.account

    def answers(self, turn: Turn, *, streamed: bool) -> Answer:
        """The turn, in the form that was asked for."""
        return self.streamed(turn) if streamed else self.whole(turn)


def _anthropic_blocks(turn: Turn) -> list[Json]:
    thinking = {"type": "thinking", "thinking": THOUGHT, "signature": turn.signature}
    return [thinking, {"type": "tool_use", "id": turn.call, "name": "get_weather", "input": {"city": "Rome"}}]


def _anthropic(turn: Turn) -> Answer:
    message = _anthropic_message(_anthropic_blocks(turn), "tool_use")
    return plain(json.dumps(message).encode())


def _anthropic_streamed(turn: Turn) -> Answer:
    call = {"type": "tool_use", "id": turn.call, "name": "get_weather", "input": {}}
    begun = {"type": "thinking", "thinking": "", "signature": ""}
    arguments = {"type": "input_json_delta", "partial_json": '{"city": "Rome"}'}
    return stream(
        anthropic_event("message_start", message=_anthropic_message([], None)),
        anthropic_event("content_block_start", index=0, content_block=begun),
        anthropic_event("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": THOUGHT}),
        anthropic_event("content_block_delta", index=0, delta={"type": "signature_delta", "signature": turn.signature}),
        anthropic_event("content_block_stop", index=0),
        anthropic_event("content_block_start", index=1, content_block=call),
        anthropic_event("content_block_delta", index=1, delta=arguments),
        anthropic_event("content_block_stop", index=1),
        anthropic_event("message_delta", delta={"stop_reason": "tool_use"}, usage={"output_tokens": 3}),
        anthropic_event("message_stop"),
    )


def _anthropic_message(content: list[Json], stop_reason: str | None) -> Json:
    head = {"id": "msg_fake", "type": "message", "role": "assistant", "model": "fake-claude-2026"}
    return head | {"content": content, "stop_reason": stop_reason, "usage": ANTHROPIC_USAGE}


def _gemini_parts(turn: Turn) -> list[Json]:
    call = {"name": "get_weather", "args": {"city": "Rome"}, "id": turn.call}
    return [{"text": THOUGHT, "thought": True}, {"functionCall": call, "thoughtSignature": turn.signature}]


def _gemini_said(parts: list[Json], **more: Any) -> Json:
    candidate = {"content": {"role": "model", "parts": parts}, "index": 0, **more}
    usage = {"promptTokenCount": 7, "candidatesTokenCount": 3, "totalTokenCount": 10}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "fake-gemini-2026"}


def _gemini(turn: Turn) -> Answer:
    return plain(json.dumps(_gemini_said(_gemini_parts(turn), finishReason="STOP")).encode())


def _gemini_streamed(turn: Turn) -> Answer:
    thought, call = _gemini_parts(turn)
    events = [_gemini_said([thought]), _gemini_said([call]), _gemini_said([{"text": ""}], finishReason="STOP")]
    return stream(*(b"data: %b\r\n\r\n" % json.dumps(event).encode() for event in events))


def _bedrock(turn: Turn) -> Answer:
    thinking = {"reasoningContent": {"reasoningText": {"text": THOUGHT, "signature": turn.signature}}}
    call = {"toolUse": {"toolUseId": turn.call, "name": "get_weather", "input": {"city": "Rome"}}}
    message = {"role": "assistant", "content": [thinking, call]}
    usage = {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10}
    return plain(json.dumps({"output": {"message": message}, "stopReason": "tool_use", "usage": usage}).encode())


def _bedrock_streamed(turn: Turn) -> Answer:
    head = {"toolUse": {"toolUseId": turn.call, "name": "get_weather"}}
    events: list[tuple[str, Json]] = [
        ("messageStart", {"role": "assistant"}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": THOUGHT}}}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": turn.signature}}}),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("contentBlockStart", {"contentBlockIndex": 1, "start": head}),
        ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": '{"city": "Rome"}'}}}),
        ("contentBlockStop", {"contentBlockIndex": 1}),
        ("messageStop", {"stopReason": "tool_use"}),
        ("metadata", {"usage": {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10}}),
    ]
    frames = b"".join(framed(json.dumps(said).encode(), {**EVENT, ":event-type": kind}) for kind, said in events)
    return Answer(200, {"content-type": "application/vnd.amazon.eventstream"}, (frames,))


def _deepseek_message(turn: Turn) -> Json:
    call = openai_tool_call("get_weather", {"city": "Rome"}, turn.call)
    return {"reasoning_content": turn.signature, "tool_calls": [call]}


def _openrouter_message(turn: Turn) -> Json:
    detail = {"type": "reasoning.text", "text": THOUGHT, "signature": turn.signature, "format": CLAUDE}
    call = openai_tool_call("get_weather", {"city": "Rome"}, turn.call)
    return {"reasoning": THOUGHT, "reasoning_details": [detail | {"index": 0}], "tool_calls": [call]}


def _in_openais_wire(message: Callable[[Turn], Json]) -> tuple[Callable[[Turn], Answer], Callable[[Turn], Answer]]:
    def streamed(turn: Turn) -> Answer:
        said = message(turn)
        (call,) = said.pop("tool_calls")
        deltas: Iterable[Json] = [{name: value} for name, value in said.items()]
        return stream(*openai_events([*deltas, {"tool_calls": [call | {"index": 0}]}], "tool_calls"))

    return lambda turn: openai_answer("", **message(turn)), streamed


_ALL = {
    "anthropic": Thinker(
        "anthropic",
        "claude-sonnet-4-5",
        _anthropic,
        _anthropic_streamed,
        lambda sent: [block["signature"] for block in sent["messages"][1]["content"] if block["type"] == "thinking"],
    ),
    "gemini": Thinker(
        "google",
        "gemini-2.5-pro",
        _gemini,
        _gemini_streamed,
        lambda sent: [part["thoughtSignature"] for part in sent["contents"][1]["parts"] if "functionCall" in part],
        form=GEMINI,
        reads=frozenset({GEMINI}),
    ),
    "bedrock": Thinker(
        "bedrock",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        _bedrock,
        _bedrock_streamed,
        lambda sent: [
            block["reasoningContent"]["reasoningText"]["signature"]
            for block in sent["messages"][1]["content"]
            if "reasoningContent" in block
        ],
        account={"region": "us-east-1"},
    ),
    "deepseek": Thinker(
        "deepseek",
        "deepseek-reasoner",
        *_in_openais_wire(_deepseek_message),
        lambda sent: [sent["messages"][1]["reasoning_content"]],
        form="",
        reads=frozenset(),
    ),
    "openrouter": Thinker(
        "openrouter",
        "anthropic/claude-sonnet-4.5",
        *_in_openais_wire(_openrouter_message),
        lambda sent: [
            detail[name]
            for detail in sent["messages"][1]["reasoning_details"]
            for name in ("signature", "data")
            if name in detail
        ],
        tail="/api/v1",
        reads=frozenset({CLAUDE, GEMINI}),
    ),
}
THINKERS = {name: thinker for name, thinker in _ALL.items() if thinker.provider in PROVIDERS}
"""Those that there are."""
