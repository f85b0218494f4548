"""Requests of clients, and what the translator makes of them, for the tests of Converse."""

from dataclasses import dataclass
from typing import Any

import orjson

from tests.rig import asks
from tests.rig.asks import HI, TIME, WEATHER, Json, ask, call
from tests.translators.official.vendor_types import bedrock as faults
from translators.base import WireRequest
from translators.providers.bedrock import Bedrock

__all__ = [
    "CLAUDE",
    "HI",
    "LLAMA",
    "NOVA",
    "OLD_CLAUDE",
    "TIME",
    "WEATHER",
    "Json",
    "Target",
    "ask",
    "call",
    "lacks",
    "wire",
]

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
OLD_CLAUDE = "anthropic.claude-3-7-sonnet-20250219-v1:0"
NOVA = "us.amazon.nova-2-lite-v1:0"
LLAMA = "meta.llama3-3-70b-instruct-v1:0"


@dataclass(frozen=True)
class Target(asks.Target):
    """A destination that speaks this wire."""

    model: str = CLAUDE
    provider: str = "bedrock"


def wire(messages: Any = HI, *, to: str = CLAUDE, **body: Any) -> tuple[WireRequest, Json]:
    """The request as it goes out, and its body parsed; it is one that Bedrock's service model allows."""
    request = Bedrock().request(ask(messages, **body), Target(to))
    said = orjson.loads(request.body)
    assert faults(said) == []
    return request, said


def lacks(messages: Any = HI, *, to: str = CLAUDE, **body: Any) -> tuple[str, ...]:
    """What the target cannot honour."""
    return Bedrock().unsupported(ask(messages, **body), Target(to))
