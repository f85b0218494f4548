"""OpenAI's models that think refuse what their siblings take: an unchanged client is answered by both."""

from typing import Any

import orjson
import pytest

from tests.rig.asks import HI, Json, Target, ask
from translators.base import WireRequest
from translators.parameters import Wish
from translators.providers.openai import OpenAI
from translators.providers.vendors import VENDORS

SAMPLED: Json = {"temperature": 0, "top_p": 0.5, "presence_penalty": 1, "frequency_penalty": 1, "logit_bias": {"5": 1}}
THINKERS = [
    "o1",
    "o3-mini",
    "o4-mini-2025-04-16",
    "gpt-5",
    "gpt-5-mini",
    "gpt-5-2025-08-07",
    "gpt-5.1",
    "gpt-5-chat-latest",
]


def sent(
    model: str, vendor: str = "openai", wishes: dict[str, Wish] | None = None, **body: Any
) -> tuple[WireRequest, Json]:
    """The request as it goes out for a model, and what is in it beside model and messages."""
    request = OpenAI(VENDORS[vendor]).request(ask(HI, **body), Target(model, vendor, None, wishes or {}))
    fields = orjson.loads(request.body)
    return request, {name: value for name, value in fields.items() if name not in ("model", "messages", "stream")}


@pytest.mark.parametrize("model", THINKERS)
@pytest.mark.parametrize("vendor", ["openai", "azure", "github"])
def test_a_limit_is_said_as_the_model_takes_it(vendor: str, model: str) -> None:
    """Nothing is lost by it, so nothing is named."""
    request, fields = sent(model, vendor, max_tokens=50)

    assert (fields, request.dropped) == ({"max_completion_tokens": 50}, ())


def test_github_has_the_vendors_name_before_the_models() -> None:
    """The same models."""
    assert sent("openai/o3-mini", "github", max_tokens=50)[1] == {"max_completion_tokens": 50}


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4.1-mini", "gpt-35-turbo", "chatgpt-4o-latest", "o1iver", "my-gpt-5"])
def test_other_models_get_the_limit_and_the_sampling_as_they_are(model: str) -> None:
    """A name that says nothing of thinking is a stranger's."""
    request, fields = sent(model, max_tokens=50, **SAMPLED)

    assert (fields, request.dropped) == ({"max_tokens": 50, **SAMPLED}, ())


@pytest.mark.parametrize("vendor", ["groq", "vllm", "openrouter"])
def test_other_vendors_are_told_the_limit_by_its_name(vendor: str) -> None:
    """Whatever they call their models."""
    assert "max_tokens" in sent("gpt-5", vendor, max_tokens=50)[1]


@pytest.mark.parametrize("model", ["o1", "o3-mini", "gpt-5", "gpt-5-nano", "gpt-5-2025-08-07"])
def test_sampling_is_left_out_and_named_where_a_model_never_rests(model: str) -> None:
    """It is advice; its defaults say nothing, and pass."""
    request, fields = sent(model, seed=1, **SAMPLED)
    plain = sent(model, temperature=1, top_p=1, presence_penalty=0)

    assert (fields, request.dropped) == ({"seed": 1}, tuple(SAMPLED))
    assert (plain[1], plain[0].dropped) == ({"temperature": 1, "top_p": 1, "presence_penalty": 0}, ())


@pytest.mark.parametrize("model", ["gpt-5.1", "gpt-5.2-pro", "gpt-5-chat-latest"])
def test_sampling_passes_where_it_may_be_taken(model: str) -> None:
    """Since GPT-5.1 it depends on the effort: the upstream says."""
    assert sent(model, **SAMPLED)[1] == SAMPLED


def test_what_the_operator_lets_pass_goes_as_it_came() -> None:
    """A deployment may have any name."""
    request, fields = sent("gpt-5", "azure", {"max_tokens": "pass", "temperature": "pass"}, max_tokens=5, temperature=0)

    assert (fields, request.dropped) == ({"max_tokens": 5, "temperature": 0}, ())
