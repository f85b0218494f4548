"""``python -m tests.bench``: one table, each row a server, each figure also as a ratio to the floor of the same run.

The server under measurement has one core, the stub and the load the other. CPU is the kernel's account of the server's
processes. Microseconds move with the machine: quote ratios of one run, and instructions. Where the machine has
other things to do, ``chrt -r 5 python -m tests.bench`` puts all of this before them.

commands:
  (none)        the table
  instructions  kinstr per request, counted under callgrind
  workers       whether two workers do twice the work of one
  profile       the stages of a request, with py-spy
"""

import argparse
import compileall
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from tests.bench import figures, instructions, processes, stages, table, workers
from tests.bench.servers import ROWS, Bench, Row, surroundings
from tests.bench.traffic import Generator


def main() -> None:
    """Measure and print."""
    chosen = _arguments()
    if chosen.figures:
        print("\n".join(figures.FIGURES))
        return
    if len(processes.CORES) == 1:
        print("one core only: server, stub and load stand in each other's way, times mean little", file=sys.stderr)
    for package in ("proxy", "translators", "policies", "tests/bench"):  # as installed: start-up is not compilation
        compileall.compile_dir(str(processes.ROOT / package), quiet=2)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        generator = Generator(processes.compiled("load", folder))
        bench = stack.enter_context(surroundings(folder))
        COMMANDS[chosen.command](bench, generator, chosen)


def _measure(bench: Bench, generator: Generator, chosen: argparse.Namespace) -> None:
    rows = _usable(bench, _rows(chosen, tuple(row.name for row in ROWS)))
    runs: dict[str, list[dict[str, float]]] = {row.name: [] for row in rows}
    for _ in range(chosen.runs):
        straight = figures.straight(generator, bench.stub, chosen.seconds)
        for row in rows:
            runs[row.name].append(_one(bench, generator, row, straight, chosen.seconds))
    counter = "perf" if any("kinstr" in found[0] for found in runs.values()) else "callgrind"
    medians = {name: table.medians(found) for name, found in runs.items()}
    if counter == "callgrind" and shutil.which("valgrind"):
        for row in rows:
            if row.name in instructions.ROWS or row.command:
                counted = instructions.counted(bench, row, generator, ("16 conn",), chosen.requests)
                medians[row.name]["kinstr"] = counted["16 conn"][0]
    print("\n".join(table.table(medians, {"kinstr": f"kinstr ({counter})"})))
    calm, paced = straight["calm"].seen, straight["paced 50"].seen
    times = f"p50 {calm.p50:.0f}, p99 {calm.p99:.0f}; TTFT p50 {paced.ttft_p50:.0f}, p99 {paced.ttft_p99:.0f}"
    print(f"\nstraight at the stub, us: {times}")
    for row in rows:
        if row.workers > 1:
            print("\n" + "\n".join(workers.measure(bench, row, generator, row.workers, chosen.seconds)))
    if chosen.json:
        chosen.json.write_text(json.dumps({"runs": runs, "medians": medians}, indent=1))


def _one(
    bench: Bench, generator: Generator, row: Row, straight: Mapping[str, figures.Spent], seconds: float
) -> dict[str, float]:
    with bench.server(row) as process:
        measured = figures.measure(process, row.streams, straight, generator, seconds)
        load = figures.LOADS["16"]
        kinstr = instructions.by_perf(process, lambda: generator.run(process.port, load, seconds=seconds).answers)
    return figures.figures(replace(measured, kinstr=kinstr))


def _instructions(bench: Bench, generator: Generator, chosen: argparse.Namespace) -> None:
    names = tuple(instructions.LOADS)
    found = {
        row.name: instructions.counted(bench, row, generator, names, chosen.requests, chosen.repeat)
        for row in _usable(bench, _rows(chosen, instructions.ROWS))
    }
    print("\n".join(instructions.table(found, chosen.base)))
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1))


def _workers(bench: Bench, generator: Generator, chosen: argparse.Namespace) -> None:
    (row,) = _named([chosen.row])
    print("\n".join(workers.measure(bench, row, generator, chosen.workers, chosen.seconds * 3)))


def _profile(bench: Bench, generator: Generator, chosen: argparse.Namespace) -> None:
    (row,) = _named([chosen.row])
    with bench.server(row) as process:
        seconds = max(5.0, chosen.seconds * 5)
        print("\n".join(stages.record(process, generator, bench.folder, streamed=chosen.stream, seconds=seconds)))


COMMANDS = {"table": _measure, "instructions": _instructions, "workers": _workers, "profile": _profile}


def _rows(chosen: argparse.Namespace, default: tuple[str, ...]) -> list[Row]:
    names = chosen.rows.split(",") if chosen.rows else list(default)
    return _named(names) + [_other(text) for text in chosen.also]


def _named(names: list[str]) -> list[Row]:
    known = {row.name: row for row in ROWS}
    if wrong := [name for name in names if name not in known]:
        sys.exit(f"no such row: {', '.join(wrong)}; there are: {', '.join(known)}")
    return [known[name] for name in names]


def _other(text: str) -> Row:
    name, _, rest = text.partition("=")
    port, _, command = rest.partition(":")
    if not (name and port.isdigit() and command):
        sys.exit(f"--also wants NAME=PORT:COMMAND, not {text!r}")
    return Row(name, command=command, port=int(port))


def _usable(bench: Bench, rows: list[Row]) -> list[Row]:
    """The rows whose configuration the proxy takes; the others are named."""
    faults = {row.name: bench.fault(row) for row in rows}
    for name, fault in faults.items():
        if fault:
            print(f"left out: {name}: {fault}", file=sys.stderr)
    return [row for row in rows if not faults[row.name]]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("command", nargs="?", choices=COMMANDS, default="table", metavar="command")
    add("--rows", help="only these, by name, separated by commas")
    add(
        "--also",
        action="append",
        default=[],
        metavar="NAME=PORT:COMMAND",
        help="another server that forwards to MOCK_PORT",
    )
    add("--runs", type=int, default=1, help="medians of so many runs (1; each takes about two minutes)")
    add("--seconds", type=float, default=1.0, help="of each load, in its shortest form (1)")
    add("--requests", type=int, default=200, help="counted under callgrind (200)")
    add("--repeat", type=int, default=3, help="instructions: counts of each load (3)")
    add("--base", default=table.BASE, help="instructions: the row that ratios are to (floor)")
    add("--workers", type=int, default=2, help="workers: how many against one (2)")
    add("--row", default="default chain", help="workers, profile: of which row")
    add("--stream", action="store_true", help="profile: of back-to-back streams")
    add("--json", type=Path, help="write the figures there, too")
    add("--figures", action="store_true", help="name the figures of the table, and leave")
    return parser.parse_args()


if __name__ == "__main__":
    main()
