"""Keeps the decision records of the last requests: in memory, and in a file that several workers share."""

import asyncio
import sqlite3
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import structlog

from policies.base import Principal
from proxy.observe.record import Record

CAPACITY = 2000
"""Records each worker keeps in memory; about 2 KB each."""
SHARED_CAPACITY = 20_000
"""Records in the shared file."""
FLUSH_SECONDS = 0.1
RECORDS = "records.db"
"""Name of the file in the directory that the workers share."""

Row = tuple[str, str, bytes]
"""Whose a record is, its request's id, and the record as JSON."""

_log = structlog.get_logger("switchgear")


class Records:
    """The last requests' records.

    Args:
        shared: a SQLite file for all workers of one server, so that whichever worker is asked finds what another one
            served. None with one worker. It goes with the server: what has to last is the log.
    """

    def __init__(self, shared: Path | None = None) -> None:
        self._recent: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._shared = SharedRecords(shared) if shared else None
        self._unwritten: list[Row] = []
        self._timer: asyncio.TimerHandle | None = None
        self._thread = ThreadPoolExecutor(1, "records")  # one: the connection is one, and so is its transaction

    def put(self, principal: Principal, request_id: str, text: bytes) -> None:
        """Keep a record. Sync; the shared file gets it a moment later, from a thread.

        Args:
            principal: whose it is.
            request_id: what it is found by.
            text: the record as JSON; thousands of dictionaries would keep the garbage collector busy.
        """
        tenant = principal.tenant
        self._recent[tenant, request_id] = text
        if len(self._recent) > CAPACITY:
            self._recent.popitem(last=False)
        if self._shared is not None:
            self._unwritten.append((tenant, request_id, text))
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._flush)

    async def find(self, request_id: str, principal: Principal) -> Record | None:
        """A record of the principal's own tenant: its own key's, or its team's."""
        tenant = principal.tenant
        text = self._recent.get((tenant, request_id))
        if text is None and self._shared is not None:
            text = await self._find_shared(self._shared, tenant, request_id)
        found: Record | None = None if text is None else orjson.loads(text)
        return found

    async def close(self) -> None:
        """Write what is left and close the file."""
        if self._shared is None:
            return
        self._flush()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._shared.close)
        self._thread.shutdown()

    async def _find_shared(self, shared: "SharedRecords", tenant: str, request_id: str) -> bytes | None:
        for wait in (0.0, FLUSH_SECONDS, FLUSH_SECONDS):  # another worker writes its records down a moment later
            await asyncio.sleep(wait)
            text = await asyncio.get_running_loop().run_in_executor(self._thread, shared.find, tenant, request_id)
            if text is not None:
                return text
        return None

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._shared is not None and self._unwritten:
            rows, self._unwritten = self._unwritten, []
            self._thread.submit(self._shared.write, rows)


class SharedRecords:
    """The shared file. Every method blocks: call it from a thread.

    What a worker writes at a time is one row, which is read through when a record is looked for: that is rare, and a
    row with an index entry for each record would be work for each request.
    """

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path, timeout=5.0, check_same_thread=False, isolation_level=None)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=OFF")  # it goes with the server, so a power cut may take it
        self._file.execute("CREATE TABLE IF NOT EXISTS batch (until INTEGER PRIMARY KEY, records BLOB)")

    def write(self, rows: list[Row]) -> None:
        """Add records, and let go of the oldest. ``until`` counts the records ever written, those of the batch too."""
        lines = b"\n".join(b"%b\t%b" % (orjson.dumps(tenant), text) for tenant, _, text in rows)
        try:
            self._file.execute("BEGIN IMMEDIATE")
            (written,) = self._file.execute("SELECT coalesce(max(until), 0) FROM batch").fetchone()
            self._file.execute("INSERT INTO batch VALUES (?, ?)", (written + len(rows), lines))
            self._file.execute("DELETE FROM batch WHERE until <= ?", (written + len(rows) - SHARED_CAPACITY,))
            self._file.execute("COMMIT")
        except sqlite3.Error as fault:
            if self._file.in_transaction:
                self._file.execute("ROLLBACK")
            _log.warning("records_not_shared", count=len(rows), error=str(fault))

    def find(self, tenant: str, request_id: str) -> bytes | None:
        """A tenant's record by its request's id, as JSON; of several the last one."""
        whose, sign = orjson.dumps(tenant) + b"\t", b'"id":%b' % orjson.dumps(request_id)
        query = "SELECT records FROM batch WHERE instr(records, ?) > 0 ORDER BY until DESC"
        for (lines,) in self._file.execute(query, (sign,)):
            for line in reversed(lines.split(b"\n")):
                if line.startswith(whose) and sign in line and orjson.loads(line[len(whose) :])["id"] == request_id:
                    text: bytes = line[len(whose) :]
                    return text
        return None

    def close(self) -> None:
        """Close the file."""
        self._file.close()
