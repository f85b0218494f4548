"""Events of Converse's streams, and what the decoder makes of them, for the tests."""

from dataclasses import replace
from typing import Any

import orjson

from tests.rig.frames import EVENT, framed
from tests.rig.replaying import chunks_of, deltas
from tests.translators.providers.bedrock.bedrock_asks import CLAUDE, Json, ask
from translators.providers.bedrock import ConverseDecoder

__all__ = [
    "HELLO",
    "METADATA",
    "START",
    "USAGE",
    "Event",
    "argue",
    "begin",
    "chunks_of",
    "delta",
    "deltas",
    "end",
    "exception",
    "frames",
    "run",
    "stop",
    "text",
    "use",
]

Event = tuple[str, Json]

START: Event = ("messageStart", {"role": "assistant", "p": "abc"})
USAGE: Json = {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10}
METADATA: Event = ("metadata", {"usage": USAGE, "metrics": {"latencyMs": 12}, "p": "abcd"})


def text(said: str, index: int = 0) -> Event:
    """A piece of text."""
    return delta(index, text=said)


def delta(index: int = 0, **fields: Any) -> Event:
    """A piece of a block."""
    return "contentBlockDelta", {"contentBlockIndex": index, "delta": fields, "p": "ab"}


def begin(index: int = 0, **fields: Any) -> Event:
    """A block begins."""
    return "contentBlockStart", {"contentBlockIndex": index, "start": fields}


def use(name: str, index: int, **more: Any) -> Event:
    """A tool call begins."""
    return begin(index, toolUse={"toolUseId": f"id_{name}", "name": name, **more})


def argue(piece: str, index: int) -> Event:
    """A piece of its arguments."""
    return delta(index, toolUse={"input": piece})


def end(index: int = 0) -> Event:
    """A block ends."""
    return "contentBlockStop", {"contentBlockIndex": index}


def stop(reason: Any = "end_turn", **fields: Any) -> Event:
    """The message ends."""
    return "messageStop", {"stopReason": reason, **fields}


HELLO = [START, text("Hel"), text("lo"), end(), stop(), METADATA]


def frames(events: list[Event]) -> bytes:
    """Events as Bedrock frames them."""
    return b"".join(framed(orjson.dumps(said), {**EVENT, ":event-type": kind}) for kind, said in events)


def exception(kind: str, message: str) -> bytes:
    """An exception as Bedrock frames it."""
    headers = {":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"}
    return framed(orjson.dumps({"message": message}), headers)


def run(
    events: list[Event] | bytes, *, include_usage: bool = False, model: str = CLAUDE, **wanted: Any
) -> tuple[ConverseDecoder, list[Json]]:
    """A stream of these events, and the chunks that came of it; each is one that OpenAI's SDK knows."""
    decoder = ConverseDecoder(replace(ask(stream=True, **wanted), include_usage=include_usage), model)
    out = decoder.feed(events if isinstance(events, bytes) else frames(events)) + decoder.close()
    return decoder, chunks_of(out)
