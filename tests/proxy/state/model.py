"""What a store of accounts has to say, worked out the long way: from all that was ever held, with nothing kept.

It knows no sums, no buckets and no expiry list. What an account has settled and holds is added up anew each time from
what has become of each hold, so that there is nothing in it that could drift.
"""

from dataclasses import dataclass, field

from policies.claims import Claim, Unit

HELD, SETTLED, VOIDED, LAPSED = "held", "settled", "voided", "lapsed"


@dataclass
class Part:
    """A hold's share in one account."""

    claim: Claim
    amount: int
    posted: int = 0
    kept: int = 0
    """Of a hold that was given up, what had been charged by then."""

    @property
    def rest(self) -> int:
        """What has not been charged of what was held."""
        return max(self.amount - self.posted, 0)


@dataclass
class Held:
    """One that was granted."""

    parts: list[Part]
    admitted: float
    expires: float
    state: str = HELD
    given_up: bool = False


@dataclass
class Model:
    """All that ever happened."""

    now: float
    holds: dict[str, Held] = field(default_factory=dict)
    refused_for_good: set[str] = field(default_factory=set)
    """Ids that were given up before they came."""
    adjustments: dict[str, tuple[Claim, float, int]] = field(default_factory=dict)
    limits: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By account: version and limit."""

    def limit(self, claim: Claim, version: int) -> int:
        """The limit in force: the newest version's; within one version the claim's own."""
        seen = self.limits.get(claim.account)
        if seen is None or version >= seen[0]:
            self.limits[claim.account] = (version, claim.limit)
        return self.limits[claim.account][1]

    def counts(self, claim: Claim, admitted: float) -> bool:
        """Whether what was admitted then limits what is admitted now."""
        if claim.window.rolling:
            length = claim.window.rolling / 60
            return self.now // length - admitted // length <= 60
        if claim.window.calendar == "minute":
            return self.now // 60 == admitted // 60
        return True  # longer than any test

    def used(self, claim: Claim) -> int:
        """Settled on its account."""
        total = sum(amount for _, amount in self._adjusted(claim))
        for hold, part in self._parts(claim):
            total += part.posted
            if hold.state == LAPSED and claim.unit is not Unit.SLOTS:
                total += part.rest
        return total

    def held(self, claim: Claim) -> int:
        """Held on its account."""
        return sum(part.rest for hold, part in self._parts(claim) if hold.state == HELD)

    def overrun(self, claim: Claim) -> int:
        """What was charged beyond what was held (I1), be it that nothing was any more."""
        due = [(part.posted, min(part.kept, part.amount) if hold.given_up else part.amount)
               for hold, part in self._parts(claim)]  # fmt: skip
        return sum(max(posted - entitled, 0) for posted, entitled in due)

    def reserve(
        self, hold: str, claims: tuple[Claim, ...], amounts: tuple[int, ...], seconds: float, version: int
    ) -> int | None:
        """The position of the claim that there is no room for; None: it is held; -1: it is over."""
        if hold in self.holds:
            return None if self.holds[hold].state == HELD else -1
        if hold in self.refused_for_good:
            return -1
        for position, (claim, amount) in enumerate(zip(claims, amounts, strict=True)):
            limit = self.limit(claim, version)
            if not claim.shadow and self.used(claim) + self.held(claim) + max(amount, 1) > limit:
                return position
        parts = [Part(claim, amount) for claim, amount in zip(claims, amounts, strict=True)]
        self.holds[hold] = Held(parts, self.now, self.now + seconds)
        return None

    def lease(self, hold: str, claim: Claim, most: int, least: int, seconds: float) -> int | None:
        """How much of it; None: too little is left."""
        if hold in self.holds:
            return self.holds[hold].parts[0].amount if self.holds[hold].state == HELD else None
        left = self.limit(claim, 1) - self.used(claim) - self.held(claim)
        if left < least or hold in self.refused_for_good:
            return None
        self.holds[hold] = Held([Part(claim, min(most, left))], self.now, self.now + seconds)
        return min(most, left)

    def post(self, hold: str, amounts: list[int], *, final: bool) -> None:
        """What it has come to."""
        known = self.holds.get(hold)
        if known is None or known.state == SETTLED:
            return
        for part, amount in zip(known.parts, amounts, strict=True):
            part.posted = amount if final else max(amount, part.posted)
        if final:
            known.state = SETTLED

    def report(self, hold: str, spent: int, seconds: float, *, give_back: bool) -> None:
        """What a lease has come to; it goes on, though it may have lapsed."""
        known = self.holds[hold]
        if known.state in (HELD, LAPSED):
            known.state, known.expires = HELD, self.now + seconds
            self.post(hold, [spent], final=give_back)

    def void(self, hold: str) -> None:
        """Nothing more was taken."""
        known = self.holds.get(hold)
        if known is None:
            self.refused_for_good.add(hold)
        elif known.state not in (SETTLED, VOIDED):
            known.state, known.given_up = VOIDED, True
            for part in known.parts:
                part.kept = part.posted

    def adjust(self, claim: Claim, amount: int, adjustment: str) -> None:
        """Somebody corrects the books."""
        self.adjustments.setdefault(adjustment, (claim, self.now, amount))

    def advance(self, seconds: float) -> None:
        """Time passes, and what is due lapses."""
        self.now += seconds
        for hold in self.holds.values():
            if hold.state == HELD and hold.expires <= self.now:
                hold.state = LAPSED

    def _parts(self, claim: Claim) -> list[tuple[Held, Part]]:
        return [
            (hold, part)
            for hold in self.holds.values()
            for part in hold.parts
            if part.claim.account == claim.account and self.counts(claim, hold.admitted)
        ]

    def _adjusted(self, claim: Claim) -> list[tuple[float, int]]:
        return [
            (when, amount)
            for other, when, amount in self.adjustments.values()
            if other.account == claim.account and self.counts(claim, when)
        ]
