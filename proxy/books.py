"""Accounts and books of one worker, composed: where limits are counted, what is written down, who is told.

It outlives reloads: what was spent stays spent when the file is edited.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policies.claims import Claim, Standing
from proxy.config.schema import Config
from proxy.engine.accounting import Accounting
from proxy.engine.queue import WaitingRoom
from proxy.ledger.journal import Journal
from proxy.ledger.reader import Reader
from proxy.ledger.writer import Writer
from proxy.observe.happenings import Happenings
from proxy.observe.metrics import Metrics
from proxy.recollection import OfMemory, OfWorkers, Recollection
from proxy.standstill import Barrier, Standstill
from proxy.state.leases.store import LeasedStore
from proxy.state.memory import MemoryStore
from proxy.state.memory.unopened import Unopened
from proxy.state.outage import OutageGuard
from proxy.state.store import Store
from proxy.tokens import Counter

if TYPE_CHECKING:
    from proxy.ledger.recovery import Recovered

BEHIND_SECONDS = 30.0
"""A ledger that lags so far behind is told of."""


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
        self._limited, self._standstill = _limits(config), Standstill(config)
        self._past = self._recollection(config)

    def reloaded(self, config: Config) -> None:
        """Another configuration is in force."""
        self._limited, self._standstill = _limits(config), Standstill(config)
        self.happenings.configure(config.webhooks)
        self.happenings.reloaded(config.version, len(config.warnings))

    def health(self) -> Mapping[str, Any]:
        """For ``/health``."""
        ledger = self._writer.health() if self._writer is not None else {"mode": "off"}
        state = {**self.store.health(), "mode": self.mode}
        if refused := _named(self._refusing()):
            state["refuses"] = refused
        return {"state": state, "ledger": ledger, "webhooks": self.happenings.health()}

    @property
    def mode(self) -> str:
        """How the accounts are: ``ok``, ``rebuilding`` or ``down``."""
        return self.accounting.store.mode

    def obstacle(self) -> Mapping[str, Any] | None:
        """Why no request could be served now, for ``/health/readiness``; None: some can."""
        if self.journal is not None and self.journal.full and self.accounting.refuse_when_full:
            return {"status": "ledger_full"}
        refusing = self._refusing()
        if self._standstill.complete(refusing):
            return {"status": "store_unavailable", "policies": _named(refusing)}
        return None

    def gauge(self) -> None:
        """Every other second: have the metrics know how accounts and books are, and tell of a ledger that lags."""
        self._metrics.state(self.mode, self.store.health().get("expired", 0))
        if self._writer is not None:
            ledger = self._writer.health()
            self._metrics.ledger(ledger)
            if ledger["lag_seconds"] > BEHIND_SECONDS:
                self.happenings.behind(ledger["journal_bytes"], ledger["lag_seconds"])

    async def start(self) -> None:
        """Be ready to count and to write. Accounts in memory begin with what the ledger knows, so it is waited for."""
        if self._writer is not None:
            self._writer.start()
        await self.store.start()
        if self._past is not None:
            await self._past.start()

    async def close(self) -> None:
        """Carry out and write down what is left; every request has been settled by now."""
        if self._past is not None:
            await self._past.close()
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

    def _recollection(self, config: Config) -> Recollection | None:
        if not isinstance(self.store, MemoryStore):
            return OfWorkers(self.store, self._writer)
        if self._writer is None:
            return None
        alone = config.server.workers == 1
        return OfMemory(self.accounting, self.store, self._writer, lambda: self._limited, alone=alone)

    def _refusing(self) -> list[Barrier]:
        """What nobody passes at present."""
        store = self.accounting.store
        return self._standstill.refusing(store.refuses) if isinstance(store, OutageGuard | Unopened) else []

    def _exceeded(self, claim: Claim, standing: Standing) -> None:
        self._metrics.claim_refused(claim)
        self.happenings.exceeded(claim, standing)

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
