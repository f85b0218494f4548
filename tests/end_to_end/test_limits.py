"""Limits as applications meet them: the official SDK against the real server, a policy of every kind (D26 to D31)."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest

from tests.rig.answers import Gate
from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream
from tests.rig.waiting import until
from tests.rig.wires import openai_answer, openai_stream

MESSAGES: list[Any] = [{"role": "user", "content": "Say hello."}]
PRICE = {"input": "$1/M", "output": "$10/M"}
"""A million tokens; so one of input is a micro-dollar, and an answer of 7 and 3 tokens costs 37."""
CHAINS: dict[str, list[Any]] = {
    "paced": [{"rate": {"per": "model", "requests": "2/min"}}],
    "few-tokens": [{"rate": {"per": "model", "tokens": "2000/min", "output": 100}}],
    "counted": [{"quota": {"per": "model", "requests": "2/month"}}],
    "spent": [{"budget": {"per": "model", "limit": "$0.0022/month", "output": 100}}],
    "dear": [{"budget": {"per": "model", "limit": "$0.01/month"}}],
    "clamped": [{"budget": {"per": "model", "limit": "$0.01/month", "on_insufficient": "clamp"}}],
    "each": [{"budget": {"per": "model", "max_cost": "$0.01"}}],
    "watched": [{"quota": {"per": "model", "requests": "1/month", "shadow": True}}],
    "narrow": [{"concurrency": {"per": "model", "limit": 1}}],
    "waiting": [{"concurrency": {"per": "model", "limit": 1, "queue": {"max": 10, "wait": "20s"}}}],
    "placed": [{"quota": {"per": "upstream", "requests": "1/month"}}],
    "seats": [{"concurrency": {"per": "upstream", "limit": 1}}],
    "finishing": [{"budget": {"per": "model", "limit": "$1/month", "on_exceed": "finish"}}],
    "ending": [{"budget": {"per": "model", "limit": "$1/month"}}],
    "unpriced": [{"budget": {"per": "model", "limit": "$1/month"}}],
}
"""Each model here goes by the chain of its name, and its accounts are its own."""


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeUpstream]:
    """The upstream of all tests here."""
    with FakeUpstream() as fake:
        yield fake


@pytest.fixture(scope="module")
def gateway(provider, tmp_path_factory) -> Iterator[Gateway]:
    """One worker that keeps its accounts in memory."""
    account = {"provider": "openai", "base_url": f"{provider.url}/v1", "api_key": "sk-upstream"}
    priced = {"to": "one/gpt", "price": PRICE}
    models: dict[str, Any] = {name: {"chain": name, "targets": [priced]} for name in CHAINS if name != "unpriced"}
    models["placed"]["targets"].append({"to": "two/gpt-other", "price": PRICE})
    models["unpriced/*"] = {"chain": "unpriced", "targets": ["one/*"]}
    ending = ["strategy", {"retry": {"attempts": 2, "backoff": "10ms..20ms"}}]
    config = {
        "upstreams": {"one": account, "two": account},
        "models": models,
        "chains": {name: [*chain, *ending] for name, chain in CHAINS.items()},
    }
    with Gateway(tmp_path_factory.mktemp("limits"), config) as server:
        yield server


@pytest.fixture
def client(gateway, provider) -> Iterator[openai.OpenAI]:
    """The SDK as it comes, which tries twice more where it is told that this may help."""
    provider.clear()
    provider.always(openai_answer("Hello"))
    with openai.OpenAI(base_url=gateway.base_url, api_key="any", timeout=30) as sdk:
        yield sdk


def _ask(client: openai.OpenAI, model: str, **more: Any) -> Any:
    return client.chat.completions.create(model=model, messages=MESSAGES, **more)


def _refused(client: openai.OpenAI, model: str, **more: Any) -> openai.RateLimitError:
    """How the next request is refused."""
    with pytest.raises(openai.RateLimitError) as error:
        _ask(client, model, **more)
    assert error.value.request_id
    return error.value


def test_a_rate_says_when_to_come_back(client):
    """D26: the code and the type of OpenAI's own, and how long to wait, in both spellings."""
    patient = client.with_options(max_retries=0)
    raw = patient.chat.completions.with_raw_response.create(model="paced", messages=MESSAGES)
    _ask(patient, "paced")

    error = _refused(patient, "paced")

    assert (error.code, error.type) == ("rate_limit_exceeded", "requests")
    headers = error.response.headers
    assert 0 < float(headers["retry-after-ms"]) <= 61_000
    assert 0 < float(headers["retry-after"]) <= 61
    assert headers.get("x-should-retry") != "false"
    assert raw.headers["x-ratelimit-limit-requests"] == "2"
    assert raw.headers["x-ratelimit-remaining-requests"] == "1"
    assert headers["x-ratelimit-remaining-requests"] == "0"


