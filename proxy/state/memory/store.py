"""The store of accounts in memory: see :mod:`proxy.state.store`. Everything in it happens in one step of one thread."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from math import inf
from typing import Any

import structlog

from policies.claims import Claim, Granted, Refused, Reply, Standing
from proxy.state.memory.account import Account
from proxy.state.memory.accounts import Accounts
from proxy.state.memory.hold import LAPSED, MOST, Hold, Past
from proxy.state.store import Alarm, Report, Sum
from proxy.tasks import spawn

SWEEP_SECONDS = 1.0
_log = structlog.get_logger("switchgear")


class MemoryStore:
    """Accounts of one process.

    Args:
        alarm: told of accounts that are nearly used up.
        wall: Unix seconds; what belongs to a window of the calendar goes by it.
        clock: monotonic seconds; everything else goes by it.
    """

    shared = False
    mode = "ok"

    def __init__(
        self,
        alarm: Alarm,
        wall: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._accounts = Accounts(alarm, wall, clock)
        self._holds: dict[str, Hold] = {}
        self._due = inf
        """No hold expires before."""
        self._lapsed: dict[str, Hold] = {}
        self._past = Past()
        self._adjusted: dict[str, None] = {}
        self._rebuilt = False
        self._expired = self._unknown = 0
        self._sweeper: asyncio.Task[None] | None = None

    def reserve(
        self, hold: str, claims: Sequence[Claim], amounts: Sequence[int], seconds: float, version: int
    ) -> Reply:
        """Hold these amounts on all these accounts, or on none."""
        now, wall = self._accounts.now()
        if now >= self._due:
            self._expire(now)
        past = self._past
        if hold in self._holds or hold in past.new or hold in past.old or hold in self._lapsed:
            return self._again(hold, claims)
        bundle = self._accounts.bundle(tuple(claims), version, now, wall)
        parts, standings = bundle.parts, list[Standing]()
        for position, account in enumerate(bundle.accounts):
            amount, used, limit = amounts[position], account.used, account.limit
            held = account.held + amount
            if used + held >= limit and (not amount or used + held > limit) and not claims[position].shadow:
                for part, earlier in zip(parts[:position], amounts, strict=False):
                    part.move(0, -earlier)
                return self._refused(position, account, amount)
            account.held = held
            if account.bucket is not None:
                account.bucket.held += amount
            until = account.until
            left = None if until is None else until - (wall if account.calendar else now)
            standings.append(Standing(used, held, limit, account.id, left))
        granted = Granted(tuple(standings))
        expires = now + seconds
        self._holds[hold] = Hold(parts, amounts, granted, expires)
        if expires < self._due:
            self._due = expires
        return granted

    def post(self, hold: str, amounts: Sequence[int], *, final: bool = True) -> None:
        """Charge what was really taken. What nobody has held is counted and said: there are no accounts to charge."""
        held = self._holds.pop(hold, None)
        if held is None:
            self._post_late(hold, amounts, final)
        elif final:
            self._past.new[hold] = None
            held.settle(amounts)
        else:
            self._holds[hold] = held
            held.progress(amounts)

    def void(self, hold: str) -> None:
        """Give up a hold; one that is still to come will be refused."""
        held = self._holds.pop(hold, None) or self._lapsed.pop(hold, None)
        if held is not None:
            held.void()
        elif hold in self._past.new or hold in self._past.old:
            return
        self._past.new[hold] = held or Hold((), (), Granted(()), 0.0)

    async def lease(self, hold: str, claim: Claim, most: int, least: int, seconds: float, version: int) -> Reply:
        """Hold as much as there is of ``most``, but not less than ``least``."""
        if hold in self._holds:
            return self._holds[hold].granted
        account = self._accounts.of(claim, version)
        amount = min(most, max(account.left, least))
        reply = self.reserve(hold, (claim,), (amount,), seconds, version)
        if not isinstance(reply, Granted):
            return reply
        (standing,) = reply.standings
        ends = account.end - self._accounts.clock_of(account)
        own = Standing(standing.used, amount, standing.limit, standing.window, None if ends == inf else ends)
        self._holds[hold].granted = granted = Granted((own,))
        return granted

    async def report(self, reports: Sequence[Report], seconds: float) -> Sequence[bool]:
        """Charge what leases have spent, and renew them. One is to be given back where more lies idle in it than is
        left for everybody else, or where nobody knows it."""
        return [self._report(report, seconds) for report in reports]

    async def standings(self, claims: Iterable[Claim]) -> list[Standing]:
        """How these accounts stand now."""
        self._expire(self._accounts.now()[0])
        return [self._accounts.standing(self._accounts.of(claim, -1)) for claim in claims]

    def known(self, most: int = 1000) -> list[tuple[Claim, Standing]]:
        """Accounts with a limit as they stand, for people; where there are more, so many on which there is anything."""
        accounts = self._accounts.by_name.values()
        few = len(accounts) <= most
        seen = (each for each in accounts if each.version >= 0 and (few or each.used or each.held))
        claims = [account.claim for account in islice(seen, most) if account.claim is not None]
        return [(claim, self._accounts.standing(self._accounts.of(claim, -1))) for claim in claims]

    async def adjust(self, claim: Claim, amount: int, adjustment: str) -> Standing:
        """Add an amount to what is settled now."""
        account = self._accounts.of(claim, -1)
        if adjustment not in self._adjusted:
            self._adjusted[adjustment] = None
            account.adjust(amount)
        return self._accounts.standing(account)

    async def rebuild(self, sums: Iterable[Sum], settled: Iterable[str]) -> None:
        """Begin with what the ledger knows; once."""
        if self._rebuilt:
            return
        self._rebuilt = True
        for each in sums:
            try:
                self._accounts.load(each)
            except ValueError:  # no name that this version gives: nobody will claim it
                _log.warning("account_unknown", account=each.account, window=each.window, amount=each.amount)
        self._past.new.update(dict.fromkeys(settled))

    def health(self) -> Mapping[str, Any]:
        """How many of everything there are, and holds that expired or were never there."""
        counts = {"accounts": len(self._accounts.by_name), "holds": len(self._holds)}
        return {"mode": self.mode, **counts, "expired": self._expired, "unknown": self._unknown}

    async def start(self) -> None:
        """Begin to sweep."""
        self._sweeper = spawn(self._sweeps(), "accounts")

    async def close(self) -> None:
        """Stop. What is held stays so until it expires: the ledger says what it came to."""
        if self._sweeper is not None:
            self._sweeper.cancel()

    def sweep(self) -> None:
        """Expire what is due, and forget what is over."""
        now = self._accounts.now()[0]
        self._expire(now)
        self._past.turn(now)
        self._accounts.sweep()
        while self._lapsed and next(iter(self._lapsed.values())).expires + LAPSED < now:
            del self._lapsed[next(iter(self._lapsed))]
        for known in (self._lapsed, self._adjusted):
            while len(known) > MOST:
                del known[next(iter(known))]

    async def _sweeps(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self.sweep()

    def _expire(self, now: float) -> None:
        if now < self._due:
            return
        due = [hold for hold, held in self._holds.items() if held.expires <= now]
        for hold in due:
            self._lapsed[hold] = held = self._holds.pop(hold)
            held.lapse()
        if due:
            self._expired += len(due)
            _log.warning("holds_expired", count=len(due))
        self._due = min((held.expires for held in self._holds.values()), default=inf)

    def _again(self, hold: str, claims: Sequence[Claim]) -> Reply:
        if hold in self._holds:
            return self._holds[hold].granted
        return Refused(0, self._accounts.standing(self._accounts.of(claims[0], -1)))

    def _refused(self, position: int, account: Account, amount: int) -> Refused:
        now = self._accounts.clock_of(account)
        return Refused(position, account.standing(now), account.fits_in(amount or 1, now))

    def _post_late(self, hold: str, amounts: Sequence[int], final: bool) -> None:
        """Money is never dropped: what was given up, and was spent all the same, is charged."""
        if (lapsed := self._lapsed.pop(hold, None)) is not None:
            self._settle(hold, lapsed, amounts, final=final)
        elif not self._past.settled(hold):
            self._unknown += 1
            _log.warning("settled_without_hold", hold=hold, amounts=[*amounts])
            held = self._past.given_up(hold)
            if held is not None and held.parts:
                held.progress(amounts)
                if final:
                    self._settle(hold, held, amounts, final=True)

    def _settle(self, hold: str, held: Hold, amounts: Sequence[int], *, final: bool, seconds: float = 0.0) -> None:
        """What a hold has come to: for good, or so far, and it is held for so many seconds more."""
        if final:
            self._past.new[hold] = None
            held.settle(amounts)
        else:
            held.progress(amounts)
            held.expires = self._accounts.now()[0] + seconds
            self._holds[hold] = held
            self._due = min(self._due, held.expires)

    def _report(self, report: Report, seconds: float) -> bool:
        held = self._holds.pop(report.hold, None) or self._lapsed.pop(report.hold, None)
        if held is None:
            return True
        part = held.parts[0]
        account = part if isinstance(part, Account) else part.account
        watched = account is not None and account.claim is not None and account.claim.shadow
        spent = 0 if part.slots else report.spent
        self._settle(report.hold, held, (spent,), final=report.give_back, seconds=seconds)
        return part.left < held.rests[0] and not watched  # what only watches is never scarce
