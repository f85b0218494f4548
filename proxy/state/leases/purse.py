"""What a worker has leased of one account in one window, and what it has spent of it.

Leases of one window are one purse: what is spent fills them from the oldest on, what is given back is taken from the
newest. Each unit that may still be spent is held in the store, or has been charged there already, from its grant until
the report that says otherwise (I6): so a worker may be stopped and wake up at any time.
"""

from math import inf

from policies.claims import Claim, Standing, Unit
from proxy.state.leases.demand import Demand
from proxy.state.store import Report

IDLE = 2.0
"""Seconds without a draw after which all is given back."""
_RENEWED = 1 / 3
"""Part of its time after which a lease is renewed where nothing else is to be said of it."""


class Lease:
    """A hold that a purse spends from."""

    __slots__ = ("amount", "hold", "renewed", "spent", "told")

    def __init__(self, hold: str, amount: int, now: float) -> None:
        self.hold, self.amount, self.renewed = hold, amount, now
        self.spent = 0
        self.told = 0
        """What of it the store has acknowledged."""

    @property
    def left(self) -> int:
        """What is not spent."""
        return max(self.amount - self.spent, 0)


class Purse:
    """An account's leases in one window.

    Args:
        claim: names the account.
        version: of the configuration that its limit is from.
        demand: the account's.
    """

    __slots__ = (
        "_assigned",
        "_counted",
        "_others_held",
        "_others_used",
        "avail",
        "claim",
        "closing",
        "demand",
        "held",
        "leases",
        "limit",
        "low",
        "recalled",
        "resets_at",
        "retired",
        "taken",
        "until",
        "used",
        "version",
        "window",
    )

    def __init__(self, claim: Claim, version: int, demand: Demand) -> None:
        self.claim, self.version, self.demand = claim, version, demand
        self.avail = self.taken = 0
        """What may be drawn, and all that ever was."""
        self.used = self.held = 0
        """Of the account as a whole, as last known: what is settled, and what open draws and others hold."""
        self.low = 0
        """Below this the next lease is asked for."""
        self.limit = claim.limit
        self._others_used = self._others_held = 0
        self.window = ""
        """Id of its window; empty before its first lease."""
        self.resets_at: float | None = None
        self.until = inf
        """Nothing is drawn from then on (monotonic)."""
        self.recalled = self.retired = False
        """What no open draw needs is given back: once, for the account is scarce; from now on, for nothing is drawn."""
        self.leases: list[Lease] = []
        self.closing: list[Lease] = []
        """Given back, and the store has not said yet that it knows."""
        self._assigned = self._counted = 0

    @property
    def slots(self) -> bool:
        """Slots: the one unit whose leases are worth nothing once they have expired, for they are released (I15)."""
        return self.claim.unit is Unit.SLOTS

    @property
    def empty(self) -> bool:
        """Nothing is in it, nothing is drawn from it, nothing has to be said of it."""
        return not (self.leases or self.closing or self.drawn or self.spent > self._assigned)

    @property
    def spent(self) -> int:
        """What settled draws came to."""
        return self.used - self._others_used

    @property
    def drawn(self) -> int:
        """What open draws hold."""
        return self.held - self._others_held

    @property
    def left(self) -> int:
        """What the account has beside this purse, as far as is known."""
        return self.limit - self.used - self.held - self.avail

    @property
    def spare(self) -> bool:
        """Whether a whole lease could be given back."""
        return bool(self.leases) and self.leases[-1].left <= self.avail

    def add(self, lease: Lease, standing: Standing, seconds: float) -> None:
        """Spend from this lease, too.

        Args:
            lease: just granted.
            standing: what the store said of it.
            seconds: until the lease expires.
        """
        self.leases.append(lease)
        self.avail += lease.amount
        self.low = lease.amount // 2
        self.limit, self.window = standing.limit, standing.window
        self._know(max(standing.used - self._told(), 0), self._others_held)
        if standing.resets_in is not None:
            ends = lease.renewed + standing.resets_in
            self.until = min(self.until, ends)
            self.resets_at = ends + self.claim.window.rolling
        self._live_on(seconds)

    def learn(self, standing: Standing) -> None:
        """The store has said how the account stands."""
        unspent = sum([lease.amount - lease.told for lease in self.leases])
        self._know(max(standing.used - self._told(), 0), max(standing.held - unspent, 0))

    def count(self, now: float) -> None:
        """Let the account's demand know what was drawn since the last time."""
        if self.taken != self._counted:
            self.demand.add(self.taken - self._counted, now)
            self._counted = self.taken

    def due(self, now: float, seconds: float) -> list[Report]:
        """What the store has to be told. What is given back is out of the purse at once.

        Args:
            now: monotonic.
            seconds: that leases last.
        """
        self.count(now)
        if self.slots and now >= self.until:  # released by now, so there is nothing to give back or to renew
            self.avail -= sum([lease.left for lease in self.leases])
            self.leases, self.closing = [], []
        self._assign()
        self._give_back(everything=self.retired or self.recalled or self.demand.idle_since(now - IDLE))
        self.recalled = False
        reports = [Report(lease.hold, lease.spent, give_back=True) for lease in self.closing]
        stale = now - seconds * _RENEWED
        news = [lease for lease in self.leases if lease.spent != lease.told or lease.renewed <= stale]
        return reports + [Report(lease.hold, lease.spent) for lease in news]

    def acknowledge(self, report: Report, sent: float, seconds: float) -> None:
        """The store has carried out a report that was sent then."""
        if report.give_back:
            self.closing = [lease for lease in self.closing if lease.hold != report.hold]
            return
        for lease in self.leases + self.closing:
            if lease.hold == report.hold:
                lease.told, lease.renewed = report.spent, sent
        self._live_on(seconds)

    def end(self) -> None:
        """The worker goes: draws that are open count as spent, for nobody will settle them."""
        if self.slots:
            self.avail += self.drawn
        else:
            self.used += self.drawn
        self.held, self.retired = self._others_held, True

    def _assign(self) -> None:
        """Write what was spent to the leases, from the oldest on; what no lease has room for (a draw came to more than
        it held) to the newest one: it is charged beside what that one held."""
        rest = self.spent - self._assigned
        for lease in self.leases:
            part = max(min(rest, lease.left), 0)
            lease.spent += part
            rest -= part
        if rest > 0 and self.leases:
            self.leases[-1].spent += rest
            self.avail += rest
            rest = 0
        self._assigned = self.spent - rest

    def _give_back(self, *, everything: bool) -> None:
        """End the leases that are used up; or all of them but what open draws need."""
        while len(self.leases) > 1 and not self.leases[0].left:
            self.closing.append(self.leases.pop(0))
        while self.spare and (everything or not self.leases[-1].left):
            lease = self.leases.pop()
            self.avail -= lease.left
            self.closing.append(lease)

    def _know(self, others_used: int, others_held: int) -> None:
        """What is in the store, and not by this purse."""
        self.used += others_used - self._others_used
        self.held += others_held - self._others_held
        self._others_used, self._others_held = others_used, others_held

    def _live_on(self, seconds: float) -> None:
        if self.slots and self.leases:
            self.until = min([lease.renewed for lease in self.leases]) + seconds

    def _told(self) -> int:
        return sum([lease.told for lease in self.leases])
