"""Signatures as Amazon's documentation has them, from what is on the wire alone.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import quote

_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<id>[^/]+)/(?P<scope>\S+), SignedHeaders=(?P<headers>\S+), Signature=(?P<sig>\w+)"
)


def parts(headers: Mapping[str, str]) -> dict[str, str]:
    """What the ``authorization`` header says: ``id``, ``scope``, the names of the signed ``headers``, ``sig``."""
    match = _SIGNED.fullmatch(headers["authorization"])
    assert match is not None
    return match.groupdict()


def by_the_book(method: str, target: str, headers: Mapping[str, str], body: bytes, key: str) -> str:
    """The signature of a request.

    Args:
        method: ``POST``.
        target: path and query as they came.
        headers: lower-case names.
        body: as it came.
        key: the secret access key.
    """
    signed = parts(headers)
    path, _, query = target.partition("?")
    names = signed["headers"].split(";")
    lines = "".join(f"{name}:{headers[name]}\n" for name in names)
    escaped = quote(path, safe="/-_.~")
    canonical = "\n".join([method, escaped, query, lines, ";".join(names), hashlib.sha256(body).hexdigest()])
    stamp, scope = headers["x-amz-date"], signed["scope"]
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    made = f"AWS4{key}".encode()
    for step in (*scope.split("/"), text):
        made = hmac.digest(made, step.encode(), "sha256")
    return made.hex()
