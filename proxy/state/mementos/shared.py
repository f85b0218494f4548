"""Keeps mementos in a file that several workers share: the next turn of a conversation may reach another one.

Unlike records, which are written a moment later, a memento is there before its answer ends. It is written by a thread,
for a writer may have to wait for another one; it is read on the loop, since readers of a write-ahead log wait for
nobody, and a look-up takes a tenth of what handing it to a thread would (measured).
Source: https://www.sqlite.org/wal.html, 2026-11.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import orjson
import structlog

from proxy.state.mementos.bounds import BOUNDS, Bounds, entry_of, weight
from proxy.state.mementos.memory import AMBIGUOUS
from translators.base import JsonObject, Memento

MEMENTOS = "mementos.db"
"""Name of the file in the directory that the workers share."""
PATIENCE = 1.0
"""Seconds that an answer waits at most for its memento to be written."""
_FRESH = 1 / 8
"""Part of its time within which an entry that was used is not noted as used again."""
_SLACK = 1 / 64
"""Part of the bounds that each worker may add before it measures what all of them have kept, which takes a while."""

_TABLE = """
CREATE TABLE IF NOT EXISTS memento (
    scope TEXT, call TEXT, text BLOB, weight INTEGER, used REAL, PRIMARY KEY (scope, call)
)"""
_BY_USE = "CREATE INDEX IF NOT EXISTS by_use ON memento (used, weight)"
_KEEP = """
INSERT INTO memento VALUES (:scope, :call, :text, :weight, :now)
ON CONFLICT DO UPDATE SET
    text = CASE text WHEN :text THEN :text ELSE :ambiguous END,
    weight = CASE text WHEN :text THEN :weight ELSE :weight - length(:text) END,
    used = :now"""
_FIND = """
SELECT call, text, used FROM json_each(?) CROSS JOIN memento ON scope = ? AND call = value WHERE used > ?"""
_USE = "UPDATE memento SET used = ? WHERE scope = ? AND call = ?"

_log = structlog.get_logger("switchgear")


class SharedMementos:
    """See :class:`proxy.engine.ports.Mementos`. The file goes with the server.

    Args:
        path: the file.
        clock: monotonic seconds, which are the same in all processes
            (https://docs.python.org/3/library/time.html#time.monotonic, 2026-11).
        bounds: what is kept at most.
    """

    def __init__(self, path: Path, clock: Callable[[], float], bounds: Bounds = BOUNDS) -> None:
        self._clock, self._bounds = clock, bounds
        prepare(path)
        self._writer = _connect(path, waits=5.0)
        self._reader = _connect(path, waits=0.0)
        self._thread = ThreadPoolExecutor(1, "mementos")  # one: the writer's connection is one
        self._unmeasured = 1.0

    async def keep(self, scope: str, memento: Memento) -> None:
        """Keep a memento for each of its calls: when this returns, every worker finds it."""
        text = entry_of(scope, memento, self._bounds)
        if text is not None:
            writing = asyncio.get_running_loop().run_in_executor(self._thread, self._write, scope, memento.calls, text)
            await asyncio.wait((writing,), timeout=PATIENCE)

    async def recall(self, scope: str, calls: Iterable[str]) -> dict[str, JsonObject]:
        """The fields kept for these calls, by call."""
        now, wanted = self._clock(), orjson.dumps(list(calls)).decode()
        try:
            rows = self._reader.execute(_FIND, (wanted, scope, now - self._bounds.seconds)).fetchall()
        except sqlite3.Error as fault:
            _log.warning("mementos_not_read", error=str(fault))
            return {}
        fresh = now - self._bounds.seconds * _FRESH
        faded = [(now, scope, call) for call, _, used in rows if used < fresh]
        if faded:
            self._thread.submit(self._note_use, faded)
        return {call: orjson.loads(text) for call, text, _ in rows if text != AMBIGUOUS}

    async def close(self) -> None:
        """Close the file."""
        self._reader.close()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._writer.close)
        self._thread.shutdown()

    def _write(self, scope: str, calls: tuple[str, ...], text: bytes) -> None:
        now = self._clock()
        weights = {call: weight(scope, call, text) for call in calls}
        facts = {"scope": scope, "text": text, "ambiguous": AMBIGUOUS, "now": now}
        self._unmeasured += max(len(weights) / self._bounds.entries, sum(weights.values()) / self._bounds.size)
        with self._change():
            self._writer.execute("DELETE FROM memento WHERE used <= ?", (now - self._bounds.seconds,))
            self._writer.executemany(_KEEP, [facts | {"call": call, "weight": w} for call, w in weights.items()])
            if self._unmeasured > _SLACK:
                self._let_go()
                self._unmeasured = 0.0

    def _note_use(self, rows: list[tuple[float, str, str]]) -> None:
        with self._change():
            self._writer.executemany(_USE, rows)

    @contextmanager
    def _change(self) -> Iterator[None]:
        """One transaction, all of it or nothing."""
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            yield
            self._writer.execute("COMMIT")
        except sqlite3.Error as fault:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            _log.warning("mementos_not_kept", error=str(fault))

    def _let_go(self) -> None:
        """What is too much."""
        entries, size = self._writer.execute("SELECT count(*), total(weight) FROM memento").fetchone()
        oldest = self._writer.execute("SELECT rowid, weight FROM memento ORDER BY used, rowid")
        gone = []
        while entries > self._bounds.entries or size > self._bounds.size:
            row, least = next(oldest)
            gone.append((row,))
            entries, size = entries - 1, size - least
        oldest.close()
        self._writer.executemany("DELETE FROM memento WHERE rowid = ?", gone)


def prepare(path: Path) -> None:
    """Make the file. A server of several workers does it before it starts them: they would fight over making it."""
    with closing(_connect(path, waits=5.0)) as file:
        file.execute("PRAGMA journal_mode=WAL")
        file.execute(_TABLE)
        file.execute(_BY_USE)


def _connect(path: Path, waits: float) -> sqlite3.Connection:
    """A connection whose transactions we begin ourselves; it waits so many seconds for another one's to end."""
    file = sqlite3.connect(path, timeout=waits, check_same_thread=False, isolation_level=None)
    file.execute("PRAGMA synchronous=OFF")  # it goes with the server, so a power cut may take it
    return file
