"""No parameter of a request for embeddings vanishes: every wire says it, names it as left out, or is no candidate."""

from typing import Any

import orjson
import pytest

from tests.rig.asks import Target
from translators.base import EmbeddingsRequest, Translator
from translators.dialects.embeddings import EmbeddingsDialect
from translators.parameters import fitted
from translators.registry import PROVIDERS

SAMPLES: dict[str, dict[str, Any]] = {
    "dimensions": {"dimensions": 64},
    "user": {"user": "ann"},
    "input[]": {"input": ["Hi", "there"]},
    "input.tokens": {"input": [11, 12]},
    "frobnicate": {"frobnicate": [1]},
}
"""A request that uses exactly this name; the last one is nobody's."""
MODELS: dict[str, tuple[str, ...]] = {
    "bedrock": ("cohere.embed-v4:0", "cohere.embed-english-v3", "amazon.titan-embed-text-v2:0", "nobody.knows-v1:0"),
    "cohere": ("embed-v4.0", "embed-english-v3.0"),
    "google": ("gemini-embedding-001",),
    "vertex": ("text-embedding-005", "gemini-embedding-001"),
}
WIRES = [
    pytest.param(api.embeddings, model, id=f"{provider}-{name}-{model}")
    for provider, known in PROVIDERS.items()
    for name, api in known.apis.items()
    if api.embeddings is not None
    for model in MODELS.get(provider, ("m",))
]


def ask(**fields: Any) -> EmbeddingsRequest:
    """A request as the dialect reads it."""
    raw = orjson.dumps({"model": "smart", "input": "Hi", **fields})
    return EmbeddingsDialect().parse(raw, request_id="ours", created=7)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize(("wire", "model"), WIRES)
def test_nothing_is_left_out_in_silence(wire: Translator[EmbeddingsRequest], model: str, name: str) -> None:
    """Whatever a wire makes of it, somebody is told, or the upstream is."""
    target, wanted, plain = Target(model), ask(**SAMPLES[name]), ask()
    assert wanted.uses == (name,)
    unsupported = wire.unsupported(wanted, target)
    if unsupported:
        assert name in unsupported or unsupported == wire.unsupported(plain, target) == ("model",)
        return

    sent, usual = wire.request(wanted, target), wire.request(plain, target)

    assert (name in sent.dropped) is (sent.body == usual.body)
    assert usual.dropped == ()


@pytest.mark.parametrize(("wire", "model"), WIRES)
def test_a_request_can_be_said_twice(wire: Translator[EmbeddingsRequest], model: str) -> None:
    """Retries do."""
    wanted, target = ask(input=["Hi", "there"], encoding_format="base64"), Target(model)
    if not wire.unsupported(wanted, target):
        assert wire.request(wanted, target) == wire.request(wanted, target)


def test_a_length_that_is_dropped_is_gone_everywhere() -> None:
    """From the body, and from where translators read it."""
    found = fitted(ask(dimensions=3, user="u"), {"dimensions": "drop"})

    assert isinstance(found.ask, EmbeddingsRequest)
    assert (found.ask.dimensions, found.ask.uses, found.dropped) == (None, ("user",), ("dimensions",))
    assert "dimensions" not in found.ask.body


@pytest.mark.parametrize(("name", "value"), [("input[]", ["a", "b"]), ("input.tokens", [1, 2])])
@pytest.mark.parametrize("wish", ["drop", "refuse"])
def test_an_input_cannot_be_dropped(name: str, value: Any, wish: Any) -> None:
    """Nothing would be left: the target is no candidate then."""
    wanted = ask(input=value)
    found = fitted(wanted, {name: wish})

    assert (found.ask, found.dropped, found.refused) == (wanted, (), (name,))
