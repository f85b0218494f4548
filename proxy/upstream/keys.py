"""Several keys of one upstream: taken in turn, and a refused one left out until it may have been mended (F14).

Pure: the time is handed in, in monotonic seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from proxy.upstream.port import Credential

FIRST_QUARANTINE = 60.0
"""Seconds a key stays out of service after its first refusal; each further one doubles it."""
LONGEST_QUARANTINE = 30 * 60.0
"""Seconds it stays out at most: an operator who mends a key at the provider need not restart anything."""


@dataclass(slots=True)
class _Key:
    credential: Credential
    span: float = 0.0
    """Seconds of its last quarantine; 0 while it is trusted."""
    back_at: float = 0.0
    """Monotonic; in service from then on."""
    refused_at: float = float("-inf")
    """Monotonic; when its last quarantine began."""
    quarantines: int = 0
    """How many there have been."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A key that has been refused at some time."""

    label: str
    quarantines: int
    """How many there have been: what looks at it now and then misses none."""
    seconds: float
    """Of its last quarantine, from which it may be back on probation; 0 once it is trusted again."""


class KeyRing:
    """The credentials of one upstream.

    Args:
        secrets: as the operator lists them. Empty ones are skipped and keep their number, so that ``key 2`` is the
            second line of the list whichever variables are set.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        numbered = enumerate(secrets, start=1)
        self._keys = [_Key(Credential(secret, f"key {place}")) for place, secret in numbered if secret]
        self._next = 0
        self.untroubled = bool(self._keys)
        """All are in service, and none has been refused since it worked last."""

    def pick(self, now: float) -> Credential | None:
        """The next credential in service, in turn; None while there is none."""
        if self.untroubled and self._keys:
            self._next = self._next % len(self._keys) + 1
            return self._keys[self._next - 1].credential
        for step in range(len(self._keys)):
            place = (self._next + step) % len(self._keys)
            if self._keys[place].back_at <= now:
                self._next = place + 1
                return self._keys[place].credential
        return None

    def refused(self, credential: Credential, now: float) -> None:
        """The upstream answered 401 to it: take it out of service for a while.

        Requests sent before the first refusal are refused as well, and say nothing new: while a key is out, further
        refusals change nothing.
        """
        self.untroubled = False
        for key in self._of(credential):
            if key.back_at <= now:
                key.span = min(2 * key.span or FIRST_QUARANTINE, LONGEST_QUARANTINE)
                key.back_at, key.refused_at = now + key.span, now
                key.quarantines += 1

    def accepted(self, credential: Credential, started: float) -> None:
        """The upstream took it: it is trusted again, at once; unless the request had gone out before it was refused."""
        if self.untroubled:
            return
        for key in self._of(credential):
            if started >= key.refused_at:
                key.span, key.back_at = 0.0, 0.0
        self.untroubled = not any(key.span for key in self._keys)

    def forgive(self) -> None:
        """Trust every key again: an operator has just been here, and may have mended it at the provider."""
        for key in self._keys:
            key.span, key.back_at = 0.0, 0.0
        self.untroubled = bool(self._keys)

    def in_service(self, now: float) -> int:
        """How many credentials ``pick`` chooses from."""
        if self.untroubled:
            return len(self._keys)
        return sum(key.back_at <= now for key in self._keys)

    def back_at(self, now: float) -> float:
        """When the next quarantined credential is tried again (monotonic); ``now`` if none is in quarantine."""
        if self.untroubled:
            return now
        return min((key.back_at for key in self._keys if key.back_at > now), default=now)

    def troubles(self) -> list[Trouble]:
        """The keys that have ever been refused, for whoever tells of them."""
        return [Trouble(key.credential.label, key.quarantines, key.span) for key in self._keys if key.quarantines]

    def _of(self, credential: Credential) -> list[_Key]:
        return [key for key in self._keys if key.credential.secret == credential.secret]
