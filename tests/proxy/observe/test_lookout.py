"""What changes in circuits, keys and upstreams is told, however short it was; and what is over is told as over."""

from collections.abc import Sequence

import pytest

from policies.circuit import Circuit, CircuitKey
from proxy.engine.ports import Keys
from proxy.observe.events import Bus, Event
from proxy.observe.lookout import Lookout
from proxy.upstream.keys import KeyRing
from proxy.upstream.port import Credential
from tests.proxy.observe.receivers import lane

TARGETS = ("up/a", "up/b", "spare/a")


class Scene:
    """Circuits and upstreams, looked at now and then."""

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.lookout = Lookout(Bus([self.heard.append], lambda: 0.0))
        self.circuits: dict[CircuitKey, Circuit] = {}
        self.keys: dict[str, Keys | None] = {"up": None, "spare": None}

    def circuit(self, subject: str, rules: str = "5 in 30s") -> Circuit:
        """One failure opens it, for ten seconds."""
        return self.circuits.setdefault((rules, subject), Circuit(1, 30.0, 10.0, 1))

    def look(self, now: float, targets: Sequence[str] = TARGETS) -> list[str]:
        """What is told at this look."""
        self.heard.clear()
        lanes = {name: lane(name, keys) for name, keys in self.keys.items()}
        self.lookout.look(list(self.circuits.items()), lanes, targets, now)
        return [f"{event.name} {event.subject}" for event in self.heard]


@pytest.fixture
def scene() -> Scene:
    """Two upstreams, three targets, nothing wrong."""
    return Scene()


def test_nothing_is_told_while_nothing_changes(scene: Scene) -> None:
    """Failures that do not open a circuit are no news."""
    scene.circuit("up/a").succeeded(0.0, 1.0)

    assert scene.look(2.0) == scene.look(4.0) == []


def test_a_circuit_that_opens_and_closes_is_told_once_each(scene: Scene) -> None:
    """Half-open is not closed, and a failed probe is not another opening."""
    circuit = scene.circuit("up/a")
    circuit.failed(0.0, 1.0, "timeout")
    assert scene.look(2.0) == ["breaker.opened up/a"]
    assert scene.heard[0].facts == {
        "cause": "1 failures in 30s (last: timeout)",
        "rules": "5 in 30s",
        "times": 1,
    }
    assert scene.look(4.0) == scene.look(12.0) == []
    circuit.failed(12.0, 13.0, "timeout")
    assert scene.look(14.0) == []
    circuit.succeeded(40.0, 41.0)

    assert scene.look(42.0) == ["breaker.closed up/a"]
    assert scene.heard[0].facts["open_for"] == 40.0


def test_a_flap_between_two_looks_does_not_vanish(scene: Scene) -> None:
    """It was closed before and is now; it opened twice."""
    circuit = scene.circuit("up/a")
    for now in (1.0, 1.5):
        circuit.trip(now + 0.1, "rate_limited")
        circuit.succeeded(now + 0.2, now + 0.3)

    assert scene.look(2.0) == ["breaker.opened up/a", "breaker.closed up/a"]
    assert scene.heard[0].facts["times"] == 2
    assert scene.look(4.0) == []


def test_a_circuit_that_closes_and_opens_again_between_two_looks_is_told_as_both(scene: Scene) -> None:
    """It was open before and is now, for another reason."""
    circuit = scene.circuit("up/a")
    circuit.trip(1.0, "rate_limited")
    scene.look(0.5)
    circuit.succeeded(1.1, 1.2)
    circuit.trip(60.0, "exhausted")

    assert scene.look(2.0) == ["breaker.closed up/a", "breaker.opened up/a"]
    assert scene.heard[1].facts["cause"] == "exhausted"


def test_a_circuit_that_a_reload_takes_away_is_told_as_over(scene: Scene) -> None:
    """Somebody may have an incident open for it."""
    scene.circuit("up/a").trip(100.0, "exhausted")
    scene.look(2.0)
    scene.circuits.clear()

    assert scene.look(4.0) == ["breaker.closed up/a"]
    assert scene.heard[0].facts == {"cause": "removed", "rules": "5 in 30s", "open_for": 2.0}
    assert scene.look(6.0) == []


def test_a_circuit_made_anew_is_another_one(scene: Scene) -> None:
    """The first was forgotten among thousands of names; openings of the two are not compared."""
    scene.circuit("up/a").trip(100.0, "exhausted")
    scene.look(2.0)
    scene.circuits.clear()
    scene.circuit("up/a").trip(200.0, "rate_limited")

    assert scene.look(4.0) == ["breaker.closed up/a", "breaker.opened up/a"]


