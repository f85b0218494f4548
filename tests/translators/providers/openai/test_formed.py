"""Answers of a model that was forced to call the reserved tool: the client sees a text, whole and streamed alike."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rig.asks import WEATHER, Json, Target, ask
from tests.translators.providers.openai.test_form import FORM, NAME
from translators.base import ChatResponse, Memento, WireResponse
from translators.facts import Failure, FailureKind
from translators.providers.openai import OpenAI
from translators.providers.vendors import VENDORS

DEEPSEEK = OpenAI(VENDORS["deepseek"])
TARGET = Target("deepseek-v4-flash", "deepseek")
ROME = '{"city":"Rome"}'
USAGE: Json = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
HEAD: Json = {"id": "x", "created": 1, "model": "deepseek-v4-flash"}


def called(name: str, arguments: Any = ROME, **more: Any) -> Json:
    """A call, or its first piece."""
    return {"id": f"call_{name}", "type": "function", "function": {"name": name, "arguments": arguments}, **more}


def piece(index: int, arguments: str) -> Json:
    """Another piece of a call."""
    return {"index": index, "function": {"arguments": arguments}}


def answered(*calls: Any, finish: str = "tool_calls", content: Any = "", **body: Any) -> tuple[Json, ChatResponse]:
    """The only choice of an answer with these calls, and all of it."""
    message = {"role": "assistant", "content": content, "reasoning_content": "Hm.", "tool_calls": list(calls)}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    raw = {**HEAD, "object": "chat.completion", "choices": [choice], "usage": USAGE}
    asked = ask(**({"response_format": FORM} | body))
    response = DEEPSEEK.response(asked, WireResponse(200, {}, orjson.dumps(raw)), TARGET)
    assert isinstance(response, ChatResponse)
    return orjson.loads(response.body)["choices"][0], response


def event(delta: Json, finish: str | None = None, index: int = 0) -> bytes:
    """A chunk of one choice."""
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return b"data: " + orjson.dumps({**HEAD, "object": "chat.completion.chunk", "choices": [choice]}) + b"\n\n"


def streamed(*calls: list[Json], finish: str = "tool_calls", cut: int | None = None, **body: Any) -> tuple[Json, Any]:
    """What a client makes of a stream of these pieces of calls, and the decoder."""
    events = [event({"role": "assistant", "content": None, "reasoning_content": "Hm."})]
    events += [event({"tool_calls": pieces}) for pieces in calls]
    return heard(b"".join([*events, event({}, finish), b"data: [DONE]\n\n"]), cut, **body)


def heard(raw: bytes, cut: int | None = None, **body: Any) -> tuple[Json, Any]:
    """What a client makes of a stream, and the decoder."""
    decoder = DEEPSEEK.decoder(ask(stream=True, **({"response_format": FORM} | body)), TARGET)
    out = decoder.feed(raw[:cut]) + decoder.feed(raw[len(raw) if cut is None else cut :]) + decoder.close()
    found: Json = {"content": "", "calls": {}, "finish": []}
    for chunk in out.split(b"\n\n")[:-1]:
        for choice in orjson.loads(chunk.removeprefix(b"data: "))["choices"]:
            found["content"] += choice["delta"].get("content") or ""
            found["finish"] += [choice["finish_reason"]] if choice["finish_reason"] else []
            for call in choice["delta"].get("tool_calls") or ():
                said = found["calls"].setdefault(call["index"], {"name": call["function"].get("name"), "arguments": ""})
                said["arguments"] += call["function"]["arguments"]
    return found, decoder


def test_the_client_never_sees_the_call() -> None:
    """Its arguments are the text, and the answer has not stopped for a tool."""
    choice, response = answered(called(NAME))
    found, decoder = streamed([called(NAME, "", index=0)], [piece(0, '{"city":')], [piece(0, '"Rome"}')])

    assert (choice["message"]["content"], choice["finish_reason"]) == (ROME, "stop")
    assert ("tool_calls" in choice["message"], choice["message"]["reasoning_content"]) == (False, "Hm.")
    assert response.usage is not None
    assert found == {"content": ROME, "calls": {}, "finish": ["stop"]}
    assert (decoder.finished, decoder.started) == (True, True)
    assert decoder.produced >= len(ROME)


@given(st.integers(0, 700))
def test_the_text_comes_together_from_any_cut(at: int) -> None:
    """Of the bytes, in two reads."""
    found, decoder = streamed([called(NAME, "", index=0)], [piece(0, '{"city":')], [piece(0, '"Rome"}')], cut=at)

    assert (found["content"], decoder.finished) == (ROME, True)


@pytest.mark.parametrize("finish", ["length", "content_filter"])
def test_an_answer_that_was_cut_says_so(finish: str) -> None:
    """What there is of it is the text."""
    choice, _ = answered(called(NAME, '{"ci'), finish=finish)
    found, _ = streamed([called(NAME, '{"ci', index=0)], finish=finish)

    assert (choice["message"]["content"], choice["finish_reason"]) == ('{"ci', finish)
    assert (found["content"], found["finish"]) == ('{"ci', [finish])


def test_calls_of_the_clients_tools_stay_calls() -> None:
    """Alone, where the model chose them over an answer."""
    choice, _ = answered(called("get_weather"), tools=[WEATHER])
    found, _ = streamed([called("get_weather", "", index=0)], [piece(0, ROME)], tools=[WEATHER])

    assert (choice["message"]["tool_calls"], choice["finish_reason"]) == ([called("get_weather")], "tool_calls")
    assert found["calls"] == {0: {"name": "get_weather", "arguments": ROME}}
    assert (found["content"], found["finish"]) == ("", ["tool_calls"])


def test_calls_beside_the_answer_have_the_indexes_they_had_without_it() -> None:
    """A stream of both, mixed; it has stopped for a tool."""
    choice, _ = answered(called("get_weather", "{}"), called(NAME), called("get_time", "{}"), tools=[WEATHER])
    found, _ = streamed(
        [called("get_weather", "", index=0)],
        [called(NAME, "", index=1), called("get_time", "", index=2)],
        [piece(1, '{"city":'), piece(2, "{}")],
        [piece(0, "{}"), piece(1, '"Rome"}')],
        tools=[WEATHER],
    )

    names = [call["function"]["name"] for call in choice["message"]["tool_calls"]]
    assert (names, choice["message"]["content"], choice["finish_reason"]) == (
        ["get_weather", "get_time"],
        ROME,
        "tool_calls",
    )
    assert found["content"] == ROME
    assert found["calls"] == {
        0: {"name": "get_weather", "arguments": "{}"},
        1: {"name": "get_time", "arguments": "{}"},
    }
    assert found["finish"] == ["tool_calls"]


def test_a_second_answer_is_none() -> None:
    """Two texts in one would be no JSON."""
    choice, _ = answered(called(NAME), called(NAME, "{}"))
    found, _ = streamed([called(NAME, "", index=0)], [piece(0, ROME)], [{**called(NAME, "{}", index=1), "id": "b"}])

    assert (choice["message"]["content"], choice["finish_reason"], found["content"]) == (ROME, "stop", ROME)
    assert found["finish"] == ["stop"]


def test_a_model_that_answers_in_words_is_heard() -> None:
    """Text passes as it does without a form."""
    raw = event({"role": "assistant", "content": ""}) + event({"content": "No"}) + event({"content": "."})
    found, _ = heard(raw + event({}, "stop") + b"data: [DONE]\n\n")

    assert answered(content="No.", finish="stop")[0]["message"]["content"] == "No."
    assert (found["content"], found["finish"]) == ("No.", ["stop"])


def test_each_choice_has_an_answer_of_its_own() -> None:
    """Where a vendor gives several."""
    raw = b"".join(event({"tool_calls": [called(NAME, str(at), index=0)]}, index=at) for at in (0, 1))
    raw += event({}, "tool_calls", 0) + event({}, "tool_calls", 1) + b"data: [DONE]\n\n"
    found, decoder = heard(raw)

    assert (found, decoder.finished) == ({"content": "01", "calls": {}, "finish": ["stop", "stop"]}, True)


def test_a_call_of_that_name_is_a_call_where_no_form_was_asked_for() -> None:
    """Then the tool is the client's own."""
    choice, _ = answered(called(NAME), response_format=None)
    found, _ = streamed([called(NAME, ROME, index=0)], response_format=None)

    assert (choice["message"]["tool_calls"], found["calls"]) == (
        [called(NAME)],
        {0: {"name": NAME, "arguments": ROME}},
    )


