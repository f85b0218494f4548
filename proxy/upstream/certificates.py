"""What an operator adds to TLS: authorities of one's own, a client certificate, or no verification at all.

Certificates come as text, never as paths: what is in force is what was read and checked with the configuration,
whatever has become of the files since.
"""

import os
import ssl
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from proxy.upstream import tls


def context(ca: str | None, cert: str | None, key: str | None, verify: bool) -> ssl.SSLContext | bool:
    """How to verify an upstream, as transports take it.

    Args:
        ca: PEM of authorities that are trusted beside the system's.
        cert: PEM of the certificate we show, with those between it and its authority.
        key: PEM of its private key; None: it is in ``cert``.
        verify: False trusts whoever answers.

    Returns:
        A context that nobody else has; or ``verify`` as it is where nothing else is asked for.

    Raises:
        ssl.SSLError: one is no PEM of its kind; :func:`authorities_fault` and :func:`identity_fault` tell beforehand.
    """
    if ca is None and cert is None:
        return verify
    made = tls.fresh() if verify else _trusting()
    if ca is not None:
        _trust(made, ca)
    if cert is not None:
        _show(made, cert, key)
    return made


def authorities_fault(ca: str) -> str | None:
    """What is wrong with a PEM of authorities; None: nothing."""
    try:
        _trust(_trusting(), ca)
    except (ssl.SSLError, ValueError):
        return "holds no certificate in PEM, or a damaged one"
    return None


def identity_fault(cert: str, key: str | None) -> tuple[Literal["cert", "key"], str] | None:
    """Which of the two is at fault, and what is wrong with it; None: they can be used."""
    if (why := authorities_fault(cert)) is not None:
        return "cert", why
    try:
        _show(_trusting(), cert, key)
    except ssl.SSLError as fault:
        if fault.reason == "KEY_VALUES_MISMATCH":
            return "key" if key else "cert", "the private key is another certificate's"
        return "key" if key else "cert", "holds no private key in PEM, or one that asks for a password"
    return None


def _trusting() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def _trust(made: ssl.SSLContext, ca: str) -> None:
    made.load_verify_locations(cadata=ca.encode("ascii", "ignore").decode())  # bundles have names in them as comments


def _show(made: ssl.SSLContext, cert: str, key: str | None) -> None:
    with _file(cert) as cert_file, _file(key or cert) as key_file:
        made.load_cert_chain(cert_file, key_file, password="")  # without one OpenSSL asks at the terminal


@contextmanager
def _file(pem: str) -> Iterator[str]:
    """A path that leads to ``pem``, on no disk where the system can: ``load_cert_chain`` takes nothing else."""
    with os.fdopen(_nameless(), "w+b") as opened:
        opened.write(pem.encode())
        opened.seek(0)
        yield f"/dev/fd/{opened.fileno()}"


def _nameless() -> int:
    if sys.platform == "linux":
        return os.memfd_create("pem")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
