"""Money end to end: real workers, a real Valkey, real databases, and an upstream that keeps its own bill (I1 to I4)."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.rig.bill import Act, Script
from tests.rig.crowd import Told, Wish, crowd
from tests.rig.waiting import until
from tests.soak.spending import books
from tests.soak.spending.accounts import Watch
from tests.soak.spending.scene import FIRST, KEYS, RATES, SECOND, Mode, Scene
from tests.soak.spending.stage import Stage
from tests.soak.spending.traffic import Traffic

LIMIT = 10_000
"""Micro-dollars: one cent."""
ENDING: list[Any] = ["strategy", {"retry": {"attempts": 3, "backoff": "10ms..20ms", "ambiguous": 2}}]
CENT: list[Any] = [{"budget": {"per": "global", "limit": "$0.01/month", "output": 64}}, *ENDING]
ENDINGS = {"cut_whole": "whole", "usage_twice": "stream", "cut_late": "error_frame", "leaves_late": "left"}
"""Kinds of requests that end in each way as long as there is room."""
PAIRS = {"memory and SQLite": ("memory", False), "Redis and PostgreSQL": ("exact", True)}
"""The two lines of the configuration in which they differ."""


def _ask(stage: Stage, wishes: list[Wish], clients: int = 1) -> list[Told]:
    """Each of them once; by the order of their ends."""
    left, told = list(reversed(wishes)), list[Told]()
    asyncio.run(crowd(stage.fleet.port, clients, lambda: left.pop() if left else None, told.append))
    return told


def _wish(name: str, first: Act | None = None, second: Act | None = None, **more: Any) -> Wish:
    acts = {model: act for model, act in ((FIRST, first), (SECOND, second)) if act is not None}
    return Wish(Script(name, acts), key=KEYS["web"], **more)


@pytest.mark.parametrize("mode", ["exact", "leased"])
def test_fifty_parallel_clients_never_pass_a_cent(mode: Mode, tmp_path: Path) -> None:
    """I1, I3, I6: with streams, disconnects and fail-overs, on two workers, until nothing fits any more."""
    with Stage(mode, tmp_path, chain=CENT) as stage:
        assert stage.store is not None
        left = iter(range(900))
        traffic = Traffic(7, lambda: next(left, None) is not None)
        each = [traffic.of(kind) for kind in ENDINGS]
        with Watch(stage.store, pause=0.02) as watch:
            asyncio.run(crowd(stage.fleet.port, 1, iter([*each, None]).__next__, traffic.hear))
            asyncio.run(crowd(stage.fleet.port, 50, traffic.wish, traffic.hear))
        stage.fleet.stop()
        found, last = stage.ledger(), watch.look()

        assert watch.overspent == watch.overheld == {}
        assert watch.looks > 5
        assert last is not None
        (spent,) = last.settled.values()
        assert last.held == {}
        assert LIMIT / 2 < spent <= LIMIT
        assert spent == sum(-(-cost // books.PICO) for _, _, cost in found.requests.values())
        compared = books.compare(found, stage.biller.entries, traffic.told, RATES, LIMIT)
        assert compared.faults == dict.fromkeys(compared.faults, 0)
        assert {*ENDINGS.values(), "refused"} <= compared.kinds.keys()
        assert "insufficient_quota" in {told.code for told in traffic.told}


@pytest.fixture(scope="module", params=PAIRS)
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The same configuration on either pair of parts."""
    mode, postgres = PAIRS[request.param]
    with Stage(mode, tmp_path_factory.mktemp("pair"), workers=2, postgres=postgres, chain=CENT) as stage:
        yield stage


def test_two_lines_are_all_that_differs() -> None:
    """What the other tests here run on is one file but for where accounts and rows are kept."""
    one, other = (
        Scene(mode, "http://127.0.0.1:9", ledger, state, 1, CENT).config
        for mode, ledger, state in (
            ("memory", "sqlite:///ledger.db", "memory"),
            ("leased", "postgresql://127.0.0.1/ledger", "redis://127.0.0.1"),
        )
    )

    assert {name for name in one if one[name] != other[name]} == {"state", "ledger"}


def test_each_request_costs_what_the_upstream_billed(stage: Stage) -> None:
    """To the pico-dollar, in the header and in the ledger; a fail-over costs what its answer cost."""
    refuse = Act("refuse", status=500)
    wishes = [
        _wish("whole", Act(input=31, output=7)),
        _wish("stream", Act(input=33, output=9), stream=True),
        _wish("fail-over", refuse, Act(input=35, output=11)),
        _wish("in-vain", refuse, refuse),
    ]
    costs = {
        "whole": 31 * RATES[FIRST].input + 7 * RATES[FIRST].output,
        "stream": 33 * RATES[FIRST].input + 9 * RATES[FIRST].output,
        "fail-over": 35 * RATES[SECOND].input + 11 * RATES[SECOND].output,
        "in-vain": 0,
    }

    told = {one.wish.script.id: one for one in _ask(stage, wishes)}

    assert [told[name].ending for name in costs] == ["whole", "stream", "whole", "refused"]
    assert float(told["whole"].headers["x-switchgear-cost"]) == pytest.approx(costs["whole"] / 1e12, abs=1e-6)
    until(lambda: costs.keys() <= stage.ledger().requests.keys(), "the rows were there")
    rows = stage.ledger().requests
    assert {name: rows[name][2] for name in costs} == costs
    assert [rows[name][1] for name in costs] == ["ok", "ok", "ok", "failed"]


