"""Reads a worker's journal and brings it into the ledger's database, off the path of requests.

While the database is away the journal grows; once it is back the ledger catches up, exactly once (F27, F28).
"""

import asyncio
import contextlib
import importlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from proxy.config.schema import LedgerConfig
from proxy.ledger.frames import settled
from proxy.ledger.journal import Journal
from proxy.tasks import spawn

if TYPE_CHECKING:
    from proxy.ledger.database import Database
    from proxy.ledger.fresh import Settled
    from proxy.ledger.recovery import Recovered

GATHER_SECONDS = (0.05, 1.0)
"""How long a row waits for company, at least and at most: one transaction for many rows is what makes them cheap.
Whoever reads the ledger sees what ended up to a second ago, and mostly much less."""
SHARE = 0.1
"""Of the time, that writing takes on any machine: so long it waits in between."""
PIECE = 256 * 1024
"""Bytes of the journal that are brought at a time: some hundred rows, a few milliseconds."""
RECOVER_SECONDS = 2.0
PRUNE_SECONDS = 60.0
BACK_OFF = (0.1, 5.0)
"""Seconds between two tries of a database that is away: the first time, and at most."""
DRAIN_SECONDS = 10.0
"""At the end; what is not written by then is left to the next start."""

_log = structlog.get_logger("switchgear")


class Writer:
    """The ledger's writer in one worker.

    Args:
        config: where the database is.
        journal: this worker's.
        recovered: told of holds of workers that are gone.
    """

    def __init__(
        self, config: LedgerConfig, journal: Journal, recovered: Callable[[Sequence["Recovered"]], object]
    ) -> None:
        assert config.url is not None, "with ledger: off there is nothing to write"
        self._url, self._config, self._journal, self._recovered = config.url, config, journal, recovered
        self._database: Database | None = None
        self._opened = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._woken, self._closing = asyncio.Event(), False
        self._place = journal.first
        """Up to here the journal is in the database."""
        self._fault: str | None = None
        self._pause, self._took = 0.0, 0.0
        self._refused = 0
        self._behind_since: float | None = None
        self._recover_at = self._prune_at = 0.0

    def start(self) -> None:
        """Begin. The database is opened in the background; it need not be there."""
        self._task = spawn(self._run(), "ledger")

    async def database(self) -> "Database":
        """The open database; waits until its schema is up to date, and all that workers left behind is in it."""
        await self._opened.wait()
        assert self._database is not None
        return self._database

    async def landed(self) -> bool:
        """Wait until all that is written down by now is in the database. Returns: whether it was not there already."""
        goal, behind = self._journal.head, self._place < self._journal.head
        while self._place < goal:
            self._woken.set()
            await asyncio.sleep(GATHER_SECONDS[0])
        return behind

    def health(self) -> dict[str, Any]:
        """For ``/health`` and metrics: ``ok``, ``behind`` (the database is away) or ``full``, and figures."""
        journal, behind = self._journal, self._behind_since
        return {
            "mode": "full" if journal.full else "behind" if self._fault is not None else "ok",
            "fault": self._fault,
            "lag_seconds": 0.0 if behind is None else round(time.monotonic() - behind, 3),
            "journal_bytes": journal.bytes_held,
            "under_way": journal.under_way,
            "lost": journal.lost,
            "unnoted": journal.unnoted,
            "refused": self._refused,
        }

    async def close(self, seconds: float = DRAIN_SECONDS) -> None:
        """Write what is left, and stop. What the database does not take in time is left to the next start."""
        self._closing = True
        self._woken.set()
        if self._task is not None:
            done, _ = await asyncio.wait([self._task], timeout=seconds)
            if not done:
                self._task.cancel()
                await asyncio.wait([self._task])
        consumed = self._place == self._journal.head
        await asyncio.to_thread(self._journal.close, consumed=consumed)
        if self._database is not None:
            if consumed and not self._journal.under_way:
                with contextlib.suppress(Exception):  # a line in a table that nobody asks for any more
                    await self._forget(self._database)
            await self._database.close()

    async def _forget(self, database: "Database") -> None:
        landing = importlib.import_module("proxy.ledger.landing")
        await database.run(lambda connection: landing.forget(connection, self._journal.id))

    async def _run(self) -> None:
        while not (self._closing and self._place == self._journal.head):
            if (
                self._place < self._journal.head and self._behind_since is None
            ):  # the last look failed: there was no rest
                self._behind_since = time.monotonic()
            try:
                if self._database is None:
                    self._database = await self._open()
                await self._work(self._database)
                self._opened.set()
                self._came_back()
            except Exception as fault:  # noqa: BLE001 - whatever ails the database, the journal keeps the rows
                await self._went_away(fault)
                continue
            await self._rest()

    async def _open(self) -> "Database":
        """Its import takes a third of a second, which no request and no start waits for."""
        module = await asyncio.to_thread(importlib.import_module, "proxy.ledger.recovery")
        database: Database = module.Database(self._url.get_secret_value())
        try:
            await database.migrate()
        except BaseException:
            await database.close()
            raise
        return database

    async def _work(self, database: "Database") -> None:
        from proxy.ledger import landing, recovery, retention

        goal, began = self._journal.head, time.monotonic()
        while (place := self._place) < goal:
            over, end = self._next(place)
            self._place, refused = await landing.land(database, self._journal.id, place, end, over)
            self._refused += refused
            self._journal.consumed(self._place)
        self._took = time.monotonic() - began
        self._behind_since = None if self._place == self._journal.head else self._behind_since
        now = time.monotonic()
        if now >= self._recover_at and not self._closing:
            self._recover_at = now + RECOVER_SECONDS
            found = await recovery.recover(Path(self._config.journal), database)
            if found:
                self._recovered(found)
        if now >= self._prune_at and not self._closing:
            self._prune_at = now + PRUNE_SECONDS
            more = True
            while more:
                more = await database.run(lambda connection: retention.prune(connection, self._config.retention))

    def _next(self, place: int) -> tuple[Sequence["Settled"], int]:
        """What ended from a place on, and the place up to which that is."""
        journal = self._journal
        fresh = journal.fresh.take(place, journal.head)
        if fresh is not None:
            return fresh, journal.head
        begin = journal.fresh.begin  # what is behind that is at hand, so that nothing is read but what is before it
        data, at = journal.read(place, min(PIECE, begin - place) if begin >> 32 == place >> 32 else PIECE)
        payloads, length = settled(data)
        return payloads, at + length

    async def _rest(self) -> None:
        """Until a request ends, and then for a moment more; or until it is time to look after others' journals."""
        self._woken.clear()
        if self._journal.head == self._place and not self._closing:
            self._journal.stir = self._woken.set
            await self._wait(RECOVER_SECONDS)
            self._journal.stir = None
        if self._behind_since is None:
            self._behind_since = time.monotonic()
        least, most = GATHER_SECONDS
        await self._wait(min(max(least, self._took / SHARE), most))

    async def _wait(self, seconds: float) -> None:
        """Until somebody wakes it, but no longer than so many seconds."""
        if not self._closing:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._woken.wait()
        self._woken.clear()

    def _came_back(self) -> None:
        if self._fault is not None:
            _log.info("ledger_back")
        self._fault, self._pause = None, 0.0

    async def _went_away(self, fault: Exception) -> None:
        first, most = BACK_OFF
        self._pause = min(max(2 * self._pause, first), most)
        text = repr(fault)[:500]
        if self._fault is None:
            _log.error("ledger_away", error=text)
        self._fault = text
        self._woken.clear()
        await self._wait(self._pause)