def test_two_sets_of_rules_are_told_apart(scene: Scene) -> None:
    """Two chains, two circuits, one target."""
    scene.circuit("up/a", "1 in 30s").trip(100.0, "exhausted")
    scene.look(2.0)
    scene.circuit("up/a", "9 in 30s").trip(100.0, "exhausted")

    assert scene.look(4.0) == ["breaker.opened up/a"]
    assert scene.heard[0].facts["rules"] == "9 in 30s"


def test_an_upstream_is_down_when_all_its_targets_are_out(scene: Scene) -> None:
    """One of two is not all; on probation is not back."""
    first, second = scene.circuit("up/a"), scene.circuit("up/b")
    first.trip(10.0, "exhausted")
    assert scene.look(1.0) == ["breaker.opened up/a"]
    second.trip(10.0, "exhausted")
    assert scene.look(2.0) == ["breaker.opened up/b", "upstream.down up"]
    assert scene.heard[1].facts == {"cause": "circuits"}
    assert scene.look(11.0) == []
    second.succeeded(11.0, 12.0)

    assert scene.look(13.0) == ["breaker.closed up/b", "upstream.up up"]
    assert scene.heard[1].facts == {"cause": "back", "down_for": 11.0}


def test_an_upstream_is_down_when_its_own_circuit_is_out(scene: Scene) -> None:
    """``per: upstream``; one that only wildcards name, too."""
    scene.circuit("spare").trip(10.0, "exhausted")

    assert scene.look(1.0, targets=()) == ["breaker.opened spare", "upstream.down spare"]


def test_an_upstream_without_targets_is_not_down(scene: Scene) -> None:
    """None of them is out."""
    assert scene.look(1.0, targets=()) == []


def test_an_upstream_that_a_reload_takes_away_is_told_as_over(scene: Scene) -> None:
    """It will not come back."""
    scene.circuit("spare").trip(10.0, "exhausted")
    scene.look(1.0)
    del scene.keys["spare"]

    assert scene.look(3.0) == ["upstream.up spare"]
    assert scene.heard[0].facts == {"cause": "removed", "down_for": 2.0}


def test_a_key_is_told_when_it_is_refused_and_when_it_works_again(scene: Scene) -> None:
    """Its return on probation is not yet that."""
    scene.keys["up"] = ring = KeyRing(["one", "two"])
    key = Credential("two", "key 2")
    ring.refused(key, 1.0)
    assert scene.look(2.0) == ["key.quarantined up"]
    assert scene.heard[0].facts == {"key": "key 2", "seconds": 60.0, "keys_in_service": 1}
    assert scene.look(62.0) == []
    ring.refused(key, 63.0)
    assert scene.look(64.0) == ["key.quarantined up"]
    assert scene.heard[0].facts["seconds"] == 120.0
    ring.accepted(key, 190.0)

    assert scene.look(191.0) == ["key.restored up"]
    assert scene.heard[0].facts == {"key": "key 2", "keys_in_service": 2}
    assert scene.look(193.0) == []


def test_a_quarantine_between_two_looks_does_not_vanish(scene: Scene) -> None:
    """A reload forgave it at once."""
    scene.keys["up"] = ring = KeyRing(["one"])
    ring.refused(Credential("one", "key 1"), 1.0)
    ring.forgive()

    assert scene.look(2.0) == ["key.quarantined up", "key.restored up"]


def test_a_changed_key_begins_anew(scene: Scene) -> None:
    """Another ring with the same labels."""
    scene.keys["up"] = ring = KeyRing(["one"])
    for now in (1.0, 100.0):
        ring.refused(Credential("one", "key 1"), now)
    scene.look(101.0)
    scene.keys["up"] = other = KeyRing(["another"])
    scene.look(103.0)
    other.refused(Credential("another", "key 1"), 104.0)

    assert scene.look(105.0) == ["key.quarantined up", "upstream.down up"]


def test_no_key_is_ever_told(scene: Scene) -> None:
    """S9: its place in the list is."""
    scene.keys["up"] = ring = KeyRing(["a-fake-secret"])
    ring.refused(Credential("a-fake-secret", "key 1"), 1.0)
    scene.look(2.0)

    assert scene.heard
    assert "a-fake-secret" not in repr(scene.heard)
