"""What a policy may be given of the world: handed in at construction, so that tests hand in their own."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Protocol

from policies.circuit import Circuit, CircuitKey
from policies.when import When


class Dice(Protocol):
    """A source of chance; ``random.Random`` is one, a seeded one in tests."""

    def random(self) -> float:
        """A float in [0, 1)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a chain says of a policy beside its options."""

    name: str = ""
    """As the chain names it; empty where it is in none."""
    when: When | None = None
    """Which requests it applies to; None: all."""
    shadow: bool = False
    """It only watches."""


@dataclass(frozen=True, slots=True)
class World:
    """The ports of one process, as one policy of a chain is given them."""

    dice: Dice
    circuits: MutableMapping[CircuitKey, Circuit] = field(default_factory=dict)
    """What the breakers know of each subject. Outlives a reload: editing the config must not close a breaker."""
    entry: Entry = Entry()
    """Which entry of a chain the policy is."""
