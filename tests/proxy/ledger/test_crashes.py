"""Killed at any point, and what is in the ledger afterwards: every request once, at its price (I4, F30)."""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from proxy.ledger.database import Database
from proxy.ledger.recovery import recover
from tests.proxy.ledger.books import charged, landed, rows
from tests.proxy.ledger.stories import BOUND, COST, SPENT, TOKENS
from tests.proxy.ledger.worker import POINTS
from tests.rig.waiting import until

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).resolve().parents[3]


class Worker:
    """One process that serves until it is killed."""

    def __init__(self, folder: Path, url: str, output: Path, point: str = "") -> None:
        self._output = output
        command = [sys.executable, "-m", "tests.proxy.ledger.worker", str(folder), url, point]
        with output.open("wb") as out:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)

    def said(self, what: str) -> set[str]:
        """The ids of what it said it had done."""
        lines = self._output.read_text("ascii").splitlines(keepends=True)
        return {line.split()[1] for line in lines if line.startswith(what) and line.endswith("\n")}

    def ended(self) -> bool:
        """Whether it is gone."""
        return self.process.poll() is not None

    def kill(self) -> None:
        """SIGKILL, and its end."""
        self.process.kill()
        self.process.wait()


@contextmanager
def _workers(count: int, tmp_path: Path, url: str, point: str = "") -> Iterator[list[Worker]]:
    started = [Worker(tmp_path / "journal", url, tmp_path / f"{time.monotonic_ns()}.out", point) for _ in range(count)]
    try:
        yield started
    finally:
        for worker in started:
            worker.kill()


async def _balanced(database: Database, *workers: Worker) -> None:
    """The ledger has each request once, and its sums are those of its rows."""
    there, outcomes = await landed(database), Counter(row["outcome"] for row in await rows(database))
    sent, over = (set().union(*[worker.said(what) for worker in workers]) for what in ("sent", "over"))
    finished = {row["uid"] for row in await rows(database) if row["outcome"] == "ok"}

    assert set(there.values()) <= {1}
    assert sent <= set(there)
    assert over <= finished
    assert await charged(database) == {
        COST.account: outcomes["ok"] * SPENT[0] + outcomes["crashed"] * BOUND[0],
        TOKENS.account: outcomes["ok"] * SPENT[1] + outcomes["crashed"] * BOUND[1],
    }
    assert outcomes["crashed"] <= len(workers)


@pytest.mark.parametrize("point", [point for point in POINTS if point != "taken_over"])
async def test_a_worker_killed_at_a_point_loses_no_row_and_charges_nothing_twice(
    point: str, database: Database, url: str, tmp_path: Path
) -> None:
    """F30: its journal is taken over, whatever of it the database had."""
    with _workers(1, tmp_path, url, point) as (worker,):
        until(worker.ended, f"it killed itself at {point}")
        await recover(tmp_path / "journal", database)

        await _balanced(database, worker)
        assert worker.said("sent") or point == "sent"


async def test_a_worker_killed_while_it_takes_over_leaves_that_to_the_next_one(
    database: Database, url: str, tmp_path: Path
) -> None:
    """F30, twice: two journals are left, and each is in the ledger once."""
    with _workers(1, tmp_path, url, "over") as (first,):
        until(first.ended, "the first one killed itself")
        with _workers(1, tmp_path, url, "taken_over") as (second,):
            until(second.ended, "the second one killed itself")
            await recover(tmp_path / "journal", database)

            await _balanced(database, first, second)


async def test_workers_killed_at_random_lose_nothing_and_their_siblings_take_over(
    database: Database, url: str, tmp_path: Path
) -> None:
    """Two at a time, killed at any moment; whoever lives writes down what the others left."""
    dice, seen = random.Random(0), []
    with _workers(2, tmp_path, url) as workers:
        seen += workers
        until(lambda: all(len(worker.said("over")) > 20 for worker in workers), "both had served")
        served = len(workers[0].said("over")) + dice.randrange(60)
        until(lambda: len(workers[0].said("over")) > served, "the first one had served a little more")
        workers[0].kill()
        until(lambda: workers[1].said("recovered"), "the second one took over")
        workers[1].kill()
    await recover(tmp_path / "journal", database)

    await _balanced(database, *seen)
