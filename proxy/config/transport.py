"""How an upstream is reached: what of the transports' options does not go together, and what the files hold."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from proxy.config.document import Transport, Upstream
from proxy.config.problems import Path
from proxy.config.reading import Reading
from proxy.config.schema import TransportConfig, revealed
from proxy.upstream.certificates import authorities_fault, identity_fault

Fault = tuple[tuple[str, ...], str]
"""The fields that do not go together, the one to mend first, and why."""


def transport(section: Transport) -> TransportConfig:
    """What a section comes to."""
    return TransportConfig(
        use=section.use,
        http2=section.http2,
        proxy=section.proxy,
        ca=section.ca_file,
        cert=section.cert_file,
        key=section.key_file,
        verify=section.verify,
    )


def check_transport(reading: Reading, upstream: Upstream, entry: dict[str, Any], path: Path) -> None:
    """Report what is wrong with an upstream's transport beyond its single values, and warn of what is unsafe."""
    path = (*path, "transport")
    if upstream.provider == "demo" and "transport" in entry:
        reading.problem(path, "demo answers by itself: there is nothing to transport", key=True)
        return
    section, wrong = upstream.transport, reading.source.problems
    for fields, why in (*_way_faults(section, upstream.public_only), *_pem_faults(section)):
        if not any((*path, field) in wrong for field in fields):  # what follows from a mistake is not another one
            reading.problem((*path, fields[0]), why, key=True)
    if not section.verify:
        message = "certificates are not verified: whoever is on the way can read the key and every prompt"
        reading.warn((*path, "verify"), message, key=True)


def _way_faults(section: Transport, public_only: bool) -> Iterator[Fault]:
    for field in ("http2", "proxy"):
        if section.use == "fast" and getattr(section, field):
            yield (field, "use"), "the fast transport, which is the default, has no such thing: write `use: httpx`"
    if section.use == "httpx" and section.http2 and find_spec("h2") is None:
        yield ("http2",), "needs a package that is not installed: pip install 'switchgear[http2]'"
    if section.proxy is not None and public_only:
        yield ("proxy",), "either a proxy or public_only, not both: the address is the proxy's to choose"


def _pem_faults(section: Transport) -> Iterator[Fault]:
    ca, cert, key = map(revealed, (section.ca_file, section.cert_file, section.key_file))
    if ca is not None and not section.verify:
        yield ("verify", "ca_file"), "either ca_file or verify: false, not both"
    if ca is not None and (why := authorities_fault(ca)) is not None:
        yield ("ca_file",), why
    if cert is None and key is not None:
        yield ("key_file", "cert_file"), "a key without a certificate: cert_file is required, too"
    if cert is not None and (fault := identity_fault(cert, key)) is not None:
        of, why = fault
        yield (f"{of}_file", *({"cert_file", "key_file"} - {f"{of}_file"})), why
