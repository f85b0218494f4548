"""Takes over the journals of workers that are gone: what they finished is written down, what they left open is charged.

A request that was sent and never settled may have cost all that was held for it, so that is what it is charged (H5).
Any worker may do this, at its start or later; a lock on each journal makes it one at a time, and the place up to which
a journal is in the database makes it once.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import structlog

from proxy.ledger.database import Database
from proxy.ledger.frames import DISPATCH, INTENT, frames
from proxy.ledger.landing import forget, land, progress
from proxy.ledger.plain import MARK, SECOND, alike, read
from proxy.ledger.segments import Holder, orphans
from translators.value import value

END = 2**63 - 1
"""The place behind everything: this journal is done."""
ROWS = 200
"""That land together."""
RECENT_SECONDS = 900.0
"""Settled holds of so long ago are told to the stores again; they know older ones no more (H3)."""
PICO = 1_000_000
_HELD = dict.fromkeys(
    ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens"), None
) | {"source": "held"}

_WAY = ("key", "team", "org", "model", "endpoint", "stream", "chain", "config", "target")
_OWN = ("uid", "ordinal", "created", "id", "user", "session", "tags", "bound", "hold", "amounts", "windows", "earlier")
Sent = dict[str, Any]
"""What a dispatch says, by those names; and ``names``."""
Ended = tuple[str, float, list[str], list[list[int]], list[str]]
"""A settled request: its uid, when it ended (Unix seconds), its holds, what they came to, those that a shared store was
asked for."""
Charged = tuple[str, list[int], list[Any]]
"""A hold, what it is charged, and the names of its accounts."""

_log = structlog.get_logger("switchgear")


@value
class Recovered:
    """A hold of a worker that is gone, and what became of it. The store has to be told; it may know already."""

    hold: str
    amounts: tuple[int, ...] | None
    """What to post, finally, one for each claim; None: give it up."""
    shared: bool
    """A shared store was asked for it. Else it was the worker's own affair, out of a lease or of its memory."""
    crashed: bool = False
    """It was open: it is charged in full."""


async def recover(parent: Path, database: Database) -> list[Recovered]:
    """Take over all journals whose workers are gone.

    Args:
        parent: folder of all journals.
        database: where their rows go. What it raises leaves the journal as it was, for the next time.

    Returns:
        What the stores have to be told.
    """
    found: list[Recovered] = []
    for holder in orphans(parent):
        done = False
        try:
            found += await _take_over(holder, database)
            done = True
        finally:
            holder.release(remove=done)
        await database.run(lambda connection, journal=holder.id: forget(connection, journal))  # type: ignore[misc]
    return found


async def _take_over(holder: Holder, database: Database) -> list[Recovered]:
    journal = holder.id
    place = await database.run(lambda connection: progress(connection, journal))
    remains = Remains()
    for end, payloads in _batches(holder, remains, place or 0):
        place, _ = await land(database, journal, place, end, payloads)
        await asyncio.sleep(0)
    crashed = remains.crashed()
    if place != END:
        await land(database, journal, place, END, crashed)
    _log.warning("journal_taken_over", journal=journal, crashed=len(crashed))
    return remains.recovered()


def _batches(holder: Holder, remains: "Remains", place: int) -> Iterator[tuple[int, list[bytes]]]:
    """What is not in the database yet, so many requests at a time."""
    for number, data in holder.segments():
        waiting: list[bytes] = []
        at = 0
        for kind, payload, at in frames(data):
            if remains.note(kind, payload) and (number << 32 | at) > place:
                waiting.append(payload)
                if len(waiting) >= ROWS:
                    yield number << 32 | at, waiting
                    waiting = []
        if any(data[at : at + 64]):
            _log.warning("journal_damaged", journal=holder.id, segment=number, at=at)
        if waiting:
            yield number << 32 | at, waiting


