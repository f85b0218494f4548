"""What is in a ledger, read past everything of ours but its schema."""

from collections import Counter
from typing import Any

from sqlalchemy import Connection, Table, select

from proxy.ledger.database import Database
from proxy.ledger.queries import sums
from proxy.ledger.schema import attempts, requests

Row = dict[str, Any]


async def rows(database: Database, table: Table = requests) -> list[Row]:
    """All rows of a table, in the order of its key."""

    def read(connection: Connection) -> list[Row]:
        return [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]

    return await database.run(read)


async def landed(database: Database) -> Counter[str]:
    """How often each request is there."""
    return Counter(row["uid"] for row in await rows(database))


async def attempted(database: Database) -> Counter[tuple[str, int]]:
    """How often each attempt is there."""
    return Counter((row["uid"], row["ordinal"]) for row in await rows(database, attempts))


async def charged(database: Database) -> Counter[str]:
    """What each account is charged with, over all its open windows."""
    total: Counter[str] = Counter()
    for each in await database.run(sums):
        total[each.account] += each.amount
    return total
