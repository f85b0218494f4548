"""Requests as they go over the wire, head first. Pure; what stays the same from one to the next is made once."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from proxy.upstream.auth import Scheme
from proxy.upstream.failures import not_sent
from proxy.upstream.headers import FIXED
from proxy.upstream.origin import Origin
from proxy.upstream.port import Credential, TransportFault
from translators.base import WireRequest

KEPT = 512
"""Heads that are remembered. Paths can hold a model's name, so clients have a say in how many there are."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A method or the name of a header (RFC 9110, 5.6.2)."""
_VALUE = re.compile(r"(?:[!-~](?:[\t -~]*[!-~])?)?")
"""A header's value, in ASCII (RFC 9110, 5.5)."""
_LEGAL = "/?:@!$&'()*+,;=%~"
"""What stands for itself in a path with its query (RFC 3986, 3.3); ``%`` because a path comes escaped."""


class Heads:
    """The heads of one upstream's requests.

    Args:
        origin: where they go.
        auth: how a credential is carried.
        headers: the operator's own, in lower case; they win over the wire format's, a credential over them.
    """

    def __init__(self, origin: Origin, auth: Scheme, headers: Mapping[str, str]) -> None:
        self._origin, self._auth, self._own = origin, auth, headers
        self._known: dict[tuple[object, ...], bytes] = {}

    def head(self, request: WireRequest, credential: Credential | None) -> bytes:
        """All of a request's head but the number after ``content-length:``, its last header.

        Raises:
            TransportFault: it cannot be put into HTTP. Holds nothing of what cannot.
            ValueError: a path that could change the host; a fault of ours.
        """
        secret = None if credential is None else credential.secret
        key = (request.method, request.path, secret, *request.headers.items())
        if (known := self._known.get(key)) is not None:
            return known
        made = self._made(request, credential)
        if "authorization" in request.headers:  # signed: there is no other request with this head
            return made
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known[key] = made
        return made

    def _made(self, request: WireRequest, credential: Credential | None) -> bytes:
        if not request.path.startswith("/"):
            raise ValueError("a path that could change the host")
        if not _TOKEN.fullmatch(request.method):
            raise ValueError("a method that is none")
        headers = {"host": self._origin.authority, **FIXED, **request.headers, **self._own}
        if credential is not None:
            try:
                headers[self._auth.header] = self._auth.value(credential)
            except ValueError as fault:
                raise TransportFault(not_sent(str(fault))) from None
        _check(headers)
        lines = [f"{request.method} {_path(self._origin.path + request.path)} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "content-length: "]).encode("ascii")


def _check(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not (name.isascii() and value.isascii()):
            raise TransportFault(not_sent("a header is not ASCII"))
        if not (_TOKEN.fullmatch(name) and _VALUE.fullmatch(value)):
            raise TransportFault(not_sent("one of its headers is not legal in HTTP"))


def _path(path: str) -> str:
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in path):
        raise TransportFault(not_sent("its path holds a non-printable character"))
    try:
        return quote(path, safe=_LEGAL)
    except UnicodeEncodeError:  # half a surrogate pair, as JSON may hold
        raise TransportFault(not_sent("its path is not text")) from None
