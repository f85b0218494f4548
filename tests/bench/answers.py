"""What the stub answers in each wire format: the same words, the same number of tokens."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.rig.frames import EVENT, framed

Json = dict[str, Any]

PIECE = "a piece of an answer, about as long as a few tokens that came together"
WHOLE = f"{PIECE}. {PIECE}. {PIECE}."
SSE = "text/event-stream"


@dataclass(frozen=True)
class Wire:
    """One wire format."""

    path: str
    """What its paths have in them, and no others' have."""
    whole: bytes
    """An answer."""
    head: Sequence[bytes]
    """A stream's events before the first text, each a write of its own."""
    chunk: bytes
    """One text."""
    tail: Sequence[bytes]
    """The events after the last one."""
    type: str = SSE
    """Content type of the stream."""


def header(wires: Sequence[Wire]) -> str:
    """The wires as C, for ``stub.c``; the last one answers all other paths."""
    rows = [
        f"{{{_text(wire.path.encode())}, {_text(wire.type.encode())}, {_text(wire.whole)}, "
        f"{_text(b''.join(map(_chunked, wire.head)))}, {_text(_chunked(wire.chunk))}, "
        f"{_text(b''.join(map(_chunked, wire.tail)) + b'0' + _LINE + _LINE)}}}"
        for wire in wires
    ]
    return "static const Wire WIRES[] = {\n" + ",\n".join(rows) + "\n};\n"


_LINE = b"\r\n"


def _chunked(event: bytes) -> bytes:
    return b"%x" % len(event) + _LINE + event + _LINE


def _text(raw: bytes) -> str:
    escaped = "".join(f"\\{byte:03o}" for byte in raw)
    return f'{{{len(raw)}, "{escaped}"}}'


def _json(document: Json) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _event(document: Json, name: str = "", end: str = "\n") -> bytes:
    return (f"event: {name}{end}" if name else "").encode() + b"data: " + _json(document) + (2 * end).encode()


def _named(document: Json) -> bytes:
    return _event(document, document["type"])


def _frame(name: str, payload: Json) -> bytes:
    return framed(_json(payload), {":event-type": name, **EVENT})


def _openai() -> Wire:
    usage = {"prompt_tokens": 210, "completion_tokens": 40, "total_tokens": 250}
    details = {"prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0}}
    common: Json = {"id": "chatcmpl-bench", "object": "chat.completion", "created": 1763689200, "model": "stub"}
    message = {"role": "assistant", "content": WHOLE, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    whole = {**common, "choices": [choice], "usage": usage | details, "system_fingerprint": "fp_1"}

    def chunk(delta: Json, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _event({**head, "choices": [choice]})

    head = common | {"object": "chat.completion.chunk", "system_fingerprint": "fp_1"}
    tail = [chunk({}, "stop"), _event({**head, "choices": [], "usage": usage}), b"data: [DONE]\n\n"]
    return Wire("", _json(whole), [chunk({"role": "assistant", "content": ""})], chunk({"content": PIECE}), tail)


def _anthropic() -> Wire:
    common: Json = {"id": "msg_bench", "type": "message", "role": "assistant", "model": "stub"}
    usage, end = {"input_tokens": 210, "output_tokens": 40}, {"stop_reason": "end_turn", "stop_sequence": None}
    whole = common | {"content": [{"type": "text", "text": WHOLE}], **end, "usage": usage}
    begun = common | {"content": [], "stop_reason": None, "usage": usage | {"output_tokens": 1}}
    return Wire(
        "/messages",
        _json(whole),
        [
            _named({"type": "message_start", "message": begun}),
            _named({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        ],
        _named({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": PIECE}}),
        [
            _named({"type": "content_block_stop", "index": 0}),
            _named({"type": "message_delta", "delta": end, "usage": {"output_tokens": 40}}),
            _named({"type": "message_stop"}),
        ],
    )


def _gemini() -> Wire:
    usage = {"promptTokenCount": 210, "candidatesTokenCount": 40, "totalTokenCount": 250}
    common: Json = {"usageMetadata": usage, "modelVersion": "stub", "responseId": "bench"}

    def said(text: str, **more: str) -> Json:
        candidate = {"content": {"parts": [{"text": text}], "role": "model"}, **more, "index": 0}
        return {"candidates": [candidate], **common}

    end = _event(said("", finishReason="STOP"), end="\r\n")
    return Wire("enerateContent", _json(said(WHOLE, finishReason="STOP")), [], _event(said(PIECE), end="\r\n"), [end])


def _bedrock() -> Wire:
    usage, metrics = {"inputTokens": 210, "outputTokens": 40, "totalTokens": 250}, {"latencyMs": 5}
    message = {"role": "assistant", "content": [{"text": WHOLE}]}
    whole = {"output": {"message": message}, "stopReason": "end_turn", "usage": usage, "metrics": metrics}
    return Wire(
        "/converse",
        _json(whole),
        [_frame("messageStart", {"role": "assistant"})],
        _frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": PIECE}}),
        [
            _frame("contentBlockStop", {"contentBlockIndex": 0}),
            _frame("messageStop", {"stopReason": "end_turn"}),
            _frame("metadata", {"usage": usage, "metrics": metrics}),
        ],
        "application/vnd.amazon.eventstream",
    )


def _cohere() -> Wire:
    tokens = {"input_tokens": 210, "output_tokens": 40}
    usage = {"billed_units": tokens, "tokens": tokens}
    message = {"role": "assistant", "content": [{"type": "text", "text": WHOLE}]}
    begun = {"role": "assistant", "content": []}

    def content(kind: str, said: Json) -> bytes:
        return _named({"type": kind, "index": 0, "delta": {"message": {"content": said}}})

    return Wire(
        "/v2/chat",
        _json({"id": "bench", "message": message, "finish_reason": "COMPLETE", "usage": usage}),
        [
            _named({"type": "message-start", "id": "bench", "delta": {"message": begun}}),
            content("content-start", {"type": "text", "text": ""}),
        ],
        content("content-delta", {"text": PIECE}),
        [
            _named({"type": "content-end", "index": 0}),
            _named({"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": usage}}),
        ],
    )


def _ollama() -> Wire:
    def line(text: str, **more: Any) -> bytes:
        said = {
            "model": "stub",
            "created_at": "2026-11-21T00:00:00Z",
            "message": {"role": "assistant", "content": text},
        }
        return _json(said | {"done": False} | more) + b"\n"

    end = {"done": True, "done_reason": "stop", "prompt_eval_count": 210, "eval_count": 40}
    return Wire("/api/chat", line(WHOLE, **end), [], line(PIECE), [line("", **end)], "application/x-ndjson")


WIRES = (_anthropic(), _gemini(), _bedrock(), _cohere(), _ollama(), _openai())
"""The last one answers wherever no other does."""
