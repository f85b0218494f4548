"""Where a stream is ended because what is held for it is used up (RELIABILITY F12).

A provider that keeps to ``max_tokens`` never comes here. One that does not would write at our expense: nobody counts
its tokens while it does, so the limit rests on what they cannot be fewer than: the events, of which each has a token or
more, and the bytes, of which a token has eight at most, on the average of a long text (o200k_base: 4.5 of prose).
"""

import orjson

from translators.facts import Failure, FailureKind

BYTES = 8
"""Of a token at most, on the average of a long text."""
SLACK_EVENTS, SLACK_BYTES = 16, 2048
"""The role, the finish, the usage; and short texts, whose average may be anything."""

TOO_LONG = Failure(
    FailureKind.GARBLED,
    "The upstream's answer is longer than what was asked for, and held.",
    reached_model=True,
    code="stream_limit_exceeded",
)


class StreamLimit:
    """What one stream may come to.

    Args:
        tokens: of output, that are held for.
        finish: at its limit it is ended as one that has reached its length; else with an error.
    """

    __slots__ = ("_bytes", "_events", "finish")

    def __init__(self, tokens: int, *, finish: bool) -> None:
        self._events, self._bytes, self.finish = tokens + SLACK_EVENTS, tokens * BYTES + SLACK_BYTES, finish

    def passed(self, events: bytes, produced: int) -> bool:
        """Whether it is too long with these events.

        Args:
            events: canonical ones, that have just gone out.
            produced: bytes that the model has said in all.
        """
        self._events -= events.count(b"\n\n")
        return self._events < 0 or produced > self._bytes


def finished_at_length(events: bytes) -> bytes:
    """The canonical event that ends a stream at its length, and says why; after some other events of it."""
    last = orjson.loads(events.rstrip(b"\n").rpartition(b"\n\n")[2].removeprefix(b"data:"))
    chunk = {name: last[name] for name in ("id", "object", "created", "model") if name in last}
    indexes = [choice["index"] for choice in last.get("choices") or ()] or [0]
    chunk["choices"] = [{"index": index, "delta": {}, "finish_reason": "length"} for index in indexes]
    return b"data: " + orjson.dumps(chunk | {"switchgear": {"stopped": "budget"}}) + b"\n\n"
