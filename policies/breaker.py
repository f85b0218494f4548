"""Leaves a failing target alone for a while, then looks again with a few probes.

What an attempt says of its target:

- unreachable, timeout, overloaded, garbled: a failure.
- exhausted: out at once, for the open time or what the upstream asks for, whichever is longer.
- rate_limited: out for as long as the upstream asks; where it asks for nothing, no verdict: it is at work, and retry
  and strategy see to the load.
- everything else (bad_request, not_found, cancelled, auth ...): no verdict, not even from a probe. A refusal can come
  from a gateway in front of a dead model; only an answer proves that there is one. The probe's slot is free again.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from typing import Any, Literal

from policies.base import Attempt, Call, CountIn, Policy, Route, Seconds, Target
from policies.circuit import Circuit
from policies.ports import World
from translators.facts import Failure, FailureKind

FAILURES = frozenset({FailureKind.UNREACHABLE, FailureKind.TIMEOUT, FailureKind.OVERLOADED, FailureKind.GARBLED})
"""What counts against a target."""

LONGEST_COOLDOWN = 600.0
"""Seconds of an upstream's own retry-after that are believed: some send days, or a mistake (RELIABILITY F13)."""

PROBE_SECONDS = 1.0
"""What a caller is told to wait while others probe. Nobody knows when they end; D29 says so for a taken slot, too."""


class Breaker(Policy):
    """Drops targets whose circuit is open; lets a few probes through once it is half-open."""

    @dataclass(frozen=True, slots=True)
    class Options:
        """When to open, for how long, and how to look again."""

        failures: CountIn = field(
            default=(5, 30.0),
            metadata={"help": "How many failures within which time take a target out. Example: 5 in 30s."},
        )
        open: Seconds = field(
            default=60.0,
            metadata={
                "help": "How long a target stays out before it is probed; doubles with each probe that fails, up to "
                "ten times this. A duration. Example: 60s."
            },
        )
        probes: int = field(
            default=1,
            metadata={
                "help": "How many requests at a time may probe a target that was out. A count. Example: 1.",
                "ge": 1,
            },
        )
        per: Literal["target", "upstream"] = field(
            default="target",
            metadata={
                "help": "Whether each model at an upstream is judged by itself (target) or all of them together "
                "(upstream). Example: upstream."
            },
        )

    options: Options

    def __init__(self, options: Any, world: World) -> None:
        super().__init__(options, world)
        self._rules = str(options)

    def route(self, call: Call, route: Route) -> None:
        """Drop what is out. A probe takes its slot when it is chosen, and ``observe`` gives it back."""
        if not self.world.circuits:  # nobody has failed yet
            return
        for target in route.candidates:
            circuit = self._known(target)
            if circuit is None or (state := circuit.state(route.now)) == "closed":
                continue
            if state == "open":
                left = ceil(circuit.opened_until - route.now)
                route.drop(target, f"open after {circuit.cause}, probe in {left}s", circuit.opened_until)
            elif circuit.probing(route.now) >= circuit.probes:
                route.drop(target, f"half-open after {circuit.cause}, being probed", route.now + PROBE_SECONDS)
            else:
                route.when_chosen(target, partial(circuit.take, _probe(call, target), call.deadline))
                # A stream may go on for minutes; its first content is proof enough, and the others wait for that.
                route.when_content(target, partial(circuit.succeeded, route.now))

    def observe(self, call: Call, attempt: Attempt) -> None:
        """Free the probe's slot, if it held one, and take the verdict."""
        if attempt.failure is None and not self.world.circuits:
            return
        circuit = self._known(attempt.target)
        if circuit is not None:
            circuit.release(_probe(call, attempt.target))
        if attempt.failure is not None:
            self._blame(attempt, attempt.failure)
        elif circuit is not None:
            circuit.succeeded(attempt.started, attempt.ended)

    def _blame(self, attempt: Attempt, failure: Failure) -> None:
        if failure.kind in FAILURES:
            self._circuit(attempt.target).failed(attempt.started, attempt.ended, failure.kind)
        elif (seconds := self._cooldown(failure)) > 0:
            self._circuit(attempt.target).trip(attempt.ended + seconds, failure.kind)

    def _cooldown(self, failure: Failure) -> float:
        asked = min(failure.retry_after or 0.0, LONGEST_COOLDOWN)
        if failure.kind is FailureKind.EXHAUSTED:
            return max(self.options.open, asked)
        return asked if failure.kind is FailureKind.RATE_LIMITED else 0.0

    def _known(self, target: Target) -> Circuit | None:
        return self.world.circuits.get((self._rules, self._subject(target)))

    def _circuit(self, target: Target) -> Circuit:
        """The target's circuit; made at its first failure, so that names which only succeed take no memory."""
        circuit = self._known(target)
        if circuit is None:
            rules = self.options
            circuit = Circuit(*rules.failures, rules.open, rules.probes)
            self.world.circuits[self._rules, self._subject(target)] = circuit
        return circuit

    def _subject(self, target: Target) -> str:
        return target.upstream if self.options.per == "upstream" else target.name


def _probe(call: Call, target: Target) -> Hashable:
    """Names an attempt under way. Ids alone are not unique: a client may send its own ``x-request-id``, twice."""
    return call.id, call.started, target.name
