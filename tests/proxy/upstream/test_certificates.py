"""Authorities of one's own and client certificates: whom we trust, and what a server gets to see of us."""

import ssl

import pytest
import trustme

from proxy.upstream import certificates, tls

HOST = "vllm.example"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """One that no system trusts."""
    return trustme.CA()


@pytest.fixture(scope="module")
def client(authority: trustme.CA) -> trustme.LeafCert:
    """What we show."""
    return authority.issue_cert("client.example")


@pytest.fixture
def server(authority: trustme.CA) -> ssl.SSLContext:
    """A server that asks for a certificate and takes whom the authority vouches for, or nobody's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


def _pem(*blobs: trustme.Blob) -> str:
    return b"".join(blob.bytes() for blob in blobs).decode()


def _seen(server: ssl.SSLContext, ours: ssl.SSLContext | bool, host: str = HOST) -> list[str]:
    """The names in the certificate that the server was shown in a handshake.

    Raises:
        ssl.SSLError: we do not trust it.
    """
    assert isinstance(ours, ssl.SSLContext)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    theirs = server.wrap_bio(up, down, server_side=True)
    sides = [ours.wrap_bio(down, up, server_hostname=host), theirs]
    for side in sides * 3:
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    shown = theirs.getpeercert() or {}
    return [str(name) for _, name in shown.get("subjectAltName", ())]


def test_nothing_of_ones_own_is_what_all_share() -> None:
    """The system's authorities are read once for all upstreams, and ``verify: false`` needs nothing either."""
    assert certificates.context(None, None, None, True) is True
    assert certificates.context(None, None, None, False) is False


def test_an_authority_of_ones_own_is_trusted_beside_the_systems(server: ssl.SSLContext, authority: trustme.CA) -> None:
    """The system's are still there, and host names are checked as ever."""
    context = certificates.context(_pem(authority.cert_pem), None, None, True)

    assert isinstance(context, ssl.SSLContext)
    assert context.cert_store_stats()["x509_ca"] == tls.fresh().cert_store_stats()["x509_ca"] + 1
    assert _seen(server, context) == []
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        _seen(server, context, "other.example")


def test_without_it_the_same_server_is_refused(server: ssl.SSLContext) -> None:
    """No authority of the system's vouches for it."""
    with pytest.raises(ssl.SSLCertVerificationError):
        _seen(server, tls.context(certificates.context(None, None, None, True)))


def test_the_server_is_shown_our_certificate(
    server: ssl.SSLContext, authority: trustme.CA, client: trustme.LeafCert
) -> None:
    """With its key in a file of its own, or in the same."""
    chain, key = _pem(*client.cert_chain_pems), _pem(client.private_key_pem)
    for cert, own_key in ((chain, key), (chain + key, None), (key + chain, None)):
        context = certificates.context(_pem(authority.cert_pem), cert, own_key, True)
        assert _seen(server, context) == ["client.example"]


def test_whoever_answers_is_trusted_if_one_says_so(server: ssl.SSLContext, client: trustme.LeafCert) -> None:
    """And is shown our certificate all the same."""
    context = certificates.context(None, _pem(client.private_key_and_cert_chain_pem), None, False)

    assert _seen(server, context, "other.example") == ["client.example"]


def test_a_context_of_ones_own_is_nobody_elses(client: trustme.LeafCert) -> None:
    """What one upstream adds, or offers by ALPN, reaches no other."""
    pem = _pem(client.private_key_and_cert_chain_pem)
    made = [certificates.context(None, pem, None, verify) for verify in (True, True, False, False)]
    made += [tls.context(True), tls.context(False)]

    assert all(isinstance(context, ssl.SSLContext) for context in made)
    assert len({id(context) for context in made}) == len(made)
