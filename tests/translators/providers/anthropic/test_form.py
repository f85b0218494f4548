"""The form of an answer: enforced, asked for in words, or the input of a tool that has to be called."""

from typing import Any

import orjson
import pytest

from tests.translators.providers.anthropic.anthropic_asks import HI, TIME, WEATHER, Json, Target, ask, call, lacks, wire
from tests.translators.providers.anthropic.anthropic_streams import START, STOP, begin, close, delta, end
from translators.base import ChatResponse, WireResponse
from translators.framing.sse import frame
from translators.providers.anthropic import Anthropic

OLD = "claude-3-5-sonnet-20240620"
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
FORM = {"type": "json_schema", "json_schema": {"name": "x", "description": "A place.", "schema": SCHEMA}}
NAME = "switchgear_answer"
ONE = {"disable_parallel_tool_use": True}


def test_a_schema_is_enforced_by_the_api() -> None:
    """Its name has no place and no meaning here; no beta is needed any longer."""
    form = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": SCHEMA}}
    request, sent = wire(response_format=form)

    assert sent["output_config"] == {"format": {"type": "json_schema", "schema": SCHEMA}}
    assert (request.dropped, "anthropic-beta" in request.headers) == ((), False)


def test_what_the_api_cannot_enforce_of_a_schema_is_named() -> None:
    """It stays in the description for the model to read."""
    schema = {**SCHEMA, "properties": {"city": {"type": "string", "pattern": "^R"}}}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    request, sent = wire(response_format=form)

    city = sent["output_config"]["format"]["schema"]["properties"]["city"]
    assert city == {"type": "string", "description": "{pattern: ^R}"}
    assert request.dropped == ("response_format.json_schema.schema.pattern",)


@pytest.mark.parametrize("form", [{"type": "json_object"}, {"type": "json_schema", "json_schema": {"name": "x"}}])
def test_a_json_object_is_asked_for_in_words(form: Json) -> None:
    """Which is weaker than OpenAI's promise, so it is named."""
    request, sent = wire([{"role": "system", "content": "Be brief."}, *HI], response_format=form)

    assert sent["system"][0]["text"] == "Be brief."
    assert "JSON object" in sent["system"][1]["text"]
    assert request.dropped == (f"response_format.{form['type']}",)


def test_an_older_model_answers_with_the_input_of_a_tool() -> None:
    """It is made to call it, once."""
    request, sent = wire(to=OLD, response_format=FORM)

    assert (lacks(to=OLD, response_format=FORM), request.dropped, "output_config" in sent) == ((), (), False)
    assert [(tool["name"], tool["input_schema"]) for tool in sent["tools"]] == [(NAME, SCHEMA)]
    assert sent["tools"][0]["description"].endswith("A place.")
    assert sent["tool_choice"] == {"type": "tool", "name": NAME, **ONE}


@pytest.mark.parametrize("form", [{"type": "json_object"}, {"type": "json_schema", "json_schema": {"name": "x"}}])
def test_an_older_models_object_of_any_shape_is_a_tools_input_too(form: Json) -> None:
    """Which always is an object: the promise holds, and nothing is named."""
    request, sent = wire(to=OLD, response_format=form)

    assert sent["tools"][0]["input_schema"] == {"type": "object"}
    assert request.dropped == ()


@pytest.mark.parametrize(
    ("choice", "names", "sent"),
    [
        (None, ["get_weather", "get_time", NAME], {"type": "any", **ONE}),
        ("auto", ["get_weather", "get_time", NAME], {"type": "any", **ONE}),
        ("none", ["get_weather", "get_time", NAME], {"type": "tool", "name": NAME, **ONE}),
        ("required", ["get_weather", "get_time"], {"type": "any"}),
        (
            {"type": "function", "function": {"name": "get_time"}},
            ["get_weather", "get_time"],
            {"type": "tool", "name": "get_time"},
        ),
    ],
)
def test_beside_other_tools_one_of_all_has_to_be_called(choice: Any, names: list[str], sent: Json) -> None:
    """Where the client demands a call of its own, there is no text to be held to a form."""
    body = wire(to=OLD, tools=[WEATHER, TIME], tool_choice=choice, response_format=FORM)[1]

    assert [tool["name"] for tool in body["tools"]] == names
    assert body["tool_choice"] == sent


def test_tools_of_the_history_alone_are_not_called_again() -> None:
    """They are declared, for the API demands it; only the answer may be called."""
    history = [*HI, {"role": "assistant", "content": None, "tool_calls": [call("f", "{}", "a")]}]
    history.append({"role": "tool", "tool_call_id": "a", "content": "1"})
    body = wire(history, to=OLD, response_format=FORM)[1]

    assert [tool["name"] for tool in body["tools"]] == ["f", NAME]
    assert body["tool_choice"] == {"type": "tool", "name": NAME, **ONE}


