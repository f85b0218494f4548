"""Where decision records are kept."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import structlog

from policies.base import Principal
from proxy.observe import records
from proxy.observe.record import Record
from proxy.observe.records import CAPACITY, Records, SharedRecords

pytestmark = pytest.mark.anyio

WEB, BATCH = Principal("web", team="growth"), Principal("batch", team="growth")
TEAM = "team growth"
"""Whose the records of these tests are, as the shared file has it."""
STRANGER, LONER, NOBODY = Principal("other", team="sales"), Principal("loner"), Principal("anonymous")
NONE = Principal("None")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The one loop there is."""
    return "asyncio"


@pytest.fixture(autouse=True)
def log() -> Iterator[list[Any]]:
    """The event log's lines."""
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shared file is written at the loop's next turn."""
    monkeypatch.setattr(records, "FLUSH_SECONDS", 0.0)


def record(name: str, key: str = "web", team: str | None = "growth") -> Record:
    return {"id": name, "key": key, "team": team}


def row(name: str, key: str = "web") -> records.Row:
    return TEAM, name, orjson.dumps(record(name, key))


def put(kept: Records, one: Record) -> None:
    kept.put(Principal(one["key"], team=one["team"]), one["id"], orjson.dumps(one))


async def test_a_record_is_found_by_its_key_and_its_team() -> None:
    """One's own, and one's team's."""
    kept = Records()
    put(kept, record("one"))

    assert [await kept.find("one", who) for who in (WEB, BATCH)] == [record("one")] * 2


async def test_another_tenants_record_does_not_exist() -> None:
    """B8: neither for another team nor for a key without one."""
    kept = Records()
    put(kept, record("one"))
    put(kept, record("teamless", "solo", None))

    for name in ("one", "teamless", "unknown"):
        for who in (STRANGER, LONER, NOBODY, NONE):
            assert await kept.find(name, who) is None


async def test_two_tenants_may_choose_the_same_id() -> None:
    """Neither takes the other's record away."""
    kept = Records()
    put(kept, record("one"))
    put(kept, record("one", "other", "sales"))

    assert [await kept.find("one", who) for who in (WEB, STRANGER)] == [record("one"), record("one", "other", "sales")]


async def test_the_oldest_records_go_first() -> None:
    """Memory is bounded."""
    kept = Records()
    for number in range(CAPACITY + 1):
        put(kept, record(str(number)))

    assert await kept.find("0", WEB) is None
    assert await kept.find("1", WEB) == record("1")
    await kept.close()


@pytest.mark.usefixtures("at_once")
async def test_another_worker_finds_what_this_one_served(tmp_path: Path) -> None:
    """By the shared file, with the same regard for tenants."""
    one, other = Records(tmp_path / "records"), Records(tmp_path / "records")
    put(one, record("one"))
    await one.close()

    assert await other.find("one", WEB) == record("one")
    assert await other.find("one", STRANGER) is None
    await other.close()


@pytest.mark.usefixtures("at_once")
async def test_a_record_that_nobody_has_is_not_found(tmp_path: Path) -> None:
    """After having been waited for a moment: another worker may just be writing it."""
    kept = Records(tmp_path / "records")

    assert await kept.find("unknown", WEB) is None
    await kept.close()


@pytest.mark.usefixtures("at_once")
async def test_records_are_written_without_anybody_asking(tmp_path: Path) -> None:
    """A worker that serves on has written what it served."""
    kept, reader = Records(tmp_path / "records"), SharedRecords(tmp_path / "records")
    put(kept, record("one"))

    while reader.find(TEAM, "one") is None:  # noqa: ASYNC110 - it is written by a thread, and seen in the file alone
        await asyncio.sleep(0)
    reader.close()
    await kept.close()


@pytest.mark.usefixtures("at_once")
async def test_no_record_is_lost_while_another_process_holds_the_file(tmp_path: Path, log: list[Any]) -> None:
    """F28: what comes while one write waits for its turn is written after it."""
    kept = Records(tmp_path / "records")
    holder = sqlite3.connect(tmp_path / "records", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    names = [f"request-{number}" for number in range(5)]
    for name in names:
        put(kept, record(name))
        for _ in range(3):  # the loop's turns that it takes for the flush to begin, and to wait for the holder
            await asyncio.sleep(0)
    holder.execute("COMMIT")
    holder.close()
    await kept.close()

    reader = SharedRecords(tmp_path / "records")
    assert [name for name in names if reader.find(TEAM, name) is None] == []
    assert log == []
    reader.close()


async def test_the_shared_file_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest go first."""
    monkeypatch.setattr(records, "SHARED_CAPACITY", 3)
    shared = SharedRecords(tmp_path / "records")

    for number in range(5):
        shared.write([row(str(number))])

    assert [number for number in range(5) if shared.find(TEAM, str(number))] == [2, 3, 4]
    shared.close()


async def test_a_record_written_twice_is_its_last_version(tmp_path: Path) -> None:
    """An id is a client's to choose (``x-request-id``); within a tenant its last request goes by it."""
    shared = SharedRecords(tmp_path / "records")

    shared.write([row("one"), row("one", "batch")])

    assert shared.find(TEAM, "one") == row("one", "batch")[2]
    shared.close()


async def test_a_file_that_cannot_be_written_is_logged_and_no_fault(tmp_path: Path, log: list[Any]) -> None:
    """The records stay in this worker's memory."""
    shared = SharedRecords(tmp_path / "records")
    spoiler = sqlite3.connect(tmp_path / "records")
    spoiler.execute("DROP TABLE batch")
    spoiler.close()

    shared.write([row("one")])

    assert [(line["event"], line["count"]) for line in log] == [("records_not_shared", 1)]
    shared.close()
