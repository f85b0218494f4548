"""What goes upstream is what the vendor's own SDK could have sent, and means what the client asked for."""

from typing import Any

import orjson
import pytest

from tests.rig.asks import Target
from tests.translators.official.meanings import READERS, Step, of_openai, settled
from tests.translators.official.requests import REQUESTS
from tests.translators.official.vendor_types import OFFICIAL
from translators.base import ChatRequest
from translators.dialects.chat import ChatDialect
from translators.providers.forms import ANSWER
from translators.registry import PROVIDERS

MODELS = {
    "anthropic": "claude-sonnet-4-5",
    "google": "gemini-2.5-flash",
    "bedrock": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "cohere": "command-a-03-2025",
    "azure": "gpt-4.1",
    "mistral": "mistral-large-latest",
}
CANNOT: dict[str, set[str]] = {name: set() for name in MODELS} | {
    "anthropic": {"audio", "two choices", "log probabilities"},
    "google": {"log probabilities", "tools and a schema"},  # of this model
    "bedrock": {"audio", "two choices", "log probabilities", "an image by address"},  # audio: of this model
    "cohere": {"a PDF", "audio", "two choices", "log probabilities", "tools and a schema"},
}
"""Requests that a provider has to refuse, by name; all others go out."""
IN_THE_PATH = ("stream",)
CASES = [pytest.param(provider, name, id=f"{provider}: {name}") for provider in MODELS for name in REQUESTS]


def ask(name: str) -> ChatRequest:
    """A request, as the dialect reads it."""
    raw = orjson.dumps({"model": "smart", **REQUESTS[name]})
    return ChatDialect().parse(raw, request_id="chatcmpl-ours", created=7)


@pytest.mark.parametrize(("provider", "name"), CASES)
def test_a_request_is_one_that_the_vendors_sdk_could_send(provider: str, name: str) -> None:
    """Or the provider is no candidate for it, which is known and named."""
    translator, place, wanted = PROVIDERS[provider].api().chat, Target(MODELS[provider], provider), ask(name)

    lost = translator.unsupported(wanted, place)

    assert bool(lost) is (name in CANNOT[provider]), lost
    assert set(lost) <= set(wanted.uses)
    if lost:
        return
    wire = translator.request(wanted, place)
    body: dict[str, Any] = orjson.loads(wire.body)
    assert OFFICIAL[provider](body) == []
    _compare(provider, wanted, body, wire.dropped)


def _compare(provider: str, wanted: ChatRequest, body: dict[str, Any], dropped: tuple[str, ...]) -> None:
    asked, sent = settled(of_openai(wanted.body)), settled(READERS[provider](body))
    assert sent.steps == _with_what_we_say(asked.steps, sent.steps, dropped)
    narrowed = {name for name in wanted.uses if name.startswith("tool_choice.")}
    if wanted.body.get("tools") and not narrowed:
        assert sent.tools == asked.tools
    called = {what[0] for _, kind, what in asked.steps if kind == "call"}
    assert sent.tools.keys() <= asked.tools.keys() | called | {ANSWER}
    if narrowed and sent.settings["choice"] != "none":
        assert sent.tools.items() <= asked.tools.items()
    for setting, value in asked.settings.items():
        if setting in IN_THE_PATH and setting not in sent.settings:
            continue
        if value is None or setting in dropped or (setting == "choice" and not sent.tools.keys() & asked.tools.keys()):
            continue
        assert sent.settings.get(setting) == value, setting


def _with_what_we_say(asked: list[Step], sent: list[Step], dropped: tuple[str, ...]) -> list[Step]:
    """A JSON object is an instruction where a vendor has no such format, and it is named."""
    told = "response_format" in " ".join(dropped) and sent[0][0] == "system" and "JSON" in sent[0][2]
    return [sent[0], *asked] if told else asked
