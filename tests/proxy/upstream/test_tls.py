"""Whom upstreams are trusted by."""

import ssl

import pytest

from proxy.upstream import tls


def test_the_systems_authorities_are_read_once_and_verify() -> None:
    """Upstreams share them; names are checked."""
    shared = tls.context(True)

    assert tls.context(True) is shared
    assert (shared.verify_mode, shared.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_who_adds_to_the_authorities_adds_to_nobody_elses() -> None:
    """A fresh context knows the same ones and is not shared."""
    fresh = tls.fresh()

    assert fresh is not tls.context(True)
    assert fresh.cert_store_stats() == tls.fresh().cert_store_stats()


def test_the_environment_names_no_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    """S12: who can set a variable cannot read what goes to upstreams."""
    before = tls.fresh().cert_store_stats()
    monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
    monkeypatch.setenv("SSL_CERT_DIR", "/dev")

    assert tls.fresh().cert_store_stats() == before


def test_no_verification_and_a_context_of_ones_own_are_as_asked() -> None:
    """The one trusts whoever answers, the other is left as it is."""
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    assert tls.context(False).verify_mode is ssl.CERT_NONE
    assert tls.context(own) is own
