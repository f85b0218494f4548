"""What any transport is told of the upstream that it goes to."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from proxy.upstream.auth import Scheme

KEEP_ALIVE = 30.0
"""Seconds a connection may be idle. Shorter than the usual 60 s and more of load balancers, who else close first."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where requests go, and on what terms."""

    name: str
    """The upstream's name in the configuration."""
    base_url: str
    """What request paths are joined to."""
    auth: Scheme
    """How a credential is carried."""
    headers: Mapping[str, str]
    """The operator's own, added to every request; they win over the wire format's, a credential over them."""
    connections: int
    """Exchanges under way at most, and connections kept. Further ones wait, within ``connect``."""
    public_only: bool
    """Whether a connection to an address that is not on the public internet is refused (S13)."""
    verify: ssl.SSLContext | bool = True
    """How certificates are verified: by the system's authorities, by a context of one's own, or not at all."""
