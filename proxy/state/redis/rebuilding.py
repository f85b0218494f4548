"""Filling books that are empty from what the ledger knows (H6): by one worker, in a few calls, or not at all."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import inf
from secrets import token_hex
from typing import Any, TypeVar

from redis.exceptions import ConnectionError as Gone

from proxy.state.redis.joining import ask
from proxy.state.redis.places import MICRO
from proxy.state.redis.scripts import KEYS, LOCK, REBUILD
from proxy.state.store import Sum
from proxy.state.windows import counts_until, window_of_account

LOCK_SECONDS = 30.0
"""After which somebody else may begin anew; each call begins them again."""
PATIENCE = 60.0
"""Seconds that one waits for another one's rebuilding."""
KEPT = 25 * 3600.0
"""Seconds for which sums are kept after their window's end, as in accounts.lua."""
_PART = 500
_PAUSE = 0.05

T = TypeVar("T")


async def rebuild(connection: Any, sums: Iterable[Sum], settled: Iterable[str]) -> None:
    """Return when the books have an epoch.

    Args:
        connection: to the server, of redis-py.
        sums: see :meth:`proxy.state.store.Store.rebuild`.
        settled: likewise.

    Raises:
        RedisError, OSError, TimeoutError: the server failed. What was written does not count.
    """
    token = token_hex(16)
    pauses = iter(range(int(PATIENCE / _PAUSE)))
    while not await ask(connection, "HEXISTS", KEYS[0], "#epoch"):
        if await ask(connection, "SET", LOCK, token, "NX", "PX", int(LOCK_SECONDS * 1000)):
            await _fill(connection, token, list(sums), list(settled))
        elif next(pauses, None) is None:
            raise Gone("another worker has been rebuilding the books for too long")
        else:
            await asyncio.sleep(_PAUSE)


async def _fill(connection: Any, token: str, sums: Sequence[Sum], settled: Sequence[str]) -> None:
    first = True
    for part in _parts(sums):
        await _call(connection, token, part, (), first=first)
        first = False
    for names in _parts(settled):
        await _call(connection, token, (), names, first=first)
        first = False
    await _call(connection, token, (), (), first=first, epoch=token_hex(8))
    await ask(connection, "DEL", LOCK)


async def _call(
    connection: Any, token: str, sums: Sequence[Sum], settled: Sequence[str], *, first: bool, epoch: str = ""
) -> None:
    arguments: list[str | int] = [token, int(LOCK_SECONDS * 1000), int(first), epoch, len(sums)]
    for each in sums:
        arguments += (each.account, each.window, each.amount, _forgotten(each))
    await ask(connection, *REBUILD.whole, *arguments, *settled)


def _forgotten(each: Sum) -> int:
    """When a sum may be forgotten, in microseconds; 0: never."""
    try:
        until = counts_until(window_of_account(each.account), each.window)
    except ValueError:  # a window that this version does not know: somebody else's, kept
        until = inf
    return int((until + KEPT) * MICRO) if until != inf else 0


def _parts(items: Sequence[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while part := list(islice(rest, _PART)):
        yield part
