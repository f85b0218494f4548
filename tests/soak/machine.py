"""Random histories of a store, held against the model: ``python -m tests.soak.machine --store valkey --examples 5000``.

After each step the books have to be the model's to the unit, which is the closing identity; beside that I1, I2, I5 and
I6 are looked at by themselves. All examples of a run share one store, each on accounts of its own.
"""

import argparse
from collections.abc import Coroutine
from itertools import count
from typing import Any, ClassVar, TypeVar

import structlog
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from policies.claims import Claim, Granted, Refused, Unit, Window
from proxy.state.store import Report
from tests.proxy.state.contract.stores import STORES, Bench, claim, new_id, rate, slots
from tests.proxy.state.model import LAPSED, Model

T = TypeVar("T")
MINUTE = 60.0
_examples = count(1)

some_hold = st.integers(0, 10**6)
amounts = st.integers(0, 12)


class Machine(RuleBasedStateMachine):
    """One history."""

    bench: ClassVar[Bench]
    portal: ClassVar[BlockingPortal]
    """To the loop that the store lives in; it runs while the next step is thought of, or answers would be late."""

    def __init__(self) -> None:
        super().__init__()
        name = f"example {next(_examples)}"
        self._await(self.bench.advance(MINUTE - self.bench.now() % MINUTE))
        self._await(self.bench.sweep())
        self.model = Model(self.bench.now())
        money, lowered = claim(40, name=name), claim(30, name=f"{name} versions")
        self.claims = (
            money,
            claim(25, name=f"{name} minutely", window=Window("minute")),
            rate(20, name=f"{name} rolling"),
            claim(10, name=f"{name} shadow", shadow=True, unit=Unit.TOKENS),
            slots(6, name=f"{name} slots"),
            lowered,
        )
        self.money, self.slots, self.lowered = money, self.claims[4], claim(15, name=f"{name} versions")
        self.requests: list[str] = []
        self.leases: list[str] = []
        self.newest = 1

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        return self.portal.call(_same, work)

    @rule(which=st.sets(st.integers(0, 5), min_size=1), amount=amounts, seconds=st.sampled_from([5.0, 40.0, 200.0]))
    def reserve(self, which: set[int], amount: int, seconds: float) -> None:
        """Some accounts at once."""
        self._reserve(new_id(), tuple([self.claims[index] for index in sorted(which)]), amount, seconds, self.newest)

    @rule(amount=amounts, version=st.sampled_from([1, 2]))
    def reserve_under_a_version(self, amount: int, version: int) -> None:
        """F34: the lower limit came with version 2, and some worker is still at 1."""
        lowered = self.lowered if version == 2 else self.claims[5]
        self._reserve(new_id(), (self.money, lowered), amount, 40.0, version)
        self.newest = max(self.newest, version)
        if version == 2:
            self.claims = (*self.claims[:5], self.lowered)

    @rule(which=some_hold)
    def reserve_again(self, which: int) -> None:
        """F26: its answer was lost, or it comes after its end."""
        if self.requests:
            hold = self.requests[which % len(self.requests)]
            claims = tuple([part.claim for part in self.model.holds[hold].parts]) if hold in self.model.holds else ()
            version = 1 if self.lowered not in claims else 2  # as it was the first time
            self._reserve(hold, claims or (self.money,), 3, 40.0, version)

    @rule()
    def void_before_it_comes(self) -> None:
        """A reservation that is on its way."""
        hold = new_id()
        self.requests.append(hold)
        self._void(hold)

    @rule(which=some_hold, taken=st.lists(st.integers(0, 14), min_size=6, max_size=6), final=st.booleans())
    def post(self, which: int, taken: list[int], final: bool) -> None:
        """Any request, in any state, perhaps with more than it held."""
        self._post(which, taken, final=final)

    @rule(which=some_hold, taken=st.lists(st.integers(0, 14), min_size=6, max_size=6), final=st.booleans())
    def post_twice(self, which: int, taken: list[int], final: bool) -> None:
        """F26."""
        for _ in range(2):
            self._post(which, taken, final=final)

    @rule(which=some_hold)
    def void(self, which: int) -> None:
        """Any request, in any state."""
        if self.requests:
            self._void(self.requests[which % len(self.requests)])

    @rule(most=st.integers(1, 20), least=st.integers(1, 6), of=st.sampled_from([0, 4]))
    def lease(self, most: int, least: int, of: int) -> None:
        """Money or slots."""
        hold, account = new_id(), self.claims[of]
        least = min(least, most)
        reply = self._await(self.bench.store.lease(hold, account, most, least, 40.0, 1))
        expected = self.model.lease(hold, account, most, least, 40.0)
        assert (reply.standings[0].held if isinstance(reply, Granted) else None) == expected
        if expected is not None:
            self.leases.append(hold)

    @rule(which=some_hold, spent=st.integers(0, 20), give_back=st.booleans(), twice=st.booleans())
    def report(self, which: int, spent: int, give_back: bool, twice: bool) -> None:
        """A lease in any state; reports come twice, and in any order."""
        if not self.leases:
            return
        hold = self.leases[which % len(self.leases)]
        part = self.model.holds[hold].parts[0]
        spent = 0 if part.claim is self.slots else min(spent, part.amount)
        spent = max(spent, part.posted) if give_back else spent
        for _ in range(1 + twice):
            self._await(self.bench.store.report([Report(hold, spent, give_back)], 40.0))
            self.model.report(hold, spent, 40.0, give_back=give_back)

    @rule(of=st.sampled_from([1, 2, 5]), amount=st.integers(0, 5), twice=st.booleans())
    def adjust(self, of: int, amount: int, twice: bool) -> None:
        """An operator adds something."""
        adjustment = new_id()
        for _ in range(1 + twice):
            self._await(self.bench.store.adjust(self.claims[of], amount, adjustment))
            self.model.adjust(self.claims[of], amount, adjustment)

    @rule(seconds=st.sampled_from([0.5, 1.0, 4.5, 20.0, 59.5, 61.0]))
    def advance(self, seconds: float) -> None:
        """Time passes."""
        self._await(self.bench.advance(seconds))
        self.model.advance(seconds)
        self._await(self.bench.sweep())

    @invariant()
    def the_books_are_the_models(self) -> None:
        """The closing identity; I2: what has left ``held`` has done so once."""
        standings = self._await(self.bench.store.standings(self.claims))
        for account, standing in zip(self.claims, standings, strict=True):
            model = (self.model.used(account), self.model.held(account))
            assert (standing.used, standing.held) == model, account.account

    @invariant()
    def nothing_is_overspent(self) -> None:
        """I1 and I6: leases and all, but for what was charged beyond what was held."""
        (standing,) = self._await(self.bench.store.standings([self.money]))
        assert standing.used + standing.held <= standing.limit + self.model.overrun(self.money)

    def teardown(self) -> None:
        """I12: once everybody is done nothing is held."""
        for hold in self.requests:
            self._void(hold)
        for hold in self.leases:
            spent = self.model.holds[hold].parts[0].posted
            self._await(self.bench.store.report([Report(hold, spent, give_back=True)], 40.0))
        assert [standing.held for standing in self._await(self.bench.store.standings(self.claims))] == [0] * 6

    def _reserve(self, hold: str, claims: tuple[Claim, ...], amount: int, seconds: float, version: int) -> None:
        each = tuple([1 if claim is self.slots else amount for claim in claims])
        expected = self.model.reserve(hold, claims, each, seconds, version)
        reply = self._await(self.bench.reserve(claims, each, hold, seconds=seconds, version=version))
        if expected is None:
            assert isinstance(reply, Granted)
            self.requests.append(hold)
        else:
            assert isinstance(reply, Refused)
            assert expected == -1 or reply.position == expected

    def _post(self, which: int, taken: list[int], *, final: bool) -> None:
        if not self.requests:
            return
        hold = self.requests[which % len(self.requests)]
        parts = self.model.holds[hold].parts if hold in self.model.holds else []
        sums = [0 if part.claim is self.slots else amount for part, amount in zip(parts, taken, strict=False)]
        self._await(self._said(self.bench.store.post, hold, sums, final))
        self.model.post(hold, sums, final=final)
        if parts and self.model.holds[hold].state == LAPSED:  # it may have been held again, for no time
            self._await(self.bench.sweep())

    def _void(self, hold: str) -> None:
        self._await(self._said(self.bench.store.void, hold))
        self.model.void(hold)

    async def _said(self, say: Any, hold: str, sums: list[int] | None = None, final: bool = True) -> None:
        """Said and carried out, however many steps that takes the store."""
        say(hold) if sums is None else say(hold, sums, final=final)
        await self.bench.advance(0)


async def _same(work: Coroutine[Any, Any, T]) -> T:
    return await work


def run(store: str, examples: int, steps: int = 40) -> None:
    """So many histories.

    Raises:
        AssertionError: one of them, made as short as can be, goes otherwise than the model says.
    """
    rules = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    with (
        structlog.testing.capture_logs(),
        start_blocking_portal() as Machine.portal,
        Machine.portal.wrap_async_context_manager(STORES[store]()) as Machine.bench,
    ):
        run_state_machine_as_test(Machine, settings=rules)  # type: ignore[no-untyped-call]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", choices=STORES, default="memory")
    parser.add_argument("--examples", type=int, default=5000)
    wishes = parser.parse_args()
    run(wishes.store, wishes.examples)
    print(f"{wishes.store}: {wishes.examples} histories went as the model says")


if __name__ == "__main__":
    main()
