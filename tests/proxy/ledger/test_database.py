"""The schema: made once, by whoever is first, and the same on both databases."""

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, select, text

from proxy.config import urls
from proxy.ledger.database import Database, NewerSchema
from proxy.ledger.schema import HEAD, metadata, requests

pytestmark = pytest.mark.anyio


async def test_the_revisions_make_the_tables_that_the_code_knows(database: Database) -> None:
    """What alembic finds to change is nothing."""

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert await database.run(differences) == []


async def test_workers_that_start_together_make_the_schema_once(url: str) -> None:
    """Eight at a time: one makes it, the others wait for its lock and find it made."""
    databases = [Database(url) for _ in range(8 if url.startswith("sqlite") else 4)]

    await asyncio.gather(*[each.migrate() for each in databases])

    versions = await databases[0].run(
        lambda connection: connection.execute(text("SELECT * FROM alembic_version")).all()
    )
    assert [tuple(row) for row in versions] == [(HEAD,)]
    await asyncio.gather(*[each.close() for each in databases])


async def test_a_schema_of_a_newer_version_is_refused_with_its_name(database: Database) -> None:
    """An old program does not write into tables it does not know."""
    await database.run(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))

    with pytest.raises(NewerSchema, match="9999"):
        await database.migrate()


@pytest.mark.parametrize("name", ["a#b", "50%", "a%23b", "why?", "two words", "ü&="])
async def test_a_file_is_where_its_path_says(name: str, tmp_path: Path) -> None:
    """Whatever characters its folder has that mean something in a URL."""
    folder = tmp_path / name
    folder.mkdir()
    opened = Database(urls.database("sqlite:///ledger.db", folder))
    await opened.migrate()
    await opened.close()

    assert _names(tmp_path) == {name}
    assert "ledger.db" in _names(folder)


async def test_what_raises_leaves_nothing_behind(database: Database) -> None:
    """One transaction: all or nothing."""

    def half(connection: Connection) -> None:
        connection.execute(requests.insert().values(created=1, uid="a"))
        raise LookupError

    with pytest.raises(LookupError):
        await database.run(half)

    assert await database.run(lambda connection: connection.execute(select(requests)).all()) == []


async def test_a_reader_changes_nothing(database: Database, url: str) -> None:
    """The command line's connection cannot write, and does not make a database where there is none."""
    reader = Database(url, read_only=True)

    with pytest.raises(Exception, match=r"(?i)read-?only"):
        await reader.run(lambda connection: connection.execute(requests.insert().values(created=1, uid="a")))

    await reader.close()


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
