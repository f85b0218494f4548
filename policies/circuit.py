"""The state machine of a circuit breaker: closed, open, half-open. Pure: the time is handed in, monotonic seconds.

- closed: attempts pass. ``failures`` of them failing within ``window`` open it.
- open: nothing passes until ``opened_until``, which only ever grows (I16; keeping the shorter of two deadlines lets a
  sick upstream back in early, B27).
- half-open: at most ``probes`` attempts at a time pass. One that succeeds closes the circuit and forgets all failures;
  one that fails opens it again for twice as long as before, at most ten times the first time.

An attempt says something about the present state only if it began in it: the stragglers of an outage, ending minutes
later, neither open a circuit that has recovered nor close one that is being probed.
"""

from collections import deque
from collections.abc import Hashable
from typing import Literal

State = Literal["closed", "open", "half_open"]

CircuitKey = tuple[str, str]
"""The breaker's rules as text, and the subject they are kept for (a target's or an upstream's name)."""

LONGEST_OPEN = 10
"""How many times the first open time a circuit stays open at most, however often its probes fail."""


class Circuit:
    """One subject's state under one set of rules.

    Args:
        failures: so many open it, >= 1.
        window: within so many seconds.
        open_for: seconds it stays open the first time.
        probes: attempts that may look at a half-open circuit at a time, >= 1.
    """

    __slots__ = (
        "_closed",
        "_closed_at",
        "_failures",
        "_first",
        "_span",
        "_taken",
        "_window",
        "cause",
        "opened_until",
        "openings",
        "probes",
    )

    def __init__(self, failures: int, window: float, open_for: float, probes: int) -> None:
        self._failures: deque[float] = deque(maxlen=failures)
        self._window, self._first, self.probes = window, open_for, probes
        self._closed, self._closed_at, self._span = True, float("-inf"), open_for
        self._taken: dict[Hashable, float] = {}
        self.opened_until = 0.0
        """When it may be probed, or the last such time; 0 if it never was open. Never falls."""
        self.openings = 0
        """How often it has gone from closed to open: what looks at it now and then misses none."""
        self.cause = ""
        """Why it was opened last, for people."""

    def state(self, now: float) -> State:
        """Where it stands."""
        if self._closed:
            return "closed"
        return "open" if now < self.opened_until else "half_open"

    def probing(self, now: float) -> int:
        """How many probes are under way."""
        self._taken = {probe: until for probe, until in self._taken.items() if until > now}
        return len(self._taken)

    def take(self, probe: Hashable, until: float) -> None:
        """An attempt starts as a probe; its slot comes back by itself at ``until`` if nobody releases it."""
        self._taken[probe] = until

    def release(self, probe: Hashable) -> None:
        """An attempt is over: the slot it holds, if any, is free again."""
        self._taken.pop(probe, None)

    def succeeded(self, started: float, now: float) -> None:
        """An attempt that began at ``started`` has succeeded."""
        if self.state(now) == "half_open" and started >= self.opened_until:
            self._closed, self._closed_at, self._span = True, now, self._first
            self._failures.clear()

    def failed(self, started: float, now: float, kind: str) -> None:
        """An attempt that began at ``started`` has failed by the subject's fault."""
        if not self._closed:
            if self.state(now) == "half_open" and started >= self.opened_until:
                self._span = min(2 * self._span, LONGEST_OPEN * self._first)
                self.trip(now + self._span, f"a failed probe ({kind})")
        elif started >= self._closed_at:
            self._failures.append(now)
            if len(self._failures) == self._failures.maxlen and now - self._failures[0] <= self._window:
                self.trip(now + self._span, f"{len(self._failures)} failures in {self._window:g}s (last: {kind})")

    def trip(self, until: float, cause: str) -> None:
        """Open at once, until then at least: an earlier moment does not shorten what is left."""
        self.openings += self._closed
        self._closed, self.cause = False, cause
        self.opened_until = max(self.opened_until, until)
