"""What ``GET /v1/models`` says of a model, and what it means for requests: through the real server and OpenAI's SDK."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream
from tests.rig.wires import openai_answer

KEY, LIMITED = "sg-for-these-tests-0123456789", "sg-for-one-model-0123456789"
IMAGE: list[Any] = [
    {
        "role": "user",
        "content": [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}],
    }
]
TEXT: list[Any] = [{"role": "user", "content": "hi"}]


def config(port: int) -> dict[str, Any]:
    """Models of one target and of several, known, unknown, described by the operator, and named by the client."""
    account = {"provider": "openai", "base_url": f"http://127.0.0.1:{port}/v1", "api_key": "sk-for-tests-only"}
    own = {"vision": False, "context_window": "32k", "max_output": "4k", "response_schema": False}
    return {
        "upstreams": {"oa": account, "own": account | {"provider": "vllm"}},
        "models": {
            "known": "oa/gpt-4o",
            "blind": "oa/o3-mini",
            "either": ["oa/o3-mini", "oa/gpt-4o"],
            "seeing": {"targets": [{"to": "oa/o3-mini", "capabilities": {"vision": True}}]},
            "unknown": "own/gpt-4o",
            "described": {
                "targets": [{"to": "own/llama", "capabilities": own, "price": {"input": "$0.1/M", "output": "$0.40/M"}}]
            },
            "steps": "oa/gpt-5.4",
            "roomy": [{"to": "own/small", "capabilities": {"max_output": "1k"}}, "oa/gpt-4o"],
            "any/*": "oa/*",
        },
        "keys": [{"id": "all", "secret": KEY}, {"id": "one", "secret": LIMITED, "models": ["known"]}],
    }


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeUpstream]:
    """It answers whatever it is asked."""
    with FakeUpstream() as fake:
        yield fake


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One server for all."""
    with Gateway(tmp_path_factory.mktemp("models"), config(upstream.port)) as server:
        yield server


@pytest.fixture
def client(gateway: Gateway, upstream: FakeUpstream) -> Iterator[openai.OpenAI]:
    """The SDK as it is."""
    upstream.clear()
    upstream.always(openai_answer("Hello"))
    with openai.OpenAI(base_url=gateway.base_url, api_key=KEY, max_retries=0, timeout=30) as sdk:
        yield sdk


def card(client: openai.OpenAI, model: str) -> dict[str, Any]:
    """All that is said of a model."""
    return client.models.retrieve(model).model_dump()


def test_the_sdk_reads_the_list(client: openai.OpenAI) -> None:
    """OpenAI's fields are as OpenAI has them; each card is the one that is asked for alone."""
    cards = {model.id: model for model in client.models.list()}

    assert set(cards) == set(config(0)["models"])
    assert {each.object for each in cards.values()} == {"model"}
    assert cards["known"].owned_by == "openai"
    assert cards["either"].owned_by == "switchgear"
    assert cards["known"].created > 1_700_000_000
    assert cards["known"] == client.models.retrieve("known")


def test_a_known_model_says_what_it_can_do_and_costs(client: openai.OpenAI) -> None:
    """The catalogue's facts; dollars per token as OpenRouter writes them."""
    found = card(client, "known")

    assert (found["context_window"], found["max_output_tokens"]) == (128_000, 16_384)
    assert found["capabilities"]["vision"] is True
    assert found["capabilities"]["tools"] is True
    assert "audio_input" not in found["capabilities"]
    assert found["pricing"] == {"prompt": "0.0000025", "completion": "0.00001", "input_cache_read": "0.00000125"}
    assert (found["deprecated"], found["deprecation_date"]) == (False, None)


def test_a_price_in_steps_is_shown_in_steps(client: openai.OpenAI) -> None:
    """Who sends a long prompt should know."""
    (step,) = card(client, "steps")["pricing"]["above"]

    assert step == {
        "input_tokens": 272_000,
        "prompt": "0.000005",
        "completion": "0.0000225",
        "input_cache_read": "0.0000005",
    }


def test_a_model_whose_day_has_come_says_so(client: openai.OpenAI) -> None:
    """The provider may switch it off from that day on."""
    found = card(client, "blind")

    assert (found["deprecated"], found["deprecation_date"]) == (True, "2026-10-23")


