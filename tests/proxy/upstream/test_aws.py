"""Signed requests: what a server receives is what was signed, to the byte, by botocore's reckoning and by the book."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from proxy.upstream.aws import ASKED_AGAIN, LARGE, AccessKeys, AmbientKeys, Signature, WrittenKeys
from proxy.upstream.identity import Identified
from proxy.upstream.port import TransportFault
from proxy.upstream.wallet import Wallet
from tests.proxy.upstream import sigv4
from tests.proxy.upstream.issuers import answering_json
from tests.proxy.upstream.raw_server import OK, RawServer, Received, always_ok, answering
from tests.proxy.upstream.transports import Transport, fetch, send
from translators.base import WireRequest

pytestmark = pytest.mark.anyio

KEYS = AccessKeys("AKIDEXAMPLE", "fake/secret+key", "session-token==")
REGION = "eu-west-1"
ARN = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0"


def by_botocore(received: Received, url: str, keys: AccessKeys) -> str:
    """The signature that botocore gives to the bytes that came."""
    signed = _parts(received)
    method, path, _ = received.line.split(" ")
    headers = {name: received.header(name)[0] for name in signed["headers"].split(";")}
    request = AWSRequest(method, url + path, headers=headers, data=received.body)
    request.context["timestamp"] = headers["x-amz-date"]
    auth = SigV4Auth(ReadOnlyCredentials(keys.key_id, keys.key, keys.session_token), "bedrock", REGION)
    signature: str = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    return signature


def by_the_book(received: Received, keys: AccessKeys) -> str:
    """The same as Amazon's documentation has it."""
    method, target, _ = received.line.split(" ")
    return sigv4.by_the_book(method, target, _headers(received), received.body, keys.key)


def _parts(received: Received) -> dict[str, str]:
    assert len(received.header("authorization")) == 1
    return sigv4.parts(_headers(received))


def _headers(received: Received) -> dict[str, str]:
    return {name.lower(): value for name, value in received.headers}


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/model/amazon.nova-lite-v1%3A0/converse", "/model/amazon.nova-lite-v1%3A0/converse"),
        ("/model/amazon.nova-lite-v1:0/converse", "/model/amazon.nova-lite-v1%3A0/converse"),
        (f"/model/{quote(ARN, safe='')}/converse-stream", f"/model/{quote(ARN, safe='')}/converse-stream"),
        ("/model/a b@c(d)/invoke?x=1", "/model/a%20b%40c%28d%29/invoke?x=1"),
    ],
)
@pytest.mark.parametrize("base", ["", "/behind/a/proxy"])
async def test_what_is_received_is_what_was_signed(path: str, sent: str, base: str, transport: Transport) -> None:
    """Colons and ARNs, too: Amazon escapes the path it receives once more, and gets at the same signature."""
    wire = WireRequest(path, '{"text":"ä"}'.encode(), {"x-amzn-bedrock-trace": "ENABLED"})
    own = {"x-amz-own": "yes", "accept": "application/json"}
    async with RawServer(always_ok) as server, transport.upstream(server.url + base, headers=own) as upstream:
        there = Identified(upstream, Wallet(WrittenKeys(KEYS), "v"), Signature(server.url + base, REGION, own))
        assert await fetch(there, wire) == b"ok"

    (received,) = server.requests
    parts = _parts(received)
    assert received.line == f"POST {base}{sent} HTTP/1.1"
    assert received.body == wire.body
    assert parts["id"] == KEYS.key_id
    assert parts["scope"].endswith("/eu-west-1/bedrock/aws4_request")
    assert parts["headers"].split(";") == [
        "accept",
        "content-type",
        "host",
        "x-amz-date",
        "x-amz-own",
        "x-amz-security-token",
        "x-amzn-bedrock-trace",
    ]
    assert parts["sig"] == by_botocore(received, server.url, KEYS) == by_the_book(received, KEYS)


async def test_a_large_body_is_signed_in_a_thread_and_alike(transport: Transport) -> None:
    """Hashing it would hold up everybody else."""
    wire = WireRequest("/model/m/converse", b"x" * LARGE)
    async with RawServer(always_ok) as server, transport.upstream(server.url) as upstream:
        there = Identified(upstream, Wallet(WrittenKeys(KEYS), "v"), Signature(server.url, REGION, {}))
        await fetch(there, wire)

    (received,) = server.requests
    assert _parts(received)["sig"] == by_the_book(received, KEYS)


async def test_keys_without_a_session_have_no_token(transport: Transport) -> None:
    """Long-term keys."""
    keys = AccessKeys("AKIDEXAMPLE", "fake")
    async with RawServer(always_ok) as server, transport.upstream(server.url) as upstream:
        there = Identified(upstream, Wallet(WrittenKeys(keys), "v"), Signature(server.url, REGION, {}))
        await fetch(there, WireRequest("/model/m/converse", b"{}"))

    (received,) = server.requests
    assert received.header("x-amz-security-token") == []
    assert _parts(received)["sig"] == by_the_book(received, keys)


