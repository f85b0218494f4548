"""Everything that a scene needs, running: the upstream with its bill, Valkey, the ledger's database, and the server."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

from tests.rig.billing import Biller
from tests.rig.fleet import Fleet
from tests.rig.postgres import Postgres
from tests.rig.valkey import valkey
from tests.rig.waiting import until
from tests.soak.spending import books
from tests.soak.spending.scene import CHAIN, KEYS, Mode, Scene

_AUTHORITY = {"authorization": f"Bearer {next(iter(KEYS.values()))}"}


class Stage:
    """A context manager that leaves no process behind.

    Args:
        mode: where accounts are kept; in memory there is one worker.
        folder: for all files.
        workers: how many, where they share a store.
        postgres: the ledger is PostgreSQL; else SQLite.
        chain: of all requests.
    """

    def __init__(
        self, mode: Mode, folder: Path, workers: int = 2, *, postgres: bool = False, chain: Sequence[Any] = CHAIN
    ) -> None:
        self.mode, self.workers = mode, 1 if mode == "memory" else workers
        self._folder, self._postgres, self._chain = folder, postgres, chain
        self.database = f"sqlite:///{folder}/ledger.db"
        """URL of the ledger."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.biller = stack.enter_context(Biller(self._folder / "bill.jsonl"))
            self.store = None if self.mode == "memory" else stack.enter_context(valkey(appendonly="yes"))
            if self._postgres:
                server = stack.enter_context(Postgres())
                self.database = server.url(asyncio.run(server.create()))
            state = self.store.url if self.store is not None else "memory"
            scene = Scene(self.mode, self.biller.url, self.database, state, self.workers, self._chain)
            self.fleet = stack.enter_context(Fleet(self._folder, scene.config))
            self.counting()
            self._parts = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._parts.close()

    def counting(self) -> None:
        """Wait until every worker is there and can count: an empty store is rebuilt first."""
        self.fleet.full(self.workers)
        seen: set[int] = set()

        def all_of_them() -> bool:
            health = self.health()
            if health["state"]["mode"] == "ok":
                seen.add(health["pid"])
            return seen >= set(self.fleet.workers)

        until(all_of_them, "every worker could count", 30)

    def health(self) -> dict[str, Any]:
        """What one of the workers says of itself: whichever takes a new connection."""
        while True:
            with (
                suppress(httpx2.TransportError),  # it was with a worker that has just been killed
                httpx2.Client(base_url=self.fleet.url, trust_env=False, headers=_AUTHORITY, timeout=30) as client,
            ):
                found: dict[str, Any] = client.get("/health").json()
                return found

    def ledger(self) -> books.Ledger:
        """All that is written down by now."""
        return books.read(self.database)
