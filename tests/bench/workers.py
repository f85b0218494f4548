"""Whether workers scale: ``python -m tests.bench workers``.

Workers share nothing on a request's path but the listening socket, the folder of records and metrics, and later the
store. If that costs nothing, N workers answer as many requests per CPU second *of theirs* as one does, and so N times
as many per second on N cores. "scaling" is N times that ratio; >= 0.9 x N means that sharing costs less than 10 %.

It is a ratio of CPU time because on two cores the load generator and the stub stand in the workers' way: requests per
second cannot double there, whatever the server does. The load is niced, so that it waits rather than the workers; it
has 16 connections for each worker, so that each is as busy as one alone; what each worker had of the CPU is printed,
for a load that only one of them carried would show nothing. Cores that share caches or a clock slow each other down:
what that takes shows in as many servers of one worker, which share nothing at all ("apart").
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from tests.bench import processes
from tests.bench.processes import Process
from tests.bench.servers import Bench, Row
from tests.bench.traffic import Generator, Load

CONNECTIONS = 16
NICE = 10
WARM_UP_SECONDS = 1.0
FAIR = 0.25
"""The least share of the work that the idlest of two workers may have had for the figure to mean something."""


@dataclass(frozen=True)
class Scaled:
    """What some workers did."""

    per_second: float
    per_cpu_second: float
    shares: tuple[float, ...]
    """Of each worker in the CPU time of all, the largest first."""
    load_cpu: float
    """CPU seconds the load generators had in a second."""


def measure(bench: Bench, row: Row, generator: Generator, workers: int, seconds: float) -> list[str]:
    """One worker, several, and several servers of one.

    Returns:
        A table, and what it comes to.
    """
    niced = replace(generator, nice=NICE)
    found: dict[str, Scaled] = {}
    for name, servers, each in (("1", 1, 1), (str(workers), 1, workers), (f"{workers} apart", workers, 1)):
        with _servers(bench, replace(row, workers=each), servers) as running:
            found[name] = _loaded(running, each, niced, seconds)
    return list(_table(found, workers))


@contextmanager
def _servers(bench: Bench, row: Row, count: int) -> Iterator[list[Process]]:
    with ExitStack() as stack:
        cores = frozenset(processes.CORES)
        yield [stack.enter_context(bench.server(row, cores=cores)) for _ in range(count)]


def _loaded(running: list[Process], workers: int, generator: Generator, seconds: float) -> Scaled:
    load = Load(CONNECTIONS * workers)
    with ThreadPoolExecutor(len(running)) as pool:
        list(pool.map(lambda server: generator.run(server.port, load, seconds=WARM_UP_SECONDS), running))
        # Beside several workers there is their supervisor, which serves nobody.
        pids = [pid for server in running for pid in (server.family()[1:] if workers > 1 else [server.pid])]
        before = {pid: processes.cpu_seconds(pid) for pid in pids}
        seen = list(pool.map(lambda server: generator.run(server.port, load, seconds=seconds), running))
        spent = [processes.cpu_seconds(pid) - before[pid] for pid in pids]
    answers, longest = sum(one.answers for one in seen), max(one.seconds for one in seen)
    shares = tuple(sorted((cpu / sum(spent) for cpu in spent), reverse=True))
    return Scaled(answers / longest, answers / sum(spent), shares, sum(one.cpu for one in seen) / longest)


def _table(found: dict[str, Scaled], workers: int) -> Iterator[str]:
    yield "| workers | requests/s | requests per CPU second | CPU by worker | load's cores |"
    yield "|---|---|---|---|---|"
    for name, scaled in found.items():
        shares = " ".join(f"{share:.0%}" for share in scaled.shares)
        yield f"| {name} | {scaled.per_second:.0f} | {scaled.per_cpu_second:.0f} | {shares} | {scaled.load_cpu:.2f} |"
    one, several, apart = found.values()
    scaling, most = (workers * many.per_cpu_second / one.per_cpu_second for many in (several, apart))
    yield f"\nscaling of {workers} workers: {scaling:.2f}; of servers that share nothing: {most:.2f}"
    if min(several.shares) < FAIR * 2 / workers:
        yield "the connections were not spread over the workers: the figure means little"
