"""Events of Anthropic's streams, and what the decoder makes of them, for the tests."""

from dataclasses import replace
from typing import Any

import orjson

from tests.rig.replaying import chunks_of, deltas
from tests.translators.providers.anthropic.anthropic_asks import Json, ask
from translators.providers.anthropic import AnthropicDecoder

__all__ = [
    "HELLO",
    "PING",
    "START",
    "STOP",
    "TEXT",
    "begin",
    "close",
    "delta",
    "deltas",
    "end",
    "framed",
    "run",
    "tool",
]

START: Json = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "model": "claude-x",
        "usage": {"input_tokens": 7, "output_tokens": 1, "service_tier": "standard"},
    },
}
STOP: Json = {"type": "message_stop"}
PING: Json = {"type": "ping"}
TEXT: Json = {"type": "text", "text": ""}


def begin(block: Json, index: int = 0) -> Json:
    """A block begins."""
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(kind: str, index: int = 0, **fields: Any) -> Json:
    """A piece of a block."""
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def end(index: int = 0) -> Json:
    """A block ends."""
    return {"type": "content_block_stop", "index": index}


def close(reason: str = "end_turn", usage: Any = None, **fields: Any) -> Json:
    """The message is about to end."""
    return {"type": "message_delta", "delta": {"stop_reason": reason, **fields}, "usage": usage or {"output_tokens": 3}}


def tool(name: str, index: int, **fields: Any) -> Json:
    """A tool call begins."""
    return begin({"type": "tool_use", "id": f"id_{name}", "name": name, "input": {}, **fields}, index)


HELLO = [
    START,
    PING,
    begin(TEXT),
    delta("text_delta", text="Hel"),
    delta("text_delta", text="lo"),
    end(),
    close(),
    STOP,
]


def framed(events: list[Json]) -> bytes:
    """Events as the provider frames them."""
    return b"".join(b"event: %b\ndata: %b\n\n" % (event["type"].encode(), orjson.dumps(event)) for event in events)


def run(events: list[Json], *, include_usage: bool = False) -> tuple[AnthropicDecoder, list[Json]]:
    """A stream of these events, and the chunks that came of it; each is one that OpenAI's SDK knows."""
    decoder = AnthropicDecoder(replace(ask(stream=True), include_usage=include_usage))
    out = decoder.feed(framed(events)) + decoder.close()
    return decoder, chunks_of(out)
