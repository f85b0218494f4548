"""Streams that break: ends that are none, errors, noise; nothing an upstream sends can raise."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rig.breaking import check_broken, check_garbled, check_noise, check_odd, check_truncated
from tests.translators.providers.ollama.ollama_asks import Json, ask, framed, run
from translators.facts import FailureKind
from translators.framing.ndjson import LONGEST_LINE
from translators.providers.ollama import OllamaDecoder

TEXT: Json = {"model": "m", "message": {"role": "assistant", "content": "Hi"}, "done": False}
STOP: Json = {"model": "m", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
HELLO = [TEXT, TEXT, STOP]


@pytest.mark.parametrize("cut", range(len(HELLO)))
def test_an_end_without_done_is_a_break(cut: int) -> None:
    """F6: whatever came before."""
    check_broken(*run(HELLO[:cut]))


def test_the_last_line_end_may_be_missing() -> None:
    """Half a line is none."""
    whole = framed(HELLO)
    for raw, finished in ((whole[:-1], True), (whole[:-2], False)):
        decoder = OllamaDecoder(ask(stream=True))
        decoder.feed(raw)
        decoder.close()

        assert decoder.finished is finished


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("an error was encountered while running the model", FailureKind.OVERLOADED),
        ("the input length exceeds the context length", FailureKind.CONTEXT_LENGTH),
    ],
)
def test_an_error_on_a_line_breaks_the_stream(words: str, kind: FailureKind) -> None:
    """F9, F10: before the first word and after it; then the model has done some work. It may lack its line end."""
    error = orjson.dumps({"error": words})

    for before, reached in ((b"", False), (framed([TEXT]), True)):
        for ending in (b"\n", b""):
            decoder = OllamaDecoder(ask(stream=True))
            decoder.feed(before + error + ending)
            decoder.close()

            assert not decoder.finished
            assert decoder.failure is not None
            failure = decoder.failure
            assert (failure.kind, failure.message, failure.reached_model) == (kind, words, reached)


@pytest.mark.parametrize(
    "raw",
    [
        b"{\n",
        b"5\n",
        b"[]\n",
        b"{}\n",
        b"null\n",
        b"\xff\n",
        b"data: {}\n",
        b"<html>",
        b'{"message": {"content": "x"}}\n',
        b'{"message": 5, "done": false}\n',
        b'{"message": {"content": 5}, "done": false}\n',
        b'{"message": {"content": 5, "thinking": "x"}, "done": false}\n',
        b'{"message": {"thinking": ["x"]}, "done": false}\n',
        b'{"message": {"tool_calls": 5}, "done": false}\n',
        b'{"message": {"tool_calls": [{}]}, "done": false}\n',
        b'{"message": {"tool_calls": [{"function": {"name": []}}]}, "done": false}\n',
        b'{"message": {}, "done": false, "logprobs": [5]}\n',
        b'{"message": {}, "done": true, "remote_host": ' + b"[" * 400 + b"]" * 400 + b"}\n",
        b'{"message": {"content": "' + b"x" * LONGEST_LINE,
        b'{"message": {"content": "' + b"x" * LONGEST_LINE + b'"}, "done": true}\n',
    ],
)
def test_a_line_of_another_shape_breaks_the_stream(raw: bytes) -> None:
    """F8: it is a failure and no exception; nothing comes after it."""
    decoder = OllamaDecoder(ask(stream=True))

    assert decoder.feed(raw) + decoder.close() == b""
    check_garbled(decoder, framed(HELLO))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3) | st.sampled_from(["stop", "f"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["function", "name", "id", "content"]), inner)
    ),
    max_leaves=8,
)
CALL = st.fixed_dictionaries(
    {"function": st.fixed_dictionaries({}, optional={"name": JSON, "arguments": JSON})}, optional={"id": JSON}
)
MESSAGE = st.fixed_dictionaries(
    {}, optional={"content": JSON, "thinking": JSON, "tool_calls": st.lists(CALL, max_size=3) | JSON}
)
NAMES = ("model", "done_reason", "eval_count", "prompt_eval_count", "logprobs", "error", "remote_host")
ODD = st.fixed_dictionaries({"message": MESSAGE | JSON, "done": JSON}, optional=dict.fromkeys(NAMES, JSON))


@given(st.lists(st.sampled_from(HELLO) | ODD | JSON, max_size=8))
def test_no_order_and_no_shape_of_lines_raises(lines: list[Json]) -> None:
    """A hostile upstream gets a failure at most, and what came out is whole."""
    check_odd(OllamaDecoder(replace(ask(stream=True), include_usage=True)), framed(lines))


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_no_bytes_raise_or_finish(pieces: list[bytes]) -> None:
    """Noise is never an answer."""
    check_noise(OllamaDecoder(ask(stream=True)), pieces)


@given(st.integers(0, len(framed(HELLO)) - 2), st.lists(st.integers(0, len(framed(HELLO))), max_size=6))
def test_a_truncated_stream_is_never_finished(length: int, cuts: list[int]) -> None:
    """Wherever it ends, and however it was cut."""
    check_truncated(OllamaDecoder(ask(stream=True)), framed(HELLO)[:length], cuts)
