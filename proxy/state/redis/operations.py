"""What is asked of the script: one entry of a call each, and what becomes of it."""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from policies.claims import Claim, Granted, Refused, Reply, Standing, Unavailable
from proxy.state.redis.places import MICRO, WIDTH, Place, Places, seconds, standing, standing_of

Arguments = list[Any]
"""Words and numbers, as they are sent."""
Entry = list[int]
"""The script's answer to one operation; its first number says which kind."""
NOT_NOW = Unavailable(0)

REFUSED, DONE, ELSEWHEN, TOMBSTONE, TOO_OLD, ADDED, UNKNOWN, INVALID = 0, 1, 2, 3, 4, 5, -1, -3
_TRIES = 3
"""How often a reservation is sent with other windows, where the store's clock says that they are not open."""
_HEAD = 8
"""Arguments of a reservation before its claims."""


class Operation:
    """One operation of a call. Repeating it has no effect, so it may be sent again when its reply was lost."""

    __slots__ = ("args", "since")

    reserves = False
    """It takes, and so waits no longer than the deadline; what gives back or charges is sent until it is done."""

    def __init__(self, args: Arguments, since: float) -> None:
        self.args = args
        self.since = since
        """When it was asked for, monotonic."""

    def answered(self, entry: Entry, now: int) -> None:
        """The script has carried it out, at this time of its own (microseconds)."""

    def lost(self) -> None:
        """It was not carried out in time, or nobody knows whether it was."""


class Ledger(Protocol):
    """What operations tell the store."""

    places: Places

    def again(self, operation: Operation) -> None:
        """It has to be sent once more."""

    def granted(self, hold: "Hold") -> None:
        """It is held."""

    def dropped(self, hold: "Hold") -> None:
        """Nobody waits for it any more; it may be held or not."""

    def settled(self, settlement: "Settlement", entry: Entry, now: int) -> None:
        """It is done."""


class Hold(Operation):
    """A reservation; once granted, all that is needed to make it again in books that have lost it.

    Args:
        ledger: is told.
        id: of the hold.
        claims: at least one.
        amounts: one for each.
        terms: seconds it lasts, the configuration's version, and the least that will do (-1: all).
        since: monotonic.
    """

    __slots__ = ("admitted", "claims", "final", "id", "ledger", "posted", "reply", "tries", "watched")

    reserves = True

    def __init__(
        self,
        ledger: Ledger,
        id: str,  # noqa: A002 - that is its name
        claims: Sequence[Claim],
        amounts: Sequence[int],
        terms: tuple[float, int, int],
        since: float,
    ) -> None:
        self.ledger, self.id, self.claims, self.since = ledger, id, claims, since
        self.reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.admitted = self.tries = 0
        self.posted: Sequence[int] | None = None
        """What it came to so far; empty: it was voided."""
        self.final = False
        lasts, version, least = terms
        self.args = ["R", id, int(lasts * MICRO), version, 0, 0, least, len(claims)]
        self.watched = self._place(amounts)

    @property
    def lease(self) -> bool:
        """Whether it is one: what is spent from it is in the ledger by other ids, and so in books that were rebuilt."""
        return bool(self.args[6] != -1)

    def place(self, position: int) -> Place:
        """The place of one of its claims, as it was reserved."""
        at = _HEAD + WIDTH * position
        account, window, first, last, mode, limit = self.args[at : at + WIDTH - 1]
        return account, window, first, last, mode, limit

    def standing(self, position: int, used: int, held: int, limit: int, now: int) -> Standing:
        """How the account of one of its claims stands."""
        return standing(self.args, _HEAD + WIDTH * position, used, held, limit, now)

    def answered(self, entry: Entry, now: int) -> None:
        """See :meth:`Operation.answered`."""
        kind = entry[0]
        if kind == DONE:
            self.admitted = now
            self._answer(self._granted(entry, now))
            self.ledger.granted(self)
            if self.reply.cancelled():
                self.ledger.dropped(self)
        elif kind == REFUSED:
            position = entry[1]
            self._answer(Refused(position, self._refused(position, entry, now), seconds(entry[5])))
        elif kind == TOMBSTONE:
            self._answer(Refused(0, self.standing(0, 0, 0, self.claims[0].limit, now)))
        elif kind == ELSEWHEN and self.tries < _TRIES:
            self.tries += 1
            self._replace()
        else:
            self._answer(NOT_NOW)

    def lost(self) -> None:
        """See :meth:`Operation.lost`."""
        self._answer(NOT_NOW)
        self.ledger.dropped(self)

    def again(self) -> list[Operation]:
        """What makes it again in books that may have lost it."""
        if self.posted is not None and not self.posted:
            return [Operation(["V", self.id], self.since)]
        forced = Operation([*self.args[:4], 1, self.admitted, *self.args[6:]], self.since)
        return [forced] if self.posted is None else [forced, Settlement(self.ledger, self, self.posted, self.since)]

    def addition(self, now: int, amounts: Sequence[int]) -> Arguments:
        """What charges its accounts with what was posted now, where the hold is not there."""
        args: Arguments = ["A", self.id, now, self.admitted, *self.args[_HEAD - 1 :]]
        for position, amount in enumerate(amounts):
            args[4 + WIDTH * (position + 1)] = amount
        return args

    def _place(self, amounts: Sequence[int]) -> bool:
        args, places = self.args, self.ledger.places
        known, watched = places.current(), False
        for claim, amount in zip(self.claims, amounts, strict=True):
            args += known.get(claim) or places.find(claim)
            args.append(amount)
            if claim.alerts:
                watched = True
        return watched

    def _replace(self) -> None:
        amounts = [int(amount) for amount in self.args[_HEAD + WIDTH - 1 :: WIDTH]]
        del self.args[_HEAD:]
        self.ledger.places.forget()
        self._place(amounts)
        self.ledger.again(self)

    def _answer(self, reply: Reply) -> None:
        if not self.reply.done():
            self.reply.set_result(reply)

    def _granted(self, entry: Entry, now: int) -> Granted:
        if self.lease:
            return Granted((self._leased(entry, now),))
        standings, args, at = [], self.args, _HEAD
        for i in range(1, len(entry), 3):
            standings.append(standing(args, at, entry[i], entry[i + 1], entry[i + 2], now))
            at += WIDTH
        return Granted(tuple(standings))

    def _leased(self, entry: Entry, now: int) -> Standing:
        used, _, limit, amount = entry[1:]
        self.args[-1] = amount
        place = self.place(0)
        _, _, first, last, _, _ = place
        ends = last - now if last else first - now % first if first else -1
        return standing_of(place, (used, amount, limit, ends), now)

    def _refused(self, position: int, entry: Entry, now: int) -> Standing:
        return standing_of(self.place(position), (*entry[2:5], entry[6]), now)


