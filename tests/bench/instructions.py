"""Instructions per request: ``python -m tests.bench instructions``. The steadiest figure there is.

Where ``perf`` counts instructions, the table has its figure (user space and kernel). Many virtual machines have no such
counter; there the server runs under callgrind (https://valgrind.org/docs/manual/cl-manual.html), which counts those of
user space alone, about a third less on a small request. Never compare one with the other.

The server comes up and warms up uncounted, and what it does in the background at its start is waited for. Then its
counter is read before and after a fixed number of requests, once the ledger has them; what it counts in seconds without
any is taken off for as long as that took: under callgrind a second has few requests in it, so timers would weigh more
than they do. Repeats agree within 2 %; of 20 KB bodies some are dearer by about 4 %,
those into which a full garbage collection falls, and the median leaves them out.
"""

import contextlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from tests.bench.processes import Process
from tests.bench.servers import Bench, Row
from tests.bench.traffic import Generator, Load

ROWS = (
    *("floor", "bare proxy", "chain off", "default chain"),
    *("from anthropic", "from gemini", "from bedrock", "from cohere", "from ollama"),
)
WARM_UP = 200
"""Requests before anything is counted: connections are made, and CPython has specialised what runs often."""
TRIES = 5
"""Of one run."""
STREAMS = 24
"""Streams in place of that many requests: each has 50 chunks or 2."""
LOADS = {
    "1 conn": Load(1),
    "16 conn": Load(16),
    "20 KB": Load(16, size=20_000),
    "50": Load(4, chunks=50, gap=10_000),
    "2": Load(4, chunks=2, gap=10_000),
}
CHUNK = "paced chunk"
"""The 48th part of what a stream of 50 chunks costs over one of 2."""
IDLE_SECONDS = 6.0
"""A few times what the slowest of the server's timers takes that are not of minutes."""
GATHER_SECONDS = 1.5
"""What was served is written down a moment later, at most so long."""
LOOK_SECONDS = 0.5
BUSY = 0.5
"""Of a core: a server with nothing to do takes less, even under callgrind."""
QUIET_SECONDS = 120.0
"""A server that is still busy by then is so all the time."""
VALGRIND = ("valgrind", "--tool=callgrind", "--instr-atstart=no", "--quiet")

T = TypeVar("T")


@dataclass(frozen=True)
class Counter:
    """The instructions of one process under callgrind."""

    process: Process
    dump: Path

    def _control(self, *options: str) -> None:
        subprocess.run(["callgrind_control", *options, str(self.process.pid)], check=True, capture_output=True)

    def begin(self) -> None:
        """Count from here on."""
        self._control("-i", "on")

    def taken(self) -> float:
        """Instructions since the last time."""
        self._control("-d")
        dumps = {int(path.suffix[1:]): path for path in self.dump.parent.glob(f"{self.dump.name}.*")}
        match = re.search(r"^totals: (\d+)", dumps[max(dumps)].read_text(), re.MULTILINE)
        if match is None:
            sys.exit("callgrind left no total")
        return float(match[1])

    def during(self, what: Callable[[], object]) -> tuple[float, float]:
        """Instructions while ``what`` goes on and until all that follows from it is done, and the seconds it takes."""
        self.taken()
        began = time.monotonic()
        what()
        self.quiet()
        seconds = time.monotonic() - began
        return self.taken(), seconds

    def quiet(self) -> None:
        """Wait until nothing is left to do."""
        time.sleep(GATHER_SECONDS)
        until, before = time.monotonic() + QUIET_SECONDS, self.process.cpu()
        while time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
            now = self.process.cpu()
            if now - before < BUSY * LOOK_SECONDS:
                return
            before = now
        sys.exit("the server does not come to rest")


def counted(
    bench: Bench, row: Row, generator: Generator, names: tuple[str, ...], requests: int, repeats: int = 1
) -> dict[str, list[float]]:
    """Thousands of instructions per request, by load, one per repeat.

    Raises:
        SystemExit: valgrind is not installed.
    """
    if shutil.which("valgrind") is None:
        sys.exit("tests.bench counts instructions under valgrind: apt install valgrind")
    dump = bench.folder / f"callgrind.{row.name.replace(' ', '_')}"
    found: dict[str, list[float]] = {}
    with bench.server(row, (*VALGRIND, f"--callgrind-out-file={dump}")) as process:
        counter = Counter(process, dump)
        _good(lambda: generator.run(process.port, LOADS["16 conn"], requests=WARM_UP))
        counter.quiet()
        counter.begin()
        _good(lambda: generator.run(process.port, LOADS["1 conn"], requests=10))
        counter.quiet()
        idle, seconds = counter.during(lambda: time.sleep(IDLE_SECONDS))
        for name in names:
            load = LOADS[name]
            if load.chunks and not row.streams:
                continue
            count = STREAMS if load.chunks else requests
            run = partial(generator.run, process.port, load)
            _good(partial(run, requests=load.connections))
            counter.quiet()
            for _ in range(repeats):
                spent, took = _good(partial(counter.during, partial(run, requests=count)))
                found.setdefault(name, []).append((spent - took * idle / seconds) / count / 1e3)
    return found


def _good(run: Callable[[], T]) -> T:
    """A run without a bad answer. A store has a tenth of a second to answer, which is too little now and then where all
    is fifty times slower, and the request is refused: that run is made once more."""
    for _ in range(TRIES - 1):
        with contextlib.suppress(SystemExit):
            return run()
    return run()


def by_perf(process: Process, run: Callable[[], int]) -> float | None:
    """Thousands of instructions per answer as ``perf`` counts them; None where it cannot.

    Args:
        process: the server.
        run: loads it and returns the number of answers.
    """
    perf = shutil.which("perf")
    if perf is None or not _counts(perf):
        return None
    pids = ",".join(map(str, process.family()))
    counting = subprocess.Popen(
        [perf, "stat", "-x,", "-e", "instructions", "-p", pids], stderr=subprocess.PIPE, text=True
    )
    answers = run()
    counting.send_signal(signal.SIGINT)
    match = re.search(r"^(\d+),,instructions", counting.communicate(timeout=60)[1], re.MULTILINE)
    return float(match[1]) / answers / 1e3 if match else None


def _counts(perf: str) -> bool:
    tried = subprocess.run([perf, "stat", "-x,", "-e", "instructions", "true"], capture_output=True, text=True)
    return re.search(r"^\d+,,instructions", tried.stderr, re.MULTILINE) is not None


def table(found: dict[str, dict[str, list[float]]], base: str) -> list[str]:
    """Medians, ratios to one row, and how far the repeats lie apart (largest over smallest)."""
    medians = {row: _medians(loads) for row, loads in found.items()}
    columns = [*(name for name, load in LOADS.items() if not load.chunks), CHUNK]
    lines = ["| kinstr, user space | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    for row, loads in found.items():
        of = {} if row == base else medians.get(base, {})
        cells = [_cell(medians[row].get(column), of.get(column), loads.get(column, [])) for column in columns]
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return lines


def _cell(value: float | None, of: float | None, counts: list[float]) -> str:
    if value is None:
        return "-"
    ratio = f" ({value / of:.2f}x)" if of else ""
    spread = f" ±{max(counts) / min(counts) - 1:.1%}" if len(counts) > 1 else ""
    return f"{value:.1f}{ratio}{spread}"


def _medians(loads: dict[str, list[float]]) -> dict[str, float]:
    medians = {name: statistics.median(counts) for name, counts in loads.items()}
    if "50" in medians:
        medians[CHUNK] = (medians["50"] - medians["2"]) / 48
    return medians
