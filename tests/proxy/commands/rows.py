"""Commands as tests run them, and rows that are put into a ledger past the journal."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from click.testing import Result
from sqlalchemy import Connection
from typer.testing import CliRunner

from proxy.cli import app
from proxy.ledger.database import Database
from proxy.ledger.schema import requests, tries

T = TypeVar("T")
SECOND = 1_000_000
PICO = 10**12
NOON = 1_793_534_400
"""2026-11-01T12:00Z."""


def run(*arguments: object) -> Result:
    """The command line in this process, on a wide terminal without colours: one of its own takes half a second."""
    plain = {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"}
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env=plain)


def url_of(folder: Path) -> str:
    """Of the ledger that a file in this folder has by default."""
    return f"sqlite+aiosqlite:///{folder / 'switchgear.db'}"


def write(url: str, work: Callable[[Connection], T]) -> T:
    """Do something in the ledger; it is made where there is none."""

    async def done() -> T:
        database = Database(url)
        try:
            await database.migrate()
            return await database.run(work)
        finally:
            await database.close()

    return asyncio.run(done())


def request(uid: str, cost: int | None = 0, at: float | None = None, **more: Any) -> dict[str, Any]:
    """A request that was answered.

    Args:
        uid: of it.
        cost: pico-dollars.
        at: Unix seconds; None: now.
        more: other columns.
    """
    created = int(time.time() if at is None else at) * SECOND
    tokens = {"input_tokens": 100, "output_tokens": 20, "cached_tokens": 30}
    row = {"created": created, "uid": uid, "key": "web", "team": "growth", "model": "m", "endpoint": "chat"}
    row |= {"outcome": "ok", "status": 200, "attempts": 1, "source": "provider", "cost": cost, "target": "one/gpt"}
    return row | tokens | {"cache_write_tokens": 0, "reasoning_tokens": 0} | more


def add(connection: Connection, *rows: dict[str, Any]) -> None:
    """Requests, each with one attempt of the same cost."""
    for row in rows:
        connection.execute(requests.insert().values(row))
        attempt = {name: row[name] for name in ("created", "uid", "target", "source", "cost")}
        connection.execute(tries.insert().values(attempt | {"ordinal": 1}))
