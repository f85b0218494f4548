"""Money under load, faults and kills: nothing overspent, nothing lost, nothing left held (RELIABILITY I1-I6, I12, I15).

``python -m tests.soak.money --mode exact --minutes 5 --workers 4``

Real workers, a real Valkey, 200 clients at a time, and an upstream that keeps its own bill; workers are killed and
frozen, the store is killed, paused and made to forget its scripts. At the end the store, the ledger, the bill and what
clients were told are compared. Exit code 0: they agree.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from tests.rig.crowd import crowd
from tests.rig.waiting import until
from tests.soak.spending import books
from tests.soak.spending.accounts import Account, Snapshot, Watch
from tests.soak.spending.books import Comparison, Ledger
from tests.soak.spending.scene import RATES, TOTAL, USER_LIMIT, Mode
from tests.soak.spending.stage import Stage
from tests.soak.spending.traffic import Traffic
from tests.soak.spending.trouble import Trouble

STORE_FAULTS = {"store killed", "store paused"}
SHARED = ("rate:", "concurrency:")
"""Accounts whose policies go on by themselves while the store is away, unless they are told otherwise."""
SETTLING = TOTAL + 30.0 + 30.0
"""Seconds after which nothing may be held any more: a hold's own time, and some for whoever sweeps."""


@dataclass(frozen=True)
class Plan:
    """One run."""

    mode: Mode
    seconds: float
    workers: int = 4
    clients: int = 200
    seed: int = 20261121
    postgres: bool = False
    """The ledger is PostgreSQL; else SQLite."""
    trouble: bool = True


@dataclass
class Report:
    """How it went."""

    plan: Plan
    comparison: Comparison
    users: int
    troubles: dict[str, int]
    looks: int = 0
    overspent: dict[str, int] = field(default_factory=dict)
    """Most that any look at the store saw settled beyond a limit, by account."""
    overheld: dict[str, int] = field(default_factory=dict)
    """Likewise settled and held."""
    outages: dict[str, int] = field(default_factory=dict)
    """The latter where the store was away: of these limits each worker then grants its share by itself (H7)."""
    leaked: dict[str, int] = field(default_factory=dict)
    """What is still held at the end, by account."""
    drift: dict[str, int] = field(default_factory=dict)
    """Settled in the store, less what the ledger says; where they differ and should not."""
    unspent: dict[str, int] = field(default_factory=dict)
    """What workers had leased and not spent when they were killed: it is charged, and in no row (I3, H4)."""

    @property
    def faults(self) -> dict[str, int]:
        """What must not be, by name; all of them 0 where it went well."""
        return self.comparison.faults | {
            "overspent at any look (store)": sum(self.overspent.values()),
            "settled + held beyond a limit": sum(self.overheld.values()),
            "accounts with something held": len(self.leaked),
            "accounts that drift from the ledger": len(self.drift),
        }

    @property
    def good(self) -> bool:
        """None of them."""
        return not any(self.faults.values())


def run(plan: Plan, folder: Path) -> Report:
    """Play it, and compare. Leaves no process behind.

    Args:
        plan: how.
        folder: an empty one, for all files.
    """
    with Stage(plan.mode, folder, plan.workers, postgres=plan.postgres) as stage:
        watch = Watch(stage.store) if stage.store else None
        traffic, troubles = _play(plan, stage, watch)
        stage.counting()
        last = _quiet(stage, watch)
        stage.fleet.stop()
        stage.biller.stop()
        found = stage.ledger()
        comparison = books.compare(found, stage.biller.entries, traffic.told, RATES, USER_LIMIT)
    report = Report(plan, comparison, traffic.users, troubles)
    if watch is not None:
        report.looks, report.overspent = watch.looks, _named(watch.overspent)
        overheld = _named(watch.overheld)
        if not STORE_FAULTS.isdisjoint(troubles):
            report.outages = {name: amount for name, amount in overheld.items() if name.startswith(SHARED)}
        report.overheld = {name: amount for name, amount in overheld.items() if name not in report.outages}
    report.leaked = _named(last.held)
    if watch is not None:
        drift = _drift(last, found)
        killed = plan.mode == "leased" and "worker killed" in troubles
        report.unspent = {name: amount for name, amount in drift.items() if amount > 0 and killed}
        report.drift = {name: amount for name, amount in drift.items() if name not in report.unspent}
    return report


