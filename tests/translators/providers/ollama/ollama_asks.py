"""Requests of clients, and what the translator makes of them, for the tests of Ollama's own wire."""

from dataclasses import dataclass, replace
from typing import Any

import orjson

from tests.rig import asks
from tests.rig.asks import HI, TIME, WEATHER, Json, ask, call
from tests.rig.replaying import chunks_of, deltas
from translators.base import ChatResponse, WireRequest, WireResponse
from translators.providers.ollama import Ollama, OllamaDecoder

__all__ = [
    "HI",
    "TIME",
    "WEATHER",
    "Json",
    "Target",
    "answer",
    "ask",
    "call",
    "deltas",
    "framed",
    "lacks",
    "run",
    "wire",
]


@dataclass(frozen=True)
class Target(asks.Target):
    """A destination that speaks this wire."""

    model: str = "qwen3:4b"
    provider: str = "ollama"


def wire(messages: Any = HI, **body: Any) -> tuple[WireRequest, Json]:
    """The request as it goes out, and its body parsed."""
    request = Ollama().request(ask(messages, **body), Target())
    return request, orjson.loads(request.body)


def lacks(messages: Any = HI, **body: Any) -> tuple[str, ...]:
    """What the target cannot honour."""
    return Ollama().unsupported(ask(messages, **body), Target())


def answer(said: Json) -> tuple[ChatResponse, Json]:
    """A whole answer as it is read, and its body parsed."""
    response = Ollama().response(ask(), WireResponse(200, {}, orjson.dumps(said)), Target())
    assert isinstance(response, ChatResponse)
    return response, orjson.loads(response.body)


def framed(lines: list[Json]) -> bytes:
    """Lines as the server writes them."""
    return b"".join(orjson.dumps(line) + b"\n" for line in lines)


def run(lines: list[Json], *, include_usage: bool = False) -> tuple[OllamaDecoder, list[Json]]:
    """A stream of these lines, and the chunks that came of it; each is one that OpenAI's SDK knows."""
    decoder = OllamaDecoder(replace(ask(stream=True), include_usage=include_usage))
    out = decoder.feed(framed(lines)) + decoder.close()
    return decoder, chunks_of(out)
