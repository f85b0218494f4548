"""The statements of every batch, compiled once: SQLAlchemy would work on them for half as long as the rows take."""

from functools import lru_cache
from typing import Any

from sqlalchemy import ClauseElement, Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from proxy.ledger.schema import attempts, journals, postings, requests


def upsert(dialect: str, table: Table) -> Any:
    """An ``INSERT`` with an ``ON CONFLICT``, which SQLAlchemy has for each database apart."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


class Statements:
    """For :meth:`sqlalchemy.Connection.exec_driver_sql`. Parameters are given in the order of a table's columns.

    Args:
        dialect: of the connection.
    """

    def __init__(self, dialect: Any) -> None:
        def compiled(statement: ClauseElement, *columns: str) -> str:
            return str(statement.compile(dialect=dialect, column_keys=columns or None))

        self.rows = {
            table: compiled(upsert(dialect.name, table).on_conflict_do_nothing(), *table.columns.keys())
            for table in (requests, attempts)
        }
        post = upsert(dialect.name, postings)
        added = {"amount": postings.c.amount + post.excluded.amount, "at": post.excluded.at}
        keys = ("account", "window_id", "journal")
        self.post = compiled(post.on_conflict_do_update(index_elements=keys, set_=added), *postings.columns.keys())
        mine = journals.c.id == bindparam("journal")
        self.progress = compiled(select(journals.c.consumed).where(mine).with_for_update())
        self.enter = compiled(insert(journals), "id", "consumed")
        self.advance = compiled(update(journals).where(mine).values(consumed=bindparam("place")))
        """Of the place and the journal."""


@lru_cache
def statements(dialect: Any) -> Statements:
    """Of a database's dialect."""
    return Statements(dialect)
