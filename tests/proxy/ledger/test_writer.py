"""The writer: whatever ails the database, requests go on, and once it is back the ledger has each of them once."""

import asyncio
import sqlite3
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from proxy.config.schema import LedgerConfig
from proxy.ledger import database as databases
from proxy.ledger.database import Database
from proxy.ledger.journal import Journal
from proxy.ledger.recovery import Recovered
from proxy.ledger.writer import Writer
from tests.proxy.ledger.books import charged, landed
from tests.proxy.ledger.stories import COST, SPENT, Desk
from tests.rig.postgres import Postgres

pytestmark = pytest.mark.anyio
SMALL = 2 * 2**20
DEADLINE = 20.0


class Office:
    """A worker's journal and writer."""

    def __init__(self, folder: Path, url: str, size: int = SMALL) -> None:
        self.folder, self.recovered = folder, list[Recovered]()
        self.journal = Journal(folder, size)
        config = LedgerConfig(SecretStr(url), journal=str(folder))
        self.writer = Writer(config, self.journal, self.recovered.extend)
        self.desk = Desk(self.journal)
        self.closed = False

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait for a state of it."""
        try:
            async with asyncio.timeout(DEADLINE):
                while not holds():  # noqa: ASYNC110 - what is waited for is a figure
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"waited in vain until {what}: {self.writer.health()}") from None

    async def caught_up(self) -> None:
        """Wait until the database has everything."""
        await self.writer.database()
        await self.until(lambda: self.writer.health()["lag_seconds"] == 0 and self._fine(), "the ledger caught up")

    async def close(self, seconds: float = 5.0) -> None:
        if not self.closed:
            self.closed = True
            await self.writer.close(seconds)

    def _fine(self) -> bool:
        return self.writer.health()["mode"] == "ok" and self.writer._place == self.journal.head


@pytest.fixture
async def office(url: str, tmp_path: Path) -> AsyncIterator[Office]:
    """One that is at work."""
    opened = Office(tmp_path / "journal", url)
    opened.writer.start()
    yield opened
    await opened.close()


async def _each_once(office: Office, database: Database) -> None:
    assert await landed(database) == {begun.uid: 1 for begun in office.desk.sent}
    assert (await charged(database))[COST.account] == len(office.desk.sent) * SPENT[0]


async def test_a_request_s_row_comes_by_itself(office: Office) -> None:
    """The writer makes the schema, then writes as requests end."""
    office.desk.serve(3)
    await office.caught_up()
    office.desk.serve(2)
    await office.caught_up()

    await _each_once(office, await office.writer.database())


async def test_a_clean_end_writes_what_is_left_and_leaves_no_journal(office: Office, url: str) -> None:
    """B21: nothing is dropped at a shutdown."""
    await office.writer.database()
    office.desk.serve(500)
    await office.close()

    assert not _left(office.folder)
    again = Database(url)
    await _each_once(office, again)
    await again.close()


async def test_an_end_with_requests_under_way_leaves_them_to_the_next_start(office: Office, url: str) -> None:
    """What was sent and not settled is not forgotten."""
    await office.writer.database()
    begun = office.desk.send()
    await office.close()
    later = Office(office.folder, url)
    later.writer.start()

    await later.until(lambda: bool(later.recovered), "the next start took over")

    assert [one.hold for one in later.recovered] == [begun.held[0].id]
    assert later.recovered[0].crashed
    await later.close()


async def test_a_database_that_is_not_there_costs_requests_nothing(tmp_path: Path) -> None:
    """F27: it can be made later; what was journaled until then is in it once, and it is known since when it waits."""
    file = tmp_path / "away" / "ledger.db"
    office = Office(tmp_path / "journal", f"sqlite+aiosqlite:///{file}")
    office.writer.start()
    await office.until(lambda: office.writer.health()["mode"] == "behind", "the writer noticed")
    assert office.writer.health()["lag_seconds"] == 0
    office.desk.serve(200)
    await office.until(lambda: office.writer.health()["lag_seconds"] > 0, "the ledger lagged")
    _make(file.parent)

    await office.caught_up()

    await _each_once(office, await office.writer.database())
    await office.close()


async def test_without_a_database_the_journal_fills_up_and_says_so_in_time(tmp_path: Path) -> None:
    """F27: until then nothing is refused; afterwards it catches up with every row."""
    folder = tmp_path / "away"
    office = Office(tmp_path / "journal", f"sqlite+aiosqlite:///{folder / 'ledger.db'}")
    office.writer.start()
    while not office.journal.full:
        office.desk.serve()
    assert office.writer.health()["mode"] == "full"
    _make(folder)

    await office.caught_up()

    await office.until(lambda: not office.journal.full, "there was room again")
    assert office.journal.lost == 0
    await _each_once(office, await office.writer.database())
    await office.close()


async def test_another_process_that_writes_to_the_same_file_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F28: its transaction may be long; ours comes after it, and the event loop never waits."""
    monkeypatch.setattr(databases, "BUSY_SECONDS", 0.05)
    file = tmp_path / "ledger.db"
    office = Office(tmp_path / "journal", f"sqlite+aiosqlite:///{file}")
    office.writer.start()
    await office.writer.database()
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    office.desk.serve(50)
    await office.until(lambda: office.writer.health()["mode"] == "behind", "the writer noticed")
    other.execute("COMMIT")
    other.close()

    await office.caught_up()

    await _each_once(office, await office.writer.database())
    await office.close()


@pytest.mark.parametrize("lock", ["requests", "postings", "journals"])
async def test_a_table_that_somebody_has_locked_is_waited_for(
    lock: str, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F27: ``LOCK TABLE`` by hand, or a vacuum."""
    monkeypatch.setattr(databases, "COMMAND_SECONDS", 0.3)
    name = await postgres.create()
    office = Office(tmp_path / "journal", postgres.url(name))
    office.writer.start()
    await office.writer.database()
    other = await postgres.connect(name)
    async with other.transaction():
        await other.execute(f"LOCK TABLE {lock} IN ACCESS EXCLUSIVE MODE")
        office.desk.serve(50)
        await office.until(lambda: office.writer.health()["mode"] == "behind", "the writer noticed")
    await other.close()

    await office.caught_up()

    await _each_once(office, await office.writer.database())
    await office.close()


async def test_connections_that_are_cut_are_made_again(postgres: Postgres, tmp_path: Path) -> None:
    """F27: a fail-over, a restart, an administrator."""
    name = await postgres.create()
    office = Office(tmp_path / "journal", postgres.url(name))
    office.writer.start()
    await office.writer.database()
    other = await postgres.connect()
    for _ in range(3):
        office.desk.serve(20)
        await other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
    await other.close()

    await office.caught_up()

    await _each_once(office, await office.writer.database())
    await office.close()


async def test_a_frozen_database_is_given_up_and_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F27, SIGSTOP: it accepts and does not answer; whether it committed is known by the place that it kept."""
    monkeypatch.setattr(databases, "COMMAND_SECONDS", 0.3)
    with Postgres() as server:
        office = Office(tmp_path / "journal", server.url(await server.create()))
        office.writer.start()
        await office.writer.database()
        server.freeze()
        office.desk.serve(50)
        await office.until(lambda: office.writer.health()["mode"] == "behind", "the writer noticed")
        office.desk.serve(50)
        server.thaw()

        await office.caught_up()

        await _each_once(office, await office.writer.database())
        await office.close()


def _left(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def _make(folder: Path) -> None:
    folder.mkdir()
    assert stat.S_ISDIR(folder.stat().st_mode)
