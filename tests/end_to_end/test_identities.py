"""Upstreams that are asked under issued tokens or signatures, through the real server."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.proxy.upstream import sigv4
from tests.proxy.upstream.issuers import account, private_key
from tests.rig.answers import Answer, plain
from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream, Request
from tests.rig.wires import openai_answer, openai_error

ASK = {"model": "m", "messages": [{"role": "user", "content": "Say hello."}]}
HELLO = openai_answer("Hello.")
CONVERSED = plain(
    json.dumps(
        {
            "output": {"message": {"role": "assistant", "content": [{"text": "Hello."}]}},
            "stopReason": "end_turn",
            "usage": {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10},
        }
    ).encode()
)
"""https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_ResponseSyntax"""


class TokenServer(FakeUpstream):
    """Issues ``fake-token-1``, ``fake-token-2`` and so on."""

    def __init__(self) -> None:
        super().__init__()
        self.always(self._issue)

    def _issue(self, request: Request) -> Answer:
        token = f"fake-token-{len(self.requests)}"
        return plain(json.dumps({"access_token": token, "expires_in": 3600, "token_type": "Bearer"}).encode())


def google(folder: Path, tokens: TokenServer, upstream: FakeUpstream) -> dict[str, Any]:
    """A configuration with an upstream under a service account, and another one."""
    (folder / "account.json").write_text(account(f"{tokens.url}/token", private_key()))
    auth = {"use": "google", "credentials": "file:account.json"}
    return {
        "upstreams": {
            "own": {"provider": "vllm", "base_url": f"{upstream.url}/v1", "auth": auth},
            "spare": {"provider": "vllm", "base_url": f"{upstream.url}/spare"},
        },
        "models": {"m": "own/x", "safe": ["own/x", "spare/x"]},
    }


def record(server: Gateway, request_id: str) -> Any:
    """The decision record."""
    return server.http.get(f"/v1/requests/{request_id}").json()


def test_requests_go_out_under_a_token_that_is_fetched_once(tmp_path: Path, transport: str) -> None:
    """And the record names it as what it is."""
    with TokenServer() as tokens, FakeUpstream() as upstream:
        upstream.always(HELLO)
        with Gateway(tmp_path, google(tmp_path, tokens, upstream), transport=transport) as server:
            answers = [server.http.post("/v1/chat/completions", json=ASK) for _ in range(3)]
            told = record(server, answers[0].headers["x-request-id"])
            health = server.http.get("/health").json()
            output = server.output()

    assert [answer.status_code for answer in answers] == [200] * 3
    assert [request.key for request in upstream.requests] == ["fake-token-1"] * 3
    assert len(tokens.requests) == 1
    assert told["attempts"][0]["key"] == "google"
    assert health["upstreams"]["own"] == {"provider": "vllm", "keys": 1, "keys_in_service": 1}
    assert "fake-token" not in output + json.dumps(told)


def test_a_refused_token_costs_one_attempt_and_a_new_one_serves(tmp_path: Path, transport: str) -> None:
    """The client notices nothing, and the record tells."""
    with TokenServer() as tokens, FakeUpstream() as upstream:
        upstream.answer(HELLO, openai_error(401, "fake-token-1 has been revoked"), HELLO)
        with Gateway(tmp_path, google(tmp_path, tokens, upstream), transport=transport) as server:
            first = server.http.post("/v1/chat/completions", json=ASK)
            second = server.http.post("/v1/chat/completions", json=ASK)
            told = record(server, second.headers["x-request-id"])

    assert (first.status_code, second.status_code) == (200, 200)
    assert [request.key for request in upstream.requests] == ["fake-token-1", "fake-token-1", "fake-token-2"]
    assert len(told["attempts"]) == 2
    assert "fake-token" not in json.dumps(told)


def test_tokens_that_are_all_refused_are_not_fetched_for_ever(tmp_path: Path) -> None:
    """Two are, then the upstream is in quarantine as one with a bad key is; no error repeats a token (S9)."""
    with TokenServer() as tokens, FakeUpstream() as upstream:
        upstream.always(lambda request: openai_error(401, f"no such token: {request.key}"))
        with Gateway(tmp_path, google(tmp_path, tokens, upstream)) as server:
            answers = [server.http.post("/v1/chat/completions", json=ASK) for _ in range(4)]
            health = server.http.get("/health").json()
            output = server.output()

    assert {answer.status_code for answer in answers} == {502}
    assert len(tokens.requests) == len(upstream.requests) == 2
    assert health["upstreams"]["own"]["keys_in_service"] == 0
    assert "fake-token" not in output + "".join(answer.text for answer in answers)


def test_without_a_token_another_target_serves(tmp_path: Path) -> None:
    """And where there is none, the client is told in our own words."""
    with TokenServer() as tokens, FakeUpstream() as upstream:
        tokens.always(plain(b'{"error": "invalid_grant", "error_description": "fake-hint"}', 400))
        upstream.always(HELLO)
        with Gateway(tmp_path, google(tmp_path, tokens, upstream)) as server:
            safe = server.http.post("/v1/chat/completions", json=ASK | {"model": "safe"})
            alone = server.http.post("/v1/chat/completions", json=ASK)
            output = server.output()

    assert safe.status_code == 200
    assert [request.path for request in upstream.requests] == ["/spare/chat/completions"]
    assert alone.status_code == 502
    assert "fake-hint" not in alone.text + output
    assert '"event":"credential_not_issued"' in output
    assert "invalid_grant" in output


def test_signed_requests_are_those_that_arrive(tmp_path: Path, transport: str) -> None:
    """Through the whole server: path, headers and body are what was signed."""
    auth = {
        "use": "aws",
        "access_key_id": "AKIDEXAMPLE",
        "secret_access_key": "${KEY}",
        "session_token": "fake-session",
    }
    with FakeUpstream() as upstream:
        upstream.always(HELLO)
        own = {"provider": "vllm", "base_url": f"{upstream.url}/openai/v1", "region": "us-west-2", "auth": auth}
        config = {"upstreams": {"own": own}, "models": {"m": "own/x"}}
        with Gateway(tmp_path, config, {"KEY": "fake-secret"}, transport=transport) as server:
            answers = [server.http.post("/v1/chat/completions", json=ASK) for _ in range(2)]
            told = record(server, answers[0].headers["x-request-id"])
            output = server.output()

    assert [answer.status_code for answer in answers] == [200, 200]
    for request in upstream.requests:
        assert request.headers["host"] == f"127.0.0.1:{upstream.port}"
        signature = sigv4.by_the_book("POST", request.path, request.headers, request.body, "fake-secret")
        assert sigv4.parts(request.headers)["sig"] == signature
    assert told["attempts"][0]["key"] == "aws"
    assert "fake-se" not in output + json.dumps(told)


def test_a_models_arn_is_signed_as_bedrock_will_read_it(tmp_path: Path, transport: str) -> None:
    """Escaped once in the path, once more in the signature; the region is the upstream's."""
    arn = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-5-v1:0"
    auth = {"use": "aws", "access_key_id": "AKIDEXAMPLE", "secret_access_key": "fake-secret"}
    with FakeUpstream() as upstream:
        upstream.always(CONVERSED)
        own = {"provider": "bedrock", "base_url": upstream.url, "region": "eu-west-1", "auth": auth}
        config = {"upstreams": {"own": own}, "models": {"m": f"own/{arn}"}}
        with Gateway(tmp_path, config, transport=transport) as server:
            answer = server.http.post("/v1/chat/completions", json=ASK)

    (request,) = upstream.requests
    assert answer.json()["choices"][0]["message"]["content"] == "Hello."
    assert request.path == f"/model/{quote(arn, safe='')}/converse"
    signed = sigv4.parts(request.headers)
    assert signed["scope"].endswith("/eu-west-1/bedrock/aws4_request")
    assert signed["sig"] == sigv4.by_the_book("POST", request.path, request.headers, request.body, "fake-secret")


@pytest.mark.parametrize("use", ["google", "entra"])
def test_check_shows_who_asks_and_where(use: str, tmp_path: Path) -> None:
    """And no secret."""
    from typer.testing import CliRunner

    from proxy.cli import app

    written = {
        "google": {"use": "google", "credentials": account("http://127.0.0.1:9/token", private_key())},
        "entra": {"use": "entra", "tenant_id": "t", "client_id": "c", "client_secret": "fake-secret"},
    }[use]
    where = {"provider": "azure", "base_url": "https://x.openai.azure.com"}
    upstreams = {"own": where | {"auth": written}, "ambient": where | {"auth": use}}
    (tmp_path / "proxy.yaml").write_text(json.dumps({"upstreams": upstreams, "models": {"m": "own/x"}}))

    said = CliRunner().invoke(app, ["check", str(tmp_path / "proxy.yaml")]).stdout

    assert f"own: azure at https://x.openai.azure.com, api openai, auth {use}, as written" in said
    assert f"ambient: azure at https://x.openai.azure.com, api openai, auth {use}, by what the surroundings say" in said
    assert "fake-secret" not in said
    assert "PRIVATE" not in said
