"""Accounts and books of one worker, composed: where limits are counted, what is written down, who is told.

It outlives reloads: what was spent stays spent when the file is edited.
"""

from collections.abc import Mapping
from typing import Any

from proxy.config.schema import Config
from proxy.engine.accounting import Accounting
from proxy.observe.happenings import Happenings
from proxy.observe.metrics import Metrics
from proxy.state.memory import MemoryStore
from proxy.state.store import Store


class Bookkeeping:
    """One worker's.

    Args:
        config: says where; editing that takes a restart.
        metrics: count what happens.
    """

    def __init__(self, config: Config, metrics: Metrics) -> None:
        self.happenings = Happenings(metrics)
        self.happenings.configure(config.webhooks)
        self.store: Store = MemoryStore(self.happenings.alarm)
        self.accounting = Accounting(self.store, exceeded=self.happenings.exceeded)
        """What the engine needs of it."""

    def reloaded(self, config: Config) -> None:
        """Another configuration is in force."""
        self.happenings.configure(config.webhooks)
        self.happenings.reloaded(config.version, len(config.warnings))

    def health(self) -> Mapping[str, Any]:
        """For ``/health``."""
        return {"state": self.store.health(), "webhooks": self.happenings.health()}

    async def start(self) -> None:
        """Be ready to count and to write."""
        await self.store.start()

    async def close(self) -> None:
        """Carry out and write down what is left; every request has been settled by now."""
        await self.store.close()
        await self.happenings.close()
