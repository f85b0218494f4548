"""What is settled and what is held on one account, in one window.

A hold keeps what it draws on: a window of an account, or a bucket of a rolling one. So what is charged belongs to the
window of its admission, and a window that is over is forgotten with the last hold that drew on it.
"""

from collections import deque
from collections.abc import Callable
from math import ceil, inf

from policies.claims import Claim, Standing, Unit, Window
from proxy.state.windows import BUCKETS, bucket_end, bucket_length, bucket_of, window_of

NEVER = 2**62
"""An amount that nothing comes to; an integer, for it is compared with each amount."""


class Bucket:
    """A part of a rolling window."""

    __slots__ = ("account", "held", "number", "until", "used")

    slots = False
    alarm_at = NEVER

    def __init__(self, account: "Account", number: int) -> None:
        self.account: Account | None = account
        """None once it has left the window: it limits nothing any more."""
        self.number, self.used, self.held = number, 0, 0
        self.until = bucket_end(account.length, number + BUCKETS)
        """When it leaves the window."""

    def move(self, used: int, held: int) -> None:
        """Add to what is settled, which never falls below 0, and to what is held."""
        if used < 0:
            used = max(used, -self.used)
        self.used += used
        self.held += held
        if self.account is not None:
            self.account.move(used, held)

    def ring(self) -> None:
        """Its account rings, if any does."""

    @property
    def left(self) -> int:
        """What may still be reserved on its account."""
        return self.account.left if self.account is not None else 0


class Account:
    """One account, in a calendar's window, over all buckets of a rolling one, or for ever.

    Args:
        window: over which it counts.
        now: Unix seconds.
        alarm: told when what is settled has passed one of the claim's ``alerts``.
    """

    __slots__ = (
        *("_alarm", "_alerts", "_buckets", "_window"),
        *(
            "account",
            "alarm_at",
            "bucket",
            "calendar",
            "claim",
            "end",
            "held",
            "id",
            "length",
            "limit",
            "slots",
            "until",
            "used",
            "version",
        ),
        *("idle_since", "used_then"),
    )

    def __init__(self, window: Window, now: float, alarm: Callable[["Account"], None]) -> None:
        self._window, self._alarm = window, alarm
        self._alerts: tuple[int, ...] = ()
        self.alarm_at = NEVER
        self.account = None
        """It is part of no other one, as a bucket is."""
        self._buckets: deque[Bucket] = deque()
        self.used = self.held = self.limit = 0
        self.version = -1
        """Of the configuration whose limit is in force; -1: of none yet."""
        self.claim: Claim | None = None
        """The newest configuration's."""
        self.slots = False
        self.length = bucket_length(window) if window.rolling else 0
        """Microseconds of a bucket; 0: it is no rolling window."""
        self.calendar = window.calendar is not None
        """Whether its time is the wall's."""
        self.bucket: Bucket | None = None
        """The newest one of a rolling window; what is admitted is held there too."""
        self.id, _, self.end = window_of(window, now)
        """Of the window, or of the newest bucket, and when that is over."""
        self.until: float | None = None if self.end == inf else self.end
        """When nothing of what is admitted now counts any more; None: never."""
        self.idle_since, self.used_then = now, 0
        if self.length:
            self.end = -inf
            self.at(now)

    def at(self, now: float) -> "Account":
        """The account as it is now: itself, where its window is a rolling one or is still the same; else a new one."""
        if self.length:
            self._roll(now)
        elif now >= self.end:
            new = Account(self._window, now, self._alarm)
            if self.claim is not None:
                new.adopt(self.claim, self.version, self.limit)
            return new
        return self

    def adopt(self, claim: Claim, version: int, limit: int) -> None:
        """Go by this claim from now on."""
        self.claim, self.version, self.limit = claim, version, limit
        self.slots = claim.unit is Unit.SLOTS
        alerts = tuple([ceil(share * limit) for share in claim.alerts]) if limit else ()
        if alerts != self._alerts:
            self._alerts, self.alarm_at = alerts, alerts[0] if alerts else NEVER

    def move(self, used: int, held: int) -> None:
        """Add to what is settled, which never falls below 0, and to what is held."""
        self.held += held
        self.used += used
        if self.used < 0:
            self.used = 0
        elif used > 0 and self.used >= self.alarm_at:
            self.ring()

    def ring(self) -> None:
        """Say that what is settled has passed an alert."""
        self.alarm_at = next((amount for amount in self._alerts if amount > self.used), NEVER)
        self._alarm(self)

    def adjust(self, amount: int) -> None:
        """Add to what is settled now; what is taken away is taken from the newest buckets of a rolling window."""
        for bucket in reversed(self._buckets):
            taken = max(amount, -bucket.used)
            bucket.move(taken, 0)
            amount -= taken
        if not self._buckets:
            self.move(amount, 0)

    def load(self, window_id: str, amount: int) -> None:
        """Add what was settled in a window, or in a bucket of a rolling one. If that is over it changes nothing."""
        if not self.length:
            self.used += amount if window_id == self.id else 0
            return
        number = int(window_id)
        bucket = next((bucket for bucket in self._buckets if bucket.number == number), None)
        if bucket is None and self._buckets[-1].number - BUCKETS <= number:
            bucket = Bucket(self, number)
            self._buckets = deque(sorted((*self._buckets, bucket), key=lambda each: each.number))
        if bucket is not None:
            bucket.move(amount, 0)

    def standing(self, now: float) -> Standing:
        """How it stands."""
        until = self.until
        if self.length:
            filled = [bucket.until for bucket in self._buckets if bucket.used or bucket.held]
            until = filled[-1] if filled else now
        return Standing(self.used, self.held, self.limit, self.id, None if until is None else max(until - now, 0.0))

    def fits_in(self, amount: int, now: float) -> float | None:
        """Seconds until an amount fits if nothing more comes; None: it never will, or nobody can tell."""
        if amount > self.limit or self.slots or self.until is None:
            return None
        if not self.length:
            return self.end - now
        need = self.used + self.held + amount - self.limit
        for bucket in self._buckets:
            need -= bucket.used + bucket.held
            if need <= 0:
                return bucket.until - now
        return None

    @property
    def left(self) -> int:
        """What may still be reserved."""
        return max(self.limit - self.used - self.held, 0)

    def _roll(self, now: float) -> None:
        number, buckets = bucket_of(self.length, now), self._buckets
        newest = buckets[-1].number if buckets else -1
        if number > newest:
            buckets.append(Bucket(self, number))
        number = max(number, newest)
        while buckets[0].number < number - BUCKETS:
            gone = buckets.popleft()
            self.used, self.held, gone.account = self.used - gone.used, self.held - gone.held, None
        if self._alerts and self.used < self._alerts[0]:
            self.alarm_at = self._alerts[0]
        self.bucket, self.id = buckets[-1], str(number)
        self.end, self.until = bucket_end(self.length, number), buckets[-1].until
