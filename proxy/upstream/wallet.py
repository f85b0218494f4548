"""Credentials that somebody issues and that end: fetched in a thread, kept, renewed before their end, never twice.

An issuer is a library that blocks; while it does, requests go on under what is held. Who comes while nothing is held
waits for the one fetch under way. Nothing of a credential gets into a log, a ``repr`` or a message (S9).
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, Protocol, TypeVar

import structlog

from proxy.tasks import spawn
from proxy.upstream.keys import FIRST_QUARANTINE, LONGEST_QUARANTINE
from proxy.upstream.port import Credential, TransportFault
from translators.facts import Failure, FailureKind

RENEWED_BEFORE = 225.0
"""Seconds before its end from which a credential is renewed. Not earlier: Google's metadata server gives the same one
until about four minutes before it (google-auth's REFRESH_THRESHOLD, 3 min 45 s); Microsoft's library from 5 min."""
PATIENCE = 15.0
"""Seconds that a request waits for a credential at most."""
PAUSE = 5.0
"""Seconds after a failed fetch until the next one."""

NOT_ISSUED = Failure(FailureKind.AUTH, "The gateway could not get a credential for the upstream.")
LATE = Failure(FailureKind.TIMEOUT, "The gateway got no credential for the upstream in time.")

_REASON = re.compile(
    r"AADSTS[0-9]{4,7}|\b(?:invalid_(?:client|grant|request|scope|resource)|unauthorized_client|access_denied"
    r"|unsupported_grant_type|temporarily_unavailable|server_error)\b"
)
"""What of an issuer's words is safe to repeat: codes (RFC 6749, 5.2;
https://learn.microsoft.com/entra/identity-platform/reference-error-codes). The rest may hold what was sent."""

_log = structlog.get_logger("switchgear")
_NEVER = float("-inf")


class Identity(Protocol):
    """What a request is sent under."""

    @property
    def secret(self) -> str:
        """What an upstream might repeat in an error; empty if there is no such thing."""


Held = TypeVar("Held", bound=Identity)


@dataclass(frozen=True, slots=True)
class Grant(Generic[Held]):
    """What was issued."""

    identity: Held = field(repr=False)
    seconds: float | None = None
    """How long it is good from now on; None: for ever."""


class Issuer(Protocol[Held]):
    """Where credentials come from."""

    @property
    def label(self) -> str:
        """What records call it: ``aws``, ``google``, ``entra``."""

    def issue(self, *, anew: bool) -> Grant[Held]:
        """Get one; may block for as long as a network does. Raises whatever its library raises.

        Args:
            anew: the last one was refused before its end: nothing that is remembered of it will do.
        """


class _Badge(Credential):
    """What the engine sees of a wallet: its label, and always the secret that is held at the moment."""

    __slots__ = ("_held",)

    _held: Callable[[], str]

    def __init__(self, label: str, held: Callable[[], str]) -> None:
        object.__setattr__(self, "label", label)
        object.__setattr__(self, "_held", held)

    @property
    def secret(self) -> str:
        """Of what is held; empty while nothing is."""
        return self._held()


class Wallet(Generic[Held]):
    """The credential of one upstream, and the engine's view of it (:class:`proxy.engine.ports.Keys`).

    One that is refused before its end is fetched anew, once; if that is refused as well, the upstream is left alone for
    a while, as a static key would be (F14). While none can be fetched it is left alone, too.

    Args:
        issuer: where it comes from.
        upstream: whose it is, for the log.
        clock: monotonic seconds.
    """

    def __init__(self, issuer: Issuer[Held], upstream: str, clock: Callable[[], float] = monotonic) -> None:
        self._issuer, self._upstream, self._clock = issuer, upstream, clock
        self._badge = _Badge(issuer.label, lambda: self._held.secret if self._held is not None else "")
        self._held: Held | None = None
        self._renew_at = self._ends_at = _NEVER
        self._fetch: asyncio.Task[None] | None = None
        self._dropped = self._doubted = False
        """Refused before its end; and so was the one before it, or this one is the first since."""
        self._span, self._back_at = 0.0, _NEVER
        self.untroubled = True
        """It is in service, and has not been refused since it worked last."""

    async def get(self, within: float) -> Held:
        """What requests go out under now. Waits only while nothing is held. Safe to cancel: the fetch goes on.

        Args:
            within: seconds that the request has left.

        Raises:
            TransportFault: there is none.
        """
        now = self._clock()
        if self._held is not None and now < self._ends_at:
            if now >= self._renew_at:
                self._fetching()
            return self._held
        if now < self._back_at:
            raise TransportFault(NOT_ISSUED)
        done, _ = await asyncio.wait((self._fetching(),), timeout=min(within, PATIENCE))
        if not done:
            raise TransportFault(LATE)
        if self._held is None or self._clock() >= self._ends_at:
            raise TransportFault(NOT_ISSUED)
        return self._held

    def pick(self, now: float) -> Credential | None:
        """The one there is; None while it is out of service."""
        return self._badge if self.in_service(now) else None

    def refused(self, credential: Identity, now: float) -> None:
        """The upstream does not know it. What is said of another one than is held, or once more, is no news."""
        if credential != self._held or self._dropped:
            return
        if self._doubted:
            self._span = min(2 * self._span or FIRST_QUARANTINE, LONGEST_QUARANTINE)
            self._back_at = now + self._span
        self._dropped = self._doubted = True
        self._ends_at = _NEVER
        self.untroubled = False

    def accepted(self, credential: Identity, started: float) -> None:
        """The upstream took it: it is trusted again."""
        del started  # what went out under another one does not count, whenever that was
        if not self.untroubled and credential == self._held and not self._dropped:
            self.forgive()

    def forgive(self) -> None:
        """Trust it again: an operator has just been here."""
        self._doubted, self._span, self._back_at = False, 0.0, _NEVER
        self.untroubled = not self._dropped

    def in_service(self, now: float) -> int:
        """0 while it is left alone, else 1."""
        return int(now >= self._back_at)

    def back_at(self, now: float) -> float:
        """When it is tried again (monotonic); ``now`` if it is in service."""
        return max(self._back_at, now)

    def _fetching(self) -> asyncio.Task[None]:
        """The fetch under way, or a new one."""
        if self._fetch is None or self._fetch.done():
            self._fetch = spawn(self._renew(), f"credential {self._upstream}")
        return self._fetch

    async def _renew(self) -> None:
        anew = self._dropped
        try:
            grant = await asyncio.to_thread(self._issuer.issue, anew=anew)
            if self._dropped and not anew:  # refused meanwhile: this may be the same one
                grant = await asyncio.to_thread(self._issuer.issue, anew=True)
        except Exception as fault:  # noqa: BLE001 - a library's, of any kind, or the system's
            self._failed(fault)
        else:
            self._take(grant)

    def _take(self, grant: Grant[Held]) -> None:
        now, seconds = self._clock(), float("inf") if grant.seconds is None else grant.seconds
        self._held, self._dropped = grant.identity, False
        self._ends_at = now + seconds
        self._renew_at = now + max(seconds - RENEWED_BEFORE, seconds / 2)
        self.untroubled = not self._doubted

    def _failed(self, fault: Exception) -> None:
        now = self._clock()
        self._renew_at = now + PAUSE
        if now >= self._ends_at:
            self._back_at, self.untroubled = max(self._back_at, now + PAUSE), False
        _log.warning("credential_not_issued", upstream=self._upstream, by=self._issuer.label, why=_why(fault))


def _why(fault: Exception) -> str:
    """The kind of a fault, and the codes in its words."""
    return ", ".join(dict.fromkeys((type(fault).__name__, *_REASON.findall(str(fault)))))
