"""What accounts know of the past: stores that are empty are told what the ledger has (RELIABILITY H6)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

import structlog

from policies.claims import Claim, Standing
from proxy.engine.accounting import Accounting
from proxy.ledger.writer import Writer
from proxy.state.memory import MemoryStore
from proxy.state.memory.unopened import Unopened
from proxy.state.store import Store
from proxy.tasks import spawn

if TYPE_CHECKING:
    from proxy.ledger.clerk import Clerk, Opening

LOOK_SECONDS = 1.0
"""How often it is looked whether a shared store is empty."""
TURN_SECONDS = 2.0
"""How often the command line is told of accounts in memory, and heard."""
FAREWELL = 1.0
"""Seconds that the end waits for the ledger."""
PATIENCE = 3.0
"""Seconds that a start waits for the ledger where anything is limited."""
_log = structlog.get_logger("switchgear")


class Recollection(Protocol):
    """Sees to it."""

    async def start(self) -> None:
        """Begin."""

    async def close(self) -> None:
        """Stop."""


class OfWorkers:
    """Of a store that workers share: whichever of them is first fills it, whenever it is empty.

    Args:
        store: it.
        writer: of the ledger; None: there is none, and nothing is known.
    """

    def __init__(self, store: Store, writer: Writer | None) -> None:
        self._store, self._writer = store, writer
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """See :class:`Recollection`."""
        self._task = spawn(self._look(), "recollection")

    async def close(self) -> None:
        """See :class:`Recollection`."""
        await _ended(self._task)

    async def _look(self) -> None:
        trouble = _Trouble("accounts_not_rebuilt")
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            with trouble:
                if self._store.mode == "rebuilding":
                    await self._fill()

    async def _fill(self) -> None:
        if self._writer is None:
            await self._store.rebuild((), ())
        else:
            if await self._writer.landed():  # what was spent out of leases just before is known by the ledger alone
                await asyncio.sleep(LOOK_SECONDS)  # nor are other workers' rows much later than ours
            opening = await _opening(self._writer)
            await self._store.rebuild(opening.sums, opening.settled)
            _log.info("accounts_rebuilt", sums=len(opening.sums))


class OfMemory:
    """Of accounts in memory: they begin with what the ledger knows, and meet the command line there.

    While the ledger is away at the start nobody passes a limit, and everything else is served.

    Args:
        accounting: whose store it sees to.
        accounts: that store, which knows nothing yet.
        writer: of the ledger.
        limited: whether any policy claims anything, in the configuration of the moment.
        alone: whether no other worker counts too: else there are several truths, and the command line hears of none.
    """

    def __init__(
        self,
        accounting: Accounting,
        accounts: MemoryStore,
        writer: Writer,
        limited: Callable[[], bool],
        *,
        alone: bool,
    ) -> None:
        self._accounting, self._accounts, self._writer = accounting, accounts, writer
        self._limited, self._alone = limited, alone
        self._clerk: Clerk | None = None
        self._opened = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """See :class:`Recollection`; waits a little for the ledger where there are limits."""
        self._task = spawn(self._attend(), "recollection")
        if self._limited():
            self._accounting.store = Unopened(_unheard)
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await self._opened.wait()

    async def close(self) -> None:
        """See :class:`Recollection`."""
        await _ended(self._task)
        if self._clerk is not None:
            with suppress(Exception):  # it is known by its age, too
                async with asyncio.timeout(FAREWELL):
                    await self._clerk.leave(await self._writer.database())

    async def _attend(self) -> None:
        trouble = _Trouble("accounts_not_told")
        while True:
            with trouble:
                if self._clerk is None:
                    self._clerk = await self._open()
                if self._alone and self._limited():
                    await self._clerk.turn(await self._writer.database())
            await asyncio.sleep(TURN_SECONDS)

    async def _open(self) -> "Clerk":
        opening = await _opening(self._writer)
        from proxy.ledger.clerk import Clerk

        await self._accounts.rebuild(opening.sums, opening.settled)
        self._accounting.store = self._accounts
        self._opened.set()
        _log.info("accounts_rebuilt", sums=len(opening.sums))
        return Clerk(self._accounts, self._accounts.known, opening.number)


class _Trouble:
    """What goes wrong is told once, and not every second; the next turn makes up for this one.

    Args:
        event: as the log calls it.
    """

    def __init__(self, event: str) -> None:
        self._event, self._told = event, ""

    def __enter__(self) -> None:
        """Something is tried."""

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: object) -> bool:
        """It went well, or not."""
        text = repr(fault)[:500] if isinstance(fault, Exception) else ""
        if text and text != self._told:
            _log.warning(self._event, error=text)
        self._told = text
        return bool(text)


async def _opening(writer: Writer) -> "Opening":
    """What the ledger knows, once it is there. Its import takes a third of a second, which the writer has spent."""
    database = await writer.database()
    from proxy.ledger.clerk import Opening

    return await database.run(Opening())


async def _ended(task: "asyncio.Task[None] | None") -> None:
    if task is not None:
        task.cancel()
        await asyncio.wait([task])


def _unheard(_claim: Claim, _standing: Standing) -> None:
    """What only watches rings nobody meanwhile."""
