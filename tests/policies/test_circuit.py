"""The circuit breaker's state machine."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from policies.circuit import LONGEST_OPEN, Circuit


def circuit(probes: int = 1) -> Circuit:
    """3 in 10 s, open for 60 s."""
    return Circuit(3, 10.0, 60.0, probes)


def opened(probes: int = 1) -> Circuit:
    """Open from 100 to 160."""
    it = circuit(probes)
    for _ in range(3):
        it.failed(90.0, 100.0, "timeout")
    return it


def test_it_opens_after_enough_failures_within_the_window() -> None:
    """The third within ten seconds opens it, for sixty."""
    it = circuit()
    for now in (100.0, 105.0):
        it.failed(99.0, now, "timeout")
        assert it.state(now) == "closed"
    it.failed(99.0, 110.0, "garbled")

    assert (it.state(110.0), it.opened_until) == ("open", 170.0)
    assert it.cause == "3 failures in 10s (last: garbled)"


def test_failures_outside_the_window_do_not_add_up() -> None:
    """Three in eleven seconds are not three in ten; the window slides on."""
    it = circuit()
    for now in (100.0, 105.0, 110.5):
        it.failed(99.0, now, "timeout")
    assert it.state(110.5) == "closed"
    it.failed(99.0, 114.0, "timeout")

    assert it.state(114.0) == "open"


def test_successes_do_not_hide_failures() -> None:
    """Under load a sick target has both; the window counts failures, not a run of them."""
    it = circuit()
    for now in (100.0, 101.0, 102.0):
        it.succeeded(99.0, now)
        it.failed(99.0, now, "timeout")

    assert it.state(102.0) == "open"


def test_it_is_half_open_once_its_time_is_over() -> None:
    """Nothing but time leads out of open."""
    it = opened()
    it.succeeded(90.0, 120.0)

    assert [it.state(now) for now in (120.0, 159.9, 160.0)] == ["open", "open", "half_open"]


def test_a_probe_that_succeeds_closes_it_and_forgets() -> None:
    """Two more failures within the window do not open it; the deadline stays where it was."""
    it = Circuit(3, 1000.0, 60.0, 1)
    for _ in range(3):
        it.failed(90.0, 100.0, "timeout")
    it.succeeded(160.0, 161.0)
    for _ in range(2):
        it.failed(161.0, 162.0, "timeout")

    assert (it.state(162.0), it.opened_until) == ("closed", 160.0)


def test_each_probe_that_fails_doubles_the_time_up_to_ten_times() -> None:
    """60, 120, 240, 480, 600, 600 seconds."""
    it, spans = opened(), []
    for _ in range(5):
        now = it.opened_until
        it.failed(now, now, "unreachable")
        spans.append(it.opened_until - now)

    assert spans == [120.0, 240.0, 480.0, 600.0, 600.0]
    assert it.cause == "a failed probe (unreachable)"


def test_closing_brings_the_first_open_time_back() -> None:
    """What doubled belongs to one outage."""
    it = opened()
    it.failed(160.0, 160.0, "timeout")
    it.succeeded(280.0, 281.0)
    for _ in range(3):
        it.failed(281.0, 300.0, "timeout")

    assert it.opened_until == 360.0


def test_stragglers_of_an_outage_say_nothing_about_what_came_after() -> None:
    """Begun before it half-opened they neither close nor reopen it; begun before it closed they do not open it."""
    it = opened()
    it.failed(159.0, 165.0, "timeout")
    it.succeeded(159.0, 166.0)
    assert (it.state(166.0), it.opened_until) == ("half_open", 160.0)
    it.succeeded(166.0, 167.0)
    for _ in range(3):
        it.failed(159.0, 168.0, "timeout")

    assert it.state(168.0) == "closed"


def test_failures_while_open_do_not_prolong_it() -> None:
    """A burst that was under way when it opened counts once."""
    it = opened()
    it.failed(99.0, 130.0, "timeout")

    assert it.opened_until == 160.0


def test_a_trip_opens_at_once_and_never_shortens() -> None:
    """The later of two deadlines holds, whichever came first (B27)."""
    it = circuit()
    it.trip(150.0, "rate_limited")
    it.trip(120.0, "exhausted")

    assert (it.state(149.0), it.opened_until, it.cause) == ("open", 150.0, "exhausted")
    it.trip(170.0, "rate_limited")
    assert it.opened_until == 170.0


def test_a_slot_comes_back_when_released_or_when_its_time_is_over() -> None:
    """Releasing what holds none, or twice, is no error."""
    it = opened(probes=2)
    it.take("a", 200.0)
    it.take("b", 300.0)
    assert it.probing(170.0) == 2
    it.release("a")
    it.release("a")
    it.release("stranger")

    assert [it.probing(now) for now in (170.0, 299.9, 300.0)] == [1, 1, 0]


class Machine(RuleBasedStateMachine):
    """Any history of attempts, probes, trips and time (I16), against what can be seen from outside."""

    probes, open_for = 2, 8.0

    def __init__(self) -> None:
        super().__init__()
        self.circuit = Circuit(3, 5.0, self.open_for, self.probes)
        self.now, self.serial = 0.0, 0
        self.running: dict[int, float] = {}
        self.deadline, self.was, self.openings = 0.0, "closed", 0

    def _see(self, *, closing: bool = False, opening: bool = False) -> None:
        """Note the state after a step; only the steps that may do so have led out of one."""
        state = self.circuit.state(self.now)
        allowed = {("closed", "open"): opening, ("half_open", "open"): opening, ("half_open", "closed"): closing}
        assert state == self.was or allowed.get((self.was, state), False), (self.was, state)
        self.openings += (self.was, state) == ("closed", "open")
        self.was = state

    @rule(seconds=st.sampled_from((0.0, 0.5, 1.0, 3.0, 8.0, 40.0)))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        if self.was == "open" and self.now >= self.circuit.opened_until:
            self.was = "half_open"
        self._see()

    @rule()
    def an_attempt_starts(self) -> None:
        """Let through as the breaker lets through: half-open only with a free slot, which it takes."""
        state = self.circuit.state(self.now)
        if state == "open" or (state == "half_open" and self.circuit.probing(self.now) >= self.probes):
            return
        self.serial += 1
        self.running[self.serial] = self.now
        if state == "half_open":
            self.circuit.take(self.serial, float("inf"))
        self._see()

    @precondition(lambda self: self.running)
    @rule(data=st.data(), end=st.sampled_from(("succeeded", "failed", "cancelled")))
    def an_attempt_ends(self, data: st.DataObject, end: str) -> None:
        name = data.draw(st.sampled_from(sorted(self.running)))
        started = self.running.pop(name)
        began_in_time = started >= self.circuit.opened_until
        self.circuit.release(name)
        if end == "succeeded":
            self.circuit.succeeded(started, self.now)
        elif end == "failed":
            self.circuit.failed(started, self.now, "timeout")
        self._see(closing=end == "succeeded" and began_in_time, opening=end == "failed")

    @rule(seconds=st.sampled_from((1.0, 20.0)))
    def the_upstream_asks_for_rest(self, seconds: float) -> None:
        self.circuit.trip(self.now + seconds, "rate_limited")
        self._see(opening=True)

    @invariant()
    def deadlines_only_grow(self) -> None:
        assert self.circuit.opened_until >= self.deadline
        self.deadline = self.circuit.opened_until

    @invariant()
    def it_is_never_open_for_longer_than_ten_times(self) -> None:
        longest = max(LONGEST_OPEN * self.open_for, 20.0)
        assert self.circuit.opened_until <= self.now + longest

    @invariant()
    def openings_are_counted_and_nothing_else(self) -> None:
        assert self.circuit.openings == self.openings

    @invariant()
    def probes_are_bounded_and_all_accounted_for(self) -> None:
        assert self.circuit.probing(self.now) <= self.probes

    @invariant()
    def no_slot_leaks(self) -> None:
        if not self.running:
            assert self.circuit.probing(self.now) == 0


TestMachine = Machine.TestCase
