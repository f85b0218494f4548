"""What stands for the accounts until they know what has been spent: where the ledger is away at the start."""

from collections.abc import Sequence

from policies.claims import Claim, Reply, Unavailable
from proxy.state.memory.store import MemoryStore


class Unopened(MemoryStore):
    """Nobody passes a limit here: what it lets pass might have been spent already (H6). What only watches watches."""

    mode = "rebuilding"

    def reserve(
        self, hold: str, claims: Sequence[Claim], amounts: Sequence[int], seconds: float, version: int
    ) -> Reply:
        """Hold it, if nothing of it can refuse."""
        for position, claim in enumerate(claims):
            if not claim.shadow:
                return Unavailable(position)
        return super().reserve(hold, claims, amounts, seconds, version)

    def refuses(self, claim: Claim) -> bool:
        """See :meth:`proxy.state.outage.OutageGuard.refuses`."""
        return not claim.shadow
