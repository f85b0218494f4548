"""Between a server that keeps its accounts in memory and the command line: they meet in the ledger.

The server says how its accounts stand, for ``switchgear limits`` to show, and takes over what ``limits adjust`` and
``limits reset`` have written down. A store that workers share needs none of this: it is asked itself.
"""

import time
from collections.abc import Callable, Sequence

import structlog
from sqlalchemy import Connection, func, select, text

from policies.claims import Claim, Standing
from proxy.ledger.accounts import claim_of
from proxy.ledger.audit import note_standings
from proxy.ledger.database import Database
from proxy.ledger.queries import Row, adjustments_since, recent_holds, sums
from proxy.ledger.schema import adjustments
from proxy.state.store import Store, Sum
from proxy.state.windows import counts_until

REPEAT_SECONDS = 30.0
"""After which standings are written again that are as they were: who reads them goes by their age. An idle server
brings nothing else to the disk."""

Known = Callable[[], Sequence[tuple[Claim, Standing]]]
_log = structlog.get_logger("switchgear")


class Opening:
    """What an empty store begins with, all of one moment; a plain function of a connection.

    Of two moments it would be wrong: a request that lands between them would be in the sums and not among the settled
    ones, or the other way round.
    """

    def __init__(self) -> None:
        self.sums: list[Sum] = []
        self.settled: list[str] = []
        self.number = 0
        """Of the last adjustment that is in the sums."""

    def __call__(self, connection: Connection) -> "Opening":
        """Read it."""
        if connection.dialect.name == "postgresql":  # SQLite's transactions are of one moment as they are
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        self.sums, self.settled = sums(connection), recent_holds(connection)
        self.number = int(connection.execute(select(func.coalesce(func.max(adjustments.c.number), 0))).scalar_one())
        return self


class Clerk:
    """Of one server.

    Args:
        store: in its memory.
        known: its accounts, as they stand.
        number: of the last adjustment that the store has: :attr:`Opening.number`.
        clock: Unix seconds.
    """

    def __init__(self, store: Store, known: Known, number: int, clock: Callable[[], float] = time.time) -> None:
        self._store, self._known, self._number, self._clock = store, known, number, clock
        self._said: list[tuple[str, int, int, int]] | None = None
        """None: nothing, so that what stands there is another server's."""
        self._said_at = 0.0

    async def turn(self, database: Database) -> None:
        """Take over what was adjusted since the last turn, and say how accounts stand; every two seconds or so."""
        number = self._number
        for row in await database.run(lambda connection: adjustments_since(connection, number)):
            await self._take_over(row)
            self._number = int(row["number"])
        known = self._known()
        said = [(claim.account, stood.used, stood.held, stood.limit) for claim, stood in known]
        now = self._clock()
        if said != self._said or (said and not 0 <= now - self._said_at < REPEAT_SECONDS):
            await database.run(lambda connection: note_standings(connection, known))
            self._said, self._said_at = said, now

    async def leave(self, database: Database) -> None:
        """What was said last holds no more."""
        await database.run(lambda connection: note_standings(connection, ()))

    async def _take_over(self, row: Row) -> None:
        """One that was meant for a window that is over changes nothing any more."""
        try:
            claim = claim_of(row["account"])
            over = counts_until(claim.window, row["window_id"]) <= self._clock()
        except ValueError:
            _log.warning("adjustment_unknown", account=row["account"], window=row["window_id"])
            return
        if not over:
            await self._store.adjust(claim, row["amount"], row["id"])
            _log.info("account_adjusted", account=claim.account, amount=row["amount"], who=row["who"], why=row["why"])
