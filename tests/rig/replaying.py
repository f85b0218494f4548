"""What replays of recordings through one decoder have in common: canonical streams put together, and streams cut."""

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import orjson
from openai.types.chat import ChatCompletionChunk

from tests.rig.recordings import Case, params
from translators.base import Decoder
from translators.facts import FailureKind

Message = dict[str, Any]
Fresh = Callable[[], Decoder]
"""A decoder for one more stream."""
_TEXTS = ("role", "content", "reasoning_content", "refusal")
_LISTS = ("citations", "annotations", "reasoning_details")


def cases(api: str, *, streamed: bool | None = None, failed: bool = False) -> list[Any]:
    """The recordings of one interface; a skipped test where there are none beside the repository."""
    found = params(streamed=streamed, failed=failed)
    return [param for param in found if param.values[0] is None or param.values[0].api == api]


def fold(out: bytes) -> tuple[Message, Message, list[Message]]:
    """A canonical stream put together: the message, what the last choice chunk says of its end, and all chunks."""
    chunks = chunks_of(out)
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
        for provider, facts in delta.get("extra_content", {}).items():
            _add_facts(message.setdefault("extra_content", {}).setdefault(provider, {}), facts)
        for part in delta.get("tool_calls") or ():
            _add_call(message.setdefault("tool_calls", []), part)
    assert len(ends) <= 1
    return message, ends[0] if ends else {}, chunks


def chunks_of(out: bytes) -> list[Message]:
    """Canonical events as JSON, each one that OpenAI's SDK knows."""
    blocks = out.split(b"\n\n")
    assert blocks.pop() == b""
    chunks = [orjson.loads(block.removeprefix(b"data: ")) for block in blocks]
    for chunk in chunks:
        ChatCompletionChunk.model_validate(chunk)
    return chunks


def deltas(chunks: list[Message]) -> list[Message]:
    """What the chunks of a stream of one choice say."""
    return [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]


def _add_facts(known: Message, facts: Message) -> None:
    """What a provider says beside: lists grow, the rest is said once."""
    for name, fact in facts.items():
        assert isinstance(fact, list) or name not in known
        known[name] = known.get(name, []) + fact if isinstance(fact, list) else fact


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


def check_order(chunks: list[Message], out: bytes, *, include_usage: bool) -> None:
    """The role comes first and once; usage in one last chunk, and only if the client asked for it; no ``[DONE]``."""
    roles = [choice["delta"]["role"] for chunk in chunks for choice in chunk["choices"] if "role" in choice["delta"]]
    assert roles == ["assistant"]
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert len({(chunk["id"], chunk["model"], chunk["created"]) for chunk in chunks}) == 1
    assert [chunk["choices"] for chunk in chunks if chunk.get("usage")] == ([[]] if include_usage else [])
    assert bool(chunks[-1].get("usage")) is include_usage
    assert b"[DONE]" not in out


def check_splits(fresh: Fresh, case: Case) -> None:
    """How a stream is cut never shows: byte by byte, and at random places (I11)."""
    whole = fresh()
    expected = decode(whole, [case.body])
    assert (whole.failure, whole.finished) == (None, True)
    for pieces in splits(case.body, case.name):
        decoder = fresh()

        assert decode(decoder, pieces) == expected
        assert (decoder.usage, decoder.failure, decoder.finished) == (whole.usage, None, True)
        assert decoder.memento == whole.memento


def cuts(last: int, seed: str) -> list[int]:
    """Places to cut a stream off: the last one before its end, and others at random, the same for the same seed."""
    return [last, *Random(seed).choices(range(last), k=40)]


def check_cuts(fresh: Fresh, raw: bytes, places: Iterable[int]) -> None:
    """F6: what was cut off has no finish reason, and says that the model may have done its work."""
    for cut in places:
        decoder = fresh()
        _, end, _ = fold(decode(decoder, [raw[:cut]]))

        assert (decoder.finished, end) == (False, {})
        assert decoder.failure is not None
        assert (decoder.failure.kind, decoder.failure.reached_model) == (FailureKind.UNREACHABLE, True)
