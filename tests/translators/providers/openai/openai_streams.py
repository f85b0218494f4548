"""Streams in OpenAI's wire, and what the decoder makes of them, for the tests."""

from typing import Any

import orjson

from translators.base import ChatRequest
from translators.providers.openai.stream import OpenAIDecoder
from translators.providers.vendors import VENDORS

DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def ask(*, include_usage: bool = True) -> ChatRequest:
    """A streamed request."""
    body = {"model": "asked", "messages": []}
    return ChatRequest("chatcmpl-ours", 7, b"", body, "asked", stream=True, include_usage=include_usage)


def chunk(*choices: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A chunk that needs no mending."""
    return {
        "id": "x",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": list(choices),
        **fields,
    }


def choice(finish: str | None = None, index: int = 0, **delta: Any) -> dict[str, Any]:
    """One choice of a chunk."""
    return {"index": index, "delta": delta, "finish_reason": finish}


def event(document: Any) -> bytes:
    """A document as an event."""
    return b"data: " + orjson.dumps(document) + b"\n\n"


ROLE = event(chunk(choice(role="assistant", content="")))
HELLO = event(chunk(choice(content="hello")))
STOP = event(chunk(choice("stop")))
GOOD = ROLE + HELLO + STOP
USAGE_CHUNK = chunk(usage=USAGE)
LAST_WITH_USAGE = event(chunk(choice("stop"), usage=USAGE))


def decode(*pieces: bytes, include_usage: bool = True) -> tuple[OpenAIDecoder, bytes]:
    """A whole stream, decoded."""
    decoder = OpenAIDecoder(ask(include_usage=include_usage), VENDORS["openai"])
    out = b"".join([decoder.feed(piece) for piece in pieces])
    return decoder, out + decoder.close()


def documents(out: bytes) -> list[dict[str, Any]]:
    """Canonical events, parsed."""
    blocks = out.split(b"\n\n")
    assert blocks.pop() == b""
    assert all(block.startswith(b"data: ") and b"\n" not in block for block in blocks)
    return [orjson.loads(block[6:]) for block in blocks]
