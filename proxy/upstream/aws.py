"""Amazon's way: requests are signed (SigV4) under keys that are written down, or that the surroundings hand out.

By botocore, the extra ``switchgear[bedrock]``, imported where it is needed: that takes 0.4 s.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any
from urllib.parse import quote

from policies.base import UNAUTHORIZED
from proxy.upstream.failures import not_sent
from proxy.upstream.headers import FIXED, own
from proxy.upstream.origin import origin
from proxy.upstream.port import Credential, Exchange, TransportFault
from proxy.upstream.wallet import Grant
from translators.base import WireRequest

SERVICE = "bedrock"
"""Signing name of Bedrock's runtime: botocore/data/bedrock-runtime/2023-09-30/service-2.json, ``signingName``."""
ASKED_AGAIN = 60.0
"""Seconds after which botocore is asked for the surroundings' keys again. It knows when they end, and renews them 10 to
15 minutes earlier."""
LARGE = 4 * 2**20
"""Bytes of a body from which it is hashed in a thread: 2.4 ms."""

_CODE = "x-amzn-errortype"
_UNKNOWN = ("ExpiredToken", "UnrecognizedClient", "InvalidClientTokenId")
"""How the codes begin that say 403 of the keys themselves:
https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html, 2026-11."""
_FORBIDDEN = 403
_UNRESERVED = "/%-._~"
"""What stands for itself in a path (RFC 3986, 2.3); ``%`` because a path comes escaped."""


@dataclass(frozen=True, slots=True)
class AccessKeys:
    """What requests are signed under."""

    key_id: str
    key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)

    @property
    def secret(self) -> str:
        """The one of them that goes out with a request."""
        return self.session_token or ""


class WrittenKeys:
    """See :class:`proxy.upstream.wallet.Issuer`: those of the configuration."""

    label = "aws"

    def __init__(self, keys: AccessKeys) -> None:
        self._grant = Grant(keys)

    def issue(self, *, anew: bool) -> Grant[AccessKeys]:
        """See :class:`proxy.upstream.wallet.Issuer`. There are no others."""
        del anew
        return self._grant


class AmbientKeys:
    """See :class:`proxy.upstream.wallet.Issuer`: those that botocore finds.

    In the environment, a profile, a web identity, the container, or the instance; in this order:
    https://boto3.amazonaws.com/v1/documentation/api/latest/guide/credentials.html
    """

    label = "aws"

    def __init__(self) -> None:
        self._session = import_module("botocore.session")
        self._found: Any = None

    def issue(self, *, anew: bool) -> Grant[AccessKeys]:
        """See :class:`proxy.upstream.wallet.Issuer`.

        Raises:
            LookupError: there are none.
        """
        if anew or self._found is None:
            self._found = self._session.Session().get_credentials()
        if self._found is None:
            raise LookupError("no AWS credentials in the environment")
        now = self._found.get_frozen_credentials()
        return Grant(AccessKeys(now.access_key, now.secret_key, now.token), ASKED_AGAIN)


class Signature:
    """See :class:`proxy.upstream.identity.Proof`: over method, path, headers and body.

    A path is signed as it is sent, and sent in the one form that Amazon arrives at by itself: all but unreserved
    characters escaped. (They escape it a second time for the signature, and so does botocore.)

    Args:
        base_url: what request paths are joined to.
        region: such as ``us-east-1``.
        headers: the operator's own, which the transport adds: they win over the wire format's.

    Raises:
        ValueError: a base URL or a header that cannot be used.
    """

    def __init__(self, base_url: str, region: str, headers: Mapping[str, str]) -> None:
        self._url, self._region = origin(base_url).url, region
        self._headers = own(headers)
        self._auth, self._request = import_module("botocore.auth"), import_module("botocore.awsrequest")
        self._keys = import_module("botocore.credentials")

    async def shown(self, identity: AccessKeys, request: WireRequest) -> tuple[WireRequest, Credential | None]:
        """See :class:`proxy.upstream.identity.Proof`."""
        if len(request.body) < LARGE:
            return self._signed(identity, request), None
        return await asyncio.to_thread(self._signed, identity, request), None

    def unknown(self, exchange: Exchange) -> bool:
        """See :class:`proxy.upstream.identity.Proof`."""
        code = exchange.headers.get(_CODE, "") if exchange.status == _FORBIDDEN else ""
        return exchange.status == UNAUTHORIZED or code.startswith(_UNKNOWN)

    def _signed(self, keys: AccessKeys, request: WireRequest) -> WireRequest:
        path = _escaped(request.path)
        headers = {"content-type": FIXED["content-type"], **request.headers, **self._headers}
        draft = self._request.AWSRequest(request.method, self._url + path, headers=headers, data=request.body)
        under = self._keys.ReadOnlyCredentials(keys.key_id, keys.key, keys.session_token)
        self._auth.SigV4Auth(under, SERVICE, self._region).add_auth(draft)
        return replace(request, path=path, headers={name.lower(): value for name, value in draft.headers.items()})


def _escaped(path: str) -> str:
    place, mark, query = path.partition("?")
    try:
        return quote(place, safe=_UNRESERVED) + mark + query
    except UnicodeEncodeError:  # half a surrogate pair, as JSON may hold
        raise TransportFault(not_sent("its path is not text")) from None
