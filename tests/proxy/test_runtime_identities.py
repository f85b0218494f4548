"""The composition root: under what, and where to, the requests of an upstream go."""

from time import monotonic

import pytest

from proxy import runtime
from proxy.config.load import load
from proxy.config.schema import Config
from proxy.upstream.fast import FastUpstream
from proxy.upstream.httpx import HttpUpstream
from proxy.upstream.identity import Identified
from proxy.upstream.port import Upstream
from tests.proxy.upstream.issuers import account, private_key
from tests.proxy.upstream.raw_server import RawServer, always_ok
from tests.proxy.upstream.transports import fetch
from translators.base import WireRequest

TEXT = """
upstreams:
  key: {provider: azure, base_url: "URL", api_key: fake-key}
  aws:
    provider: openai
    base_url: URL/v1
    region: eu-west-1
    auth: {use: aws, access_key_id: AKIDEXAMPLE, secret_access_key: "${KEY}"}
  google: {provider: openai, base_url: "URL/v1", transport: httpx, auth: {use: google, credentials: "${ACCOUNT}"}}
  entra:
    provider: azure
    base_url: URL
    api_version: "2024-10-21"
    auth: {use: entra, tenant_id: t, client_id: c, client_secret: s}
  off: {provider: openai, auth: {use: google, credentials: ""}}
models:
  m: [key/x, aws/x, google/x, entra/x]
"""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The only one there is."""
    return "asyncio"


@pytest.fixture(scope="module")
def service_account() -> str:
    """One that nobody answers for."""
    return account("http://127.0.0.1:9/token", private_key())


def config(service_account: str, url: str = "http://127.0.0.1:9", key: str = "fake") -> Config:
    """Each way to say who asks."""
    return load(TEXT.replace("URL", url), "f", {"ACCOUNT": service_account, "KEY": key})


def upstreams(config: Config, state: runtime.State) -> dict[str, Upstream]:
    """By name."""
    runtime.build(config, state)
    return {known.name: upstream for known, upstream in state.upstreams.items()}


def test_each_upstream_proves_who_asks_as_it_says(service_account: str) -> None:
    """In front of whichever transport it has; one that is off is not made."""
    made = upstreams(config(service_account), runtime.State())

    kinds = {name: (type(upstream), type(getattr(upstream, "_upstream", None))) for name, upstream in made.items()}
    assert kinds == {
        "key": (FastUpstream, type(None)),
        "aws": (Identified, FastUpstream),
        "google": (Identified, HttpUpstream),
        "entra": (Identified, FastUpstream),
    }
    labels = {name: upstream.wallet.pick(0.0) for name, upstream in made.items() if isinstance(upstream, Identified)}
    assert {name: badge and badge.label for name, badge in labels.items()} == {
        "aws": "aws",
        "google": "google",
        "entra": "entra",
    }


def test_a_reload_keeps_what_did_not_change_with_the_credentials_it_holds(service_account: str) -> None:
    """A changed key is another upstream, whose wallet is empty."""
    state = runtime.State()
    before = dict(upstreams(config(service_account), state))
    same = dict(upstreams(config(service_account), state))
    changed = config(service_account, key="fake-2")
    runtime.build(changed, state)

    assert same == before
    assert state.unused(changed) == [before["aws"]]
    after = {known.name: upstream for known, upstream in state.upstreams.items()}
    assert [name for name in before if after[name] is not before[name]] == ["aws"]


@pytest.mark.anyio
async def test_requests_go_where_the_upstream_is_under_what_it_says(service_account: str) -> None:
    """A key in its provider's own header, a signature over the path that the server sees."""
    async with RawServer(always_ok) as server:
        made = upstreams(config(service_account, server.url), runtime.State())
        await fetch(made["aws"], WireRequest("/chat/completions", b"{}"))
        await made["aws"].aclose()

    (received,) = server.requests
    assert received.line == "POST /v1/chat/completions HTTP/1.1"
    assert received.header("authorization")[0].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")


@pytest.mark.anyio
async def test_an_operator_who_was_here_is_believed(service_account: str) -> None:
    """A reload ends the quarantine of issued credentials as that of written keys."""
    state = runtime.State()
    upstream = upstreams(config(service_account), state)["aws"]
    assert isinstance(upstream, Identified)
    wallet, now = upstream.wallet, monotonic()
    for _ in range(2):  # refused, and so is the next one
        wallet.refused(await wallet.get(10.0), now)
    quarantined = wallet.in_service(now)
    state.forgive()

    assert (quarantined, wallet.in_service(now)) == (0, 1)