def test_what_nobody_can_count_is_charged_in_full(stage: Stage) -> None:
    """H3: an upstream that breaks off after it was sent to may have done the work: never refund on ignorance."""
    _ask(stage, [_wish("broken", Act("cut", pieces=0), Act(input=20, output=5), max_tokens=16)])

    until(lambda: "broken" in stage.ledger().requests, "the row was there")
    first, second = [row for row in stage.ledger().attempts if row.request == "broken"]
    assert first.source == "held"
    assert first.cost >= 20 * RATES[FIRST].input + 16 * RATES[FIRST].output
    assert (second.source, second.cost) == ("provider", 20 * RATES[SECOND].input + 5 * RATES[SECOND].output)


def test_what_was_spent_stays_spent_when_everything_is_killed(stage: Stage) -> None:
    """F30: after kill -9 of the whole server the next one refuses what the last one would have refused."""
    number = iter(range(1000))

    def refused() -> bool:
        (told,) = _ask(stage, [_wish(f"spend-{next(number)}", Act(output=64), max_tokens=64)])
        return told.code == "insufficient_quota"

    until(refused, "the cent was spent", 60)
    workers = stage.fleet.workers

    stage.fleet.signal(signal.SIGKILL)
    stage.fleet.wait()
    until(lambda: not any(Path(f"/proc/{pid}/fd").exists() for pid in workers), "the workers had ended")
    stage.fleet.revive()
    stage.counting()

    assert refused()
    assert sum(-(-cost // books.PICO) for _, _, cost in stage.ledger().requests.values()) <= LIMIT


CRASHES = {"first attempt": None, "second attempt": Act("refuse", status=500)}
"""What the first target does in which attempt the worker is killed; the attempt itself hangs."""
HANGS = Act("hang", pieces=0, output=0)


@pytest.mark.parametrize("attempt", CRASHES)
def test_a_worker_that_dies_with_money_held_is_charged_for_it(attempt: str, tmp_path: Path) -> None:
    """F30, I4: the row is there, its cost is what was held, and the account has just that; the sibling serves on."""
    with Stage("exact", tmp_path, chain=CENT) as stage:
        assert stage.store is not None
        watch = Watch(stage.store)
        hanging = _wish("crashed", CRASHES[attempt] or HANGS, HANGS, max_tokens=16, leave_after=15.0)
        refused = int(CRASHES[attempt] is not None)

        async def die() -> None:
            asking = asyncio.ensure_future(crowd(stage.fleet.port, 1, iter([hanging, None]).__next__, lambda _: None))
            await asyncio.to_thread(until, lambda: (seen := watch.look()) and seen.held, "it was held")
            await asyncio.to_thread(until, lambda: len(stage.biller.entries) == refused, "that attempt was under way")
            stage.fleet.kill(await asyncio.to_thread(until, lambda: _busy(stage), "the worker was found"))
            await asking

        asyncio.run(die())

        until(lambda: "crashed" in stage.ledger().requests, "the row was there", 45)
        _, outcome, cost = stage.ledger().requests["crashed"]
        assert outcome == "crashed"
        assert cost >= 16 * RATES[FIRST].output
        until(lambda: (seen := watch.look()) and not seen.held, "nothing was held", 45)
        last = watch.look()
        assert last is not None
        assert list(last.settled.values()) == [-(-cost // books.PICO)]


def _busy(stage: Stage) -> int:
    """The process id of the worker with a request under way, if it is the one that answers."""
    health = stage.health()
    return int(health["pid"]) if health["in_flight"] else 0


def test_without_its_store_a_budget_lets_nothing_pass_and_goes_on_afterwards(tmp_path: Path) -> None:
    """D32, F21: ``leased_only`` without a lease; what had been spent is still spent when the store is back."""
    with Stage("exact", tmp_path, chain=CENT) as stage:
        assert stage.store is not None
        assert [told.status for told in _ask(stage, [_wish("before")])] == [200]
        until(lambda: "before" in stage.ledger().requests, "the row was there")
        watch = Watch(stage.store)
        until(lambda: (seen := watch.look()) and not seen.held, "it was settled")
        before = watch.look()

        stage.store.kill()
        (down,) = _ask(stage, [_wish("during")])
        stage.store.start()
        until(lambda: _ask(stage, [_wish("after")])[0].status == 200, "it was served again")

        assert (down.status, down.code) == (503, "budget_store_unavailable")
        assert "retry-after" in down.headers
        after = watch.look()
        assert before is not None
        assert after is not None
        assert sum(after.settled.values()) >= sum(before.settled.values()) > 0
