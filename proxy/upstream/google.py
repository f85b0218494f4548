"""Google's way: access tokens for a service account, or for whoever the surroundings say we are.

By google-auth, the extra ``switchgear[vertex]``, imported where it is needed: that takes 0.2 s.
https://cloud.google.com/docs/authentication/application-default-credentials
"""

from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from json import loads
from typing import Any

from proxy.upstream.port import Credential
from proxy.upstream.sessions import Way
from proxy.upstream.wallet import Grant

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
"""As google-genai asks for (google/genai/_api_client.py, ``load_auth``)."""
SECONDS = 10.0
"""For one exchange with the token server, where the library has no deadline of its own."""


class GoogleTokens:
    """See :class:`proxy.upstream.wallet.Issuer`.

    Args:
        account: JSON of a service account's key; None: Application Default Credentials, which come with the
            environment, its proxies and certificates included.
        way: to the token server, for an account that is written.
    """

    label = "google"

    def __init__(self, account: str | None, way: Way) -> None:
        self._account, self._way = account, way
        self._transport, self._default = import_module("google.auth.transport.requests"), import_module("google.auth")
        self._found: Any = None

    def issue(self, *, anew: bool) -> Grant[Credential]:
        """See :class:`proxy.upstream.wallet.Issuer`: a fresh one each time."""
        with import_module("requests").Session() if self._account is None else self._way.session() as session:
            exchange = partial(self._transport.Request(session), timeout=SECONDS)
            if anew or self._found is None:
                self._found = self._who(exchange)
            self._found.refresh(exchange)
        ends = self._found.expiry  # in UTC, and does not say so
        left = None if ends is None else (ends.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds()
        return Grant(Credential(self._found.token, self.label), left)

    def _who(self, exchange: Any) -> Any:
        if self._account is None:
            return self._default.default(scopes=[SCOPE], request=exchange)[0]
        accounts = import_module("google.oauth2.service_account")
        return accounts.Credentials.from_service_account_info(loads(self._account), scopes=[SCOPE])


def account_fault(account: str) -> str | None:
    """Why a text is no service account's key; None if it is one. Repeats nothing of it."""
    try:
        info = loads(account)
    except ValueError:
        return "not JSON: expected the key file of a service account"
    if not isinstance(info, dict) or info.get("type") != "service_account":
        return (
            "not the key of a service account; for others set GOOGLE_APPLICATION_CREDENTIALS and write `auth: google`"
        )
    missing = [name for name in ("client_email", "private_key", "token_uri") if not isinstance(info.get(name), str)]
    return f"the service account's key has no {missing[0]}" if missing else _key_fault(info)


def _key_fault(info: dict[str, Any]) -> str | None:
    try:
        import_module("google.oauth2.service_account").Credentials.from_service_account_info(info)
    except ValueError:
        return "its private key cannot be read"
    return None
