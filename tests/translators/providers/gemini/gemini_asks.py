"""Requests of clients, and what the translator makes of them, for the tests of Gemini's wire."""

from dataclasses import dataclass
from typing import Any

import orjson

from tests.rig import asks
from tests.rig.asks import HI, TIME, WEATHER, Json, ask, call
from translators.base import WireRequest
from translators.providers.gemini import Gemini

__all__ = ["FLASH", "HI", "OLD", "PRO", "TIME", "WEATHER", "Json", "Target", "ask", "call", "lacks", "wire"]

FLASH, PRO, OLD = "gemini-2.5-flash", "gemini-3-pro-preview", "gemini-2.0-flash"


@dataclass(frozen=True)
class Target(asks.Target):
    """A destination that speaks this wire."""

    model: str = FLASH
    provider: str = "google"


def wire(messages: Any = HI, *, to: str = FLASH, vertex: bool = False, **body: Any) -> tuple[WireRequest, Json]:
    """The request as it goes out, and its body parsed."""
    request = Gemini(vertex=vertex).request(ask(messages, **body), Target(to))
    return request, orjson.loads(request.body)


def lacks(messages: Any = HI, *, to: str = FLASH, vertex: bool = False, **body: Any) -> tuple[str, ...]:
    """What the target cannot honour."""
    return Gemini(vertex=vertex).unsupported(ask(messages, **body), Target(to))
