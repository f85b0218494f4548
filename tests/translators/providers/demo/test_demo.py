"""The demo provider: what it says, how it counts, how it fails."""

from collections.abc import Iterable
from typing import Any

import orjson
import pytest

from translators.base import WireRequest
from translators.providers.demo import End, Script, answer
from translators.providers.demo.speech import split

CREATED = 1_700_000_000
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CLOCK = {"type": "function", "function": {"name": "get_time"}}
NOTES = {"type": "custom", "custom": {"name": "take_note"}}


def _answer(model: str = "echo", text: str = "Hello, world", *, dice: Iterable[float] = (), **extra: Any) -> Script:
    rolls = iter([*dice, *[0.0] * 10])
    body = {"model": model, "messages": [{"role": "user", "content": text}], **extra}
    return answer(WireRequest("/chat/completions", orjson.dumps(body)), lambda: next(rolls), CREATED)


def _bytes(script: Script) -> bytes:
    return b"".join(piece.data for piece in script.pieces)


def _json(script: Script) -> Any:
    return orjson.loads(_bytes(script))


def _chunks(script: Script) -> list[Any]:
    *events, done, rest = _bytes(script).split(b"\n\n")
    assert (done, rest) == (b"data: [DONE]", b"")
    return [orjson.loads(event.removeprefix(b"data: ")) for event in events]


def _deltas(script: Script, index: int = 0) -> list[Any]:
    return [choice["delta"] for chunk in _chunks(script) for choice in chunk["choices"] if choice["index"] == index]


def _error(script: Script) -> tuple[int, str, str | None]:
    assert script.headers["content-type"] == "application/json"
    error = _json(script)["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return script.status, error["code"], error["param"]


# What it says.


def test_echo_answers_what_the_user_said() -> None:
    """A whole answer has OpenAI's shape, and its usage is exact by the rule of one token a word or mark."""
    assert _json(_answer()) == {
        "id": "chatcmpl-demo000000000000",
        "object": "chat.completion",
        "created": CREATED,
        "model": "echo",
        "system_fingerprint": "demo",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello, world", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 3,
            "completion_tokens": 3,
            "total_tokens": 6,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        },
    }


def test_a_stream_says_the_same_token_by_token() -> None:
    """Role first, a chunk for each token, the finish, and the usage chunk only for those who asked."""
    chunks = _chunks(_answer(stream=True))

    assert [chunk["choices"][0]["delta"] for chunk in chunks] == [
        {"role": "assistant", "content": "", "refusal": None},
        {"content": "Hello"},
        {"content": ","},
        {"content": " world"},
        {},
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None] * 4 + ["stop"]
    assert all("usage" not in chunk and chunk["object"] == "chat.completion.chunk" for chunk in chunks)


def test_a_stream_counts_for_those_who_ask() -> None:
    """With ``include_usage`` every chunk has the field and the last one, without choices, the figures."""
    *chunks, last = _chunks(_answer(stream=True, stream_options={"include_usage": True}))

    assert [chunk["usage"] for chunk in chunks] == [None] * 5
    assert last["choices"] == []
    assert last["usage"] == _json(_answer())["usage"]


@pytest.mark.parametrize("text", ["", " ", "a  b\n", "  x", "Grüße, 世界!", "a_b-c\t\t", "...\n\n..."])
def test_an_echo_is_exact(text: str) -> None:
    """Streamed or whole, white space and all."""
    assert _json(_answer(text=text))["choices"][0]["message"]["content"] == text
    assert "".join(delta.get("content", "") for delta in _deltas(_answer(text=text, stream=True))) == text


def test_echo_hears_the_last_user_message_and_the_texts_of_its_parts() -> None:
    """Other roles, earlier turns and pictures are not repeated."""
    parts = [
        {"type": "text", "text": "one"},
        {"type": "image_url", "image_url": {"url": "x"}},
        {"type": "text", "text": "two"},
    ]
    messages = [
        {"role": "user", "content": "first"},
        {"role": "user", "content": parts},
        {"role": "system", "content": "s"},
    ]

    assert _json(_answer(messages=messages))["choices"][0]["message"]["content"] == "one two"


def test_without_a_user_it_hears_whoever_spoke_last() -> None:
    """A conversation of system messages alone is legal."""
    message = {"role": "system", "content": "Be kind."}

    assert _json(_answer(messages=[message]))["choices"][0]["message"]["content"] == "Be kind."


def test_lorem_is_pretend_prose_of_one_length() -> None:
    """64 tokens, whatever it is asked."""
    one, other = _json(_answer("lorem")), _json(_answer("lorem", "Something else"))

    assert one["choices"] == other["choices"]
    assert one["usage"]["completion_tokens"] == 64
    assert one["choices"][0]["message"]["content"].startswith("Lorem ipsum")


