"""All accounts of a process by name, and the time they go by."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from policies.claims import Claim, Standing, Window
from proxy.state.memory.account import Account, Bucket
from proxy.state.store import Alarm, Sum
from proxy.state.windows import counts_until, window_of_account

SESSION_SECONDS = 86400.0
"""A session to which nobody has come back for so long is over: clients make as many of them as they like."""
IDLE_SECONDS = 900.0
"""An account on which there is nothing is kept for so long: for as long as anything may still come of a hold."""
BUNDLES = 4096
"""Sets of claims whose accounts are at hand."""
_SHARE, _LEAST = 600, 1000
"""A sweep looks at one account in so many, but at so many at least: all of them within ten minutes."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The accounts of one call's claims, looked up once and good until one of them is another one, or has another
    bucket: looking them up took half of what a reservation does (measured)."""

    accounts: tuple[Account, ...]
    parts: tuple[Account | Bucket, ...]
    """What is held on each: its newest bucket, where it has any."""
    version: int
    turn: int
    end: float
    wall_end: float
    """Until when, by either clock."""


class Accounts:
    """Accounts, of which those that say nothing any more are forgotten.

    Args:
        alarm: told of accounts that are nearly used up.
        wall: Unix seconds. Windows of the calendar go by it; it may be set, but is never followed back (I22).
        clock: monotonic seconds. What lasts so many of them goes by it: rolling windows, and holds.
    """

    def __init__(self, alarm: Alarm, wall: Callable[[], float], clock: Callable[[], float]) -> None:
        self._alarm, self._wall, self._clock = alarm, wall, clock
        self._latest = wall()
        self._base = self._latest - clock()
        self._unswept: list[str] = []
        self._bundles: dict[tuple[Claim, ...], Bundle] = {}
        self._turn = 0
        """Grows with every change that a bundle may not outlive."""
        self.by_name: dict[str, Account] = {}

    def now(self) -> tuple[float, float]:
        """Unix seconds by the clock that is never set, and by the wall's."""
        wall = self._wall()
        if wall < self._latest:
            wall = self._latest
        self._latest = wall
        return self._base + self._clock(), wall

    def bundle(self, claims: tuple[Claim, ...], version: int, now: float, wall: float) -> Bundle:
        """The accounts of several claims, as :meth:`of` has each.

        Args:
            claims: the same tuple comes again and again.
            version: of their configuration.
            now: seconds by the clock that is never set.
            wall: by the wall's.
        """
        known = self._bundles.get(claims)
        if (
            known is not None
            and now < known.end
            and wall < known.wall_end
            and known.turn == self._turn
            and known.version == version
        ):
            return known
        accounts = tuple([self.of(claim, version) for claim in claims])
        if len(self._bundles) >= BUNDLES:
            self._bundles.clear()
        self._bundles[claims] = known = Bundle(
            accounts,
            tuple([account.bucket or account for account in accounts]),
            version,
            self._turn,
            min((account.end for account in accounts if not account.calendar), default=inf),
            min((account.end for account in accounts if account.calendar), default=inf),
        )
        return known

    def of(self, claim: Claim, version: int) -> Account:
        """A claim's account as it is now, under the newest limit it has seen (F34).

        Args:
            claim: it.
            version: of its configuration; -1: it is only asked for.
        """
        account = self._at_present(claim.account, claim.window)
        if version > account.version or (version == account.version and account.claim is not claim):
            account.adopt(claim, version, claim.limit)
            self._turn += 1
        return account

    def clock_of(self, account: Account) -> float:
        """The time by the clock of its window."""
        return self.now()[account.calendar]

    def standing(self, account: Account) -> Standing:
        """How it stands now."""
        return account.standing(self.clock_of(account))

    def load(self, known: Sum) -> None:
        """Add what was settled in a window that limits something still.

        Raises:
            ValueError: there is no such account, or no such window of it.
        """
        window = window_of_account(known.account)
        if counts_until(window, known.window) > self.now()[window.calendar is not None]:
            self._at_present(known.account, window).load(known.window, known.amount)

    def sweep(self) -> None:
        """Forget what says nothing any more, among a share of them: it takes no time to speak of."""
        self._unswept = self._unswept or list(self.by_name)
        for _ in range(min(len(self._unswept), max(len(self.by_name) // _SHARE, _LEAST))):
            name = self._unswept.pop()
            account = self.by_name.get(name)
            if account is not None and self._is_over(name, account):
                del self.by_name[name]
                self._turn += 1

    def _at_present(self, name: str, window: Window) -> Account:
        account = self.by_name.get(name)
        if account is None:
            now = self.now()[window.calendar is not None]
            account = self.by_name[name] = Account(window, now, self._ring)
        elif (now := self.clock_of(account)) >= account.end:
            account = self._turned(name, account, now)
        return account

    def _turned(self, name: str, account: Account, now: float) -> Account:
        self._turn += 1
        account = self.by_name[name] = account.at(now)
        return account

    def _is_over(self, name: str, account: Account) -> bool:
        now = self.clock_of(account)
        if now >= account.end:
            account = self._turned(name, account, now)
        if account.held or account.used != account.used_then:
            account.idle_since, account.used_then = now, account.used
        idle = now - account.idle_since
        if account.used or account.held:
            return account.until is None and name.split(":", 2)[1:2] == ["session"] and idle > SESSION_SECONDS
        return idle > IDLE_SECONDS

    def _ring(self, account: Account) -> None:
        if account.claim is not None:
            self._alarm(account.claim, self.standing(account))
