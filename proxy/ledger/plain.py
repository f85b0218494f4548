"""Plain requests in the journal and in the ledger: nearly all are (:func:`proxy.observe.plain.kind_of`), so cheap ones.

What the rows of all plain requests of a kind have in common is made once, as JSON, and known by its bytes from then on.
So each is written as two JSON documents, a line each: what it has in common with others, ``{"same": {column: value},
"each": [columns], "accounts": [names, or null where it is slots]}``; and an array: the values of ``each``, what it is
charged, by account, their windows, and the holds that a shared store was asked for. It is a row as it stands.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import orjson

from policies.claims import Unit
from proxy.engine.story import Story

SECOND = 1_000_000
KINDS = 1024
"""That are remembered."""
_LINE = b"\n"
MARK = ord("{")
"""What the payload of a plain request begins with; that of others with ``[``."""
_TIMES = ("created", "uid", "id", "started", "first_byte", "ended", "duration", "overhead")
_TOKENS = ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")

Own = Sequence[Any]
"""What is a plain request's own."""
Moments = tuple[int, int, int, int, int]
"""Microseconds after a request came in at which its attempt began, its first byte came, its attempt ended, it ended
itself; and for how long it was here rather than upstream."""


def common(example: Story) -> bytes:
    """What the rows of plain requests that went like this one have in common."""
    call, outcome, turn = example.call, example.outcome, example.rounds[0]
    assert outcome is not None
    attempt, usage, who = outcome.attempts[0], outcome.usage, call.principal
    same = {
        "key": who.key,
        "team": who.team,
        "org": who.org,
        "model": call.model,
        "endpoint": call.endpoint.value,
        "stream": int(call.stream),
        "chain": example.chain,
        "config": example.version,
        "outcome": outcome.kind.value,
        "status": example.status,
        "target": turn.target,
        "attempts": 1,
        "source": usage.source if usage is not None else None,
        "price": attempt.target.price.version if attempt.target.price is not None else None,
        "upstream_key": attempt.credential,
    }
    each = [*_TIMES, *(_TOKENS if usage is not None else ())]
    each += ["cost"] * (attempt.cost is not None) + ["holds"] * (example.held != [])
    claims = example.held[0].claims if example.held else ()
    accounts = [None if claim.unit is Unit.SLOTS else claim.account for claim in claims]
    there = {name: cell for name, cell in same.items() if cell is not None}
    return orjson.dumps({"same": there, "each": each, "accounts": accounts}) + _LINE


def values(story: Story, moments: Moments, windows: Sequence[str | None], asked: tuple[str, ...]) -> Own:
    """What is a plain request's own.

    Args:
        story: finished.
        moments: of it.
        windows: of its accounts.
        asked: holds that a shared store was asked for.
    """
    outcome, held = story.outcome, story.held
    assert outcome is not None
    usage, cost, (started, first, ended, whole, ours) = outcome.usage, outcome.attempts[0].cost, moments
    own: tuple[Any, ...]
    if usage is None:
        own = story.created * SECOND, story.uid, story.call.id, started, first, ended, whole, ours
    else:
        own = (
            story.created * SECOND,
            story.uid,
            story.call.id,
            started,
            first,
            ended,
            whole,
            ours,
            usage.input_tokens,
            usage.output_tokens,
            usage.cached_tokens,
            usage.cache_write_tokens,
            usage.reasoning_tokens,
        )
    costs = () if cost is None else (cost,)
    if held:
        return (*own, *costs, held[0].id, held[0].posted, windows, asked)
    return (*own, *costs, (), (), asked)


def read(payload: bytes) -> tuple[bytes, Own]:
    """What a plain request has in common with others, and what is its own: values, amounts, windows, holds asked for.

    Raises:
        ValueError: it is not whole.
    """
    end = payload.index(_LINE) + 1
    return payload[:end], orjson.loads(payload[end:])


class Alike:
    """Plain requests of one kind.

    Args:
        text: what they have in common.

    Raises:
        ValueError: no row can be made of it: PostgreSQL takes no NUL, and every row has its key.
    """

    __slots__ = ("accounts", "cells", "columns", "each", "width")

    def __init__(self, text: bytes) -> None:
        known = orjson.loads(text)
        same, self.each, self.accounts = known["same"], tuple(known["each"]), known["accounts"]
        if b"\\u0000" in text or self.each[: len(_TIMES)] != _TIMES:
            raise ValueError("no row's part")
        self.width = len(self.each) + 3
        """Of what is each one's own."""
        self.columns = (*self.each, *same)
        """Of their rows."""
        self.cells = tuple(same.values())
        """The last ones of their rows."""


@lru_cache(KINDS)
def alike(text: bytes) -> Alike:
    """The kind with this in common."""
    return Alike(text)
