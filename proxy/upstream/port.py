"""The transport port: what the engine needs of the network, and nothing about how it is done.

Implementations: ``fast.py`` (the network, by a protocol of our own), ``httpx.py`` (the network, through httpx2) and
``demo.py`` (answers by itself). One contract, one test suite.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from policies.base import Timeouts
from translators.base import WireRequest
from translators.facts import Failure


class TransportFault(Exception):
    """The exchange broke: ``failure`` says how (unreachable, timeout, garbled). Its text holds no secret."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Credential:
    """One secret of an upstream, and its place in the list as records may show it."""

    secret: str
    label: str

    def __repr__(self) -> str:
        return f"Credential({self.label})"


class Exchange(Protocol):
    """One answer under way. Whoever got it closes it, in ``finally``; closing twice, or late, is no error."""

    status: int
    headers: Mapping[str, str]
    """Lower-case names; repeated headers are joined by a comma."""

    async def read(self, within: float) -> bytes:
        """The next bytes of the body as they come off the wire (content decoding done); ``b""`` at its end.

        Does not wait if something is there. Safe to cancel: nothing is lost, the next ``read`` gets it. While nobody
        reads, the upstream is held back (at most 256 KiB wait here).

        Args:
            within: seconds; the caller has the first-token and gap deadlines.

        Raises:
            TimeoutError: nothing came in time. Nothing is lost by that, either.
            TransportFault: the connection broke, or the body is not what its headers promised.
        """

    def close(self) -> None:
        """Give the connection back if all of the body has come; else cut it, at once. Sync: nothing to await."""


class Upstream(Protocol):
    """One account where requests can go: base URL, credentials, a pool of connections."""

    name: str

    async def send(
        self, request: WireRequest, timeouts: Timeouts, credential: Credential | None, within: float
    ) -> Exchange:
        """Send and wait for the answer's head. Safe to cancel at any moment: no connection is lost.

        Args:
            request: what to send.
            timeouts: the target's deadlines for connecting and for the head.
            credential: what it is sent under; None where the upstream asks for none.
            within: seconds that the request as a whole has left.

        Raises:
            TimeoutError: there was no head when ``within`` was over.
            TransportFault: not connected in ``timeouts.connect`` (``reached_model`` false), no head in
                ``timeouts.headers`` (``reached_model`` true), refused, broken, or not HTTP.
        """

    async def aclose(self) -> None:
        """Close the idle connections; for shutdown and for upstreams that a reload took away."""
