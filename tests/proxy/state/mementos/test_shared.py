"""The file of mementos that workers share: what other processes have to do with it."""

import asyncio
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from proxy.state.mementos import shared
from proxy.state.mementos.shared import SharedMementos
from translators.base import Memento

pytestmark = pytest.mark.anyio

TEAM, SIGNED = "team growth", {"reasoning_content": "Hm."}
KEEP_MANY = """
import asyncio, sys, time
from pathlib import Path
from proxy.state.mementos.shared import SharedMementos
from translators.base import Memento

async def main(path, name):
    store = SharedMementos(Path(path), time.monotonic)
    for number in range(50):
        await store.keep("team growth", Memento((f"{name}_{number}",), {"reasoning_content": "Hm."}))
    await store.close()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The one loop there is."""
    return "asyncio"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the mementos are."""
    return tmp_path / "mementos"


@pytest.fixture(autouse=True)
def log() -> Iterator[list[Any]]:
    """The event log's lines."""
    with structlog.testing.capture_logs() as lines:
        yield lines


async def test_another_worker_finds_at_once_what_this_one_keeps(file: Path) -> None:
    """And the other way round; the first does not have to end for it."""
    one, other = (SharedMementos(file, time.monotonic) for _ in range(2))

    await one.keep(TEAM, Memento(("call_1",), SIGNED))
    assert await other.recall(TEAM, ["call_1"]) == {"call_1": SIGNED}
    await other.keep(TEAM, Memento(("call_2",), SIGNED))
    assert await one.recall(TEAM, ["call_1", "call_2"]) == {"call_1": SIGNED, "call_2": SIGNED}

    await one.close()
    await other.close()


async def test_processes_keep_side_by_side(file: Path, log: list[Any]) -> None:
    """F28: they wait for each other, in a thread, and nothing is lost."""
    shared.prepare(file)
    command = (sys.executable, "-c", KEEP_MANY, str(file))
    workers = [await asyncio.create_subprocess_exec(*command, name) for name in ("one", "other")]

    assert [await worker.wait() for worker in workers] == [0, 0]

    store = SharedMementos(file, time.monotonic)
    calls = [f"{name}_{number}" for name in ("one", "other") for number in range(50)]
    assert list(await store.recall(TEAM, calls)) == calls
    await store.close()
    assert log == []


async def test_nobody_waits_long_for_a_file_that_is_held(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer goes out, what is there is read meanwhile, and the memento is written once the holder is done."""
    monkeypatch.setattr(shared, "PATIENCE", 0.01)
    store = SharedMementos(file, time.monotonic)
    await store.keep(TEAM, Memento(("before",), SIGNED))
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    await store.keep(TEAM, Memento(("late",), SIGNED))

    assert await store.recall(TEAM, ["before", "late"]) == {"before": SIGNED}
    holder.execute("COMMIT")
    holder.close()
    await store.close()
    reader = SharedMementos(file, time.monotonic)
    assert await reader.recall(TEAM, ["before", "late"]) == {"before": SIGNED, "late": SIGNED}
    await reader.close()


async def test_the_loop_turns_while_a_memento_is_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DESIGN 7: whoever holds the file holds up one answer, and no other request."""
    monkeypatch.setattr(shared, "PATIENCE", 60.0)
    store = SharedMementos(file, time.monotonic)
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    keeping = asyncio.ensure_future(store.keep(TEAM, Memento(("call_1",), SIGNED)))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not keeping.done()
    holder.execute("COMMIT")
    await keeping

    assert await store.recall(TEAM, ["call_1"]) == {"call_1": SIGNED}
    holder.close()
    await store.close()


async def test_a_file_that_is_no_use_is_logged_and_no_fault(file: Path, log: list[Any]) -> None:
    """Requests go on without what they had; its content is in no line (S8)."""
    store = SharedMementos(file, time.monotonic)
    spoiler = sqlite3.connect(file)
    spoiler.execute("DROP TABLE memento")
    spoiler.close()

    await store.keep(TEAM, Memento(("call_1",), SIGNED))
    assert await store.recall(TEAM, ["call_1"]) == {}

    assert [line["event"] for line in log] == ["mementos_not_kept", "mementos_not_read"]
    assert "Hm." not in str(log)
    await store.close()


async def test_a_look_up_reads_no_more_than_it_asks_for(file: Path) -> None:
    """It is done on the loop: by the key, never through the table."""
    store = SharedMementos(file, time.monotonic)
    with sqlite3.connect(file) as reader:
        plan = reader.execute(f"EXPLAIN QUERY PLAN {shared._FIND}", ("[]", TEAM, 0.0)).fetchall()
    reader.close()

    assert [row[3].split(" ")[0] for row in plan] == ["SCAN", "SEARCH"]
    assert "json_each" in plan[0][3]
    assert "(scope=? AND call=?)" in plan[1][3]
    await store.close()
