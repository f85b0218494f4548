"""Workers that lease, are killed, sleep, lose and repeat messages: whatever comes, no account is overspent (I6)."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from policies.claims import Claim, Granted
from tests.proxy.state.leases.fleet import Fleet, budget, rate, slots

MONEY, RATE, SLOTS = budget(4000), rate(120), slots(12)
CLAIMS = (MONEY, RATE, SLOTS)
WORKERS = 3
TTL = 30.0


class Request:
    """One that was let pass: what it may take at most, and what it took once that is known."""

    def __init__(self, worker: int, at: float, windows: tuple[str, ...], amounts: tuple[int, ...]) -> None:
        self.worker, self.at, self.windows, self.amounts = worker, at, windows, amounts
        self.open = self.has_slot = True
        self.posted = 0
        """Of its cost, while it is open."""


class Machine(RuleBasedStateMachine):
    """The model knows requests alone: what each may take, or took. It knows nothing of leases."""

    def __init__(self) -> None:
        super().__init__()
        self.fleet = Fleet(WORKERS)
        self.alive = list(range(WORKERS))
        self.seen = dict.fromkeys(self.alive, self.fleet.clock.now)
        """When a worker has last reported; its slots are its own for a lease's time from then on."""
        self.requests: dict[str, Request] = {}
        self.made = 0
        self.kills = 0

    @rule(who=st.integers(0, 2), cost=st.integers(0, 90), times=st.integers(1, 12))
    def reserve(self, who: int, cost: int, times: int) -> None:
        """Some requests of one kind, at once."""
        worker = self.alive[who % len(self.alive)]
        amounts = (cost, 1, 1)
        for _ in range(times):
            self.made += 1
            hold = f"{self.made:032x}"
            reply = self.fleet.reserve(worker, hold, CLAIMS, amounts)
            if isinstance(reply, Granted):
                windows = tuple([standing.window for standing in reply.standings])
                self.requests[hold] = Request(worker, self.fleet.clock.now, windows, amounts)

    @rule(share=st.floats(0, 1), many=st.integers(1, 12), data=st.data())
    def settle(self, share: float, many: int, data: st.DataObject) -> None:
        """Some requests end; they took no more than they held."""
        for hold in self._some(many, data):
            request = self.requests[hold]
            taken = (max(int(request.amounts[0] * share), request.posted), 1, 0)
            self.fleet.workers[request.worker].post(hold, taken)
            self._ended(request, taken)
            self.fleet.workers[request.worker].post(hold, taken)

    @rule(share=st.floats(0, 1), data=st.data())
    def progress(self, share: float, data: st.DataObject) -> None:
        """A stream is under way: part of it is charged, the rest stays held."""
        for hold in self._some(3, data):
            request = self.requests[hold]
            request.posted = max(int(request.amounts[0] * share), request.posted)
            self.fleet.workers[request.worker].post(hold, (request.posted, 1, 0), final=False)

    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        """Some requests took nothing, or no more than was posted."""
        for hold in self._some(3, data):
            request = self.requests[hold]
            self.fleet.workers[request.worker].void(hold)
            self._ended(request, (request.posted, int(request.posted > 0), 0))

    @rule(who=st.integers(0, 2), state=st.sampled_from(["ok", "down", "deaf"]))
    def line(self, who: int, state: str) -> None:
        """From now on all that a worker asks is lost, or all that it is answered."""
        way = self.fleet.lines[self.alive[who % len(self.alive)]]
        way.down, way.deaf = state == "down", state == "deaf"

    @rule(who=st.integers(0, 2))
    def flush(self, who: int) -> None:
        """A worker reports."""
        worker = self.alive[who % len(self.alive)]
        self.fleet.flush(worker)
        if not (self.fleet.lines[worker].down or self.fleet.lines[worker].deaf):
            self.seen[worker] = self.fleet.clock.now

    @rule(who=st.integers(0, 2), data=st.data())
    def repeat(self, who: int, data: st.DataObject) -> None:
        """An old report arrives once more, after newer ones."""
        line = self.fleet.lines[self.alive[who % len(self.alive)]]
        if line.sent:
            self.fleet.run(line.repeat(data.draw(st.integers(0, len(line.sent) - 1))))

    @rule(seconds=st.sampled_from([0.1, 0.25, 1.0, 1.0, 10.0, 31.0, 59.0, 61.0, 1800.0]))
    def pass_time(self, seconds: float) -> None:
        """All workers do nothing for a while, longer than their leases maybe; windows end."""
        self.fleet.clock.now += seconds
        self.fleet.store.sweep()
        for request in self.requests.values():  # a sleeper's slots are given to others (I15)
            request.has_slot = request.has_slot and self.fleet.clock.now - self.seen[request.worker] < TTL

    @precondition(lambda self: self.kills < 2)
    @rule(who=st.integers(0, 2))
    def kill(self, who: int) -> None:
        """A worker is gone, with all it knows; another one takes its place."""
        worker = self.alive.pop(who % len(self.alive))
        self.kills += 1
        for request in self.requests.values():
            request.open = request.open and request.worker != worker
        self.alive.append(self.fleet.join())
        self.seen[self.alive[-1]] = self.fleet.clock.now

    @invariant()
    def nothing_is_overspent(self) -> None:
        """I6, I14, I15: what was taken, what is under way and what may still be drawn fit into the limit."""
        now = self.fleet.clock.now
        assert (
            self._taken(0, lambda request: request.windows[0] == self._hour()) + self._spendable(MONEY) <= MONEY.limit
        )
        assert self._taken(1, lambda request: request.at > now - 60.0) + self._spendable(RATE) <= RATE.limit
        assert self._slots() + self._spendable(SLOTS) <= SLOTS.limit

    def teardown(self) -> None:
        """I12: once all is over nothing is held any more; where nobody was killed the sums are the truth (I3)."""
        try:
            self._end()
        finally:
            self.fleet.close()

    def _end(self) -> None:
        for hold, request in self.requests.items():
            if request.open:
                taken = (max(request.amounts[0], request.posted), 1, 0)
                self.fleet.workers[request.worker].post(hold, taken)
                self._ended(request, taken)
        for worker in self.alive:
            self.fleet.lines[worker].down = self.fleet.lines[worker].deaf = False
            self.fleet.run(self.fleet.workers[worker].close())
        hour = self._taken(0, lambda request: request.windows[0] == self._hour())
        standing = self.fleet.standing(MONEY)
        if not self.kills:
            assert standing.used == hour
            assert self.fleet.store.health()["holds"] == 0
        assert self.fleet.store.health()["unknown"] == 0
        assert hour <= standing.used + standing.held <= MONEY.limit
        self.fleet.clock.now += 601.0
        self.fleet.store.sweep()
        assert self.fleet.store.health()["holds"] == 0

    def _some(self, many: int, data: st.DataObject) -> Iterator[str]:
        running = [hold for hold, request in self.requests.items() if request.open]
        first = data.draw(st.integers(0, len(running) - 1)) if running else 0
        yield from running[first : first + many]

    def _ended(self, request: Request, taken: tuple[int, ...]) -> None:
        request.amounts, request.open = taken, False

    def _taken(self, unit: int, counts: Callable[[Request], bool]) -> int:
        return sum(request.amounts[unit] for request in self.requests.values() if counts(request))

    def _hour(self) -> str:
        return self.fleet.standing(MONEY).window

    def _slots(self) -> int:
        return sum(request.open and request.has_slot for request in self.requests.values())

    def _spendable(self, claim: Claim) -> int:
        """What living workers may draw of an account without asking."""
        purses = [self.fleet.workers[worker]._purses.current.get(claim.account) for worker in self.alive]
        return sum(max(purse.avail, 0) for purse in purses if purse is not None and self.fleet.clock.now < purse.until)


@pytest.mark.parametrize("steps", [60])
def test_no_interleaving_overspends(steps: int) -> None:
    """I6, I12, I14, I15, F30, F31: kills, sleep beyond the leases' time, lost and repeated reports, ends of windows."""
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=50, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
