"""What replays of recordings through one decoder have in common: canonical streams put together, and streams cut."""

from random import Random
from typing import Any

import orjson

from translators.base import Decoder

Message = dict[str, Any]
_TEXTS = ("role", "content", "reasoning_content", "refusal")
_LISTS = ("citations", "annotations", "reasoning_details")


def fold(out: bytes) -> tuple[Message, Message, list[Message]]:
    """A canonical stream put together: the message, what the last choice chunk says of its end, and all chunks."""
    blocks = out.split(b"\n\n")
    assert blocks.pop() == b""
    chunks = [orjson.loads(block.removeprefix(b"data: ")) for block in blocks]
    message: Message = {}
    ends = []
    for choice in (choice for chunk in chunks for choice in chunk["choices"]):
        delta = choice["delta"]
        if choice["finish_reason"]:
            ends.append(choice)
        for name in _TEXTS:
            if delta.get(name):
                message[name] = message.get(name, "") + delta[name]
        for name in _LISTS:
            if delta.get(name):
                message[name] = message.get(name, []) + delta[name]
        for part in delta.get("tool_calls") or ():
            _add_call(message.setdefault("tool_calls", []), part)
    assert len(ends) <= 1
    return message, ends[0] if ends else {}, chunks


def _add_call(calls: list[Message], part: Message) -> None:
    """One delta of a tool call: id and name come with the first, in order."""
    if "id" in part:
        assert part["index"] == len(calls)
        calls.append({"id": part["id"], "type": part["type"], "function": dict(part["function"])})
    else:
        calls[part["index"]]["function"]["arguments"] += part["function"]["arguments"]


def calls_of(message: Message) -> list[Message]:
    """Tool calls with their arguments parsed."""
    return [
        {"id": call["id"], "name": call["function"]["name"], "arguments": orjson.loads(call["function"]["arguments"])}
        for call in message.get("tool_calls") or ()
    ]


def decode(decoder: Decoder, pieces: list[bytes]) -> bytes:
    """All that comes of a stream in pieces."""
    out = b"".join([decoder.feed(piece) for piece in pieces])
    return out + decoder.close()


def splits(raw: bytes, seed: str) -> list[list[bytes]]:
    """A stream byte by byte, and five times at random places, the same for the same seed."""
    dice = Random(seed)
    found = [[raw[i : i + 1] for i in range(len(raw))]]
    for _ in range(5):
        cuts = sorted(dice.choices(range(len(raw) + 1), k=dice.randrange(40)))
        found.append([raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)])
    return found
