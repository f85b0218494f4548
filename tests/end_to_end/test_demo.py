"""The first steps: the repository's own proxy.yaml, started as it is, answers without any account."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.rig import heard
from tests.rig.server import Gateway

CONFIG = Path(__file__).resolve().parents[2] / "proxy.yaml"
MESSAGES: list[Any] = [{"role": "user", "content": "What is the weather in Paris?"}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a place.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city"],
        },
    },
}


@pytest.fixture(scope="module")
def client(tmp_path_factory) -> Iterator[openai.OpenAI]:
    """The SDK, its base URL changed and nothing else."""
    file = Path(shutil.copy(CONFIG, tmp_path_factory.mktemp("served")))  # the ledger comes beside it
    with (
        Gateway(tmp_path_factory.mktemp("demo"), file) as server,
        openai.OpenAI(base_url=server.base_url, api_key="any", max_retries=0, timeout=30) as sdk,
    ):
        yield sdk


def test_the_demo_model_answers(client):
    """A whole answer with text and usage."""
    said = heard.of_completion(client.chat.completions.create(model="demo", messages=MESSAGES))

    assert said.text
    assert said.finish_reasons == ["stop"]
    assert said.usage is not None
    assert said.usage.total == said.usage.prompt + said.usage.completion > 0


def test_the_demo_model_streams(client):
    """Several pieces of text, an end, and the usage that was asked for."""
    with client.chat.completions.create(
        model="demo", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    ) as stream:
        chunks = list(stream)

    said = heard.of_stream(chunks)
    assert said.text
    assert sum(bool(chunk.choices and chunk.choices[0].delta.content) for chunk in chunks) > 1
    assert (said.finish_reasons, said.usage_chunks) == (["stop"], 1)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_the_demo_model_calls_a_tool(client, streamed):
    """Offered a tool that it must use, it uses it, with arguments that are JSON."""
    asked = client.chat.completions.create(
        model="demo", messages=MESSAGES, tools=[WEATHER], tool_choice="required", stream=streamed
    )
    said = heard.of_stream(asked) if streamed else heard.of_completion(asked)

    ((name, arguments),) = said.tool_calls
    assert name == "get_weather"
    assert isinstance(arguments, dict), json.dumps(arguments)
    assert said.finish_reasons == ["tool_calls"]


def test_the_demo_model_is_listed(client):
    """The list of models has it, and it can be looked up."""
    assert "demo" in [model.id for model in client.models.list()]
    assert client.models.retrieve("demo").id == "demo"