def _play(plan: Plan, stage: Stage, watch: Watch | None) -> tuple[Traffic, dict[str, int]]:
    ends = time.monotonic() + plan.seconds
    traffic = Traffic(plan.seed, lambda: time.monotonic() < ends, run=f"{plan.mode}{plan.seed}")
    trouble = Trouble(stage.fleet, stage.store, random.Random(plan.seed))
    with ExitStack() as stack:
        if watch is not None:
            stack.enter_context(watch)
        if plan.trouble:
            stack.enter_context(trouble)
        asyncio.run(crowd(stage.fleet.port, plan.clients, traffic.wish, traffic.hear))
    return traffic, dict(trouble.done)


def _quiet(stage: Stage, watch: Watch | None) -> Snapshot:
    """Wait until nothing is held; then how accounts stand. What is held for ever is there for the report."""

    def look() -> Snapshot | None:
        if watch is not None:
            return watch.look()
        return Snapshot(held={(name, ""): amount for name, amount in stage.ledger().held.items()})

    def settled() -> bool:
        found = look()
        return found is not None and not found.held

    with suppress(AssertionError):
        until(settled, "nothing was held", SETTLING)
    return look() or Snapshot()


def _drift(last: Snapshot, ledger: Ledger) -> dict[str, int]:
    """Where the store and the ledger differ. Buckets of rolling windows leave the store; slots are in no ledger."""
    accounts = {each for each in last.settled.keys() | ledger.postings.keys() if not each[1].isdecimal()}
    differences = {
        f"{name} {window}": last.settled.get((name, window), 0) - ledger.postings.get((name, window), 0)
        for name, window in accounts
    }
    return {name: amount for name, amount in differences.items() if amount}


def table(report: Report) -> str:
    """What a person reads."""
    found, plan = report.comparison, report.plan
    rows: list[tuple[str, object]] = [
        ("mode", plan.mode),
        ("workers / clients / seconds", f"{plan.workers} / {plan.clients} / {plan.seconds:g}"),
        ("faults made", ", ".join(f"{name} {count}" for name, count in sorted(report.troubles.items())) or "none"),
        ("requests", found.requests),
        ("ends", ", ".join(f"{name} {count}" for name, count in sorted(found.kinds.items()))),
        ("answered in full", found.answered),
        ("attempts on the upstream's bill", found.attempts),
        ("users / limit / dearest (micro-dollars)", f"{report.users} / {USER_LIMIT} / {found.dearest}"),
        ("billed / charged (dollars)", f"{found.billed / 1e12:.6f} / {found.charged / 1e12:.6f}"),
        ("looks at the store", report.looks),
        ("charged for leases of killed workers (dollars)", f"{_money(report.unspent) / 1e6:.6f}"),
        ("refusals not written down", found.refusals_lost),
        ("slots and permits beyond limits in outages", sum(report.outages.values())),
        *report.faults.items(),
    ]
    lines = [f"{name:<48} {value}" for name, value in rows]
    details = [*found.unexact[:5], *found.lost[:5], *found.unheard[:5]]
    for some in (report.overspent, report.overheld, report.leaked, report.drift):
        details += [f"{name}: {amount}" for name, amount in list(some.items())[:5]]
    return "\n".join([*lines, *(f"  ! {detail}" for detail in details)])


def _named(amounts: Mapping[Account, int]) -> dict[str, int]:
    return {f"{name} {window}": amount for (name, window), amount in amounts.items()}


def _money(amounts: Mapping[str, int]) -> int:
    """Micro-dollars of users' budgets."""
    return sum(amount for name, amount in amounts.items() if name.startswith("budget:user:"))


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
    else:
        with tempfile.TemporaryDirectory(prefix="switchgear-soak-") as name:
            yield Path(name)


def main() -> int:
    """Run it and say how it went."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--mode", choices=get_args(Mode), required=True)
    options.add_argument("--minutes", type=float, default=5.0)
    options.add_argument("--workers", type=int, default=4)
    options.add_argument("--clients", type=int, default=200)
    options.add_argument("--seed", type=int, default=20261121)
    options.add_argument("--postgres", action="store_true", help="the ledger is PostgreSQL; else SQLite")
    options.add_argument("--calm", action="store_true", help="nothing is killed, frozen or paused")
    options.add_argument("--folder", type=Path, help="keep all files here")
    chosen = options.parse_args()
    workers = 1 if chosen.mode == "memory" else chosen.workers
    plan = Plan(
        chosen.mode, chosen.minutes * 60, workers, chosen.clients, chosen.seed, chosen.postgres, not chosen.calm
    )
    with _folder(chosen.folder) as folder:
        report = run(plan, folder)
    print(table(report))
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