class Remains:
    """What a journal says, read from its beginning."""

    def __init__(self) -> None:
        self._intents: dict[str, str] = {}
        """Request by hold."""
        self._sent: dict[str, dict[int, Sent]] = {}
        """By request: its attempts by number; a frame may be there twice."""
        self._over: set[str] = set()
        self._settled: dict[str, Recovered] = {}

    def note(self, kind: int, payload: bytes) -> bool:
        """Take a frame into account. Returns: whether it ends a request."""
        if kind == INTENT:
            uid, hold = orjson.loads(payload)
            self._intents[hold] = uid
        elif kind == DISPATCH:
            sent = _sent(payload)
            self._sent.setdefault(sent["uid"], {})[sent["ordinal"]] = sent
        else:
            self._settle(payload)
            return True
        return False

    def crashed(self) -> list[bytes]:
        """The requests that were sent and are not over, as if they were: at the price of what was held for them."""
        return [
            orjson.dumps(_crashed(uid, [attempts[number] for number in sorted(attempts)]))
            for uid, attempts in self._sent.items()
            if uid not in self._over
        ]

    def recovered(self) -> list[Recovered]:
        """What the stores have to be told."""
        found = dict(self._settled)
        for uid, attempts in self._sent.items():
            if uid not in self._over:
                for hold, amounts, _ in _charged(attempts[max(attempts)]):
                    found[hold] = Recovered(hold, tuple(amounts), hold in self._intents, crashed=True)
        for hold in self._intents:
            if hold not in found:
                found[hold] = Recovered(hold, None, shared=True)
        return list(found.values())

    def _settle(self, payload: bytes) -> None:
        try:
            uid, ended, holds, amounts, asked = _ended_plain(payload) if payload[0] == MARK else _ended(payload)
        except (ValueError, LookupError, TypeError):  # its row will be said to be lost
            return
        self._over.add(uid)
        self._sent.pop(uid, None)
        for hold, posted in zip(holds, amounts, strict=True):
            if ended > time.time() - RECENT_SECONDS:
                self._settled[hold] = Recovered(hold, tuple(posted), hold in asked)
            self._intents.pop(hold, None)


def _ended(payload: bytes) -> Ended:
    uid, record, holds, amounts, _, asked = orjson.loads(payload)
    return uid, record["created"] + float(record.get("duration_ms") or 0) / 1e3, holds, amounts, asked


def _ended_plain(payload: bytes) -> Ended:
    common, (*values, posted, _, asked) = read(payload)
    found = dict(zip(alike(common).each, values, strict=True))
    ended = (found["created"] + found["duration"]) / SECOND
    held = "holds" in found
    return found["uid"], ended, [found["holds"]] if held else [], [posted] if held else [], asked


def _sent(payload: bytes) -> Sent:
    (*way, accounts), own = map(orjson.loads, payload.split(b"\n"))
    sent = dict(zip(_WAY, way, strict=True)) | dict(zip(_OWN, own, strict=True))
    return sent | {"names": list(zip(accounts, sent["windows"], strict=True))}


def _crashed(uid: str, sent: list[Sent]) -> list[Any]:
    """A settled request's payload, made of what was known when it was sent."""
    last = sent[-1]
    facts = {name: last[name] for name in ("id", "user", "session", "tags", *_WAY)}
    charged = _charged(last)
    attempts = _attempts(sent, _cost(charged))
    costs = [attempt["cost"] for attempt in attempts]
    record = facts | {
        "created": last["created"],
        "outcome": "crashed",
        "status": 0,
        "policies": [],
        "attempts": attempts,
        "usage": _HELD,
        "cost": None if None in costs else sum(costs),
        "duration_ms": None,
        "overhead_ms": None,
    }
    return [uid, record, *([part[place] for part in charged] for place in range(3)), []]


def _charged(last: Sent) -> list[Charged]:
    """The holds that a request which was sent last like this pays for: all of them whole, as they would be when they
    expire. Slots (no window) are given back."""
    hold, earlier = last["hold"], last["earlier"]
    holds = [*earlier, (hold, last["amounts"], last["names"])] if hold is not None else earlier
    return [(one, _whole(held, accounts), accounts) for one, held, accounts in holds]


def _whole(amounts: list[int], names: list[Any]) -> list[int]:
    return [0 if window is None else amount for amount, (_, window) in zip(amounts, names, strict=True)]


def _attempts(sent: list[Sent], charged: int | None) -> list[dict[str, Any]]:
    """One for each time it was sent. The last one costs its bound, those before it what was held beyond that."""
    bounds = [None if one["bound"] is None else one["bound"] * PICO for one in sent]
    costs = [*([0] * (len(sent) - 1)), bounds[-1]]
    if charged is not None:
        last = charged if len(sent) == 1 else min(bounds[-1] or 0, charged)
        costs[-2:] = [charged - last, last][-len(sent) :]
    return [
        {"target": one["target"], "usage": _HELD if cost != 0 else None, "cost": cost}
        for one, cost in zip(sent, costs, strict=True)
    ]


def _cost(charged: list[Charged]) -> int | None:
    """What holds come to in pico-dollars, on the account of money that is charged most; names say which those are.
    None: there is none."""
    sums = Counter[str]()
    for _, amounts, names in charged:
        sums.update({name: amount for amount, (name, _) in zip(amounts, names, strict=True) if _of_money(name)})
    return max(sums.values()) * PICO if sums else None


def _of_money(account: str) -> bool:
    return account.split(":")[-2:-1] == ["cost"]