async def test_each_request_is_signed_for_itself(transport: Transport) -> None:
    """Another body is another signature, over the same connection."""
    async with RawServer(always_ok) as server, transport.upstream(server.url) as upstream:
        there = Identified(upstream, Wallet(WrittenKeys(KEYS), "v"), Signature(server.url, REGION, {}))
        for body in (b"1", b"2"):
            await fetch(there, WireRequest("/model/m/converse", body))

    one, two = server.requests
    assert _parts(one)["sig"] != _parts(two)["sig"]
    assert [_parts(received)["sig"] for received in (one, two)] == [by_the_book(r, KEYS) for r in (one, two)]


async def test_a_path_that_is_no_text_is_not_sent() -> None:
    """Half a surrogate pair, as JSON may hold one in a model's name."""
    signature = Signature("http://127.0.0.1:9", REGION, {})

    with pytest.raises(TransportFault, match="its path is not text"):
        await signature.shown(KEYS, WireRequest("/model/\ud800/converse", b"{}"))


@pytest.mark.parametrize(
    ("status", "code", "unknown"),
    [
        (403, "ExpiredTokenException:http://internal.amazon.com/coral/com.amazon.coral.service/", True),
        (403, "UnrecognizedClientException", True),
        (401, "", True),
        (403, "AccessDeniedException", False),
        (400, "ValidationException", False),
        (200, "", False),
    ],
)
async def test_what_amazon_says_of_the_keys_themselves_is_known(
    status: int, code: str, unknown: bool, transport: Transport
) -> None:
    """Access that was not granted would not be to other keys of the role."""
    head = f"HTTP/1.1 {status} X\r\nx-amzn-errortype: {code}\r\ncontent-length: 0\r\n\r\n"
    async with RawServer(answering(head.encode())) as server, transport.upstream(server.url) as upstream:
        exchange = await send(upstream)
        exchange.close()

    assert Signature(server.url, REGION, {}).unknown(exchange) is unknown


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path) -> pytest.MonkeyPatch:
    """Surroundings without any AWS credentials."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("BOTO_CONFIG", str(tmp_path / "boto"))
    return monkeypatch


async def test_the_environments_keys_are_found(nowhere: pytest.MonkeyPatch) -> None:
    """And asked for again after a while: nobody says how long they last."""
    nowhere.setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
    nowhere.setenv("AWS_SECRET_ACCESS_KEY", "fake-env")

    grant = AmbientKeys().issue(anew=False)

    assert grant.identity == AccessKeys("AKIDENV", "fake-env")
    assert grant.seconds == ASKED_AGAIN


async def test_a_profiles_keys_are_found(nowhere: pytest.MonkeyPatch, tmp_path) -> None:
    """That of ``AWS_PROFILE``."""
    (tmp_path / "credentials").write_text("[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = fake-work\n")
    nowhere.setenv("AWS_PROFILE", "work")

    assert AmbientKeys().issue(anew=False).identity == AccessKeys("AKIDWORK", "fake-work")


async def test_a_containers_keys_are_fetched_and_fetched_anew_when_they_are_refused(
    nowhere: pytest.MonkeyPatch, transport: Transport
) -> None:
    """From its credentials endpoint; requests are signed under them; botocore is asked no oftener than it is needed."""
    ends = (datetime.now(UTC) + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%SZ")
    given: list[str] = []

    def issue(received: Received) -> tuple[int, object]:
        given.append(received.header("authorization")[0])
        number = len(given)
        keys = {"AccessKeyId": f"AKID{number}", "SecretAccessKey": f"fake-{number}", "Token": f"token-{number}"}
        return 200, keys | {"Expiration": ends}

    expired = b"HTTP/1.1 403 X\r\nx-amzn-errortype: ExpiredTokenException\r\ncontent-length: 0\r\n\r\n"
    async with (
        RawServer(answering_json(issue)) as endpoint,
        RawServer(answering(OK, expired, OK)) as server,
        transport.upstream(server.url) as upstream,
    ):
        nowhere.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{endpoint.url}/keys")
        nowhere.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "fake-container")
        there = Identified(upstream, Wallet(AmbientKeys(), "v"), Signature(server.url, REGION, {}))
        for _ in range(3):
            await fetch(there, WireRequest("/model/m/converse", b"{}"))

    first, second = (AccessKeys(f"AKID{n}", f"fake-{n}", f"token-{n}") for n in (1, 2))
    expected = [first, first, second]
    assert [_parts(received)["id"] for received in server.requests] == [keys.key_id for keys in expected]
    assert [_parts(received)["sig"] for received in server.requests] == [
        by_the_book(received, keys) for received, keys in zip(server.requests, expected, strict=True)
    ]
    assert given == ["fake-container"] * 2


async def test_without_any_nothing_is_signed(nowhere: pytest.MonkeyPatch) -> None:
    """And the reason is said."""
    with pytest.raises(LookupError, match="no AWS credentials"):
        AmbientKeys().issue(anew=False)


def test_keys_do_not_show() -> None:
    """In no text of theirs (S7)."""
    assert repr(KEYS) == "AccessKeys(key_id='AKIDEXAMPLE')"
    assert json.dumps(repr(WrittenKeys(KEYS).issue(anew=True))).count("fake") == 0
    assert KEYS.secret == "session-token=="
