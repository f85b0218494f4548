"""Google's tokens: for a service account that is written down, or for the one that the surroundings name."""

import asyncio
import base64
import json
from urllib.parse import parse_qs

import pytest
from google.auth.exceptions import RefreshError

from proxy.upstream.google import SCOPE, GoogleTokens, account_fault
from proxy.upstream.sessions import Way
from tests.proxy.upstream.issuers import account, answering_json, private_key, token
from tests.proxy.upstream.raw_server import RawServer, Received

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The library works in a thread; the loop makes no difference."""
    return "asyncio"


@pytest.fixture(scope="module")
def key() -> str:
    """Making one takes a moment."""
    return private_key()


def claims(received: Received) -> dict[str, str]:
    """What an assertion says (RFC 7523)."""
    (assertion,) = parse_qs(received.body.decode())["assertion"]
    middle = assertion.split(".")[1]
    claimed: dict[str, str] = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    return claimed


async def test_a_written_account_gets_a_token_for_the_cloud(key: str) -> None:
    """At its own token server, signed with its own key, and each time a fresh one."""
    tokens = iter(["one", "two"])
    async with RawServer(answering_json(lambda _: token(next(tokens)))) as server:
        google = GoogleTokens(account(f"{server.url}/token", key), Way())
        grants = [await asyncio.to_thread(google.issue, anew=anew) for anew in (False, True)]

    assert [grant.identity.secret for grant in grants] == ["one", "two"]
    assert all(3590 < (grant.seconds or 0) <= 3600 for grant in grants)
    assert [received.line for received in server.requests] == ["POST /token HTTP/1.1"] * 2
    assert claims(server.requests[0])["iss"] == "job@my-project.iam.gserviceaccount.example"
    assert claims(server.requests[0])["scope"] == SCOPE


async def test_the_surroundings_name_an_account(key: str, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By ``GOOGLE_APPLICATION_CREDENTIALS``, as Google's own libraries have it."""
    async with RawServer(answering_json(lambda _: token("ambient"))) as server:
        (tmp_path / "account.json").write_text(account(f"{server.url}/token", key))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "account.json"))
        grant = await asyncio.to_thread(GoogleTokens(None, Way()).issue, anew=False)

    assert grant.identity.secret == "ambient"


async def test_an_account_that_is_refused_gets_none(key: str) -> None:
    """It is the wallet that turns this into a failure."""
    refusal = 400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
    async with RawServer(answering_json(lambda _: refusal)) as server:
        google = GoogleTokens(account(f"{server.url}/token", key), Way())
        with pytest.raises(RefreshError, match="invalid_grant"):
            await asyncio.to_thread(google.issue, anew=False)


def test_a_good_key_file_has_no_fault(key: str) -> None:
    """As Google hands it out."""
    assert account_fault(account("https://oauth2.googleapis.com/token", key)) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("not JSON", "not JSON"),
        ("[]", "not the key of a service account"),
        ('{"type": "authorized_user"}', "not the key of a service account"),
        ('{"type": "service_account"}', "has no client_email"),
        ('{"type": "service_account", "client_email": "a", "private_key": "s3cret"}', "has no token_uri"),
        (
            '{"type": "service_account", "client_email": "a", "private_key": "s3cret", "token_uri": "b"}',
            "cannot be read",
        ),
    ],
)
def test_what_is_no_key_file_is_told_without_repeating_it(text: str, why: str) -> None:
    """When the configuration is loaded, and not with the first request."""
    fault = account_fault(text)

    assert fault is not None
    assert why in fault
    assert "s3cret" not in fault
