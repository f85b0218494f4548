"""The demo provider: what it says, how it counts, and when it says it."""

from typing import Any

import pytest

from tests.translators.providers.demo.demo_asks import CREATED, asked, chunks_of, deltas_of, json_of
from translators.providers.demo.speech import split


def test_echo_answers_what_the_user_said() -> None:
    """A whole answer has OpenAI's shape, and its usage is exact by the rule of one token a word or mark."""
    assert json_of(asked()) == {
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
    chunks = chunks_of(asked(stream=True))

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
    *chunks, last = chunks_of(asked(stream=True, stream_options={"include_usage": True}))

    assert [chunk["usage"] for chunk in chunks] == [None] * 5
    assert last["choices"] == []
    assert last["usage"] == json_of(asked())["usage"]


@pytest.mark.parametrize("text", ["", " ", "a  b\n", "  x", "Grüße, 世界!", "a_b-c\t\t", "...\n\n..."])
def test_an_echo_is_exact(text: str) -> None:
    """Streamed or whole, white space and all."""
    assert json_of(asked(text=text))["choices"][0]["message"]["content"] == text
    assert "".join(delta.get("content", "") for delta in deltas_of(asked(text=text, stream=True))) == text


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

    assert json_of(asked(messages=messages))["choices"][0]["message"]["content"] == "one two"


def test_without_a_user_it_hears_whoever_spoke_last() -> None:
    """A conversation of system messages alone is legal."""
    message = {"role": "system", "content": "Be kind."}

    assert json_of(asked(messages=[message]))["choices"][0]["message"]["content"] == "Be kind."


def test_lorem_is_pretend_prose_of_one_length() -> None:
    """64 tokens, whatever it is asked."""
    one, other = json_of(asked("lorem")), json_of(asked("lorem", "Something else"))

    assert one["choices"] == other["choices"]
    assert one["usage"]["completion_tokens"] == 64
    assert one["choices"][0]["message"]["content"].startswith("Lorem ipsum")


@pytest.mark.parametrize(("text", "length"), [("a, b", 2), ("a, b", 7), ("  padded  ", 5), ("", 3), ("x", 1)])
def test_the_length_of_an_answer_can_be_set(text: str, length: int) -> None:
    """``tokens`` repeats or cuts the text, and the text counted again gives the same number."""
    reply = json_of(asked(f"echo?tokens={length}", text))

    assert reply["usage"]["completion_tokens"] == length
    assert len(split(reply["choices"][0]["message"]["content"])) == length
    assert reply["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_a_limit_cuts_the_answer(field: str) -> None:
    """The finish says so, and usage is what was said."""
    reply = json_of(asked(text="one two three", **{field: 2}))

    assert reply["choices"][0]["message"]["content"] == "one two"
    assert reply["choices"][0]["finish_reason"] == "length"
    assert reply["usage"]["completion_tokens"] == 2


def test_a_limit_that_is_just_enough_cuts_nothing() -> None:
    """Three tokens fit into three."""
    assert json_of(asked(text="one two three", max_tokens=3))["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize(
    ("stop", "said"), [("two", "one "), (["three", "wo"], "one t"), (["nowhere"], "one two three")]
)
def test_a_stop_sequence_ends_the_answer_before_it(stop: Any, said: str) -> None:
    """The first of them in the text counts, wherever it lies in a token."""
    choice = json_of(asked(text="one two three", stop=stop))["choices"][0]

    assert (choice["message"]["content"], choice["finish_reason"]) == (said, "stop")


def test_several_choices_are_several_answers() -> None:
    """All of them are counted; in a stream they take turns."""
    reply = json_of(asked(n=3))
    stream = asked(n=2, stream=True)

    assert [choice["index"] for choice in reply["choices"]] == [0, 1, 2]
    assert reply["usage"]["completion_tokens"] == 9
    assert [chunk["choices"][0]["index"] for chunk in chunks_of(stream)] == [0, 1] * 5
    assert deltas_of(asked(n=2, stream=True), 0) == deltas_of(asked(n=2, stream=True), 1)


def test_reasoning_comes_first_and_is_counted() -> None:
    """``reasoning_effort`` says how much of it there is."""
    reply = json_of(asked(reasoning_effort="low"))
    deltas = deltas_of(asked(reasoning_effort="low", stream=True))

    assert reply["usage"]["completion_tokens_details"]["reasoning_tokens"] == 8
    assert reply["usage"]["completion_tokens"] == 11
    assert len(split(reply["choices"][0]["message"]["reasoning_content"])) == 8
    assert [next(iter(delta), None) for delta in deltas[1:]] == ["reasoning_content"] * 8 + ["content"] * 3 + [None]


def test_no_effort_is_no_reasoning() -> None:
    """``none`` adds no field."""
    assert "reasoning_content" not in json_of(asked(reasoning_effort="none"))["choices"][0]["message"]


def test_reasoning_uses_up_the_limit_too() -> None:
    """As with OpenAI's reasoning models: a small limit may leave nothing for the answer."""
    choice = json_of(asked(reasoning_effort="high", max_completion_tokens=5))["choices"][0]

    assert (choice["message"]["content"], choice["finish_reason"]) == ("", "length")


def test_pauses_are_written_down() -> None:
    """A stream pauses before its first token and between two; a whole answer comes when all would have been said."""
    model = "echo?delay=200ms&gap=20ms"
    stream = asked(model, stream=True)

    assert stream.wait == 0
    assert [piece.after for piece in stream.pieces] == [0.2, 0.0, 0.02, 0.02, 0.0, 0.0]
    assert asked(model).wait == pytest.approx(0.24)


def test_slow_is_slow() -> None:
    """Two seconds to the first token, 50 ms between tokens."""
    assert [piece.after for piece in asked("slow", stream=True).pieces][:3] == [2.0, 0.0, 0.05]
