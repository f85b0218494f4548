"""The bench itself: its rows can be served, its load counts right, its tables say what was measured."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from proxy.config.load import load_file
from tests.bench import figures, instructions, processes, stages, table
from tests.bench.servers import ROWS, Bench, Row, surroundings
from tests.bench.traffic import Generator, Load

needs_compiler = pytest.mark.skipif(
    not any(map(shutil.which, ("cc", "gcc", "clang"))), reason="the stub and the load are C programs"
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The stub, plain and behind TLS."""
    with surroundings(tmp_path_factory.mktemp("bench")) as around:
        yield around


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Generator:
    """The load generator."""
    return Generator(processes.compiled("load", tmp_path_factory.mktemp("load")))


def _row(name: str) -> Row:
    return next(row for row in ROWS if row.name == name)


@needs_compiler
@pytest.mark.parametrize("row", [row for row in ROWS if not row.app], ids=lambda row: row.name)
def test_the_proxy_takes_every_row(bench: Bench, row: Row) -> None:
    """No row is silently left out because the configuration has moved on."""
    assert load_file(bench.file(row), os.environ).models


@needs_compiler
@pytest.mark.parametrize("load", [Load(4), Load(4, rate=400), Load(4, chunks=3), Load(4, size=20_000)], ids=repr)
def test_every_request_is_answered_and_counted(bench: Bench, generator: Generator, load: Load) -> None:
    """What is asked for a number of times is counted that many times, whole or streamed, at a rate or not."""
    seen = generator.run(bench.stub, load, requests=40)

    assert (seen.answers, seen.bad) == (40, 0)
    assert (seen.ttft_p50 > 0) == bool(load.chunks)


@needs_compiler
def test_time_counts_from_when_a_request_was_due(bench: Bench, generator: Generator) -> None:
    """With one connection, those that come while it is busy wait, and their waiting is in their time."""
    seen = generator.run(bench.stub, Load(1, chunks=5, gap=10_000, rate=1000), requests=10)

    assert seen.p99 > 2 * 40_000


@needs_compiler
def test_bad_answers_void_a_measurement(bench: Bench, generator: Generator) -> None:
    """A server that refuses is not called fast."""
    stranger = replace(generator, key="sk-wrong")

    with bench.server(_row("bare proxy")) as process, pytest.raises(SystemExit, match="8 of 8 answers were bad"):
        stranger.run(process.port, Load(2), requests=8)


@needs_compiler
def test_the_bare_proxy_forwards(bench: Bench, generator: Generator) -> None:
    """The yardstick does the work it stands for, under as many clients as connections."""
    with bench.server(_row("bare proxy")) as process:
        assert generator.run(process.port, Load(8), requests=64).answers == 64
        assert generator.run(process.port, Load(8, chunks=20), requests=64).answers == 64
        assert process.cpu() > 0
        assert process.rss() > 1


@pytest.mark.parametrize(
    ("stack", "stage"),
    [
        ("run (/x/uvloop/a.py:1);serve (proxy/edge/chat.py:9);feed (translators/providers/openai.py:3)", "translator"),
        (
            "run (/x/a.py:1);serve (proxy/edge/chat.py:9);loads (/v/site-packages/json/x.py:3)",
            "intake: key, parse, check",
        ),
        ("run (/x/a.py:1);data_received (/v/site-packages/uvicorn/protocols/http/x.py:9)", "server: uvicorn, guard"),
        ("run (/x/asyncio/runners.py:118)", stages.LOOP),
    ],
)
def test_a_sample_belongs_to_its_innermost_stage(stack: str, stage: str) -> None:
    """Library frames count for whoever called them."""
    assert stages.stage(stack) == stage


def test_stages_name_modules_that_exist() -> None:
    """A renamed module of ours does not quietly move its time to the loop."""
    ours = [path for path, _ in stages.STAGES if path.startswith(("proxy/", "policies/", "translators/"))]

    assert [path for path in ours if not (Path(processes.ROOT) / path).exists()] == []


def test_shares_add_up_to_the_whole() -> None:
    """Each stage's microseconds are its part of the request's."""
    shared = stages.shares(["f (proxy/engine/engine.py:1) 30", "f (policies/base.py:1) 30", "f (x.py:1) 40"])

    assert shared == {"engine, policies": 0.6, stages.LOOP: 0.4}
    assert stages.table(shared, 200.0, "request")[2] == "| engine, policies | 60.0% | 120.0 |"


def test_the_table_has_medians_and_ratios_to_the_floor() -> None:
    """A figure that the floor has not stands alone."""
    runs = [{"us, 16 conn": 30.0, "us, burst stream": 9.0}, {"us, 16 conn": 50.0, "us, burst stream": 9.0}]
    results = {"floor": {"us, 16 conn": 20.0}, "ours": table.medians(runs)}

    assert list(table.table(results, {}))[-1] == "| ours | 40.0 (2.00x) | 9.0 |"


def test_a_chunk_costs_what_long_streams_have_over_short_ones() -> None:
    """What a stream costs by itself falls out of the difference."""
    lines = instructions.table({"ours": {"1 conn": [100.0, 101.0], "50": [580.0], "2": [100.0]}}, "floor")

    assert lines[-1] == "| ours | 100.5 ±1.0% | - | - | 10.0 |"


def test_a_server_without_streams_has_no_figures_of_them() -> None:
    """The floor's row stays empty there."""
    measured = figures.Measured({}, {}, rss_idle=30.0, rss_loaded=31.0, started=100.0)

    assert figures.figures(measured) == {"RSS idle MB": 30.0, "RSS loaded MB": 31.0, "start ms": 100.0}