def test_a_rate_of_tokens_holds_what_a_request_may_take(client, provider):
    """D26: the second request is refused for tokens that the first still held; what it did not take is given back."""
    gate = Gate()
    provider.clear()
    provider.always(openai_stream(["Hel", "lo"], gate_after=1, gate=gate))
    patient = client.with_options(max_retries=0)

    with patient.chat.completions.create(model="few-tokens", messages=MESSAGES, stream=True, max_tokens=1000) as stream:
        pieces = iter(stream)
        next(pieces)
        error = _refused(patient, "few-tokens", max_tokens=1000)
        gate.open()
        list(pieces)

    assert (error.code, error.type) == ("rate_limit_exceeded", "tokens")
    provider.always(openai_answer("Hello"))
    assert _ask(patient, "few-tokens", max_tokens=1000).usage.total_tokens == 10


def test_a_quota_that_is_used_up_is_not_asked_again(gateway, provider):
    """D27: ``x-should-retry: false`` is what keeps the SDK from trying twice more (K9)."""
    provider.always(openai_answer("Hello"))
    sent: list[Any] = []
    with (
        openai.DefaultHttpxClient(trust_env=False, event_hooks={"request": [sent.append]}) as http,
        openai.OpenAI(base_url=gateway.base_url, api_key="any", http_client=http) as client,
    ):
        _ask(client, "counted")
        _ask(client, "counted")
        error = _refused(client, "counted")

    assert (error.code, error.type) == ("insufficient_quota", "insufficient_quota")
    assert error.response.headers["x-should-retry"] == "false"
    assert 0 < float(error.response.headers["retry-after"]) <= 31 * 86_400
    assert len(sent) == 3


def test_a_budget_is_spent_to_the_last_request_that_fits(client, gateway, provider):
    """D27: 37 micro-dollars each; one that might cost more than is left is refused, and no upstream hears of it."""
    costs = [float(_raw(client, "spent").headers["x-switchgear-cost"]) for _ in range(3)]
    asked = len(provider.requests)

    for _ in range(100):
        try:
            _ask(client, "spent")
        except openai.RateLimitError as refused:
            error = refused
            break

    assert costs == [0.000037] * 3
    assert (error.code, error.response.headers["x-should-retry"]) == ("insufficient_quota", "false")
    claim = next(claim for claim in gateway.record(error.request_id)["claims"] if claim["policy"] == "budget")
    assert claim["used"] + claim["held"] <= claim["limit"] == 2200
    assert claim["used"] == 37 * (len(provider.requests) - asked + 3)


def test_a_request_dearer_than_the_whole_budget_is_told_what_it_can_have(client, provider):
    """D28: the message has a ``max_tokens`` that passes."""
    error = _refused(client, "dear", max_tokens=5000)

    assert (error.code, error.param, error.type) == ("request_exceeds_budget", "max_tokens", "insufficient_quota")
    assert error.response.headers["x-should-retry"] == "false"
    assert provider.requests == []
    said = re.search(r"max_tokens of (\d+)", error.message)
    assert said
    assert 16 <= int(said[1]) < 1000
    assert _ask(client, "dear", max_tokens=int(said[1])).usage.total_tokens == 10


def test_a_limit_of_output_is_lowered_to_what_is_left(client, provider):
    """``on_insufficient: clamp``: the client's own limit, too; one that fits is left as it was."""
    _ask(client, "clamped", max_tokens=5000)
    _ask(client, "clamped", max_tokens=20)

    lowered, kept = [request.json["max_tokens"] for request in provider.requests]
    assert 16 <= lowered < 1000
    assert kept == 20


def test_a_request_without_a_limit_of_output_gets_one_that_is_held_for(client, provider):
    """H1: else nothing would bound what it may cost."""
    _ask(client, "dear")

    body = provider.requests[0].json
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    assert 16 <= limit < 1000


def test_no_single_request_may_cost_more(client, provider):
    """``max_cost`` is on no account: the next one that is cheap enough passes."""
    error = _refused(client, "each", max_tokens=5000)

    assert error.code == "request_exceeds_budget"
    assert provider.requests == []
    assert _ask(client, "each", max_tokens=50).usage.total_tokens == 10


def test_a_client_may_bound_its_own_request(client, provider):
    """The wish ``max-cost`` is such a limit too."""
    wish = {"x-switchgear-max-cost": "0.01"}
    error = _refused(client, "watched", max_tokens=5000, extra_headers=wish)

    assert error.code == "request_exceeds_budget"
    assert provider.requests == []
    assert _ask(client, "watched", max_tokens=50, extra_headers=wish).usage.total_tokens == 10


def test_a_limit_in_shadow_counts_and_refuses_nobody(client, gateway):
    """The record shows that it would have."""
    for _ in range(3):
        last = _ask(client, "watched")

    (claim,) = gateway.record(last._request_id)["claims"]
    assert claim["shadow"] is True
    assert claim["limit"] == 1
    assert claim["used"] + claim["held"] >= 3


