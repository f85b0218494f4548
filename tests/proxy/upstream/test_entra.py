"""Entra's tokens: for an application that is written down, or for the one that the surroundings name."""

import asyncio
import ssl
from urllib.parse import parse_qs

import pytest
import trustme
from azure.core.exceptions import ClientAuthenticationError

from proxy.upstream.entra import SCOPE, Application, EntraTokens
from proxy.upstream.sessions import Way
from tests.proxy.upstream.issuers import answering_json, token
from tests.proxy.upstream.raw_server import RawServer, Received

pytestmark = pytest.mark.anyio

WHO = Application("my-tenant", "my-client", "fake-s3cret")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The library works in a thread; the loop makes no difference."""
    return "asyncio"


class Entra(RawServer):
    """A token server of Microsoft's kind; ``issued`` are its answers to requests for a token, in turn."""

    def __init__(self, tls: ssl.SSLContext, *issued: tuple[int, object]) -> None:
        super().__init__(answering_json(self._answer), tls)
        self._issued = list(issued)
        self.asked: list[dict[str, list[str]]] = []

    def _answer(self, received: Received) -> tuple[int, object]:
        if received.line.startswith("GET"):
            assert received.line.split(" ")[1] == "/my-tenant/v2.0/.well-known/openid-configuration"
            there = f"{self.url}/my-tenant/oauth2/v2.0"
            return 200, {
                "token_endpoint": f"{there}/token",
                "authorization_endpoint": f"{there}/authorize",
                "issuer": f"{self.url}/my-tenant/v2.0",
            }
        self.asked.append(parse_qs(received.body.decode()))
        return self._issued.pop(0)


@pytest.fixture
def way(authority: trustme.CA) -> Way:
    """To a server whose authority no system trusts."""
    return Way(ca=authority.cert_pem.bytes().decode())


async def test_a_written_application_gets_a_token(tls: ssl.SSLContext, way: Way) -> None:
    """Under its secret, for the scope that it is to be for."""
    async with Entra(tls, token("one")) as server:
        grant = await asyncio.to_thread(EntraTokens(WHO, SCOPE, server.url, way).issue, anew=False)

    assert grant.identity.secret == "one"
    assert 3500 < (grant.seconds or 0) <= 3600
    (asked,) = server.asked
    assert {name: asked[name] for name in ("client_id", "client_secret", "scope", "grant_type")} == {
        "client_id": ["my-client"],
        "client_secret": ["fake-s3cret"],
        "scope": [SCOPE],
        "grant_type": ["client_credentials"],
    }


async def test_a_refused_token_is_asked_for_anew(tls: ssl.SSLContext, way: Way) -> None:
    """Though the library remembers the old one, and gives that until it ends."""
    async with Entra(tls, token("one"), token("two")) as server:
        entra = EntraTokens(WHO, SCOPE, server.url, way)
        grants = [await asyncio.to_thread(entra.issue, anew=anew) for anew in (False, False, True)]

    assert [grant.identity.secret for grant in grants] == ["one", "one", "two"]


async def test_the_surroundings_name_an_application(
    tls: ssl.SSLContext, authority: trustme.CA, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By Microsoft's own variables, and so do they name the certificates to trust."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    surroundings = {
        "AZURE_TENANT_ID": "my-tenant",
        "AZURE_CLIENT_ID": "my-client",
        "AZURE_CLIENT_SECRET": "fake-ambient",
        "REQUESTS_CA_BUNDLE": str(tmp_path / "ca.pem"),
    }
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    async with Entra(tls, token("ambient")) as server:
        grant = await asyncio.to_thread(EntraTokens(None, SCOPE, server.url, Way()).issue, anew=False)

    assert grant.identity.secret == "ambient"
    assert server.asked[0]["client_secret"] == ["fake-ambient"]


async def test_an_application_that_is_refused_gets_none(tls: ssl.SSLContext, way: Way) -> None:
    """It is the wallet that turns this into a failure."""
    refusal = 401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."}
    async with Entra(tls, refusal) as server:
        entra = EntraTokens(WHO, SCOPE, server.url, way)
        with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
            await asyncio.to_thread(entra.issue, anew=False)


async def test_a_token_server_that_nobody_vouches_for_is_told_nothing(tls: ssl.SSLContext) -> None:
    """The secret would be its."""
    async with Entra(tls, token("one")) as server:
        with pytest.raises(ClientAuthenticationError):
            await asyncio.to_thread(EntraTokens(WHO, SCOPE, server.url, Way()).issue, anew=False)

    assert server.requests == []


def test_a_secret_does_not_show() -> None:
    """In no text of its application (S7)."""
    assert "s3cret" not in repr(WHO)