def test_of_several_targets_the_least_is_promised_and_each_is_shown(client: openai.OpenAI) -> None:
    """Whichever serves the request: the smaller window, no images, the dearer rates."""
    found = card(client, "either")
    blind, seeing = found["targets"]

    assert (found["context_window"], found["max_output_tokens"]) == (128_000, 16_384)
    assert found["capabilities"]["vision"] is False
    assert found["pricing"]["prompt"] == "0.0000025"
    assert (found["deprecated"], found["deprecation_date"]) == (False, None)
    assert (blind["id"], blind["owned_by"], blind["context_window"]) == ("oa/o3-mini", "openai", 200_000)
    assert (blind["capabilities"]["vision"], seeing["capabilities"]["vision"]) == (False, True)
    assert seeing["pricing"]["prompt"] == "0.0000025"


def test_what_the_operator_writes_is_what_is_said(client: openai.OpenAI) -> None:
    """Of a server of one's own nobody else knows anything."""
    found = card(client, "described")

    assert (found["context_window"], found["max_output_tokens"]) == (32_000, 4000)
    assert found["capabilities"] == {"vision": False, "response_schema": False}
    assert found["pricing"] == {"prompt": "0.0000001", "completion": "0.0000004"}


def test_of_an_unknown_model_nothing_is_said(client: openai.OpenAI) -> None:
    """``gpt-4o`` on somebody's own server may be anything; nor does a wildcard stand for one model."""
    for name in ("unknown", "any/*"):
        (found,) = [model.model_dump() for model in client.models.list() if model.id == name]
        assert (found["context_window"], found["max_output_tokens"], found["pricing"]) == (None, None, None)
        assert found["capabilities"] == {}


def test_a_name_that_a_wildcard_lets_through_is_known_by_its_own(client: openai.OpenAI) -> None:
    """Asked for by the name that a client would use."""
    found = card(client, "any/o3-mini")

    assert found["context_window"] == 200_000
    assert found["targets"][0]["id"] == "oa/o3-mini"


def test_a_key_sees_its_own_models_alone(gateway: Gateway) -> None:
    """Neither in the list nor by name."""
    with openai.OpenAI(base_url=gateway.base_url, api_key=LIMITED, max_retries=0, timeout=30) as sdk:
        assert [model.id for model in sdk.models.list()] == ["known"]
        with pytest.raises(openai.NotFoundError):
            sdk.models.retrieve("blind")


@pytest.mark.parametrize(("model", "served_by"), [("either", "gpt-4o"), ("seeing", "o3-mini"), ("known", "gpt-4o")])
def test_an_image_goes_to_a_target_that_can_see(
    model: str, served_by: str, client: openai.OpenAI, upstream: FakeUpstream
) -> None:
    """A target that is known to be blind is passed over, unless the operator knows better."""
    client.chat.completions.create(model=model, messages=IMAGE)

    assert [request.json["model"] for request in upstream.requests] == [served_by]


@pytest.mark.parametrize("model", ["blind", "any/o3-mini", "described"])
def test_an_image_that_nobody_can_see_is_refused_by_name(
    model: str, client: openai.OpenAI, upstream: FakeUpstream
) -> None:
    """DESIGN 1: a 400 that names the parameter; the upstream is not asked. A text is served."""
    with pytest.raises(openai.BadRequestError) as refusal:
        client.chat.completions.create(model=model, messages=IMAGE)

    assert (refusal.value.code, refusal.value.param) == ("unsupported_parameter", "messages[].content[].image_url")
    assert upstream.requests == []
    assert client.chat.completions.create(model=model, messages=TEXT).choices[0].message.content == "Hello"


def test_an_unknown_model_is_let_try(client: openai.OpenAI, upstream: FakeUpstream) -> None:
    """What nobody knows is no reason to refuse."""
    client.chat.completions.create(model="unknown", messages=IMAGE, temperature=0.5)

    assert upstream.request().json["temperature"] == 0.5


def test_more_output_than_one_target_allows_goes_to_another(client: openai.OpenAI, upstream: FakeUpstream) -> None:
    """D15: a limit is its target's alone."""
    for tokens in (1000, 1001):
        client.chat.completions.create(model="roomy", messages=TEXT, max_tokens=tokens)

    assert [request.json["model"] for request in upstream.requests] == ["small", "gpt-4o"]


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_more_output_than_the_operator_allows_is_refused(field: str, client: openai.OpenAI) -> None:
    """D15: by what the YAML says, and by nothing else: the catalogue may be behind."""
    with pytest.raises(openai.BadRequestError) as refusal:
        client.chat.completions.create(model="described", messages=TEXT, extra_body={field: 4001})

    assert (refusal.value.code, refusal.value.param) == ("integer_above_max_value", field)
    client.chat.completions.create(model="known", messages=TEXT, extra_body={field: 10**6})