def test_what_is_kept_for_the_next_turn_is_kept_by_the_clients_calls() -> None:
    """It never sees the other's id; without a call of its own there is nothing to keep."""
    kept = Memento(("call_get_weather",), {"reasoning_content": "Hm."})

    assert answered(called(NAME), called("get_weather"))[1].memento == kept
    assert streamed([called(NAME, "", index=0), called("get_weather", "{}", index=1)])[1].memento == kept
    assert answered(called(NAME))[1].memento is None
    assert streamed([called(NAME, "{}", index=0)])[1].memento is None


@pytest.mark.parametrize("calls", [[7], [None, {}], [{"function": 3}], [{"function": {"name": NAME}}], "x", {"a": 1}])
@pytest.mark.parametrize("content", [None, 7, {"a": 1}])
def test_calls_of_any_shape_break_nothing(calls: Any, content: Any) -> None:
    """Upstream bytes are hostile."""
    message = {"role": "assistant", "content": content, "tool_calls": calls}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    body = orjson.dumps({**HEAD, "object": "chat.completion", "choices": [choice]})
    decoder = DEEPSEEK.decoder(ask(stream=True, response_format=FORM), TARGET)
    decoder.feed(event(message, "tool_calls") + b"data: [DONE]\n\n")

    assert isinstance(DEEPSEEK.response(ask(response_format=FORM), WireResponse(200, {}, body), TARGET), ChatResponse)
    assert decoder.finished


def test_an_answer_that_is_nested_too_deeply_is_a_failure() -> None:
    """It can be read, and not be written."""
    deep = "[" * 300 + "]" * 300
    call = orjson.dumps(called(NAME)).decode()
    body = (
        '{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",'
        f'"message":{{"role":"assistant","content":null,"tool_calls":[{call}],"more":{deep}}}}}]}}'
    )
    failure = DEEPSEEK.response(ask(response_format=FORM), WireResponse(200, {}, body.encode()), TARGET)

    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.GARBLED
