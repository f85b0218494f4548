"""Brings a batch into the database: rows, sums and how far the journal is read, in one transaction, exactly once.

What has landed already is known by the journal's place, so a batch that is brought again changes nothing, whatever
became of the answer to the first time.
"""

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from itertools import chain, compress, repeat
from operator import is_not
from typing import Any

import orjson
import structlog
from sqlalchemy import Connection, Integer, SmallInteger, Table, Text, delete
from sqlalchemy.exc import DBAPIError, StatementError

from proxy.ledger.database import Database
from proxy.ledger.fresh import Settled, payload_of
from proxy.ledger.plain import MARK
from proxy.ledger.postings import MICRO, post
from proxy.ledger.rows import Batch, Lot, Row, attempt_rows, request_row
from proxy.ledger.schema import journals, requests, tries
from proxy.ledger.statements import TOGETHER, first, many, statements

_MOST, _MOST_INT, _MOST_SMALL = 2**63 - 1, 2**31 - 1, 2**15 - 1
_NULLS = repeat(None)
_WRONG_DATA = ("22", "23")
"""Classes of SQLSTATE: data exceptions, integrity (PostgreSQL, appendix A)."""

_log = structlog.get_logger("switchgear")


class Landing:
    """What one batch does to the database; a plain function of a connection.

    Args:
        journal: whose it is.
        start: where the batch begins in it.
        end: and ends.
        batch: rows and sums.
        careful: row by row, because the whole was refused: what cannot be stored is left out, and said in the log.
    """

    def __init__(self, journal: str, start: int | None, end: int, batch: Batch, *, careful: bool = False) -> None:
        self.journal, self.start, self.end, self.batch, self.careful = journal, start, end, batch, careful
        self.refused = 0
        """Rows that were left out."""

    def __call__(self, connection: Connection) -> int:
        """Returns: the place up to which the journal is in the database now; another one than ``end`` if it was not
        at ``start`` before, and then nothing was done."""
        place = progress(connection, self.journal)
        if place is not None and place != self.start:
            return place
        batch, known, self.refused = self.batch, statements(connection.dialect), 0
        sqlite = connection.dialect.name == "sqlite"
        for lot in batch.lots:
            _land(connection, lot)
        for table, rows in ((requests, batch.requests), (tries, batch.tries)):
            if self.careful:
                self.refused += _one_by_one(connection, table, rows)
            else:
                for columns, some in _shapes(table, rows) if sqlite else [(table.columns.keys(), rows)]:
                    if some:
                        many(connection, known.insert(table, tuple(columns)), some)
        post(connection, self.journal, batch.sums, int(time.time() * MICRO))
        if place is None:
            many(connection, known.enter, [(self.journal, self.end)])
        else:
            many(connection, known.advance, [(self.end, self.journal)])
        return self.end


async def land(
    database: Database, journal: str, start: int | None, end: int, over: Sequence[Settled]
) -> tuple[int, int]:
    """Bring requests that are over into the database.

    Args:
        database: where to.
        journal: whose they are.
        start: the place in it up to which it is there already; None: nobody knows of it yet.
        end: the place up to which it will be.
        over: they.

    Returns:
        The place up to which the journal is there now, and how many rows could not be stored.
    """
    batch = await asyncio.to_thread(_batch, over)
    if not batch.spoiled:
        try:
            return await database.run(Landing(journal, start, end, batch)), 0
        except Exception as fault:
            if not is_of_the_data(fault):
                raise
    batch = await asyncio.to_thread(repaired, over)
    landing = Landing(journal, start, end, batch, careful=True)
    return await database.run(landing), len(batch.spoiled) + landing.refused


def _batch(over: Sequence[Settled]) -> Batch:
    batch = Batch()
    batch.add(over)
    return batch


def progress(connection: Connection, journal: str) -> int | None:
    """Up to which place a journal is in the database; None: the database does not know it."""
    row = first(connection, statements(connection.dialect).progress, (journal,))
    return None if row is None else int(row[0])


def forget(connection: Connection, journal: str) -> None:
    """A journal is no more."""
    connection.execute(delete(journals).where(journals.c.id == journal))


