"""Accounts and books of one worker, composed: where limits are counted, what is written down, who is told.

It outlives reloads: what was spent stays spent when the file is edited.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from policies.claims import Claim, Standing
from proxy.config.schema import Config
from proxy.engine.accounting import Accounting
from proxy.engine.queue import WaitingRoom
from proxy.ledger.journal import Journal
from proxy.ledger.reader import Reader
from proxy.ledger.writer import Writer
from proxy.observe.happenings import Happenings
from proxy.observe.metrics import Metrics
from proxy.standstill import Barrier, Standstill
from proxy.state.leases.store import LeasedStore
from proxy.state.memory import MemoryStore
from proxy.state.outage import OutageGuard
from proxy.state.store import Store
from proxy.tasks import spawn
from proxy.tokens import Counter

if TYPE_CHECKING:
    from proxy.ledger.clerk import Clerk
    from proxy.ledger.recovery import Recovered

LOOK_SECONDS = 1.0
"""How often it is looked whether the store is empty and has to be rebuilt."""
CLERK_SECONDS = 2.0
"""How often accounts in memory are told of to the command line, and hear from it."""
BEHIND_SECONDS = 30.0
"""A ledger that lags so far behind is told of."""
_log = structlog.get_logger("switchgear")


class Bookkeeping:
    """One worker's.

    Args:
        config: says where; editing that takes a restart.
        metrics: count what happens.

    Raises:
        OSError: the journal's folder cannot be written.
    """

    def __init__(self, config: Config, metrics: Metrics) -> None:
        self._metrics = metrics
        self.happenings = Happenings(metrics)
        self.happenings.configure(config.webhooks)
        self.store = self._store(config)
        ledger = config.ledger
        self.journal = Journal(Path(ledger.journal), ledger.journal_size) if ledger.url is not None else None
        self._writer = Writer(ledger, self.journal, self._recovered) if self.journal is not None else None
        self.reader = Reader(ledger) if ledger.url is not None else None
        """For those who ask what was used."""
        self._counter = Counter()
        self.accounting = Accounting(
            self.store,
            books=self.journal,
            refuse_when_full=ledger.when_full == "refuse",
            line=WaitingRoom(),
            tokenizer=self._counter,
            exceeded=self._exceeded,
            implausible=self.happenings.implausible,
        )
        """What the engine needs of it."""
        self._memory = self.store if isinstance(self.store, MemoryStore) else None
        self._alone = config.server.workers == 1
        self._limited, self._standstill = _limits(config), Standstill(config)
        self._clerk: Clerk | None = None
        self._keepers: list[asyncio.Task[None]] = []

    def reloaded(self, config: Config) -> None:
        """Another configuration is in force."""
        self._limited, self._standstill = _limits(config), Standstill(config)
        self.happenings.configure(config.webhooks)
        self.happenings.reloaded(config.version, len(config.warnings))

    def health(self) -> Mapping[str, Any]:
        """For ``/health``."""
        ledger = self._writer.health() if self._writer is not None else {"mode": "off"}
        state = {**self.store.health(), **({"refuses": refused} if (refused := _named(self._refusing())) else {})}
        return {"state": state, "ledger": ledger, "webhooks": self.happenings.health()}

    def obstacle(self) -> Mapping[str, Any] | None:
        """Why no request could be served now, for ``/health/readiness``; None: some can."""
        if self.journal is not None and self.journal.full and self.accounting.refuse_when_full:
            return {"status": "ledger_full"}
        refusing = self._refusing()
        if self._standstill.complete(refusing):
            return {"status": "store_unavailable", "policies": _named(refusing)}
        return None

    def gauge(self) -> None:
        """Have the metrics know how accounts and books are."""
        self._metrics.state(self.store.mode, self.store.health().get("expired", 0))
        if self._writer is not None:
            self._metrics.ledger(self._writer.health())

    async def start(self) -> None:
        """Be ready to count and to write. Accounts in memory begin with what the ledger knows, so it is waited for."""
        if self._writer is not None:
            self._writer.start()
        await self.store.start()
        if self._memory is not None and self._limited and self._writer is not None:
            await self._rebuild()
        self._keepers = [spawn(self._keep(), "books")]
        if self._memory is not None and self._alone and self._writer is not None:
            self._keepers.append(spawn(self._attend(self._writer), "clerk"))

    async def close(self) -> None:
        """Carry out and write down what is left; every request has been settled by now."""
        for keeper in self._keepers:
            keeper.cancel()
        if self._keepers:
            await asyncio.wait(self._keepers)
        await self.store.close()
        if self.reader is not None:
            await self.reader.close()
        if self._writer is not None:
            await self._writer.close()
        self._counter.close()
        await self.happenings.close()

    def _store(self, config: Config) -> Store:
        if config.state.url is None:
            return MemoryStore(self.happenings.alarm)
        from proxy.state.redis import RedisStore  # redis takes its time to be imported

        workers, alarm = config.server.workers, self.happenings.alarm
        shared = RedisStore(config.state, alarm, workers)
        leases = LeasedStore(shared, workers) if config.state.leases else None
        return OutageGuard(shared, leases, workers, lambda: MemoryStore(alarm))

    async def _keep(self) -> None:
        """Look after the store, and tell of a ledger that lags."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                if self.store.mode == "rebuilding":
                    await self._rebuild()
                self._look_behind()
            except Exception:  # noqa: BLE001 - it is looked again in a moment
                _log.exception("books_not_kept")

    async def _rebuild(self) -> None:
        """Tell an empty store what has been spent, as far as the ledger knows (H6)."""
        if self._writer is None:
            await self.store.rebuild((), ())
            return
        database = await self._writer.database()
        from proxy.ledger.clerk import Clerk, Opening

        opening = await database.run(Opening())
        await self.store.rebuild(opening.sums, opening.settled)
        if self._memory is not None:
            self._clerk = Clerk(self._memory, self._memory.known, opening.number)
        _log.info("accounts_rebuilt", sums=len(opening.sums))

    async def _attend(self, writer: Writer) -> None:
        """Where accounts are in memory, keep in touch with the command line."""
        database, told = await writer.database(), ""
        while True:
            try:
                if self._clerk is None:  # nothing was limited at the start, so nothing had to wait for it
                    await self._rebuild()
                elif self._limited:
                    await self._clerk.turn(database)
                told = ""
            except Exception as fault:  # noqa: BLE001 - whatever ails the ledger, a later turn makes up for this one
                if told != (told := repr(fault)[:500]):
                    _log.warning("accounts_not_told", error=told)
            await asyncio.sleep(CLERK_SECONDS)

    def _refusing(self) -> list[Barrier]:
        """What nobody passes at present."""
        return self._standstill.refusing(self.store.refuses) if isinstance(self.store, OutageGuard) else []

    def _exceeded(self, claim: Claim, standing: Standing) -> None:
        self._metrics.claim_refused(claim)
        self.happenings.exceeded(claim, standing)

    def _look_behind(self) -> None:
        if self._writer is not None and self.journal is not None:
            seconds = self._writer.health()["lag_seconds"]
            if seconds > BEHIND_SECONDS:
                self.happenings.behind(self.journal.under_way, seconds)

    def _recovered(self, found: "Sequence[Recovered]") -> None:
        """Holds of workers that are gone: the store is told what became of them."""
        for one in found:
            if not one.shared:
                continue  # its lease expires by itself; accounts in memory are rebuilt from the rows
            if one.amounts is None:
                self.store.void(one.hold)
            else:
                self.store.post(one.hold, one.amounts)


def _named(barriers: Iterable[Barrier]) -> list[dict[str, str]]:
    """Which policy, counting by what: no subject's own name, for probes have no key (S21)."""
    found = dict.fromkeys((barrier.policy, barrier.per) for barrier in barriers)
    return [{"policy": policy, "per": per} for policy, per in found]


def _limits(config: Config) -> bool:
    """Whether any policy claims anything that a restart must not forget."""
    return any(hasattr(entry.cls, "claims") for entries in config.chains.values() for entry in entries)
