"""What changes in circuits, keys and upstreams, seen by looking every other second: policies stay pure and silent.

Circuits and keys count their openings and quarantines, so that one which is over before the next look is told all the
same. What vanishes (a reload took it away) is told as over: somebody may have an incident open.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from policies.circuit import Circuit, CircuitKey
from proxy.engine.ports import Keys, Lane
from proxy.observe.events import Bus, EventName
from proxy.upstream.keys import KeyRing, Trouble

REMOVED = "removed"
"""Why something is over that is not there any more."""


@dataclass(frozen=True, slots=True)
class _Seen:
    circuit: Circuit
    openings: int
    since: float | None
    """Monotonic; None: it was closed."""


class Circuits:
    """Tells of circuits that open and close. Several sets of rules for one target have a circuit each."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._seen: dict[CircuitKey, _Seen] = {}

    def look(self, circuits: Iterable[tuple[CircuitKey, Circuit]], now: float) -> set[str]:
        """Tell what has changed since the last look.

        Args:
            circuits: those that act; one that only watches is nobody's trouble.
            now: monotonic seconds.

        Returns:
            The subjects that are out, or on probation.
        """
        before, self._seen = self._seen, {}
        for key, circuit in circuits:
            if circuit.openings:
                known = before.pop(key, None)
                if known is None or known.circuit is not circuit:  # made anew: the old one was forgotten
                    known = _Seen(circuit, 0, known.since if known is not None else None)
                self._seen[key] = self._compare(key, known, now)
        for key, gone in before.items():
            if gone.since is not None:
                self._closed(key, REMOVED, now - gone.since)
        return {subject for (_, subject), seen in self._seen.items() if seen.since is not None}

    def _compare(self, key: CircuitKey, known: _Seen, now: float) -> _Seen:
        circuit, since = known.circuit, known.since
        is_open, times = circuit.state(now) != "closed", circuit.openings - known.openings
        if since is not None and (times or not is_open):
            self._closed(key, circuit.cause, now - since)
            since = None
        if times:
            self._bus.tell(EventName.BREAKER_OPENED, key[1], cause=circuit.cause, rules=key[0], times=times)
            since = now
            if not is_open:
                self._closed(key, circuit.cause, 0.0)
        return _Seen(circuit, circuit.openings, since if is_open else None)

    def _closed(self, key: CircuitKey, cause: str, seconds: float) -> None:
        self._bus.tell(EventName.BREAKER_CLOSED, key[1], cause=cause, rules=key[0], open_for=round(seconds, 1))


class QuarantinedKeys:
    """Tells of keys that are refused, and of those that work again."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._seen: dict[tuple[str, str], Trouble] = {}
        """By upstream and label."""

    def look(self, keys: Iterable[tuple[str, Keys]], now: float) -> None:
        """Tell what has changed since the last look. A key that an upstream no longer has is forgotten in silence."""
        before, self._seen = self._seen, {}
        for upstream, ring in keys:
            for trouble in ring.troubles() if isinstance(ring, KeyRing) else ():
                known = before.get((upstream, trouble.label)) or Trouble(trouble.label, 0, 0.0)
                if trouble.quarantines < known.quarantines:  # another ring: the key was changed
                    known = Trouble(trouble.label, 0, 0.0)
                self._seen[upstream, trouble.label] = trouble
                self._compare(upstream, known, trouble, ring.in_service(now))

    def _compare(self, upstream: str, known: Trouble, trouble: Trouble, in_service: int) -> None:
        label, again = trouble.label, trouble.quarantines > known.quarantines
        if again:
            self._bus.tell(
                EventName.KEY_QUARANTINED, upstream, key=label, seconds=trouble.seconds, keys_in_service=in_service
            )
        if not trouble.seconds and (again or known.seconds):
            self._bus.tell(EventName.KEY_RESTORED, upstream, key=label, keys_in_service=in_service)


class Upstreams:
    """Tells of upstreams where nothing can go any more: all their targets are out, or all their keys."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._down: dict[str, float] = {}
        """Since when (monotonic)."""

    def look(
        self, lanes: Mapping[str, Lane], targets: Mapping[str, set[str]], out: set[str], now: float
    ) -> dict[str, str]:
        """Tell what has changed since the last look.

        Args:
            lanes: by upstream name.
            targets: by upstream name: those that the configuration names.
            out: targets and upstreams whose circuit is not closed.
            now: monotonic seconds.

        Returns:
            The upstreams that are down, and why.
        """
        down: dict[str, str] = {}
        for name, lane in lanes.items():
            if (why := _why_down(name, lane.keys, targets.get(name, set()), out, now)) is not None:
                down[name] = why
        for name in down.keys() - self._down.keys():
            self._bus.tell(EventName.UPSTREAM_DOWN, name, cause=down[name])
        for name in self._down.keys() - down.keys():
            cause = "back" if name in lanes else REMOVED
            self._bus.tell(EventName.UPSTREAM_UP, name, cause=cause, down_for=round(now - self._down[name], 1))
        self._down = {name: self._down.get(name, now) for name in down}
        return down


def _why_down(name: str, keys: Keys | None, targets: set[str], out: set[str], now: float) -> str | None:
    if keys is not None and not keys.in_service(now):
        return "keys"
    return "circuits" if name in out or (targets and targets <= out) else None


class Lookout:
    """All of them, at one look.

    Args:
        bus: where to.
    """

    def __init__(self, bus: Bus) -> None:
        self._circuits, self._keys, self._upstreams = Circuits(bus), QuarantinedKeys(bus), Upstreams(bus)

    def look(
        self,
        circuits: Iterable[tuple[CircuitKey, Circuit]],
        lanes: Mapping[str, Lane],
        targets: Iterable[str],
        now: float,
    ) -> None:
        """Tell what has changed since the last look; cheap while nothing has.

        Args:
            circuits: those that act.
            lanes: by upstream name.
            targets: ``upstream/model``, those that the configuration names.
            now: monotonic seconds.
        """
        out = self._circuits.look(circuits, now)
        self._keys.look([(name, lane.keys) for name, lane in lanes.items() if lane.keys is not None], now)
        of: dict[str, set[str]] = {}
        for target in targets:
            of.setdefault(target.partition("/")[0], set()).add(target)
        self._upstreams.look(lanes, of, out, now)