def is_of_the_data(fault: Exception) -> bool:
    """Whether a batch was refused for what is in it; else the database is at fault, and will be asked again."""
    if not isinstance(fault, StatementError):
        odd = isinstance(fault, ValueError | OverflowError | sqlite3.IntegrityError)
        return odd or "binding parameter" in str(fault)
    if isinstance(fault, DBAPIError) and fault.connection_invalidated:
        return False
    cause: BaseException | None = fault.orig
    while cause is not None:
        state = getattr(cause, "sqlstate", None)
        if isinstance(cause, ValueError | OverflowError | TypeError) or (state and state[:2] in _WRONG_DATA):
            return True
        if "binding parameter" in str(cause):  # SQLite's driver, of a type that it does not know
            return True
        cause = cause.__cause__
    return False


def repaired(over: Sequence[Settled]) -> Batch:
    """A batch of what could not be stored as it was: no NUL, no half of a surrogate pair, no number too large (B20).

    What it is charged for lands in any case, if only that can be read.
    """
    batch = Batch()
    for payload in map(payload_of, over):
        try:
            text = payload.decode("utf-8", "replace")
            request, others = _plain_rows(batch, text) if payload[0] == MARK else _rows(batch, text)
        except Exception as fault:  # noqa: BLE001 - whatever is wrong with it, the others have to land
            batch.spoiled.append(payload)
            _log.error("ledger_row_lost", error=repr(fault), payload=repr(payload[:2000]))
            continue
        batch.requests.append(_fitting(requests, request))
        batch.tries += [_fitting(tries, row) for row in others]
    return batch


def _rows(batch: Batch, text: str) -> tuple[Row, list[Row]]:
    uid, record, holds, amounts, names, _ = json.loads(text)
    batch.post(amounts, names)
    return request_row(uid, record, holds), attempt_rows(uid, record)


def _plain_rows(batch: Batch, text: str) -> tuple[Row, list[Row]]:
    common, own = text.split("\n")
    known, (*values, posted, windows, _) = json.loads(common), json.loads(own)
    batch.post([posted], [list(zip(known["accounts"], windows, strict=True))])
    cells = known["same"] | dict(zip(known["each"], values, strict=True))
    return tuple([cells.get(column) for column in requests.columns.keys()]), []  # noqa: SIM118


def _land(connection: Connection, lot: Lot) -> None:
    """Rows of one kind."""
    known, rows, cells, whole = statements(connection.dialect), lot.rows, lot.cells, 0
    if connection.dialect.name == "sqlite":
        whole = len(rows) - len(rows) % TOGETHER
        own = len(lot.columns) - len(cells)
        together = [(*cells, *chain.from_iterable(rows[at : at + TOGETHER])) for at in range(0, whole, TOGETHER)]
        many(connection, known.insert_together(requests, lot.columns, own), together)
    many(connection, known.insert(requests, lot.columns), [(*row, *cells) for row in rows[whole:]])


def _shapes(table: Table, rows: Sequence[Row]) -> Iterator[tuple[Sequence[str], list[Row]]]:
    """Rows by the columns that they have. To SQLite's driver each null is an object that it does not know at first,
    and takes a dozen times as long as a number (Python 3.11); most rows are of a few shapes."""
    shapes: dict[Row, list[Row]] = {}
    for row in rows:
        there = tuple(map(is_not, row, _NULLS))
        shapes.setdefault(there, []).append(tuple(compress(row, there)))
    names = table.columns.keys()
    for there, some in shapes.items():
        yield tuple(compress(names, there)), some


def _one_by_one(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    statement, refused = statements(connection.dialect).insert(table), 0
    for row in rows:
        try:
            with connection.begin_nested():
                connection.exec_driver_sql(statement, [row])
        except Exception as fault:
            if not is_of_the_data(fault):
                raise
            refused += 1
            _log.error("ledger_row_lost", table=table.name, error=repr(fault), payload=repr(row)[:2000])
    return refused


def _fitting(table: Table, row: Row) -> Row:
    return tuple([_fit(cell, column.type) for cell, column in zip(row, table.columns, strict=True)])


def _fit(cell: Any, kind: Any) -> Any:
    if cell is None:
        return None
    if isinstance(kind, Text):
        text = cell if isinstance(cell, str) else orjson.dumps(cell, default=repr).decode()
        return text.replace("\0", "�").encode("utf-8", "replace").decode()
    if not isinstance(cell, int | float):
        return None
    most = _MOST_SMALL if isinstance(kind, SmallInteger) else _MOST_INT if type(kind) is Integer else _MOST
    return max(min(int(cell), most), -most) if cell == cell and abs(cell) != float("inf") else None
