"""The ledger's database: one way to use it, whether it is SQLite (in a thread of its own) or PostgreSQL.

What is done there is a plain function of a SQLAlchemy connection, run in one transaction off the event loop.
"""

import asyncio
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from alembic.command import upgrade
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from proxy.ledger.schema import HEAD

BUSY_SECONDS = 2.0
"""How long SQLite waits for another process's transaction before it is a fault, and tried again later."""
COMMAND_SECONDS = 10.0
"""After which PostgreSQL counts as not answering."""
_LOCK = 7_305_219_884
"""Key of the advisory lock under which the schema is changed; any number that nobody else uses."""

T = TypeVar("T")


class NewerSchema(Exception):
    """The database was made by a newer version than this one, which would not understand it."""


class Database:
    """An open database.

    Args:
        url: as the configuration has it.
        read_only: for the command line: nothing is created or changed.
    """

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self._sync: Engine | None = None
        self._connection: Connection | None = None
        self._async: AsyncEngine | None = None
        self._thread: ThreadPoolExecutor | None = None
        if url.startswith("sqlite"):
            self._sync = _sqlite(url, read_only=read_only)
            self._thread = ThreadPoolExecutor(1, "ledger")  # one: the connection is one, and so is its transaction
        else:
            self._async = _postgres(url, read_only=read_only)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do something in one transaction, committed where it returns and rolled back where it raises."""
        if self._async is not None:
            async with asyncio.timeout(2 * COMMAND_SECONDS), self._async.begin() as connection:
                return await connection.run_sync(work)
        assert self._thread is not None
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)

    async def migrate(self) -> None:
        """Bring the schema up to date; one at a time, whoever else tries.

        Raises:
            NewerSchema: it is of a newer version.
        """
        await self.run(migrate)

    async def close(self) -> None:
        """Close its connections."""
        if self._async is not None:
            await self._async.dispose()
        if self._thread is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._dispose)
            self._thread.shutdown()

    def _run(self, work: Callable[[Connection], T]) -> T:
        assert self._sync is not None
        if self._connection is None:
            self._connection = self._sync.connect()
        with self._connection.begin():
            return work(self._connection)

    def _dispose(self) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._sync is not None:
            self._sync.dispose()


def migrate(connection: Connection) -> None:
    """Bring the schema up to date in this transaction; SQLite's is exclusive among writers as it is."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision == HEAD:
        return
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise NewerSchema(f"the ledger's schema is {revision}, made by a newer version; this one knows {HEAD} at most")
    config.attributes["connection"] = connection
    upgrade(config, "head")


def _sqlite(url: str, *, read_only: bool) -> Engine:
    file, mode = quote(make_url(url).database or ""), "rw" if read_only else "rwc"
    options = {"timeout": BUSY_SECONDS, "check_same_thread": False, "uri": True}
    place = URL.create("sqlite", database=f"file:{file}", query={"mode": mode, "uri": "true"})
    engine = create_engine(place, connect_args=options, poolclass=StaticPool, echo=False)

    def opened(connection: Any, _: object) -> None:
        connection.isolation_level = None  # transactions are begun by us: the driver's own begin late and commit early
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        else:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")  # one sync a batch: what the journal lets go of is on disk

    def begun(connection: Connection) -> None:
        raw: Any = connection.connection.driver_connection  # past SQLAlchemy, as proxy.ledger.statements.many
        raw.execute("BEGIN" if read_only else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", opened)
    event.listen(engine, "begin", begun)
    return engine


def _postgres(url: str, *, read_only: bool) -> AsyncEngine:
    """Safe behind a pool that gives each transaction another connection: no statement outlives its transaction."""
    options: dict[str, Any] = {
        "statement_cache_size": 0,
        "prepared_statement_cache_size": 0,
        "prepared_statement_name_func": lambda: f"__switchgear_{uuid.uuid4().hex}__",
        "command_timeout": COMMAND_SECONDS,
        "timeout": COMMAND_SECONDS / 2,
        "server_settings": {"application_name": "switchgear"},
    }
    engine = create_async_engine(url, connect_args=options, pool_size=2, max_overflow=0, pool_pre_ping=False)
    return engine.execution_options(postgresql_readonly=True) if read_only else engine
