"""How a library that fetches tokens gets to its server: by requests, on the terms that all outgoing traffic has (S12).

Nothing is read from the environment, nothing is redirected, and certificates are verified by the system's authorities
and the upstream's own, where requests would take a list that it brings along.
"""

import ssl
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from proxy.upstream import certificates, tls


@dataclass(frozen=True, slots=True)
class Way:
    """What an operator says of the way to an upstream, as far as it is that of its tokens, too."""

    proxy: str | None = field(default=None, repr=False)
    """URL of an HTTP proxy."""
    ca: str | None = field(default=None, repr=False)
    """PEM of authorities that are trusted beside the system's."""

    def session(self) -> Any:
        """A ``requests.Session`` that goes this way."""
        session = import_module("requests").Session()
        session.trust_env, session.max_redirects = False, 0
        session.proxies = {"http": self.proxy, "https": self.proxy} if self.proxy else {}
        made = certificates.context(self.ca, None, None, verify=True)
        session.mount("https://", _verifying(made if isinstance(made, ssl.SSLContext) else tls.fresh()))
        return session


def _verifying(context: ssl.SSLContext) -> Any:
    """An adapter that verifies by this context and nothing else."""
    from requests.adapters import HTTPAdapter

    class Verifying(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **options: Any) -> Any:
            return super().init_poolmanager(*args, ssl_context=context, **options)

        def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
            more = {"proxy_ssl_context": context} if proxy.lower().startswith("https:") else {}
            return super().proxy_manager_for(proxy, ssl_context=context, **more, **options)

        def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
            """Would add the list of certificates that requests brings along."""

    return Verifying()
