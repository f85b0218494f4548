"""Opens the ledger that a file names, for a command; says in words where that cannot be done."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Connection, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from proxy.commands.common import Trouble
from proxy.config.schema import LedgerConfig
from proxy.ledger.database import Database, NewerSchema

_LONGEST = 200


@asynccontextmanager
async def opened(config: LedgerConfig, *, write: bool = False) -> AsyncIterator[Database]:
    """The ledger, which has to be there.

    Args:
        config: names it.
        write: not only to read; its schema is brought up to date.

    Raises:
        Trouble: it is not there, or whatever goes wrong with it inside.
    """
    database = Database(_url(config), read_only=not write)
    try:
        await _check(database, write=write)
        yield database
    except (SQLAlchemyError, sqlite3.Error, OSError, TimeoutError) as fault:
        raise Trouble(f"the ledger cannot be asked: {_brief(fault)}") from fault
    finally:
        await database.close()


async def _check(database: Database, *, write: bool) -> None:
    try:
        there = await database.run(_is_ledger)
        if there and write:
            await database.migrate()
    except NewerSchema as fault:
        raise Trouble(str(fault)) from None
    except Exception as fault:  # drivers have exceptions of their own for what goes wrong with a connection
        raise Trouble(f"the ledger cannot be opened: {_brief(fault)}") from fault
    if not there:
        raise Trouble("there is no ledger yet in that database: a server makes it when it starts")


def _url(config: LedgerConfig) -> str:
    if config.url is None:
        raise Trouble("this file says `ledger: off`: nothing is written down")
    url = config.url.get_secret_value()
    if url.startswith("sqlite"):
        path = Path(make_url(url).database or "")
        if not path.is_file():
            raise Trouble(f"there is no ledger yet at {path}: a server makes it when it starts")
    elif find_spec("asyncpg") is None:
        raise Trouble("a ledger in PostgreSQL takes another package: pip install 'switchgear[postgres]'")
    return url


def _is_ledger(connection: Connection) -> bool:
    return inspect(connection).has_table("requests")


def _brief(fault: Exception) -> str:
    """Of what a driver says the first line: the rest is SQL."""
    cause = getattr(fault, "orig", None) or fault
    lines = str(cause).splitlines()
    return (lines[0] if lines else type(cause).__name__)[:_LONGEST]
