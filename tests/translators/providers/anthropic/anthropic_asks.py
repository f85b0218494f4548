"""Requests of clients, and what the translator makes of them, for the tests of Anthropic's wire."""

from dataclasses import dataclass
from typing import Any

import orjson

from tests.rig import asks
from tests.rig.asks import HI, TIME, WEATHER, Json, ask, call
from translators.base import WireRequest
from translators.providers.anthropic import Anthropic

__all__ = ["HI", "TIME", "WEATHER", "Json", "Target", "ask", "call", "lacks", "wire"]


@dataclass(frozen=True)
class Target(asks.Target):
    """A destination that speaks this wire."""

    model: str = "claude-sonnet-4-5"
    provider: str = "anthropic"


def wire(messages: Any = HI, *, to: str = "claude-sonnet-4-5", **body: Any) -> tuple[WireRequest, Json]:
    """The request as it goes out, and its body parsed."""
    request = Anthropic().request(ask(messages, **body), Target(to))
    return request, orjson.loads(request.body)


def lacks(messages: Any = HI, *, to: str = "claude-sonnet-4-5", **body: Any) -> tuple[str, ...]:
    """What the target cannot honour."""
    return Anthropic().unsupported(ask(messages, **body), Target(to))
