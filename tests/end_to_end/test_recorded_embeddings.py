"""Every recorded answer with embeddings, through the real server, as the real OpenAI SDK reads it."""

import inspect
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import openai
import pytest

from tests.rig.embeddings import CASES, account, asked, meaning, model, params, tokens
from tests.rig.recordings import Case
from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream

ERROR_CLASSES = {400: openai.BadRequestError, 404: openai.NotFoundError}
FLOAT32 = 1e-6
"""Relative; what an encoding in 32 bits may change."""


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeUpstream]:
    """Stands for every provider; each has a path of its own."""
    with FakeUpstream() as fake:
        yield fake


@pytest.fixture(scope="module")
def gateway(provider, transport, tmp_path_factory) -> Iterator[Gateway]:
    """One server that knows every recorded model."""
    config = {
        "upstreams": {case.provider: account(case, f"{provider.url}/{case.provider}") for case in CASES},
        "models": {_model(case): _model(case) for case in CASES},
        "chain": ["strategy", {"retry": {"attempts": 1}}],
    }
    with Gateway(tmp_path_factory.mktemp("embeddings"), config, transport=transport) as server:
        yield server


@pytest.fixture(scope="module")
def client(gateway) -> Iterator[openai.OpenAI]:
    """The SDK as applications use it, but that it never tries again by itself."""
    with openai.OpenAI(base_url=gateway.base_url, api_key="any", max_retries=0, timeout=30) as sdk:
        yield sdk


@pytest.mark.parametrize("encoding", [{}, {"encoding_format": "float"}], ids=["as-the-sdk-asks", "float"])
@pytest.mark.parametrize("case", params(failed=False))
def test_recorded_vectors_reach_the_client(case, encoding, gateway, provider, client):
    """As many, as long, with the same numbers in either encoding, and with the provider's count of tokens."""
    _script(provider, case)

    raw = client.embeddings.with_raw_response.create(**_ask(case) | encoding)
    response = raw.parse()

    facts = case.facts["embeddings"]
    assert [entry.index for entry in response.data] == list(range(facts["count"]))
    assert {len(entry.embedding) for entry in response.data} == {facts["dimensions"]}
    assert response.data[0].embedding[:3] == pytest.approx(facts["first_three"], rel=FLOAT32)
    if tokens(case) is not None:
        assert response.usage.prompt_tokens == tokens(case)
    _check_request(case, provider)
    _check_record(gateway.record(raw.headers["x-request-id"]), tokens(case))


@pytest.mark.parametrize("case", params(failed=True))
def test_a_recorded_error_raises_what_openais_own_would(case, provider, client):
    """The class and the message are the provider's; what is wrong on its face does not get that far."""
    _script(provider, case)

    with pytest.raises(openai.APIStatusError) as raised:
        client.embeddings.create(**_ask(case))

    error = raised.value
    assert type(error) is ERROR_CLASSES[case.status]
    assert set(error.body) == {"message", "type", "param", "code"}
    if provider.requests:
        assert error.body["message"] == case.facts["error"]["message"]
    else:
        assert (error.code, error.param) == ("invalid_value", "encoding_format")


def _model(case: Case) -> str:
    return f"{case.provider}/{model(case)}"


def _ask(case: Case) -> dict[str, Any]:
    """Arguments of the SDK's method; the encoding is the SDK's own, but where the recorded one is none."""
    body = asked(case) | {"model": _model(case)}
    if body.get("encoding_format") in ("float", "base64"):
        del body["encoding_format"]
    known = inspect.signature(openai.resources.Embeddings.create).parameters
    arguments = {name: value for name, value in body.items() if name in known}
    return arguments | {"extra_body": {name: value for name, value in body.items() if name not in known}}


def _script(provider: FakeUpstream, case: Case) -> None:
    provider.clear()
    provider.always(case.answer)


def _check_request(case: Case, provider: FakeUpstream) -> None:
    (request,) = provider.requests
    path = case.recording["request"]["path"].replace("DEPLOYMENT", model(case))
    if case.provider == "openai":  # "/v1" is part of its base URL, and so of nothing here
        path = path.removeprefix("/v1")
    assert request.method == "POST"
    if case.api != "hf.embeddings":  # recorded at the old host, which had other paths than the router
        assert unquote(request.path) == f"/{case.provider}{path}"
    assert meaning(case, request.json) == meaning(case, case.request)


def _check_record(record: dict[str, Any], counted: int | None) -> None:
    (attempt,) = record["attempts"]
    assert (record["endpoint"], record["outcome"], attempt["failure"]) == ("embeddings", "ok", None)
    usage = record["usage"]
    if counted is None:
        assert usage is None or usage["source"] == "estimated"
    else:
        assert (usage["input_tokens"], usage["output_tokens"], usage["source"]) == (counted, 0, "provider")
