"""The statements of every batch, compiled once: SQLAlchemy would work on them for half as long as the rows take."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ClauseElement, Column, Connection, MetaData, Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from proxy.ledger.schema import journals, postings

SHAPES = 256
"""Sets of columns whose statements are remembered."""
TOGETHER = 10
"""Rows of one kind in one statement, for SQLite: it takes a third less for each."""


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
        self._together: dict[tuple[str, ...], str] = {}
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

    def insert_together(self, table: Table, columns: tuple[str, ...], own: int) -> str:
        """For ``TOGETHER`` rows at a time that have all but the first few columns in common; SQLite's. What they have
        in common is given once, and first.

        Args:
            table: theirs.
            columns: that they have.
            own: how many of these are each row's own.
        """
        known = self._together.get(columns)
        if known is None:
            if len(self._together) > SHAPES:
                self._together.clear()
            known = self._together[columns] = _together(self.insert(table, columns), len(columns), own)
        return known


def _together(insert: str, columns: int, own: int) -> str:
    """Takes the place of the one row in a statement, ``(?, ?, ...)``, by several: https://sqlite.org/lang_expr.html,
    "Parameters"."""
    same = columns - own
    shared = [f"?{place + 1}" for place in range(same)]
    rows = [
        ", ".join([*(f"?{same + own * row + place + 1}" for place in range(own)), *shared]) for row in range(TOGETHER)
    ]
    return insert.replace(f"({', '.join('?' * columns)})", ", ".join(f"({row})" for row in rows))


def many(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Do a statement for each row. SQLite is asked past SQLAlchemy, which is as much work as twenty rows.

    Raises:
        SQLAlchemyError, sqlite3.Error, OverflowError: the database refuses, or does not answer.
    """
    if connection.dialect.name == "sqlite":
        raw: Any = connection.connection.driver_connection
        raw.executemany(statement, rows)
    else:
        connection.exec_driver_sql(statement, list(rows))


def first(connection: Connection, statement: str, values: tuple[Any, ...]) -> Sequence[Any] | None:
    """The first row that a statement finds, or None; otherwise as :func:`many`."""
    if connection.dialect.name == "sqlite":
        raw: Any = connection.connection.driver_connection
        found: Sequence[Any] | None = raw.execute(statement, values).fetchone()
        return found
    return connection.exec_driver_sql(statement, values).first()


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
