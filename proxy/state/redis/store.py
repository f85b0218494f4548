"""The store that all workers share (``state: redis://...``): the contract of :class:`proxy.state.store.Leasing`.

A reservation is a plain call that leaves a future; what is asked in one turn of the loop goes out as one command.
Nothing of Redis's troubles gets out of here but :class:`~policies.claims.Unavailable`.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from time import monotonic, time
from typing import Any

import structlog

from policies.claims import Claim, Granted, Reply, Standing
from proxy.config.schema import StateConfig
from proxy.state.redis.calls import DEADLINE, FAILURES, Calls
from proxy.state.redis.joining import FAULTS, Joined, Server
from proxy.state.redis.operations import (
    ADDED,
    DONE,
    INVALID,
    NOT_NOW,
    TOO_OLD,
    UNKNOWN,
    Entry,
    Hold,
    Operation,
    Question,
    Settlement,
)
from proxy.state.redis.places import MICRO, Place, Places, standing_of
from proxy.state.redis.rebuilding import rebuild
from proxy.state.redis.recent import Recent
from proxy.state.redis.wire import transport_of
from proxy.state.store import Alarm, Report, Sum
from proxy.tasks import spawn

SWEEP_SECONDS = 1.0
"""How often holds that are due are looked for, by whichever worker is first; and how often a store that is down is."""
_SOON = 0.02
"""Seconds after the second failure until the server is joined again, at once after the first; each time longer."""
_ALARMED = 10_000
"""Accounts of which is remembered that somebody was told."""
_TRIES = 3
"""How often the store is asked about windows that are not open by its clock."""
_FLAGGED = {TOO_OLD: "store_post_too_old", ADDED: "store_post_added", INVALID: "store_refused_settle"}

_log = structlog.get_logger("switchgear")


class RedisStore:
    """Accounts in a Redis or Valkey.

    Args:
        config: with its URL.
        alarm: told of accounts that pass an alert.
        workers: that share the store, for people.
        clock: monotonic seconds.
    """

    shared = True

    def __init__(
        self,
        config: StateConfig,
        alarm: Alarm,
        workers: int = 1,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._server, self._alarm, self._workers, self._clock = Server(config), alarm, workers, clock
        self._calls = Calls(clock, self._broke, self._turned, strict=config.strict)
        self._calls.ahead = time() - clock()
        self._recent = Recent(clock)
        self._broken, self._joining = asyncio.Event(), asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._joined: Joined | None = None
        self._reports: dict[str, Settlement] = {}
        self._passed: dict[str, float] = {}
        self._counts: Counter[str] = Counter()
        self._reason = "not connected yet"
        self.mode = "down"
        self.places = Places(lambda: clock() + self._calls.ahead)

    # The contract

    def reserve(
        self, hold: str, claims: Sequence[Claim], amounts: Sequence[int], seconds: float, version: int
    ) -> Reply | Awaitable[Reply]:
        """See :meth:`Store.reserve`."""
        if self.mode != "ok":
            return NOT_NOW
        if not claims:
            return Granted(())
        asked = Hold(self, hold, claims, amounts, (seconds, version, -1), self._clock())
        self._calls.add(asked)
        return asked.reply

    def post(self, hold: str, amounts: Sequence[int], *, final: bool = True) -> None:
        """See :meth:`Store.post`."""
        known = self._recent.find(hold)
        settlement = Settlement(self, known or hold, amounts, self._clock(), final)
        if known is not None:
            known.posted, known.final = amounts, final
        self._calls.add(settlement)

    def void(self, hold: str) -> None:
        """See :meth:`Store.void`."""
        known = self._recent.find(hold)
        if known is not None:
            known.posted, known.final = (), True
            self._recent.over(known)
        self._calls.add(Operation(["V", hold], self._clock()))

    async def standings(self, claims: Iterable[Claim]) -> list[Standing]:
        """See :meth:`Store.standings`.

        Raises:
            ConnectionError: the store cannot be asked.
        """
        wanted = list(claims)
        if not wanted:
            return []
        entry, now = await self._ask(["Q"], wanted, 0)
        return [standing_of(self._place(claim), entry[1 + 4 * i : 5 + 4 * i], now) for i, claim in enumerate(wanted)]

    async def adjust(self, claim: Claim, amount: int, adjustment: str) -> Standing:
        """See :meth:`Store.adjust`.

        Raises:
            ConnectionError: the store cannot be asked; it may be asked again under the same id.
        """
        await self._ask(["J", f"adjust:{adjustment}", 0, 1], (claim,), amount)
        (now,) = await self.standings((claim,))
        return now

    async def rebuild(self, sums: Iterable[Sum], settled: Iterable[str]) -> None:
        """See :meth:`Store.rebuild`. One of those who ask for it does it; the others wait until it has.

        Raises:
            ConnectionError: the store cannot be asked.
        """
        try:
            connection = await self._server.connect()
            try:
                await rebuild(connection, sums, settled)
            finally:
                await connection.disconnect(nowait=True)
        except FAULTS as fault:
            raise ConnectionError(str(fault)) from fault
        await self._join()

    async def lease(self, hold: str, claim: Claim, most: int, least: int, seconds: float, version: int) -> Reply:
        """See :meth:`Leasing.lease`."""
        if self.mode != "ok":
            return NOT_NOW
        asked = Hold(self, hold, (claim,), (most,), (seconds, version, least), self._clock())
        self._calls.add(asked)
        return await asked.reply

    async def report(self, reports: Sequence[Report], seconds: float) -> Sequence[bool]:
        """See :meth:`Leasing.report`. Where the store does not answer in time, nothing is recalled."""
        answers = [self._report(report, seconds) for report in reports]
        pending = [answer for answer in answers if not answer.done()]
        if pending:
            await asyncio.wait(pending, timeout=DEADLINE)
        return [
            answer.done() and self._recalled(report, answer.result())
            for report, answer in zip(reports, answers, strict=True)
        ]

    def health(self) -> Mapping[str, Any]:
        """See :meth:`Store.health`."""
        return {
            "mode": self.mode,
            **({"reason": self._reason} if self.mode != "ok" else {}),
            "holds": self._recent.open,
            "remembered": len(self._recent),
            "waiting": self._calls.waiting,
            "round_trips": self._calls.trips,
            "failures": self._calls.failures,
            "expired": self._calls.expired,
            **self._counts,
        }

    async def start(self) -> None:
        """See :meth:`Store.start`."""
        await self._join()
        self._tasks = [spawn(self._stay_joined(), "redis"), spawn(self._sweep(), "redis sweep")]

    async def close(self) -> None:
        """See :meth:`Store.close`."""
        if self.mode == "ok":
            last = Question(["W"], self._clock())
            self._calls.add(last)
            await asyncio.wait((last.reply,), timeout=DEADLINE)  # it is answered behind everything that is due
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.mode, self._reason = "down", "closed"
        self._calls.stop()
        await self._leave()

    # What operations tell (operations.Ledger)

    def again(self, operation: Operation) -> None:
        """See :class:`operations.Ledger`."""
        self._calls.add(operation)

    def granted(self, hold: Hold) -> None:
        """See :class:`operations.Ledger`."""
        self._recent.keep(hold)

    def dropped(self, hold: Hold) -> None:
        """See :class:`operations.Ledger`."""
        if not hold.lease or not hold.admitted:
            self.void(hold.id)

    def settled(self, settlement: Settlement, entry: Entry, now: int) -> None:
        """See :class:`operations.Ledger`."""
        hold = settlement.hold
        if entry[0] == UNKNOWN:
            self._unknown(settlement)
        elif entry[0] in _FLAGGED:
            self._flag(_FLAGGED[entry[0]], settlement)
        if not isinstance(hold, Hold):
            return
        if settlement.final and entry[0] != UNKNOWN:
            self._recent.over(hold)
        if hold.watched and entry[0] == DONE and len(entry) > 1:
            self._watch(hold, entry, now)

    # The server

    def _broke(self, reason: str) -> None:
        self._reason = reason
        self._broken.set()

    def _turned(self, up: bool) -> None:
        self.mode = "ok" if up else "down"

    async def _stay_joined(self) -> None:
        while True:
            await self._broken.wait()
            self._broken.clear()
            failures = self._calls.failures
            if failures > 1:
                with suppress(TimeoutError):  # unless it is joined by somebody else meanwhile, and breaks again
                    async with asyncio.timeout(_SOON * failures if failures < FAILURES else SWEEP_SECONDS):
                        await self._broken.wait()
            await self._join()

    async def _join(self) -> None:
        """Connect, and do again what the server may have lost. Reservations wait meanwhile, up to their deadline."""
        async with self._joining:
            if self._calls.connected:
                return
            await self._leave()
            try:
                joined = await self._server.join()
            except FAULTS as fault:
                reason = str(fault) or type(fault).__name__
                self._calls.fail(reason)
                self._broke(reason)
                return
            before, self._joined = self._joined, joined
            if joined.epoch:
                await self._resume(before, joined)
            else:
                self._empty()

    def _empty(self) -> None:
        if self.mode != "rebuilding":
            _log.warning("store_empty")
        self._calls.refuse()
        self.mode = "rebuilding"
        self._broke("the books are empty")

    async def _resume(self, before: Joined | None, joined: Joined) -> None:
        calls, epoch = self._calls, self._calls.epoch
        calls.epoch = joined.epoch
        probe = Question(["W"], self._clock())
        first: list[Operation] = [probe]
        lost = before is not None and (before.identity != joined.identity or joined.sequence < calls.sequence)
        if epoch and (lost or calls.sequence < 0 or epoch != joined.epoch):
            first += self._recent.again(rebuilt=epoch != joined.epoch)
            _log.warning("store_replayed", operations=len(first) - 1, rebuilt=epoch != joined.epoch)
        if not joined.durable and before is None:
            _log.warning("store_not_durable", advice="set appendonly to yes: a restart loses what was spent lately")
        calls.sequence = joined.sequence
        calls.resume(transport_of(joined.connection), first)
        await asyncio.wait((probe.reply,), timeout=DEADLINE)

    async def _leave(self) -> None:
        if self._joined is not None:
            await self._joined.connection.disconnect(nowait=True)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            if self._calls.connected:
                self._calls.add(Operation(["W"], self._clock()))

    # Parts of the above

    def _place(self, claim: Claim) -> Place:
        return self.places.current().get(claim) or self.places.find(claim)

    async def _ask(self, begin: list[str | int], claims: Sequence[Claim], amount: int) -> tuple[Entry, int]:
        """Something about these claims, by the windows that are open when it gets there."""
        for _ in range(_TRIES):
            args = [*begin, *([len(claims)] if begin[0] == "Q" else [])]
            for claim in claims:
                args += (*self._place(claim), amount)
            question = Question(args, self._clock())
            self._calls.add(question)
            await asyncio.wait((question.reply,), timeout=DEADLINE)
            answer = question.reply.result() if question.reply.done() else None
            if answer is None:
                break
            if answer[0][0] == DONE:
                return answer
            self.places.forget()
        raise ConnectionError(f"the store cannot be asked: {self._reason}")

    def _report(self, report: Report, seconds: float) -> "asyncio.Future[Entry]":
        known, now = self._recent.find(report.hold), self._clock()
        if known is not None:
            known.posted, known.final = (report.spent,), report.give_back
        settlement = Settlement(self, known or report.hold, (report.spent,), now, report.give_back, seconds)
        before = self._reports.get(report.hold)
        if before is not None and before.done is not None and not before.done.done() and not self._calls.connected:
            before.args, before.final = settlement.args, settlement.final  # one is enough while it cannot be sent
            return before.done
        settlement.done = asyncio.get_running_loop().create_future()
        self._reports[report.hold] = settlement
        self._calls.add(settlement)
        return settlement.done

    def _unknown(self, settlement: Settlement) -> None:
        """The books have lost the hold, or it was voided in between. Money is never dropped."""
        hold = settlement.hold
        if not isinstance(hold, Hold) or hold.lease or not hold.admitted:
            self._flag("store_post_unknown", settlement)
        elif settlement.final:
            addition = Settlement(self, hold, hold.posted or (), settlement.since)
            addition.args = hold.addition(int((settlement.since + self._calls.ahead) * MICRO), hold.posted or ())
            self._calls.add(addition)

    def _flag(self, event: str, settlement: Settlement) -> None:
        self._counts[event] += 1
        _log.error(event, hold=settlement.args[1])

    def _watch(self, hold: Hold, entry: Entry, now: int) -> None:
        """Tell of accounts that have passed an alert; of each once, until it falls below it again."""
        for i, claim in enumerate(hold.claims):
            used, held, limit = entry[1 + 3 * i : 4 + 3 * i]
            passed = max([share for share in claim.alerts if used >= share * limit], default=0.0)
            before = self._passed.get(claim.account, 0.0)
            if passed == before:
                continue
            if len(self._passed) > _ALARMED:
                self._passed.clear()
            self._passed[claim.account] = passed
            if passed > before:
                self._alarm(claim, hold.standing(i, used, held, limit, now))

    def _recalled(self, report: Report, entry: Entry) -> bool:
        """Whether a lease must be given back: more lies idle in it than is left for all, or the books lost it. What
        only watches is never scarce."""
        lease = self._recent.find(report.hold)
        if lease is None or entry[0] != DONE or len(entry) < 4:
            return lease is None or entry[0] == UNKNOWN
        if lease.claims[0].shadow:
            return False
        _, used, held, limit = entry[:4]
        return limit - used - held < int(lease.args[-1]) - report.spent
