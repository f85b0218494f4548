"""Microsoft's way: Entra tokens for an application, or for whoever the surroundings say we are.

By azure-identity, the extra ``switchgear[azure]``, imported where it is needed: that takes 0.8 s.
https://learn.microsoft.com/azure/foundry/foundry-models/how-to/configure-entra-id
"""

import time
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from proxy.upstream.port import Credential
from proxy.upstream.sessions import Way
from proxy.upstream.wallet import Grant

SCOPE = "https://ai.azure.com/.default"
"""Of the v1 surface: https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle ("Microsoft Entra ID"),
2026-03."""
DATED_SCOPE = "https://cognitiveservices.azure.com/.default"
"""Of dated API versions: https://learn.microsoft.com/azure/ai-services/openai/how-to/managed-identity"""

_BOUNDS = {"retry_total": 2, "retry_backoff_max": 2, "connection_timeout": 5, "read_timeout": 10}
"""Seconds and counts; the library's own go on for minutes."""


@dataclass(frozen=True, slots=True)
class Application:
    """An application that is registered with Entra, a "service principal"."""

    tenant_id: str
    client_id: str
    client_secret: str = field(repr=False)


class EntraTokens:
    """See :class:`proxy.upstream.wallet.Issuer`.

    Args:
        application: who we are; None: what azure-identity's ``DefaultAzureCredential`` finds in the surroundings, whose
            proxies and certificates it heeds, too.
        scope: what the token is for.
        authority: URL of another cloud's Entra; None: the public one's, or ``AZURE_AUTHORITY_HOST``.
        way: there, for an application that is written.
    """

    label = "entra"

    def __init__(self, application: Application | None, scope: str, authority: str | None, way: Way) -> None:
        self._application, self._scope = application, scope
        self._options: dict[str, Any] = dict(_BOUNDS)
        if authority is not None:  # one that is written is trusted: Microsoft's list of its own is not asked
            self._options |= {"authority": authority, "disable_instance_discovery": True}
        self._way = way
        self._library, self._transport = import_module("azure.identity"), import_module("azure.core.pipeline.transport")
        self._found: Any = None

    def issue(self, *, anew: bool) -> Grant[Credential]:
        """See :class:`proxy.upstream.wallet.Issuer`. The library remembers tokens, so that ``anew`` asks a new one."""
        if anew or self._found is None:
            self._found = self._who()
        token = self._found.get_token_info(self._scope)
        return Grant(Credential(token.token, self.label), token.expires_on - time.time())

    def _who(self) -> Any:
        if self._application is None:
            return self._library.DefaultAzureCredential(**self._options)
        who = self._application
        there = self._transport.RequestsTransport(session=self._way.session(), session_owner=False, **_BOUNDS)
        names = who.tenant_id, who.client_id, who.client_secret
        return self._library.ClientSecretCredential(*names, transport=there, **self._options)
