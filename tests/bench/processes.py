"""Processes under measurement: started on cores of their own, their CPU and memory read from the kernel's books."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
START_SECONDS = 90.0
"""How long a server may take to come up; under valgrind it takes long."""
STOP_SECONDS = 20.0
LAST_WORDS = 2000
"""Bytes that are shown of what a server said before it failed."""


def compiled(name: str, folder: Path) -> Path:
    """A C program of this folder, built; what it includes may be in that other folder."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        sys.exit("tests.bench needs a C compiler (cc, gcc or clang)")
    program = folder / name
    subprocess.run([compiler, "-O2", "-I", folder, "-o", program, HERE / f"{name}.c"], check=True)
    return program


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def pin(cores: set[int]) -> None:
    """Keep this process, and what it starts, to some cores."""
    os.sched_setaffinity(0, cores)


@dataclass(frozen=True)
class Process:
    """A server that runs."""

    pid: int
    port: int
    started: float
    """Milliseconds from its start to its first good answer."""

    def family(self) -> list[int]:
        """Its process id and those of all its children."""
        return [self.pid, *_children(self.pid)]

    def cpu(self) -> float:
        """CPU seconds so far, all threads, children included."""
        return sum(cpu_seconds(pid) for pid in self.family())

    def rss(self) -> float:
        """Resident megabytes, children included."""
        return sum(_rss(pid) for pid in self.family())


@contextmanager
def running(
    command: Sequence[str],
    port: int,
    ready: Callable[[int], bool],
    *,
    cores: set[int],
    env: Mapping[str, str] | None = None,
) -> Iterator[Process]:
    """A server, from its first good answer on; stopped at the end.

    Args:
        command: starts it; run at the top of the repository.
        port: where it will listen.
        ready: whether it gives a good answer there by now.
        cores: where it may run.
        env: its environment; None: ours.
    """
    with tempfile.TemporaryFile() as words:
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=words, preexec_fn=lambda: pin(cores)
        )
        try:
            while not ready(port):
                if process.poll() is not None or time.monotonic() - began > START_SECONDS:
                    sys.exit(f"did not start: {' '.join(command)}")
                time.sleep(0.005)
            yield Process(process.pid, port, (time.monotonic() - began) * 1000)
        except SystemExit as fault:
            words.seek(0)
            sys.exit(f"{fault}\n{words.read()[-LAST_WORDS:].decode()}")
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def listening(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def cpu_seconds(pid: int) -> float:
    """CPU seconds of one process, all its threads (nanoseconds in the kernel's scheduler statistics).

    https://docs.kernel.org/scheduler/sched-stats.html: the first of the three numbers of ``/proc/PID/schedstat``.
    """
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def _children(pid: int) -> Iterator[int]:
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            yield child
            yield from _children(child)


def _rss(pid: int) -> float:
    match = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(match[1]) / 1024 if match else 0.0
