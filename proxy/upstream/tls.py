"""TLS towards upstreams: whom to trust. Nothing here is read from the environment (S12)."""

import functools
import os
import ssl

_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # macOS, BSD
)
"""Where systems keep their authorities, for a Python whose OpenSSL was built to look elsewhere."""


def fresh() -> ssl.SSLContext:
    """A context of its own that trusts the system's authorities: for whoever adds to it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Named, because OpenSSL's own set_default_verify_paths() follows SSL_CERT_FILE and SSL_CERT_DIR.
    built_in = ssl.get_default_verify_paths()
    file = next(filter(os.path.isfile, (built_in.openssl_cafile, *_BUNDLES)), None)
    folder = built_in.openssl_capath if os.path.isdir(built_in.openssl_capath) else None
    if file or folder:
        context.load_verify_locations(file, folder)
    if os.name == "nt":
        context.load_default_certs()
    return context


@functools.cache
def system_authorities() -> ssl.SSLContext:
    """The one that upstreams share: reading the authorities takes tens of milliseconds and a megabyte."""
    return fresh()


@functools.cache
def trusting() -> ssl.SSLContext:
    """One that trusts whoever answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def context(verify: ssl.SSLContext | bool) -> ssl.SSLContext:
    """How certificates are verified: by the system's authorities, by a context of one's own, or not at all.

    It offers HTTP/1.1 (RFC 7301): an upstream that speaks HTTP/2 alone then refuses the handshake, and answers nothing
    that passes for a word on the credential, as Node's 403 would. Whoever speaks HTTP/2 offers that in its place.
    """
    made = verify
    if isinstance(made, bool):
        made = system_authorities() if made else trusting()
    made.set_alpn_protocols(["http/1.1"])
    return made
