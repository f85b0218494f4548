"""What of a request a tokenizer reads: its words, and not the pictures and sounds among them."""

from collections.abc import Iterator
from typing import Any

import orjson

from translators.base import EmbeddingsRequest, Request

SOUND = 20
"""Bytes of base64 a token of sound has at least: 32 tokens a second (https://ai.google.dev/gemini-api/docs/audio,
2026-11; OpenAI's 10 are fewer) and 5 kbit of a codec for speech."""
_DEFINITIONS = ("tools", "functions", "response_format")
_MEDIA = frozenset({"image_url", "file", "image", "document", "source"})
"""Keys of what is no text: bounded by kind, in ``proxy.money.media``."""


def texts(ask: Request) -> Iterator[str]:
    """All that a request says."""
    if isinstance(ask, EmbeddingsRequest):
        yield from (entry for entry in ask.inputs if isinstance(entry, str))
        return
    yield from _said(ask.body["messages"])
    for name in _DEFINITIONS:
        if ask.body.get(name):
            yield orjson.dumps(ask.body[name]).decode()


def beside_texts(ask: Request) -> int:
    """Tokens of what is no text and yet in the request: sound, and inputs that are tokens already."""
    if isinstance(ask, EmbeddingsRequest):
        return sum(len(entry) for entry in ask.inputs if not isinstance(entry, str))
    if ask.plain:
        return 0
    sounds = [
        part.get("input_audio")
        for message in ask.body["messages"]
        if type(message.get("content")) is list
        for part in message["content"]
    ]
    return sum(-(-len(str(sound.get("data") or "")) // SOUND) for sound in sounds if type(sound) is dict)


def _said(value: Any) -> Iterator[str]:
    if type(value) is str:
        yield value
    elif type(value) is list:
        for entry in value:
            yield from _said(entry)
    elif type(value) is dict:
        for name, entry in value.items():
            if name not in _MEDIA and name != "input_audio":
                yield from _said(entry)
