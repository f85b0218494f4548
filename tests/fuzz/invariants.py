"""What holds for every decoder, whatever comes (I10, K8)."""

from collections.abc import Iterable
from typing import Any

import orjson

from tests.rig.asks import Target, ask
from translators.base import Decoder
from translators.registry import PROVIDERS


def decoder(provider: str, api: str) -> Decoder:
    """A fresh one, for a client that wants everything."""
    wanted = ask(
        stream=True, stream_options={"include_usage": True}, tools=[{"type": "function", "function": {"name": "f"}}]
    )
    return PROVIDERS[provider].api(api).chat.decoder(wanted, Target("m", provider))


def decoded(provider: str, api: str, pieces: Iterable[bytes]) -> tuple[Decoder, list[dict[str, Any]]]:
    """A stream in pieces, to its end, and the chunks that came of it.

    Raises:
        AssertionError: it came out as something that no client should see.
    """
    reader = decoder(provider, api)
    out = b"".join([reader.feed(piece) for piece in pieces]) + reader.close()
    assert reader.finished is (reader.failure is None), "every stream ends, and in one way"
    events = out.split(b"\n\n")
    assert events.pop() == b"", "whole events alone"
    chunks = [orjson.loads(event.removeprefix(b"data: ")) for event in events if not event.startswith(b":")]
    finishes = [choice for chunk in chunks for choice in chunk["choices"] if choice.get("finish_reason")]
    # OpenAI's [DONE] is an end by itself (F6): a reason that the vendor leaves out is not invented.
    assert finishes or not reader.finished or api == "openai", "an end has its reason"
    assert all(chunk["object"] == "chat.completion.chunk" for chunk in chunks)
    if reader.usage is not None:
        assert 0 <= reader.usage.cached_tokens <= reader.usage.input_tokens
        assert 0 <= reader.usage.reasoning_tokens <= reader.usage.output_tokens
    return reader, chunks
