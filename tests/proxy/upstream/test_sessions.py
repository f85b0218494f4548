"""The way to token servers: that of all outgoing traffic (S12)."""

import asyncio
import ssl

import pytest
import requests
import trustme

from proxy.upstream.sessions import Way
from tests.proxy.upstream.raw_server import OK, RawServer, answering

pytestmark = pytest.mark.anyio

REDIRECT = b"HTTP/1.1 307 X\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The library works in a thread; the loop makes no difference."""
    return "asyncio"


async def post(way: Way, url: str) -> str:
    """What is answered."""

    def ask() -> str:
        with way.session() as session:
            return str(session.post(url, data=b"assertion", timeout=10).text)

    return await asyncio.to_thread(ask)


async def test_the_environments_proxy_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is set to."""
    async with RawServer(answering(OK)) as server:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("NO_PROXY", "")

        assert await post(Way(), f"{server.url}/token") == "ok"


async def test_the_upstreams_own_proxy_is() -> None:
    """The account has one way out for both."""
    async with RawServer(answering(OK)) as proxy:
        assert await post(Way(proxy=proxy.url), "http://token.example/token") == "ok"

    assert proxy.requests[0].line == "POST http://token.example/token HTTP/1.1"


async def test_a_redirect_is_not_followed() -> None:
    """It would take the assertion elsewhere."""
    async with RawServer(answering(REDIRECT, OK)) as server:
        with pytest.raises(requests.TooManyRedirects):
            await post(Way(), f"{server.url}/token")

    assert len(server.requests) == 1


async def test_the_upstreams_own_authorities_are_trusted_and_no_others_that_are_not_the_systems(
    tls: ssl.SSLContext, authority: trustme.CA, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the environment least of all."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    async with RawServer(answering(OK), tls) as server:
        answer = await post(Way(ca=authority.cert_pem.bytes().decode()), f"{server.url}/token")
        with pytest.raises(requests.exceptions.SSLError):
            await post(Way(), f"{server.url}/token")

    assert answer == "ok"
    assert len(server.requests) == 1


def test_a_proxys_password_does_not_show() -> None:
    """In no text of its own."""
    assert "word" not in repr(Way(proxy="http://ann:word@proxy.example"))
