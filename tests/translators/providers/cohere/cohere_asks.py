"""Requests of clients, and what the translator makes of them, for the tests of Cohere's wire."""

from dataclasses import dataclass, replace
from typing import Any

import orjson

from tests.rig import asks
from tests.rig.asks import HI, TIME, WEATHER, Json, ask, call
from tests.rig.replaying import chunks_of, deltas
from translators.base import ChatResponse, WireRequest, WireResponse
from translators.providers.cohere import Cohere, CohereDecoder

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

    model: str = "command-a-03-2025"
    provider: str = "cohere"


def wire(messages: Any = HI, *, to: str = "command-a-03-2025", **body: Any) -> tuple[WireRequest, Json]:
    """The request as it goes out, and its body parsed."""
    request = Cohere().request(ask(messages, **body), Target(to))
    return request, orjson.loads(request.body)


def lacks(messages: Any = HI, *, to: str = "command-a-03-2025", **body: Any) -> tuple[str, ...]:
    """What the target cannot honour."""
    return Cohere().unsupported(ask(messages, **body), Target(to))


def answer(said: Json, **body: Any) -> tuple[ChatResponse, Json]:
    """A whole answer as it is read, and its body parsed."""
    response = Cohere().response(ask(**body), WireResponse(200, {}, orjson.dumps(said)), Target())
    assert isinstance(response, ChatResponse)
    return response, orjson.loads(response.body)


def framed(events: list[Json]) -> bytes:
    """Events as the provider frames them."""
    return b"".join(b"event: %b\ndata: %b\n\n" % (str(e.get("type")).encode(), orjson.dumps(e)) for e in events)


def run(events: list[Json], *, include_usage: bool = False, **body: Any) -> tuple[CohereDecoder, list[Json]]:
    """A stream of these events, and the chunks that came of it; each is one that OpenAI's SDK knows."""
    decoder = CohereDecoder(replace(ask(stream=True, **body), include_usage=include_usage))
    out = decoder.feed(framed(events)) + decoder.close()
    return decoder, chunks_of(out)