def test_a_form_that_is_forced_rules_thinking_out() -> None:
    """The API refuses both together; which is named."""
    request, sent = wire(to="claude-sonnet-4-20250514", response_format=FORM, reasoning_effort="high")

    assert ("thinking" in sent, request.dropped) == (False, ("reasoning_effort",))


def test_a_schema_of_no_object_asks_for_a_model_that_enforces_it() -> None:
    """The input of a tool always is an object."""
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "array"}}}

    assert lacks(to=OLD, response_format=form) == ("response_format.json_schema",)
    assert lacks(response_format=form) == ()


def answered(*content: Json, **body: Any) -> tuple[Json, str, Any]:
    """The message that an answer becomes, its finish reason, and its memento."""
    raw: Json = {"id": "m", "type": "message", "role": "assistant", "model": OLD, "content": list(content)}
    raw |= {"stop_reason": "tool_use", "usage": {"input_tokens": 1, "output_tokens": 1}}
    response = Anthropic().response(ask(**body), WireResponse(200, {}, orjson.dumps(raw)), Target(OLD))
    assert isinstance(response, ChatResponse)
    choice = orjson.loads(response.body)["choices"][0]
    return choice["message"], choice["finish_reason"], response.memento


def streamed(*blocks: tuple[Json, list[str]], **body: Any) -> tuple[Json, str, Any]:
    """The same of a stream of these blocks, each with its JSON in pieces."""
    decoder = Anthropic().decoder(ask(stream=True, **body), Target(OLD))
    events = [START]
    for index, (block, pieces) in enumerate(blocks):
        deltas = [delta("input_json_delta", index, partial_json=piece) for piece in pieces]
        events += [begin(block, index), *deltas, end(index)]
    framed = [frame(orjson.dumps(one)) for one in [*events, close("tool_use"), STOP]]
    out = b"".join([decoder.feed(one) for one in framed])
    message: Json = {"content": ""}
    reason = ""
    for chunk in out.split(b"\n\n")[:-1]:
        choice = orjson.loads(chunk.removeprefix(b"data: "))["choices"][0]
        message["content"] += choice["delta"].get("content") or ""
        for one in choice["delta"].get("tool_calls") or ():
            message.setdefault("tool_calls", []).append(one)
        reason = choice["finish_reason"] or reason
    assert decoder.finished
    return message, reason, decoder.memento


USE: Json = {"type": "tool_use", "id": "t", "name": NAME, "input": {}}
OTHER: Json = {"type": "tool_use", "id": "u", "name": "get_time", "input": {}}


def test_the_client_never_sees_the_call() -> None:
    """Its input is the text, whole and streamed alike; and the answer has not stopped for a tool."""
    whole, reason, _ = answered({**USE, "input": {"city": "Rome"}}, response_format=FORM)
    pieces, ending, _ = streamed((USE, ["", '{"city":', '"Rome"}']), response_format=FORM)

    assert (whole["content"], reason, "tool_calls" in whole) == ('{"city":"Rome"}', "stop", False)
    assert (pieces, ending) == ({"content": '{"city":"Rome"}'}, "stop")


def test_an_empty_object_is_an_answer_too() -> None:
    """Its deltas never come."""
    assert answered(USE, response_format={"type": "json_object"})[0]["content"] == "{}"
    assert streamed((USE, []), response_format={"type": "json_object"})[0] == {"content": "{}"}


def test_calls_of_the_clients_tools_are_calls() -> None:
    """And so is one of that name where no form was asked for."""
    assert answered(OTHER, response_format=FORM)[1] == "tool_calls"
    assert streamed((OTHER, ["{}"]), response_format=FORM)[1] == "tool_calls"
    assert answered(USE)[0]["tool_calls"][0]["function"]["name"] == NAME
    assert streamed((USE, ["{}"]))[0]["tool_calls"][0]["function"]["name"] == NAME


def test_thinking_beside_calls_is_kept_for_the_next_turn() -> None:
    """Without its signature, the results of the calls are a 400."""
    thought: Json = {"type": "thinking", "thinking": "hm", "signature": "s"}
    hidden: Json = {"type": "redacted_thinking", "data": "x"}
    details = [
        {"type": "reasoning.text", "text": "hm", "format": "anthropic-claude-v1", "index": 0, "signature": "s"},
        {"type": "reasoning.encrypted", "data": "x", "format": "anthropic-claude-v1", "index": 1},
    ]

    for memento in (
        answered(thought, hidden, USE, OTHER)[2],
        streamed((thought, []), (hidden, []), (USE, ["{}"]), (OTHER, []))[2],
    ):
        assert memento is not None
        assert (memento.calls, memento.fields) == (("t", "u"), {"reasoning_details": details})
    assert answered(thought, {"type": "text", "text": "x"})[2] is None
    assert streamed((OTHER, []))[2] is None
