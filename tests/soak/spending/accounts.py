"""What a Redis store holds, read as raw fields in one command: a look that owes nothing to the code it is to judge.

Fields are those of ``proxy/state/redis/accounts.lua``: ``s|account|window`` settled, ``h|account|window`` held,
``l|account`` the limit, and for rolling windows ``n|account`` the newest bucket, with ``u|`` and ``g|`` the sums.
"""

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import redis

from tests.rig.valkey import Valkey

Account = tuple[str, str]
"""Name and window."""


@dataclass(frozen=True)
class Snapshot:
    """All accounts at one instant."""

    settled: Mapping[Account, int] = field(default_factory=dict)
    held: Mapping[Account, int] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)

    @property
    def overspent(self) -> dict[Account, int]:
        """What is settled beyond a limit, by account; a rolling window's buckets are looked at one by one."""
        return dict(self._beyond(self.settled))

    @property
    def overheld(self) -> dict[Account, int]:
        """What is settled and held beyond a limit."""
        both: dict[Account, int] = defaultdict(int, self.settled)
        for account, amount in self.held.items():
            both[account] += amount
        return dict(self._beyond(both))

    def _beyond(self, sums: Mapping[Account, int]) -> Iterator[tuple[Account, int]]:
        for (name, window), amount in sums.items():
            if name in self.limits and amount > self.limits[name]:
                yield (name, window), amount - self.limits[name]


def snapshot(client: "redis.Redis") -> Snapshot | None:
    """All accounts now; None where the store cannot be asked at this moment, or is empty."""
    try:
        for name in client.scan_iter(match="*:b", count=1000):
            return _parsed(client.hgetall(name))
    except (redis.RedisError, OSError):
        pass
    return None


def _parsed(fields: Mapping[str, str]) -> Snapshot:
    sums: dict[str, dict[Account, int]] = {"s": {}, "h": {}}
    limits: dict[str, int] = {}
    for name, value in fields.items():
        kind, _, rest = name.partition("|")
        if kind in sums:
            account, _, window = rest.rpartition("|")
            sums[kind][account, window] = int(value)
        elif kind == "l":
            limits[rest] = int(value)
    return Snapshot(sums["s"], sums["h"], limits)


@dataclass
class Watch:
    """Looks at the store again and again. A context manager; what it found stays.

    Args:
        store: the server.
        pause: seconds between two looks.
    """

    store: Valkey
    pause: float = 0.5
    looks: int = 0
    overspent: dict[Account, int] = field(default_factory=dict)
    """The most that was ever seen beyond a limit, settled; by account."""
    overheld: dict[Account, int] = field(default_factory=dict)
    """Likewise, settled and held."""

    def __enter__(self) -> "Watch":
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(60)

    def look(self) -> Snapshot | None:
        """Once; None where the store cannot be asked."""
        with self.store.client() as client:
            found = snapshot(client)
        if found is not None:
            self.looks += 1
            for account, amount in found.overspent.items():
                self.overspent[account] = max(amount, self.overspent.get(account, 0))
            for account, amount in found.overheld.items():
                self.overheld[account] = max(amount, self.overheld.get(account, 0))
        return found

    def _run(self) -> None:
        while not self._over.wait(self.pause):
            self.look()
