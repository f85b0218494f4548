"""A stream of each wire format with all that it can have in it, event by event: what the fuzzers start from."""

import json
from collections.abc import Iterable
from typing import Any

from tests.rig import wires
from tests.rig.frames import EVENT, framed

Json = dict[str, Any]


def _sse(*documents: Json, crlf: bool = False) -> list[bytes]:
    end = "\r\n\r\n" if crlf else "\n\n"
    return [f"data: {json.dumps(document)}{end}".encode() for document in documents]


def _named(*documents: Json) -> list[bytes]:
    return [f"event: {document['type']}\ndata: {json.dumps(document)}\n\n".encode() for document in documents]


def _frames(events: Iterable[tuple[str, Json]]) -> list[bytes]:
    return [framed(json.dumps(payload).encode(), {":event-type": name, **EVENT}) for name, payload in events]


def _openai() -> list[bytes]:
    calls = [
        {"tool_calls": [{"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x"'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]},
        {"tool_calls": [{"index": 1, "id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}}]},
    ]
    texts = [{"reasoning_content": "Hm"}, {"content": "Grüß "}, {"content": "dich"}, {"content": " 🚀"}]
    return wires.openai_events([*texts, *calls], finish="tool_calls")


def _anthropic() -> list[bytes]:
    event = wires.anthropic_event
    head, *_ = wires.anthropic_events([])
    return [
        head,
        event("content_block_start", index=0, content_block={"type": "thinking", "thinking": "", "signature": ""}),
        event("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "Hm"}),
        event("content_block_delta", index=0, delta={"type": "signature_delta", "signature": "c2ln"}),
        event("content_block_stop", index=0),
        event("ping"),
        event("content_block_start", index=1, content_block={"type": "text", "text": ""}),
        *(
            event("content_block_delta", index=1, delta={"type": "text_delta", "text": text})
            for text in ("Grüß ", "🚀")
        ),
        event("content_block_stop", index=1),
        event("content_block_start", index=2, content_block={"type": "tool_use", "id": "t", "name": "f", "input": {}}),
        event("content_block_delta", index=2, delta={"type": "input_json_delta", "partial_json": '{"x":1}'}),
        event("content_block_stop", index=2),
        event("message_delta", delta={"stop_reason": "tool_use", "stop_sequence": None}, usage={"output_tokens": 3}),
        event("message_stop"),
    ]


def _gemini() -> list[bytes]:
    def said(*parts: Json, **more: Any) -> Json:
        usage = {"promptTokenCount": 7, "candidatesTokenCount": 3, "thoughtsTokenCount": 2, "totalTokenCount": 12}
        candidate = {"index": 0, "content": {"role": "model", "parts": list(parts)}, **more}
        return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-x", "responseId": "r"}

    call = {"functionCall": {"name": "f", "args": {"x": 1}}, "thoughtSignature": "c2ln"}
    return _sse(
        said({"text": "Hm", "thought": True}),
        said({"text": "Grüß "}),
        said({"text": "🚀"}),
        said(call),
        said({"text": "", "thoughtSignature": "c2ln"}, finishReason="STOP"),
        crlf=True,
    )


def _bedrock() -> list[bytes]:
    use = {"toolUse": {"toolUseId": "t", "name": "f"}}
    return _frames(
        [
            ("messageStart", {"role": "assistant"}),
            ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "Hm"}}}),
            ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "c2ln"}}}),
            ("contentBlockStop", {"contentBlockIndex": 0}),
            ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "Grüß "}}),
            ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "🚀"}}),
            ("contentBlockStop", {"contentBlockIndex": 1}),
            ("contentBlockStart", {"contentBlockIndex": 2, "start": use}),
            ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": '{"x":1}'}}}),
            ("contentBlockStop", {"contentBlockIndex": 2}),
            ("messageStop", {"stopReason": "tool_use"}),
            (
                "metadata",
                {"usage": {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10}, "metrics": {"latencyMs": 5}},
            ),
        ]
    )


def _cohere() -> list[bytes]:
    call = {"id": "t", "type": "function", "function": {"name": "f", "arguments": ""}}
    usage = {"billed_units": {"input_tokens": 5, "output_tokens": 3}, "tokens": {"input_tokens": 7, "output_tokens": 3}}

    def delta(kind: str, index: int, message: Json) -> Json:
        return {"type": kind, "index": index, "delta": {"message": message}}

    return _named(
        {"type": "message-start", "id": "m", "delta": {"message": {"role": "assistant", "content": []}}},
        delta("tool-plan-delta", 0, {"tool_plan": "Hm"}),
        delta("content-start", 0, {"content": {"type": "thinking", "thinking": ""}}),
        delta("content-delta", 0, {"content": {"thinking": "Hm"}}),
        {"type": "content-end", "index": 0},
        delta("content-start", 1, {"content": {"type": "text", "text": ""}}),
        delta("content-delta", 1, {"content": {"text": "Grüß "}}),
        delta("content-delta", 1, {"content": {"text": "🚀"}}),
        {"type": "content-end", "index": 1},
        delta("tool-call-start", 0, {"tool_calls": call}),
        delta("tool-call-delta", 0, {"tool_calls": {"function": {"arguments": '{"x":1}'}}}),
        {"type": "tool-call-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": usage}},
    )


def _ollama() -> list[bytes]:
    def line(message: Json, **more: Any) -> bytes:
        said = {"model": "m", "created_at": "2026-11-21T00:00:00Z", "message": {"role": "assistant", **message}}
        return json.dumps(said | {"done": False} | more).encode() + b"\n"

    call = {"function": {"name": "f", "arguments": {"x": 1}}}
    return [
        line({"content": "", "thinking": "Hm"}),
        line({"content": "Grüß "}),
        line({"content": "🚀"}),
        line({"content": "", "tool_calls": [call]}),
        line({"content": "", "tool_calls": [call]}),
        line({"content": ""}, done=True, done_reason="stop", prompt_eval_count=7, eval_count=3),
    ]


STREAMS: dict[tuple[str, str], list[bytes]] = {
    ("openai", "openai"): _openai(),
    ("anthropic", "messages"): _anthropic(),
    ("google", "gemini"): _gemini(),
    ("bedrock", "converse"): _bedrock(),
    ("cohere", "chat"): _cohere(),
    ("ollama", "native"): _ollama(),
}
"""By provider and API."""
