"""Where the time of a request goes: ``python -m tests.bench profile``.

py-spy (https://github.com/benfred/py-spy) looks at the loaded server's stack some hundred times a second. A sample
belongs to the stage of its innermost frame that is of a stage; what C code does, system calls among it, counts for the
Python frame that called it.
"""

import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.bench.processes import ROOT, Process
from tests.bench.traffic import Generator, Load

LOOP = "loop: uvloop, asyncio"
STAGES = [
    ("proxy/edge/guard.py", "server: uvicorn, guard"),
    ("proxy/edge/cycle.py", "server: uvicorn, guard"),
    ("proxy/server.py", "server: uvicorn, guard"),
    ("uvicorn/", "server: uvicorn, guard"),
    ("proxy/app.py", "server: uvicorn, guard"),
    ("proxy/edge/answers.py", "answer"),
    ("proxy/edge/client.py", "answer"),
    ("proxy/edge/", "intake: key, parse, check"),
    ("translators/dialects/", "intake: key, parse, check"),
    ("proxy/models.py", "intake: key, parse, check"),
    ("proxy/engine/", "engine, policies"),
    ("policies/", "engine, policies"),
    ("translators/", "translator"),
    ("proxy/upstream/", "transport"),
    ("httpx2/", "transport"),
    ("httpcore2/", "transport"),
    ("anyio/", "transport"),
    ("proxy/observe/", "record, log, metrics"),
    ("structlog/", "record, log, metrics"),
    ("prometheus_client/", "record, log, metrics"),
]
"""Beginning of a module's path, and its stage. The first that fits counts."""
HERTZ = 500
CONNECTIONS = 16


def stage(stack: str) -> str:
    """The stage of one sample: frames from the outermost in, ``function (path:line)``, separated by semicolons."""
    for frame in reversed(stack.split(";")):
        path = _relative(frame.rpartition("(")[2].rstrip(")"))
        for beginning, name in STAGES:
            if path.startswith(beginning):
                return name
    return LOOP


def shares(lines: Iterable[str]) -> dict[str, float]:
    """Share of the samples by stage, the largest first; a line is a stack and how often it was seen."""
    seen: Counter[str] = Counter()
    for line in lines:
        stack, _, count = line.rpartition(" ")
        seen[stage(stack)] += int(count)
    return {name: count / seen.total() for name, count in seen.most_common()}


def table(shared: dict[str, float], each: float, what: str) -> list[str]:
    """Stages with their share of the samples and of a request's microseconds."""
    lines = [f"| stage | share | us per {what} |", "|---|---|---|"]
    lines += [f"| {name} | {share:.1%} | {share * each:.1f} |" for name, share in shared.items()]
    return [*lines, f"| sum | 100.0% | {each:.1f} |"]


def record(process: Process, generator: Generator, folder: Path, *, streamed: bool, seconds: float) -> list[str]:
    """Profile a server under load.

    Returns:
        The table. Microseconds are of a load without the profiler, which costs some itself.

    Raises:
        SystemExit: py-spy is not installed.
    """
    spy, load = _spy(), Load(CONNECTIONS, chunks=50 if streamed else 0)
    generator.run(process.port, load, seconds=1.0)
    before = process.cpu()
    seen = generator.run(process.port, load, seconds=seconds)
    each = (process.cpu() - before) / seen.answers * 1e6
    stacks = folder / "stacks"
    options = [
        "--format",
        "raw",
        "--full-filenames",
        "--rate",
        str(HERTZ),
        "--duration",
        f"{seconds:.0f}",
        "--nonblocking",
    ]
    spying = subprocess.Popen(
        [spy, "record", *options, "--output", str(stacks), "--pid", str(process.pid)], stdout=subprocess.DEVNULL
    )
    generator.run(process.port, load, seconds=seconds + 1)
    if spying.wait(60) or not stacks.exists():
        sys.exit("py-spy left no samples; may it look at other processes here (kernel.yama.ptrace_scope)?")
    return table(shares(stacks.read_text().splitlines()), each, "stream of 50" if streamed else "request")


def _spy() -> str:
    beside = Path(sysconfig.get_path("scripts")) / "py-spy"
    found = str(beside) if beside.exists() else shutil.which("py-spy")
    if found is None:
        sys.exit("tests.bench profile needs py-spy: pip install py-spy (or: pip install --group bench)")
    return found


def _relative(place: str) -> str:
    """A frame's path below the repository or below ``site-packages``."""
    path = place.rpartition("site-packages/")[2]
    return path.removeprefix(f"{ROOT}/")
