"""The ``image_url`` of a message: an https URL on the public internet, or an image itself in base64 (D22).

We fetch no URL (S14), but whoever does may sit next to things that a client must not reach: a model server of one's own
inside a private network, say. Nothing is resolved here: what is looked at is the address or the name as it is written,
in every spelling that lenient parsers take for an address (https://url.spec.whatwg.org/#concept-ipv4-parser, 2026-11).
Which addresses are private is a matter of the IANA registries that ``proxy.upstream.addresses`` names.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, NoReturn

from translators.base import Malformed
from translators.dialects import checks
from translators.dialects.errors import quoted

MOST_IMAGES = 10
"""In one message. A conversation may have more of them, as one of screenshots soon does."""
LARGEST_IMAGE = 20 * 2**20
"""Bytes, without the base64. Both limits are Azure's, which counts ten a request
(https://learn.microsoft.com/azure/ai-services/openai/concepts/gpt-with-vision, 2026-11)."""

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BLANKS = b"\t\n\f\r "
_LONGEST_HEAD = 256
"""Characters of a media type with its parameters: nobody has use for more."""

_AUTHORITY_END = re.compile(r"[/?#]")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[^\s\\@%:\[\]]{1,254})(?::[0-9]{0,5})?")
"""A user, an escape or a backslash means one host to one parser and another to the next, so there is none."""
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")

_PRIVATE_NAMES = (
    ".localhost",  # RFC 6761
    ".local",  # RFC 6762
    ".home.arpa",  # RFC 8375
    ".internal",  # ICANN, 2024-07-29; Google's metadata.google.internal and most of EC2's names are in it
    ".localdomain",
    ".intranet",
    ".private",
    ".corp",
    ".home",
    ".lan",  # RFC 6762, appendix G
)
_V4 = (IPv4Network("192.0.0.0/24"), IPv4Network("168.63.129.16/32"))  # Oracle's metadata and Azure's
_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
_UNICAST = IPv6Network("2000::/3")


def check_image(image: Any, path: str) -> None:
    """Check one image.

    Args:
        image: OpenAI's object, or the URL alone, as Mistral takes it.
        path: of the field.

    Raises:
        Malformed: ``invalid_image_url``, or the field is of another type.
    """
    if type(image) is dict:
        path, image = f"{path}.url", image.get("url")
        if image is None:
            raise checks.missing(path)
    checks.string(image, path)
    scheme = image[:8].lower()
    if scheme.startswith("data:"):
        _check_data(image, path)
    elif scheme == "https://":
        _check_host(_AUTHORITY_END.split(image[8:], maxsplit=1)[0], image, path)
    else:
        _refuse(image, path, "expected an https URL or a base64-encoded data URL.")


def _check_data(url: str, path: str) -> None:
    """RFC 2397, with base64 read as leniently as browsers do (https://infra.spec.whatwg.org/#forgiving-base64)."""
    comma = url.find(",", 0, _LONGEST_HEAD)
    if comma < 0 or not url[:comma].lower().rstrip().endswith(";base64"):
        _refuse(url, path, "expected a data URL of the form 'data:image/png;base64,...'.")
    rest = url[comma + 1 :].encode("ascii", "replace")
    if len(rest) * 3 // 4 - rest[-2:].count(b"=") > LARGEST_IMAGE:
        _refuse(url, path, f"the image is larger than {LARGEST_IMAGE} bytes.")
    if not _is_base64(rest):
        _refuse(url, path, "its data is not valid base64.")


def _is_base64(data: bytes) -> bool:
    other = data.translate(None, _BASE64)  # a hundred times as fast as a loop, and images are large
    if other.strip(b"="):
        data = data.translate(None, _BLANKS)
        other = data.translate(None, _BASE64)
    if other not in (b"", b"=", b"==") or not data.endswith(other):
        return False
    return len(data) > len(other) and (len(data) % 4 == 0 if other else len(data) % 4 != 1)


def _check_host(authority: str, url: str, path: str) -> None:
    found = _HOST.fullmatch(authority)
    if found is None or not authority.isprintable():
        _refuse(url, path, "it has no valid host.")
    try:
        private = _is_private(found[1])
    except ValueError:  # an address out of range, or what cannot be a domain name
        _refuse(url, path, "it has no valid host.")
    if private:
        _refuse(url, path, "its host is not on the public internet.")


def _is_private(host: str) -> bool:
    if host.startswith("["):
        ip = IPv6Address(host[1:-1])
        return ip not in _UNICAST or any(ip in network for network in _V6)
    name = (host if host.isascii() else host.encode("idna").decode("ascii")).lower().removesuffix(".")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        address = _ipv4(labels)
        return not address.is_global or address.is_multicast or any(address in network for network in _V4)
    return len(labels) == 1 or name.endswith(_PRIVATE_NAMES)  # names without a dot are somebody's own


def _ipv4(labels: list[str]) -> IPv4Address:
    """``127.0.0.1`` is also ``127.1``, ``0177.0.0.1``, ``0x7f.1`` and ``2130706433``."""
    if len(labels) > 4:
        raise ValueError("too many parts")
    *front, last = [_number(label) for label in labels]
    if any(part > 255 for part in front) or last >= 256 ** (4 - len(front)):
        raise ValueError("out of range")
    return IPv4Address(last + sum(part << (24 - 8 * i) for i, part in enumerate(front)))


def _number(label: str) -> int:
    if label[:2] in ("0x", "0X"):
        return int(label[2:] or "0", 16)
    return int(label, 8 if label.startswith("0") else 10)


def _refuse(url: str, path: str, why: str) -> NoReturn:
    raise Malformed(f"Invalid image URL '{quoted(url)}': {why}", "invalid_image_url", path)
