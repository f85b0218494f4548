"""Typed answers of OpenAI's SDK from a vendor that knows no JSON schema: the model is made to call a tool."""

from collections.abc import Iterator
from typing import Any

import openai
import pydantic
import pytest

from tests.rig.answers import stream
from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream
from tests.rig.wires import openai_answer, openai_events, openai_tool_call

MESSAGES: list[Any] = [{"role": "user", "content": "What is the weather like in Rome?"}]
NAME = "switchgear_answer"
ARGUMENTS = {"city": "Rome", "degrees": 21}


class Weather(pydantic.BaseModel):
    """What the answer is parsed into."""

    city: str
    degrees: int


@pytest.fixture
def provider() -> Iterator[FakeUpstream]:
    """DeepSeek."""
    with FakeUpstream() as fake:
        yield fake


@pytest.fixture
def client(provider, tmp_path) -> Iterator[openai.OpenAI]:
    """The SDK at a server whose only model is DeepSeek's."""
    upstream = {"provider": "deepseek", "base_url": provider.url, "api_key": "sk-upstream"}
    config = {"upstreams": {"deepseek": upstream}, "models": {"chat": "deepseek/deepseek-v4-flash"}}
    with (
        Gateway(tmp_path, config) as server,
        openai.OpenAI(base_url=server.base_url, api_key="any", max_retries=0, timeout=30) as sdk,
    ):
        yield sdk


def test_a_typed_answer_comes_from_a_vendor_without_schemas(client, provider):
    """Whole by ``.parse()`` and in pieces by ``.stream()``; the vendor hears of a tool, the client of none."""
    call = openai_tool_call(NAME, ARGUMENTS)
    pieces = [{"tool_calls": [{"index": 0, **call, "function": {"name": NAME, "arguments": ""}}]}] + [
        {"tool_calls": [{"index": 0, "function": {"arguments": letter}}]} for letter in call["function"]["arguments"]
    ]
    provider.answer(openai_answer("", tool_calls=[call]), stream(*openai_events(pieces, "tool_calls")))
    asked: dict[str, Any] = {"model": "chat", "messages": MESSAGES, "response_format": Weather}

    whole = client.chat.completions.parse(**asked).choices[0]
    with client.chat.completions.stream(**asked) as events:
        deltas = [event.delta for event in events if event.type == "content.delta" and event.delta]
        streamed = events.get_final_completion().choices[0]

    for choice in (whole, streamed):
        assert choice.message.parsed == Weather(**ARGUMENTS)
        assert (choice.finish_reason, choice.message.tool_calls) == ("stop", None)
    assert deltas == list(call["function"]["arguments"])
    for request in provider.requests:
        (tool,) = request.json["tools"]
        assert tool["function"]["parameters"]["required"] == ["city", "degrees"]
        assert request.json["tool_choice"] == {"type": "function", "function": {"name": NAME}}
        assert "response_format" not in request.json
