"""A server in memory mode and the command line meet in the ledger: standings one way, adjustments the other."""

import time
import uuid

import pytest
from sqlalchemy import Connection, delete

from policies.claims import Claim, Standing, Unit, Window
from proxy.commands.standing import FRESH_SECONDS
from proxy.ledger.audit import Adjustment, adjust
from proxy.ledger.clerk import REPEAT_SECONDS, Clerk, Opening
from proxy.ledger.database import Database
from proxy.ledger.postings import post
from proxy.ledger.queries import last_standings
from proxy.ledger.schema import standings
from proxy.state.memory import MemoryStore
from proxy.state.windows import window_of

pytestmark = pytest.mark.anyio
CLAIM = Claim("budget:key:web:cost:month@UTC", Unit.COST, 10_000, Window("month"), "budget", "key web")
MONTH = window_of(CLAIM.window, time.time()).id


def _ignore(claim: Claim, standing: Standing) -> None:
    """Nobody is told."""


async def _write(database: Database, amount: int, window: str = MONTH, account: str = CLAIM.account) -> None:
    row = Adjustment(uuid.uuid4().hex, account, window, amount, "operator", "test")
    await database.run(lambda connection: adjust(connection, row))


async def _begun(database: Database) -> tuple[MemoryStore, Clerk]:
    """A store that begins with what the ledger knows, and its clerk."""
    store = MemoryStore(_ignore)
    opening = await database.run(Opening())
    await store.rebuild(opening.sums, opening.settled)
    return store, Clerk(store, store.known, opening.number)


async def _used(store: MemoryStore) -> int:
    (standing,) = await store.standings([CLAIM])
    return standing.used


async def test_an_adjustment_is_taken_over_once(database: Database) -> None:
    """Those from before the start are in the sums already; later ones come with the next turn, and only with it."""
    await database.run(lambda connection: post(connection, "journal", {(CLAIM.account, MONTH): 700}, 1))
    await _write(database, -200)
    store, clerk = await _begun(database)
    assert await _used(store) == 500

    await clerk.turn(database)
    assert await _used(store) == 500

    await _write(database, 30)
    await _write(database, 4)
    for _ in range(2):
        await clerk.turn(database)
        assert await _used(store) == 534


async def test_what_is_over_or_unknown_changes_nothing(database: Database) -> None:
    """An adjustment of last century's month, and of an account that no policy makes; those after them count."""
    store, clerk = await _begun(database)
    await _write(database, 50, "1999-12")
    await _write(database, 50, account="nonsense")
    await _write(database, 1)
    await clerk.turn(database)

    assert await _used(store) == 1


async def test_accounts_are_shown_as_they_stand(database: Database) -> None:
    """Settled and held, in the window of now; also those on which nothing is any more."""
    store, clerk = await _begun(database)
    idle = Claim("budget:key:idle:cost:month@UTC", Unit.COST, 5, Window("month"), "budget", "key idle")
    store.reserve("a" * 32, [CLAIM], [300], 60.0, 1)
    store.reserve("b" * 32, [CLAIM, idle], [100, 1], 60.0, 1)
    store.post("a" * 32, [250])
    store.void("b" * 32)
    store.reserve("c" * 32, [CLAIM], [40], 60.0, 1)
    await clerk.turn(database)

    unused, row = await database.run(last_standings)
    assert [unused[name] for name in ("account", "used", "held")] == [idle.account, 0, 0]
    assert [row[name] for name in ("account", "window_id", "unit", "used", "held", "cap")] == [
        *(CLAIM.account, MONTH, "cost", 250, 40, 10_000)
    ]


async def test_what_has_not_changed_is_written_only_to_show_that_the_server_lives(database: Database) -> None:
    """Nothing is written twice within the span after which readers would begin to doubt; an end is told."""
    now = [1_000.0]
    store = MemoryStore(_ignore)
    store.reserve("a" * 32, [CLAIM], [300], 60.0, 1)
    clerk = Clerk(store, store.known, 0, lambda: now[0])

    async def written() -> bool:
        def take(connection: Connection) -> bool:
            return bool(connection.execute(delete(standings)).rowcount)

        await clerk.turn(database)
        return await database.run(take)

    assert await written() is True
    assert await written() is False
    now[0] += REPEAT_SECONDS
    assert await written() is True
    assert FRESH_SECONDS > 2 * REPEAT_SECONDS

    store.reserve("b" * 32, [CLAIM], [300], 60.0, 1)
    await clerk.turn(database)
    await clerk.leave(database)
    assert await database.run(last_standings) == []
