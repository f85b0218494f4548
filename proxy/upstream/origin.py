"""Where an upstream is: its base URL, checked once, in the parts that a transport needs."""

from dataclasses import dataclass
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """A base URL, taken apart."""

    secure: bool
    """Whether it is ``https``."""
    host: str
    """As it is resolved, and as a certificate must name it: lower case, an IPv6 address without its brackets."""
    port: int
    authority: str
    """As the ``host`` header has it (RFC 9110, 7.2): with the port only where it is not the scheme's own."""
    path: str
    """What request paths are appended to; no slash at its end, empty where there is none."""

    @property
    def url(self) -> str:
        """The base URL again, in its normal form."""
        return f"{'https' if self.secure else 'http'}://{self.authority}{self.path}"


def origin(base_url: str) -> Origin:
    """Read a base URL.

    Raises:
        ValueError: it cannot be used. Says why without repeating it: a password in it is a secret.
    """
    if not (base_url.isascii() and base_url.isprintable()) or " " in base_url:
        raise ValueError("base_url is not a URL: it holds a character that must be escaped (a host name: as xn--...)")
    try:
        url = urlsplit(base_url)
        port = url.port
    except ValueError as fault:
        why = "its port is no port" if "ort" in str(fault) else "its host is no host"
        raise ValueError(f"base_url is not a URL: {why}") from None
    if url.scheme not in _PORTS or not url.hostname:
        raise ValueError("base_url must begin with http:// or https:// and name a host")
    if "@" in url.netloc or "?" in base_url or "#" in base_url:
        raise ValueError("base_url must hold no credentials, query or fragment")
    if port == 0:
        raise ValueError("base_url is not a URL: its port is no port")
    try:
        url.hostname.encode("idna")  # as the resolver will
    except UnicodeError:
        raise ValueError("base_url is not a URL: its host is no host") from None
    shown = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    usual = _PORTS[url.scheme]
    authority = shown if port in (None, usual) else f"{shown}:{port}"
    return Origin(url.scheme == "https", url.hostname, port or usual, authority, url.path.rstrip("/"))
