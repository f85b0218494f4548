"""What a store of accounts promises: the contract of ``memory`` and ``redis``, which one test suite runs on both.

Holding, settling, giving up and expiring are RELIABILITY H3's RESERVE, POST, VOID and EXPIRE. Every operation goes by
the id of its hold and may be repeated without effect.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from policies.claims import Claim, Reply, Standing
from translators.value import value

Alarm = Callable[[Claim, Standing], None]
"""Told of an account whose settled sum has passed one of its claim's ``alerts``; may be told again of the same one."""


@value
class Sum:
    """What the ledger says was spent on one account in one window (of a rolling one: in one bucket)."""

    account: str
    window: str
    amount: int


class Store(Protocol):
    """Accounts: what is settled and what is held on each. Safe with any interleaving of workers."""

    shared: bool
    """Whether other workers see it, so that it outlives this one; holds in it are journaled before they are made."""

    @property
    def mode(self) -> str:
        """How it is: ``ok``, ``rebuilding`` or ``down``; for readiness, health and a metric."""

    def reserve(
        self, hold: str, claims: Sequence[Claim], amounts: Sequence[int], seconds: float, version: int
    ) -> Reply | Awaitable[Reply]:
        """Hold these amounts on all these accounts, or on none. Answers at once where it need not ask anybody.

        Args:
            hold: 128 random bits in hex. Reserving again under one id gives the same answer and holds nothing more.
            claims: at most 16, no two on one account, none ``per_request``.
            amounts: one for each claim, >= 0. A claim of 0 is checked all the same: it fits while anything is left.
            seconds: after which the hold expires: what it holds is then charged; slots are given back.
            version: of the configuration; the limits of the newest version that an account has seen are in force (F34).
        """

    def post(self, hold: str, amounts: Sequence[int], *, final: bool = True) -> None:
        """Charge what was really taken: the sum so far of each claim of the hold, in order. Slots take 0.

        Not ``final``: the rest stays held. Sync, never fails: the store carries it out as soon as it can.
        """

    def void(self, hold: str) -> None:
        """Give up a hold: nothing was taken. Sync, never fails. A reservation that comes later is refused."""

    async def standings(self, claims: Iterable[Claim]) -> list[Standing]:
        """How these accounts stand now."""

    async def adjust(self, claim: Claim, amount: int, adjustment: str) -> Standing:
        """Add an amount (it may be negative) to what is settled in the account's window of now.

        Args:
            claim: names the account.
            amount: in its unit; the sum never falls below 0.
            adjustment: an id; carried out once, however often it is asked for.
        """

    async def rebuild(self, sums: Iterable[Sum], settled: Iterable[str]) -> None:
        """Begin with what the ledger knows, where the store is empty (H6): a restart, or a store that was lost.

        Args:
            sums: of all windows that are not over.
            settled: ids of the holds that are in those sums already, of the last 15 minutes.
        """

    def health(self) -> Mapping[str, Any]:
        """For ``/health``: mode, and what else is of interest (holds, leases, round trips, errors)."""

    async def start(self) -> None:
        """Connect, check the other side, begin to sweep and to flush. Never fails for a store that is not there."""

    async def close(self) -> None:
        """Carry out what is due, give leases back, stop."""


@value
class Report:
    """What a worker says of a lease when it flushes: how much of it was really spent so far."""

    hold: str
    spent: int
    """The sum since the lease began; a repeated report is without effect."""
    give_back: bool = False
    """The lease is over: what is not spent is free again."""


class Leasing(Store, Protocol):
    """A store that parts of accounts can be leased from (H4). A lease is a hold of one claim that is reported on."""

    async def lease(self, hold: str, claim: Claim, most: int, least: int, seconds: float, version: int) -> Reply:
        """Hold as much as there is of ``most``, but not less than ``least``; ``Granted`` stands for what was held:
        :attr:`Standing.held` of a lease is its own amount.

        A lease on a rolling window is of its newest bucket, and may be spent while that is the newest one: then
        ``resets_in`` says for how long. One on a calendar's window ends with the window.
        """

    async def report(self, reports: Sequence[Report], seconds: float) -> Sequence[bool]:
        """Charge what leases have spent, and renew them for so many seconds.

        Returns:
            For each of them whether its account is nearly used up, so that what is not spent has to be given back;
            nothing at all where the store could not be asked: they are sent again.
        """
