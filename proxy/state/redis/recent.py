"""What this worker has done lately: enough to do it again in books that have lost it (H6)."""

from collections import deque
from collections.abc import Callable

from proxy.state.redis.operations import Hold, Operation

SECONDS = 300.0
"""How long a hold is remembered after it was settled; a replica that lags more than that is no replica."""
MOST = 100_000
"""Holds, each about half a kilobyte; beyond it the oldest settled ones are forgotten early."""


class Recent:
    """The holds that are open, and those that were settled in the last minutes.

    Args:
        clock: monotonic.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._holds: dict[str, Hold] = {}
        self._over: deque[tuple[float, str]] = deque()
        self.find = self._holds.get

    def __len__(self) -> int:
        return len(self._holds)

    @property
    def open(self) -> int:
        """How many are not settled."""
        return sum([not hold.final for hold in self._holds.values()])

    def keep(self, hold: Hold) -> None:
        """It was granted."""
        self._holds[hold.id] = hold

    def over(self, hold: Hold) -> None:
        """It is settled, and the store has said so."""
        now = self._clock()
        self._over.append((now, hold.id))
        while self._over[0][0] < now - SECONDS or len(self._holds) > MOST:
            self._holds.pop(self._over.popleft()[1], None)
            if not self._over:
                return

    def again(self, *, rebuilt: bool) -> list[Operation]:
        """All of it once more.

        Args:
            rebuilt: from the ledger, which knows what was spent out of leases by other ids: they are over.
        """
        if rebuilt:
            for name in [name for name, hold in self._holds.items() if hold.lease]:
                del self._holds[name]
            self._over = deque([entry for entry in self._over if entry[1] in self._holds])
        return [operation for hold in self._holds.values() for operation in hold.again()]
