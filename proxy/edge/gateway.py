"""What the endpoints may ask of the application: its engine, its records, and the configuration of this moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from policies.base import Principal
from proxy.edge.keys import KeyTable
from proxy.engine.chain import Chain
from proxy.engine.engine import Engine
from proxy.engine.ports import Lane
from proxy.models import Models
from translators.facts import Endpoint


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One configuration, built and ready. A request takes it once and keeps it, whatever is reloaded (I17)."""

    version: str
    keys: KeyTable
    models: Models
    chains: Mapping[str, Chain]
    lanes: Mapping[Endpoint, dict[str, Lane]]
    """By what is asked for, then by upstream name; all upstreams are in each."""
    strategies: frozenset[str]
    """What ``x-switchgear-strategy`` may say."""
    max_body: int
    """Bytes."""
    created: int
    """Unix seconds at which it was loaded; ``created`` in the model list."""
    serial: int = 0
    """Unix milliseconds at which it was loaded: of two, the later one's limits are in force (RELIABILITY F34)."""


class Records(Protocol):
    """Decision records of the last requests."""

    async def find(self, request_id: str, principal: Principal) -> dict[str, Any] | None:
        """A record of the principal's own tenant, or None."""

    def refused(self, record: dict[str, Any], principal: Principal | None) -> None:
        """Take note of a request that was refused before it became a call; None: nobody knows whose it was."""


class Ledger(Protocol):
    """What was used, as far as it is written down."""

    async def usage(
        self, by: Sequence[str], since: float, until: float, tenant: Principal | None
    ) -> list[dict[str, Any]]:
        """See :meth:`proxy.ledger.reader.Reader.usage`."""


class Gateway(Protocol):
    """The application as its endpoints see it."""

    @property
    def snapshot(self) -> Snapshot:
        """The configuration in force."""

    @property
    def engine(self) -> Engine:
        """The one loop."""

    @property
    def records(self) -> Records:
        """Where decisions are kept."""

    @property
    def ledger(self) -> Ledger | None:
        """Where requests are written down; None: nowhere."""

    @property
    def draining(self) -> bool:
        """Whether the server is on its way out."""

    def obstacle(self) -> Mapping[str, Any] | None:
        """Why no request could be served now, for ``/health/readiness``; None: some can."""

    def health(self) -> dict[str, Any]:
        """How the server is, for ``/health``."""

    def metrics(self) -> tuple[bytes, str]:
        """The exposition and its content type."""
