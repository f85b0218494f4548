"""A transport whose requests prove who sends them: under a token that somebody issued, or signed one by one.

It stands in front of any transport and knows nothing of how that one works. A request is never sent a second time
here: what a refused credential leads to is for the engine to say, which counts attempts (I7).
"""

from time import monotonic
from typing import Generic, Protocol, TypeVar

from policies.base import UNAUTHORIZED, Timeouts
from proxy.upstream.port import Credential, Exchange, Upstream
from proxy.upstream.wallet import Held, Identity, Wallet
from translators.base import WireRequest

Shown = TypeVar("Shown", bound=Identity, contravariant=True)


class Proof(Protocol[Shown]):
    """How an identity is shown."""

    async def shown(self, identity: Shown, request: WireRequest) -> tuple[WireRequest, Credential | None]:
        """The request as it goes out, and the credential for the transport to put into its header.

        Raises:
            TransportFault: it cannot be shown.
        """

    def unknown(self, exchange: Exchange) -> bool:
        """Whether the upstream says that it does not know the identity, or not any more."""


class Bearer:
    """By a token, which the transport puts into its header (RFC 6750, 2.1)."""

    async def shown(self, identity: Credential, request: WireRequest) -> tuple[WireRequest, Credential | None]:
        """See :class:`Proof`."""
        return request, identity

    def unknown(self, exchange: Exchange) -> bool:
        """See :class:`Proof`; a 403 is the account's, and another token of it would not help."""
        return exchange.status == UNAUTHORIZED


class Identified(Generic[Held]):
    """See :class:`proxy.upstream.port.Upstream`.

    Args:
        upstream: what carries the requests.
        wallet: what they are sent under.
        proof: how that is shown.
    """

    def __init__(self, upstream: Upstream, wallet: Wallet[Held], proof: Proof[Held]) -> None:
        self.name, self.wallet = upstream.name, wallet
        self._upstream, self._proof = upstream, proof

    async def send(
        self, request: WireRequest, timeouts: Timeouts, credential: Credential | None, within: float
    ) -> Exchange:
        """See :class:`proxy.upstream.port.Upstream`; ``credential`` is the wallet's badge and not looked at."""
        began = monotonic()
        identity = await self.wallet.get(within)
        request, credential = await self._proof.shown(identity, request)
        now = monotonic()
        exchange = await self._upstream.send(request, timeouts, credential, within - (now - began))
        if self._proof.unknown(exchange):
            self.wallet.refused(identity, monotonic())
        elif exchange.status < 300:
            self.wallet.accepted(identity, began)
        return exchange

    async def aclose(self) -> None:
        """See :class:`proxy.upstream.port.Upstream`."""
        await self._upstream.aclose()
