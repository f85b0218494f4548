"""How much state is kept, and for how long. It is kept by itself, without a key in the YAML: losing it costs a provider
its own thinking of earlier turns, never a request.
"""

from dataclasses import dataclass

import orjson

from translators.base import Memento


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a store of mementos holds at most. What was used longest ago goes first.

    Several workers share one store, so these are a server's bounds, not a worker's.
    """

    seconds: float = 3600.0
    """How long a memento is kept after its last use: a conversation that goes on keeps its own."""
    entries: int = 10_000
    """Tool calls that have one."""
    size: int = 64 * 1024 * 1024
    """Bytes of all entries."""
    largest: int = 4 * 1024 * 1024
    """Bytes of one answer's entries: upstreams are hostile, and 128k tokens of thinking are half a megabyte."""


BOUNDS = Bounds()


def entry_of(scope: str, memento: Memento, bounds: Bounds) -> bytes | None:
    """A memento as the text that is kept for each of its calls; None where there is nothing to keep, or far too much.

    Args:
        scope: whose it is.
        memento: as a translator gives it.
        bounds: of the store.
    """
    if not memento.calls or not memento.fields:
        return None
    try:
        text = orjson.dumps(memento.fields)
    except orjson.JSONEncodeError:  # an upstream's, nested deeper than orjson writes
        return None
    return text if sum(weight(scope, call, text) for call in memento.calls) <= bounds.largest else None


def weight(scope: str, call: str, text: bytes) -> int:
    """Bytes that an entry counts for."""
    return len(scope) + len(call) + len(text)