@pytest.mark.parametrize(("text", "length"), [("a, b", 2), ("a, b", 7), ("  padded  ", 5), ("", 3), ("x", 1)])
def test_the_length_of_an_answer_can_be_set(text: str, length: int) -> None:
    """``tokens`` repeats or cuts the text, and the text counted again gives the same number."""
    reply = _json(_answer(f"echo?tokens={length}", text))

    assert reply["usage"]["completion_tokens"] == length
    assert len(split(reply["choices"][0]["message"]["content"])) == length
    assert reply["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_a_limit_cuts_the_answer(field: str) -> None:
    """The finish says so, and usage is what was said."""
    reply = _json(_answer(text="one two three", **{field: 2}))

    assert reply["choices"][0]["message"]["content"] == "one two"
    assert reply["choices"][0]["finish_reason"] == "length"
    assert reply["usage"]["completion_tokens"] == 2


def test_a_limit_that_is_just_enough_cuts_nothing() -> None:
    """Three tokens fit into three."""
    assert _json(_answer(text="one two three", max_tokens=3))["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize(
    ("stop", "said"), [("two", "one "), (["three", "wo"], "one t"), (["nowhere"], "one two three")]
)
def test_a_stop_sequence_ends_the_answer_before_it(stop: Any, said: str) -> None:
    """The first of them in the text counts, wherever it lies in a token."""
    choice = _json(_answer(text="one two three", stop=stop))["choices"][0]

    assert (choice["message"]["content"], choice["finish_reason"]) == (said, "stop")


def test_several_choices_are_several_answers() -> None:
    """All of them are counted; in a stream they take turns."""
    reply = _json(_answer(n=3))
    stream = _answer(n=2, stream=True)

    assert [choice["index"] for choice in reply["choices"]] == [0, 1, 2]
    assert reply["usage"]["completion_tokens"] == 9
    assert [chunk["choices"][0]["index"] for chunk in _chunks(stream)] == [0, 1] * 5
    assert _deltas(_answer(n=2, stream=True), 0) == _deltas(_answer(n=2, stream=True), 1)


def test_reasoning_comes_first_and_is_counted() -> None:
    """``reasoning_effort`` says how much of it there is."""
    reply = _json(_answer(reasoning_effort="low"))
    deltas = _deltas(_answer(reasoning_effort="low", stream=True))

    assert reply["usage"]["completion_tokens_details"]["reasoning_tokens"] == 8
    assert reply["usage"]["completion_tokens"] == 11
    assert len(split(reply["choices"][0]["message"]["reasoning_content"])) == 8
    assert [next(iter(delta), None) for delta in deltas[1:]] == ["reasoning_content"] * 8 + ["content"] * 3 + [None]


def test_no_effort_is_no_reasoning() -> None:
    """``none`` adds no field."""
    assert "reasoning_content" not in _json(_answer(reasoning_effort="none"))["choices"][0]["message"]


def test_reasoning_uses_up_the_limit_too() -> None:
    """As with OpenAI's reasoning models: a small limit may leave nothing for the answer."""
    choice = _json(_answer(reasoning_effort="high", max_completion_tokens=5))["choices"][0]

    assert (choice["message"]["content"], choice["finish_reason"]) == ("", "length")


# Tools.


def test_it_calls_the_first_tool_by_itself() -> None:
    """Arguments come from the schema and the user's words."""
    reply = _json(_answer(text="Paris please", tools=[WEATHER, CLOCK]))
    choice = reply["choices"][0]

    assert choice["message"]["content"] is None
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["tool_calls"] == [
        {
            "id": "call_demo000000000000_0",
            "type": "function",
            "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'},
        }
    ]
    assert reply["usage"]["completion_tokens"] == 1 + len(split('{"city":"Paris"}'))


def _called(**extra: Any) -> list[str]:
    calls = _json(_answer(**extra))["choices"][0]["message"].get("tool_calls", [])
    return [call[call["type"]]["name"] for call in calls]


@pytest.mark.parametrize(
    ("extra", "called"),
    [
        ({"text": "Use get_time"}, ["get_time"]),
        ({"text": "get_time and get_weather"}, ["get_weather", "get_time"]),
        ({"text": "get_time and get_weather", "parallel_tool_calls": False}, ["get_weather"]),
        ({"tool_choice": "none"}, []),
        ({"tool_choice": "auto"}, ["get_weather"]),
        ({"tool_choice": "required"}, ["get_weather"]),
        ({"tool_choice": {"type": "function", "function": {"name": "get_time"}}}, ["get_time"]),
        ({"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [CLOCK]}}}, ["get_time"]),
        ({"tools": []}, []),
    ],
)
def test_which_tools_it_calls(extra: dict[str, Any], called: list[str]) -> None:
    """The one asked for, else those that the user names, else the first; one only if it must."""
    assert _called(**{"tools": [WEATHER, CLOCK], **extra}) == called


def test_a_tool_that_is_not_there_cannot_be_chosen() -> None:
    """It is a 400, as at OpenAI."""
    choice = {"type": "function", "function": {"name": "nobody"}}

    assert _error(_answer(tools=[WEATHER], tool_choice=choice)) == (400, "invalid_value", "tool_choice")


def test_a_tool_without_parameters_is_called_without_arguments() -> None:
    """Its arguments are an empty object."""
    reply = _json(_answer(tools=[CLOCK]))

    assert reply["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] == "{}"


def test_a_custom_tool_gets_plain_text() -> None:
    """Its input is the user's words."""
    call = _json(_answer(text="Buy milk!", tools=[NOTES]))["choices"][0]["message"]["tool_calls"][0]

    assert (call["type"], call["custom"]) == ("custom", {"name": "take_note", "input": "Buy milk"})


def test_streamed_calls_come_in_pieces_that_join_to_the_whole() -> None:
    """Id, type and name first, then the arguments piece by piece, call after call."""
    ask = {"text": "get_time and get_weather in Rome", "tools": [WEATHER, CLOCK]}
    stream = [entry for delta in _deltas(_answer(stream=True, **ask)) for entry in delta.get("tool_calls", [])]
    calls: dict[int, Any] = {}
    for entry in stream:
        call = calls.setdefault(entry["index"], {**entry, "function": {**entry["function"]}, "pieces": 0})
        if "id" not in entry:
            call["function"]["arguments"] += entry["function"]["arguments"]
            call["pieces"] += 1

    assert calls[0]["pieces"] > 3
    assert [{name: call[name] for name in ("id", "type", "function")} for call in calls.values()] == _json(
        _answer(**ask)
    )["choices"][0]["message"]["tool_calls"]
    assert _chunks(_answer(stream=True, **ask))[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert _deltas(_answer(stream=True, **ask))[0]["content"] is None


def test_a_limit_cuts_the_arguments() -> None:
    """The client gets a call it cannot parse, and a finish that says why."""
    choice = _json(_answer(tools=[WEATHER], max_tokens=3))["choices"][0]

    assert choice["finish_reason"] == "length"
    assert choice["message"]["tool_calls"][0]["function"]["arguments"] == '{"'


def test_after_the_tools_have_answered_it_quotes_them() -> None:
    """So that an agent's loop comes to an end."""
    call = {"id": "c", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}
    messages = [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "Sunny"},
        {"role": "tool", "tool_call_id": "d", "content": "22"},
    ]
    reply = _json(_answer(messages=messages, tools=[WEATHER]))

    assert reply["choices"][0]["message"]["content"] == "The tools said “Sunny” and “22”."
    assert reply["usage"]["prompt_tokens"] == 2 + 1 + len(split('{"city":"Paris"}')) + 1 + 1


def test_a_json_object_holds_the_text() -> None:
    """``json_object`` asks for no particular schema."""
    reply = _json(_answer(response_format={"type": "json_object"}))

    assert orjson.loads(reply["choices"][0]["message"]["content"]) == {"text": "Hello, world"}


def test_a_json_schema_is_satisfied() -> None:
    """With the user's words in its strings."""
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]}
    reply = _json(_answer(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}))

    assert orjson.loads(reply["choices"][0]["message"]["content"]) == {"a": "Hello", "b": 1}


# When it says it.


def test_pauses_are_written_down() -> None:
    """A stream pauses before its first token and between two; a whole answer comes when all would have been said."""
    model = "echo?delay=200ms&gap=20ms"
    stream = _answer(model, stream=True)

    assert stream.wait == 0
    assert [piece.after for piece in stream.pieces] == [0.2, 0.0, 0.02, 0.02, 0.0, 0.0]
    assert _answer(model).wait == pytest.approx(0.24)


def test_slow_is_slow() -> None:
    """Two seconds to the first token, 50 ms between tokens."""
    assert [piece.after for piece in _answer("slow", stream=True).pieces][:3] == [2.0, 0.0, 0.05]


# How it fails.


@pytest.mark.parametrize(
    ("model", "status", "code", "param"),
    [
        ("down", 503, None, None),
        ("limited", 429, "rate_limit_exceeded", None),
        ("refuse", 400, "content_filter", "prompt"),
        ("echo?status=500", 500, None, None),
        ("echo?status=401", 401, "invalid_api_key", None),
        ("echo?status=404", 404, "model_not_found", None),
        ("echo?status=418", 418, None, None),
        ("limited?status=503", 503, None, None),
        ("gpt-4o", 404, "model_not_found", None),
        ("echo?color=red", 400, "invalid_value", "model"),
        ("echo?", 400, "invalid_value", "model"),
        ("echo?gap=1ms&gap=2ms", 400, "invalid_value", "model"),
        ("echo?delay=soon", 400, "invalid_value", "model"),
        ("echo?tokens=0", 400, "invalid_value", "model"),
        ("echo?fail=2", 400, "invalid_value", "model"),
        ("echo?status=200", 400, "invalid_value", "model"),
    ],
)
def test_errors_are_openais(model: str, status: int, code: str | None, param: str | None) -> None:
    """Rehearsed or deserved, with OpenAI's four fields."""
    assert _error(_answer(model)) == (status, code, param)


@pytest.mark.parametrize(
    ("model", "header"),
    [("limited", "1"), ("down", None), ("down?retry_after=2", "2"), ("echo?status=429&retry_after=1.5s", "1.5")],
)
def test_a_failure_says_when_to_come_back(model: str, header: str | None) -> None:
    """``retry_after`` is in seconds."""
    assert _answer(model).headers.get("retry-after") == header


@pytest.mark.parametrize(
    ("dice", "status"), [([0.5], 200), ([0.49, 0.0], 500), ([0.0, 0.25], 429), ([0.0, 0.5], 503), ([0.0, 0.99], 200)]
)
def test_flaky_fails_by_dice(dice: list[float], status: int) -> None:
    """Half of the time, in one of four ways; the last is an answer cut short."""
    assert _answer("flaky", dice=dice).status == status


@pytest.mark.parametrize(("roll", "status"), [(0.29, 503), (0.3, 200)])
def test_the_odds_can_be_set(roll: float, status: int) -> None:
    """``fail`` is a probability."""
    assert _answer("echo?fail=0.3", dice=[roll]).status == status


@pytest.mark.parametrize("options", ["fail=0.3&status=500", "status=500&fail=0.3"])
def test_a_status_with_odds_fails_by_them(options: str) -> None:
    """A status alone always fails; the order of options does not matter."""
    assert _answer(f"echo?{options}", dice=[0.5]).status == 200
    assert _answer(f"echo?{options}", dice=[0.1]).status == 500


def test_a_hanging_model_never_answers() -> None:
    """Not even a head comes."""
    assert _answer("hang").wait is None


@pytest.mark.parametrize(("model", "end"), [("cut", End.CUT), ("stall", End.STALL)])
def test_a_broken_stream_ends_in_its_middle(model: str, end: End) -> None:
    """Some content, no finish, no ``[DONE]``."""
    script = _answer(model, "one two three four", stream=True)
    events = _bytes(script).split(b"\n\n")

    assert script.end is end
    assert [orjson.loads(event[6:])["choices"][0]["delta"].get("content") for event in events[:-1]] == [
        "",
        "one",
        " two",
    ]


@pytest.mark.parametrize(("model", "end"), [("cut", End.PROPER), ("stall", End.STALL)])
def test_a_broken_whole_answer_is_truncated(model: str, end: End) -> None:
    """What comes is no JSON."""
    script = _answer(model)

    assert script.end is end
    with pytest.raises(orjson.JSONDecodeError):
        _json(script)


@pytest.mark.parametrize(
    ("extra", "code", "param"),
    [
        ({"messages": []}, "invalid_type", "messages"),
        ({"messages": ["x"]}, "invalid_type", "messages"),
        ({"model": 5}, "missing_required_parameter", "model"),
        ({"n": 0.5}, "invalid_value", "n"),
        ({"n": 1000}, "invalid_value", "n"),
        ({"reasoning_effort": "herculean"}, "invalid_value", "reasoning_effort"),
        ({"tools": [{"type": "function"}]}, "invalid_type", None),
        ({"tools": 5}, "invalid_type", None),
        ({"stream": True, "stream_options": 5}, "invalid_type", None),
    ],
)
def test_a_wrong_request_is_a_400(extra: dict[str, Any], code: str, param: str | None) -> None:
    """It is said what is wrong, where that is known."""
    body = {"model": "echo", "messages": [{"role": "user", "content": "x"}], **extra}

    script = answer(WireRequest("/chat/completions", orjson.dumps(body)), lambda: 0.0, CREATED)

    assert _error(script) == (400, code, param)


def test_a_body_that_is_no_json_is_a_400() -> None:
    """As at OpenAI."""
    assert _error(answer(WireRequest("/chat/completions", b"{"), lambda: 0.0, CREATED)) == (400, "invalid_json", None)


def test_other_paths_are_unknown() -> None:
    """It speaks of chat and embeddings alone."""
    assert _error(answer(WireRequest("/responses", b"{}"), lambda: 0.0, CREATED)) == (404, "unknown_url", None)