def test_one_at_a_time_means_one(client, provider):
    """D29: refused at once, with the advice to come again in a second; free again when the first is done."""
    gate = Gate()
    provider.clear()
    provider.always(openai_stream(["Hel", "lo"], gate_after=1, gate=gate))
    patient = client.with_options(max_retries=0)

    with patient.chat.completions.create(model="narrow", messages=MESSAGES, stream=True) as stream:
        pieces = iter(stream)
        next(pieces)
        error = _refused(patient, "narrow")
        gate.open()
        list(pieces)

    assert (error.code, error.type) == ("concurrency_limit_exceeded", "requests")
    assert error.response.headers["retry-after"] == "1"
    provider.always(openai_answer("Hello"))
    assert _ask(client, "narrow").usage.total_tokens == 10


def test_requests_wait_for_their_turn(client, gateway, provider):
    """With a queue those that come together are all served, and not before a slot is free."""
    gate = Gate()
    provider.clear()
    provider.always(openai_answer("Hello"))
    provider.answer(openai_stream(["Hel", "lo"], gate_after=1, gate=gate))

    with ThreadPoolExecutor(10) as pool:
        first = pool.submit(lambda: list(_ask(client, "waiting", stream=True)))
        provider.request(0)
        others = [pool.submit(_ask, client, "waiting") for _ in range(9)]
        until(lambda: gateway.http.get("/health").json()["in_flight"] == 10, "all of them were there")
        assert len(provider.requests) == 1
        gate.open()
        assert first.result()
        assert [answer.result().usage.total_tokens for answer in others] == [10] * 9


def test_an_upstream_whose_quota_is_used_up_is_left_out(client, provider):
    """The next target serves; once its own is used up too, none is available."""
    targets = [_raw(client, "placed").headers["x-switchgear-target"] for _ in range(2)]

    assert targets == ["one/gpt", "two/gpt-other"]
    with pytest.raises(openai.InternalServerError) as error:
        _ask(client.with_options(max_retries=0), "placed")
    assert (error.value.status_code, error.value.code) == (503, "no_target_available")
    assert "quota of upstream one is used up; quota of upstream two is used up" in error.value.message
    assert error.value.response.headers["x-should-retry"] == "false"
    assert len(provider.requests) == 2


def test_an_upstream_with_no_slot_free_has_one_soon(client, provider):
    """D29, D33: whoever is told that no target is left is told as well to come again in a second."""
    gate = Gate()
    provider.clear()
    provider.always(openai_stream(["Hel", "lo"], gate_after=1, gate=gate))
    patient = client.with_options(max_retries=0)

    with patient.chat.completions.create(model="seats", messages=MESSAGES, stream=True) as stream:
        pieces = iter(stream)
        next(pieces)
        with pytest.raises(openai.InternalServerError) as error:
            _ask(patient, "seats")
        gate.open()
        list(pieces)

    assert (error.value.status_code, error.value.code) == (503, "no_target_available")
    assert error.value.response.headers["retry-after"] == "1"
    assert error.value.response.headers.get("x-should-retry") != "false"


def test_embeddings_that_cost_too_much_have_too_long_an_input(client, provider):
    """D28: there is no ``max_tokens`` to lower."""
    with pytest.raises(openai.RateLimitError) as error:
        client.embeddings.create(model="each", input="word " * 4000)

    assert (error.value.code, error.value.param) == ("request_exceeds_budget", "input")
    assert provider.requests == []


def test_a_stream_beyond_its_bound_ends_as_one_that_reached_its_length(client, provider):
    """F12 with ``on_exceed: finish``: a proper end, with the reason ``length``."""
    provider.clear()
    provider.always(openai_stream(["word " * 50] * 40))

    with client.chat.completions.create(model="finishing", messages=MESSAGES, stream=True, max_tokens=20) as stream:
        chunks = [chunk for chunk in stream if chunk.choices]

    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert chunks[-1].choices[0].finish_reason == "length"
    assert 0 < text.count("word") < 2000


def test_a_stream_beyond_its_bound_ends_with_an_error(client, provider):
    """F12, as it is without that: an error frame, and no end that is none (K8)."""
    provider.clear()
    provider.always(openai_stream(["word " * 50] * 40))

    with (
        client.chat.completions.create(model="ending", messages=MESSAGES, stream=True, max_tokens=20) as stream,
        pytest.raises(openai.APIError) as error,
    ):
        list(stream)

    assert error.value.code == "stream_limit_exceeded"


def test_a_model_that_nobody_has_a_price_for_is_refused_under_a_budget(client, gateway, provider):
    """D31: waiting does not help."""
    with pytest.raises(openai.InternalServerError) as error:
        _ask(client, "unpriced/no-such-model-anywhere")

    assert (error.value.status_code, error.value.code, error.value.param) == (503, "price_unknown", "model")
    assert error.value.response.headers["x-should-retry"] == "false"
    assert provider.requests == []


def _raw(client: openai.OpenAI, model: str) -> Any:
    return client.chat.completions.with_raw_response.create(model=model, messages=MESSAGES)
