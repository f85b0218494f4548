"""What goes wrong while the soak runs: one thing after another, at random, never two at a time."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.rig.fleet import Fleet
from tests.rig.valkey import Valkey

PAUSE = (0.5, 3.0)
"""Seconds between two faults."""
FREEZE = (0.2, 4.0)
"""Seconds for which a worker stands still."""


@dataclass
class Trouble:
    """Faults until told to stop. A context manager that leaves everything alive behind it.

    Args:
        fleet: whose workers are killed and frozen.
        store: Valkey; None in memory mode.
        dice: which, when, and how long.
    """

    fleet: Fleet
    store: Valkey | None
    dice: random.Random
    done: Counter[str] = field(default_factory=Counter)
    """How often each fault was made."""
    fault: BaseException | None = None
    """What ended it before its time."""

    def __enter__(self) -> "Trouble":
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="trouble", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let the one under way end, and make no more.

        Raises:
            BaseException: what ended it before its time.
        """
        self._over.set()
        self._thread.join(60)
        if self.fault is not None:
            raise self.fault

    def _run(self) -> None:
        faults = self._faults()
        try:
            while not self._over.wait(self.dice.uniform(*PAUSE)):
                name = self.dice.choice(list(faults))
                faults[name]()
                self.done[name] += 1
        except BaseException as fault:
            self.fault = fault

    def _faults(self) -> Mapping[str, Callable[[], None]]:
        workers = {"worker killed": self._kill, "worker frozen": self._freeze}
        if self.store is None:
            return workers
        store = {"store killed": self._kill_store, "store paused": self._pause_store, "scripts flushed": self._flush}
        return workers | store

    def _kill(self) -> None:
        pid = self.fleet.any(self.dice)
        if pid is None:
            return
        self.fleet.kill(pid)
        if pid == self.fleet.pid:
            self.fleet.revive()

    def _freeze(self) -> None:
        pid = self.fleet.any(self.dice)
        if pid is not None:
            with self.fleet.frozen(pid):
                self._over.wait(self.dice.uniform(*FREEZE))

    def _kill_store(self) -> None:
        assert self.store is not None
        self.store.kill()
        self._over.wait(self.dice.uniform(0.0, 1.0))
        self.store.start()

    def _pause_store(self) -> None:
        assert self.store is not None
        self.store.ask("CLIENT", "PAUSE", self.dice.randrange(50, 400), "ALL")

    def _flush(self) -> None:
        assert self.store is not None
        self.store.ask("SCRIPT", "FLUSH")
