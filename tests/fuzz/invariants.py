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
    assert reader.produced >= 0
    if reader.usage is not None:
        usage = reader.usage
        for name in ("cached_tokens", "cache_write_tokens", "input_audio_tokens", "input_image_tokens"):
            assert 0 <= getattr(usage, name) <= usage.input_tokens, name
        for name in ("reasoning_tokens", "output_audio_tokens", "output_image_tokens"):
            assert 0 <= getattr(usage, name) <= usage.output_tokens, name
    return reader, chunks
