"""Who asks: a client's key becomes a principal, or a 401 that tells nothing."""

import secrets
from collections.abc import Iterable
from hashlib import blake2s

from policies.base import Principal
from translators.base import Malformed

ANONYMOUS = Principal(key="anonymous")
"""Everybody, where the YAML declares no key; the server then listens on loopback only."""

CREDENTIAL_HEADERS = (b"authorization", b"x-api-key", b"api-key")
"""OpenAI's, Anthropic's and Azure's way of sending a key."""


class KeyTable:
    """Principals by a keyed hash of their secret, under a pepper of this process (BLAKE2's key: RFC 7693, 2.9).

    No secret is kept, and looking one up takes the same time for all that are unknown (RELIABILITY S2).

    Args:
        keys: each principal with its secret. None at all: everybody is ``anonymous``.
    """

    def __init__(self, keys: Iterable[tuple[str, Principal]]) -> None:
        self._peppered = blake2s(key=secrets.token_bytes(32))
        self._principals = {self._digest(secret.encode()): principal for secret, principal in keys}

    def _digest(self, secret: bytes) -> bytes:
        mac = self._peppered.copy()
        mac.update(secret)
        return mac.digest()

    def authenticate(self, headers: Iterable[tuple[bytes, bytes]]) -> Principal:
        """The principal of a request.

        Args:
            headers: the request's, names in lower case.

        Raises:
            Malformed: 401; no key, an unknown one, or two different ones.
        """
        if not self._principals:
            return ANONYMOUS
        found = b""
        for name, value in headers:
            if name in CREDENTIAL_HEADERS and (secret := _secret(name, value)):
                if found and secret != found:
                    raise _incorrect()
                found = secret
        if not found:
            raise Malformed("You didn't provide an API key.", "missing_api_key", status=401)
        principal = self._principals.get(self._digest(found))
        if principal is None:
            raise _incorrect()
        return principal


def _secret(name: bytes, value: bytes) -> bytes:
    if name == b"authorization":
        scheme, _, secret = value.strip().partition(b" ")
        if scheme == b"Bearer" or scheme.lower() == b"bearer":
            return secret.strip()
    return value.strip()


def _incorrect() -> Malformed:
    return Malformed("Incorrect API key provided.", "invalid_api_key", status=401)
