"""LangChain's ChatOpenAI against the real server: only its base URL is changed."""

import json
from collections.abc import Iterator
from typing import Any

import pydantic
import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from tests.rig.answers import stream
from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream
from tests.rig.wires import (
    anthropic_answer,
    anthropic_stream,
    openai_answer,
    openai_events,
    openai_stream,
    openai_tool_call,
)


class Weather(pydantic.BaseModel):
    """The weather of a place."""

    city: str
    degrees: int


@tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"21 degrees in {city}"


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeUpstream]:
    """The upstream of all tests here."""
    with FakeUpstream() as fake:
        yield fake


@pytest.fixture(scope="module")
def gateway(provider, tmp_path_factory) -> Iterator[Gateway]:
    """A server with a model on each of two wires."""
    config = {
        "upstreams": {
            "one": {"provider": "openai", "base_url": f"{provider.url}/v1", "api_key": "sk-upstream"},
            "two": {"provider": "anthropic", "base_url": provider.url, "api_key": "sk-upstream"},
        },
        "models": {"chat": "one/gpt-upstream", "claude": "two/claude-upstream"},
        "chain": ["strategy", {"retry": {"attempts": 1}}],
    }
    with Gateway(tmp_path_factory.mktemp("langchain"), config) as server:
        yield server


@pytest.fixture
def model(gateway, provider) -> Any:
    """Makes a ChatOpenAI for one of our models."""
    provider.clear()

    def of(name: str, **options: Any) -> ChatOpenAI:
        return ChatOpenAI(model=name, base_url=gateway.base_url, api_key="any", max_retries=0, **options)

    return of


@pytest.mark.parametrize(("name", "answer"), [("chat", openai_answer("Hello")), ("claude", anthropic_answer("Hello"))])
def test_invoke(name, answer, model, provider):
    """An answer with usage, from either wire."""
    provider.answer(answer)

    message = model(name).invoke([SystemMessage("Be brief."), HumanMessage("Say hello.")])

    assert message.content == "Hello"
    assert message.usage_metadata["input_tokens"] == 7
    assert message.usage_metadata["output_tokens"] == 3
    assert message.response_metadata["finish_reason"] == "stop"


@pytest.mark.parametrize(
    ("name", "answer"), [("chat", openai_stream(["Hel", "lo"])), ("claude", anthropic_stream(["Hel", "lo"]))]
)
def test_stream(name, answer, model, provider):
    """Pieces that add up to the answer, with the usage that was asked for."""
    provider.answer(answer)

    pieces = list(model(name, stream_usage=True).stream("Say hello."))

    whole = pieces[0]
    for piece in pieces[1:]:
        whole += piece
    assert [piece.content for piece in pieces if piece.content] == ["Hel", "lo"]
    assert whole.usage_metadata["total_tokens"] == 10


def test_usage_in_every_chunk_is_not_added_up(model, provider):
    """LangChain adds up all that it is given: what vLLM, xAI and others say in each chunk goes out once."""
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    events = [
        event.replace(b'"choices"', b'"usage": %b, "choices"' % json.dumps(usage).encode())
        if b'"usage"' not in event
        else event
        for event in openai_events([{"content": "Hel"}, {"content": "lo"}])
    ]
    provider.answer(stream(*events))

    pieces = list(model("chat", stream_usage=True).stream("Say hello."))

    whole = pieces[0]
    for piece in pieces[1:]:
        whole += piece
    assert whole.content == "Hello"
    assert (whole.usage_metadata["input_tokens"], whole.usage_metadata["output_tokens"]) == (7, 3)


def test_a_stream_whose_provider_counts_nothing(model, provider):
    """Usage was asked for: there is none, and nothing breaks over it."""
    *events, _, done = openai_events([{"content": "Hello"}])
    provider.answer(stream(*events, done))

    pieces = list(model("chat", stream_usage=True).stream("Say hello."))

    assert "".join(piece.content for piece in pieces) == "Hello"
    assert [piece.usage_metadata for piece in pieces if piece.usage_metadata] == []


def test_bind_tools(model, provider):
    """A tool call comes back parsed, and its result goes in again."""
    provider.answer(
        openai_answer("", tool_calls=[openai_tool_call("get_weather", {"city": "Paris"})]), openai_answer("21 degrees")
    )
    bound = model("chat").bind_tools([get_weather])
    question = HumanMessage("What is the weather in Paris?")

    called = bound.invoke([question])
    assert [(call["name"], call["args"]) for call in called.tool_calls] == [("get_weather", {"city": "Paris"})]
    result = ToolMessage(get_weather.invoke(called.tool_calls[0]["args"]), tool_call_id=called.tool_calls[0]["id"])
    answer = bound.invoke([question, AIMessage("", tool_calls=called.tool_calls), result])

    assert answer.content == "21 degrees"
    assert provider.requests[0].json["tools"][0]["function"]["name"] == "get_weather"
    assert provider.requests[1].json["messages"][2] == {
        "role": "tool",
        "tool_call_id": "call_1",
        "content": "21 degrees in Paris",
    }


def test_streamed_tool_calls(model, provider):
    """Arguments in pieces are whole once the pieces are added."""
    first = {"index": 0, **openai_tool_call("get_weather", {})}
    first["function"] = {"name": "get_weather", "arguments": ""}
    deltas = [
        {"tool_calls": [first]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"city": '}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '"Paris"}'}}]},
    ]
    provider.answer(stream(*openai_events(deltas, finish="tool_calls")))

    pieces = list(model("chat").bind_tools([get_weather]).stream("What is the weather in Paris?"))

    whole = pieces[0]
    for piece in pieces[1:]:
        whole += piece
    assert [(call["name"], call["args"]) for call in whole.tool_calls] == [("get_weather", {"city": "Paris"})]


def test_structured_output_by_schema(model, provider):
    """The JSON schema reaches the upstream, and the answer becomes a model."""
    provider.answer(openai_answer('{"city": "Paris", "degrees": 21}'))

    answer = model("chat").with_structured_output(Weather, method="json_schema").invoke("What is the weather in Paris?")

    assert answer == Weather(city="Paris", degrees=21)
    assert provider.requests[0].json["response_format"]["json_schema"]["name"] == "Weather"


def test_structured_output_by_tool(model, provider):
    """The same by a forced tool call."""
    provider.answer(openai_answer("", tool_calls=[openai_tool_call("Weather", {"city": "Paris", "degrees": 21})]))
    structured = model("chat").with_structured_output(Weather, method="function_calling")

    answer = structured.invoke("What is the weather in Paris?")

    assert answer == Weather(city="Paris", degrees=21)
    assert provider.requests[0].json["tool_choice"] == {"type": "function", "function": {"name": "Weather"}}
