"""What a request is charged that did not go as it should: several attempts, a client that leaves, a model that is free.

F15, F30, H3: what may have been used is charged, whatever it costs, and all attempts are one request's.
"""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.rig.answers import Answer, End, Framing, Gate
from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream
from tests.rig.waiting import until
from tests.rig.wires import openai_answer, openai_error, openai_stream

MESSAGES: list[Any] = [{"role": "user", "content": "Say hello."}]
PRICE, FREE = {"input": "$1/M", "output": "$10/M"}, {"input": "$0/M", "output": "$0/M"}
PRICES = {"free": (FREE, FREE), "dearer": (PRICE, {"input": "$2/M", "output": "$20/M"})}
"""Of the first target and of the second, where they are not the usual one."""
BROKEN = Answer(pieces=(), framing=Framing.LENGTH, end=End.CUT)
"""A whole answer that breaks off: the model may have done its work, and nobody can count it."""
CHAINS: dict[str, list[Any]] = {
    "free": [{"quota": {"per": "model", "tokens": "100k/month", "output": 100}}],
    "bounded": [{"budget": {"per": "model", "max_cost": "$0.002"}}],
    "shown": [{"budget": {"per": "model", "limit": "$1/month", "output": 100}}],
    "dearer": [{"budget": {"per": "model", "limit": "$0.002/month", "output": 100}}],
    "spent": [{"budget": {"per": "model", "limit": "$0.000001/month"}}],
}


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeUpstream]:
    """The upstream of all tests here."""
    with FakeUpstream() as fake:
        yield fake


@pytest.fixture(scope="module")
def gateway(provider, tmp_path_factory) -> Iterator[Gateway]:
    """One worker that keeps its accounts in memory."""
    account = {"provider": "openai", "base_url": f"{provider.url}/v1", "api_key": "sk-upstream"}
    ending = ["strategy", {"retry": {"attempts": 2, "backoff": "10ms..20ms", "ambiguous": 1}}]
    config = {
        "upstreams": {"one": account, "two": account},
        "models": {
            name: {
                "chain": name,
                "targets": [{"to": "one/gpt", "price": first}, {"to": "two/gpt", "price": second}],
            }
            for name in CHAINS
            for first, second in [PRICES.get(name, (PRICE, PRICE))]
        },
        "chains": {name: [*chain, *ending] for name, chain in CHAINS.items()},
    }
    with Gateway(tmp_path_factory.mktemp("charges"), config) as server:
        yield server


@pytest.fixture
def client(gateway, provider) -> Iterator[openai.OpenAI]:
    """The SDK, which tries once."""
    provider.clear()
    with openai.OpenAI(base_url=gateway.base_url, api_key="any", timeout=30, max_retries=0) as sdk:
        yield sdk


def _claim(gateway: Gateway, request_id: str) -> dict[str, Any]:
    """How its account was charged."""
    (claim,) = gateway.record(request_id)["claims"]
    found: dict[str, Any] = claim
    return found


def test_tokens_of_a_free_model_count_though_its_client_leaves(gateway, provider, client):
    """F15: what had come out by then was used, though it costs nothing."""
    gate = Gate()
    provider.always(openai_stream(["Hello", " there"], gate_after=1, gate=gate))
    raw = client.chat.completions.with_raw_response.create(model="free", messages=MESSAGES, stream=True)
    stream = raw.parse()
    next(iter(stream))
    stream.close()
    claim = _claim(gateway, raw.headers["x-request-id"])
    gate.open()

    assert claim["charged"] > 0


def test_tokens_of_a_free_model_that_nobody_can_count_are_charged_as_held(gateway, provider, client):
    """H3: never refund on ignorance."""
    provider.answer(BROKEN)
    provider.always(openai_answer("Hello"))
    raw = client.chat.completions.with_raw_response.create(model="free", messages=MESSAGES)

    record = gateway.record(raw.headers["x-request-id"])
    assert [attempt["usage"]["source"] for attempt in record["attempts"]] == ["held", "provider"]
    assert sum(claim["charged"] for claim in record["claims"]) > 100


def test_no_request_may_cost_more_by_trying_again(gateway, provider, client):
    """A second attempt that would bring it above ``max_cost`` is not made: the first one's failure stands."""
    provider.answer(BROKEN)
    provider.always(openai_answer("Hello"))
    with pytest.raises(openai.InternalServerError) as error:
        client.chat.completions.create(model="bounded", messages=MESSAGES, max_tokens=150)

    assert error.value.code == "upstream_invalid_response"
    assert len(provider.requests) == 1
    assert float(error.value.response.headers["x-switchgear-cost"]) <= 0.002


def test_a_stream_says_what_all_of_its_attempts_cost(gateway, provider, client):
    """As a whole answer does: ``usage.cost`` is the request's, the attempt before it included."""
    provider.answer(BROKEN)
    provider.always(openai_stream(["Hello"]))
    raw = client.chat.completions.with_raw_response.create(
        model="shown",
        messages=MESSAGES,
        stream=True,
        stream_options={"include_usage": True},
        extra_body={"switchgear": {"cost": True}},
    )
    (usage,) = [chunk.usage for chunk in raw.parse() if chunk.usage]

    record = gateway.record(raw.headers["x-request-id"])
    assert len(record["attempts"]) == 2
    assert usage.model_extra["cost"] == pytest.approx(record["cost"] / 1e12)
    assert usage.model_extra["cost"] > 0.001


def test_a_request_that_was_never_sent_lacks_no_price(gateway, client):
    """``unpriced`` is of what was sent: else whoever has limits is told of prices that nobody needs."""
    with pytest.raises(openai.RateLimitError):
        client.chat.completions.create(model="spent", messages=MESSAGES, max_tokens=50)

    def row() -> Any:
        rows = gateway.http.get("/v1/usage", params={"by": "model"}).json()["data"]
        return next((row for row in rows if row["model"] == "spent"), None)

    found = until(row, "it was written down")
    assert (found["requests"], found["failed"], found["unpriced"]) == (1, 1, 0), json.dumps(found)


def test_a_dearer_target_may_have_what_was_held_for_the_first(gateway, provider, client):
    """A fail-over is as long an answer as all that is left allows, not as what is left beside its own hold."""
    provider.answer(openai_error(500, "boom"))
    provider.always(openai_answer("Hello"))
    client.chat.completions.create(model="dearer", messages=MESSAGES)

    first, second = [request.json["max_completion_tokens"] for request in provider.requests]
    assert first == 100
    assert 60 < second < 100
