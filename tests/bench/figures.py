"""The figures: which loads a server gets, and what is read off them. A new one is an entry in ``FIGURES``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.bench.processes import Process
from tests.bench.traffic import Generator, Load, Seen

LOADS = {
    "16": Load(16),
    "64": Load(64),
    "20 KB": Load(16, size=20_000),
    "burst": Load(16, chunks=50),
    "paced 50": Load(64, chunks=50, gap=20_000, rate=25, share=2),
    "paced 2": Load(64, chunks=2, gap=20_000, rate=25, share=2),
    "calm": Load(32, rate=50, share=3),
}
"""The two paced loads have one rate: what a server does by itself (timers, flushes) is no part of their difference."""
CALM = ("calm", "paced 50")
"""The loads whose times are compared with those straight at the stub."""
WARM_UP = Load(16)
WARM_UP_SECONDS = 0.5


@dataclass(frozen=True)
class Spent:
    """One load's outcome."""

    seen: Seen
    cpu: float = 0.0
    """CPU seconds of the server."""

    @property
    def each(self) -> float:
        """CPU microseconds per answer."""
        return self.cpu / self.seen.answers * 1e6


@dataclass(frozen=True)
class Measured:
    """One server, once."""

    loads: Mapping[str, Spent]
    straight: Mapping[str, Spent]
    """The calm loads without a server between."""
    rss_idle: float
    rss_loaded: float
    started: float
    kinstr: float | None = None


FIGURES: dict[str, Callable[[Measured], float | None]] = {
    "us, 16 conn": lambda m: m.loads["16"].each,
    "us, 64 conn": lambda m: m.loads["64"].each,
    "us, 20 KB": lambda m: m.loads["20 KB"].each,
    "us, burst stream": lambda m: m.loads["burst"].each,
    "us, paced chunk": lambda m: (m.loads["paced 50"].each - m.loads["paced 2"].each) / 48,
    "added p50 us": lambda m: m.loads["calm"].seen.p50 - m.straight["calm"].seen.p50,
    "added p99 us": lambda m: m.loads["calm"].seen.p99 - m.straight["calm"].seen.p99,
    "added TTFT p50 us": lambda m: m.loads["paced 50"].seen.ttft_p50 - m.straight["paced 50"].seen.ttft_p50,
    "added TTFT p99 us": lambda m: m.loads["paced 50"].seen.ttft_p99 - m.straight["paced 50"].seen.ttft_p99,
    "RSS idle MB": lambda m: m.rss_idle,
    "RSS loaded MB": lambda m: m.rss_loaded,
    "start ms": lambda m: m.started,
    "kinstr": lambda m: m.kinstr,
}
"""By column. CPU is microseconds per request, per stream of 50 chunks, or per chunk."""


def figures(measured: Measured) -> dict[str, float]:
    """All figures that a server has; one that cannot stream has none of streams."""
    found: dict[str, float] = {}
    for name, read in FIGURES.items():
        try:
            value = read(measured)
        except KeyError:
            continue
        if value is not None:
            found[name] = value
    return found


def straight(generator: Generator, stub: int, seconds: float) -> dict[str, Spent]:
    """The calm loads at the stub itself."""
    return {name: Spent(generator.run(stub, LOADS[name], seconds=seconds)) for name in CALM}


def measure(
    process: Process, streams: bool, base: Mapping[str, Spent], generator: Generator, seconds: float
) -> Measured:
    """One server under every load it can take."""
    idle = process.rss()
    generator.run(process.port, WARM_UP, seconds=WARM_UP_SECONDS)
    loads: dict[str, Spent] = {}
    for name, load in LOADS.items():
        if streams or not load.chunks:
            before = process.cpu()
            seen = generator.run(process.port, load, seconds=seconds)
            loads[name] = Spent(seen, process.cpu() - before)
    return Measured(loads, base, idle, process.rss(), process.started)