class Settlement(Operation):
    """What a hold has come to, or that it is given up.

    Args:
        ledger: is told.
        hold: its own; its id alone, where another process made it.
        amounts: the sums so far; empty: given up.
        since: monotonic.
        final: nothing follows.
        lasts: seconds from now after which what is left of the hold expires; 0: as before.
    """

    __slots__ = ("done", "final", "hold", "ledger")

    def __init__(
        self,
        ledger: Ledger,
        hold: Hold | str,
        amounts: Sequence[int],
        since: float,
        final: bool | None = None,
        lasts: float = 0.0,
    ) -> None:
        self.ledger, self.hold, self.since = ledger, hold, since
        self.done: asyncio.Future[Entry] | None = None
        """Set where somebody waits for it."""
        known = isinstance(hold, Hold)
        name, tell = (hold.id, hold.watched or hold.lease) if isinstance(hold, Hold) else (hold, False)
        self.final = final if final is not None else not known or hold.final  # type: ignore[union-attr]
        self.args = ["P", name, int(self.final), int(lasts * MICRO), int(tell), int(known), len(amounts), *amounts]

    def answered(self, entry: Entry, now: int) -> None:
        """See :meth:`Operation.answered`."""
        self.ledger.settled(self, entry, now)
        if self.done is not None and not self.done.done():
            self.done.set_result(entry)


class Question(Operation):
    """Something whose answer somebody waits for: how accounts stand, or an adjustment of one."""

    __slots__ = ("reply",)

    def __init__(self, args: Arguments, since: float) -> None:
        super().__init__(args, since)
        self.reply: asyncio.Future[tuple[Entry, int] | None] = asyncio.get_running_loop().create_future()

    def answered(self, entry: Entry, now: int) -> None:
        """See :meth:`Operation.answered`."""
        if not self.reply.done():
            self.reply.set_result((entry, now))

    def lost(self) -> None:
        """See :meth:`Operation.lost`."""
        if not self.reply.done():
            self.reply.set_result(None)
