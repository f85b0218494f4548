"""The statements of every batch, compiled once: SQLAlchemy would work on them for half as long as the rows take."""

from functools import lru_cache
from typing import Any

from sqlalchemy import ClauseElement, Column, MetaData, Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from proxy.ledger.schema import journals, postings

SHAPES = 256
"""Sets of columns whose statements are remembered."""


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

        self._compiled = compiled
        self._dialect = dialect.name
        self._inserts: dict[tuple[Table, tuple[str, ...]], str] = {}
        post = upsert(dialect.name, postings)
        added = {"amount": postings.c.amount + post.excluded.amount, "at": post.excluded.at}
        keys = ("account", "window_id", "journal")
        self.post = compiled(post.on_conflict_do_update(index_elements=keys, set_=added), *postings.columns.keys())
        mine = journals.c.id == bindparam("journal")
        self.progress = compiled(select(journals.c.consumed).where(mine).with_for_update())
        self.enter = compiled(insert(journals), "id", "consumed")
        self.advance = compiled(update(journals).where(mine).values(consumed=bindparam("place")))
        """Of the place and the journal."""

    def insert(self, table: Table, columns: tuple[str, ...] = ()) -> str:
        """For rows that have these columns, in order; none: all. A row that is there already stays as it is."""
        known = self._inserts.get((table, columns))
        if known is None:
            if len(self._inserts) > SHAPES:
                self._inserts.clear()
            named = table if not columns else _of(table, columns)
            known = self._compiled(upsert(self._dialect, named).on_conflict_do_nothing(), *named.columns.keys())
            self._inserts[table, columns] = known
        return known


def _of(table: Table, columns: tuple[str, ...]) -> Table:
    """A table with some of its columns, in this order: statements have them in the order of their table.

    Raises:
        KeyError: it has no such column.
    """
    return Table(table.name, MetaData(), *[Column(name, table.columns[name].type) for name in columns])


@lru_cache
def statements(dialect: Any) -> Statements:
    """Of a database's dialect."""
    return Statements(dialect)
