"""Streams of lines: what was said, in the order and the pieces it was said in."""

from typing import Any

import orjson
import pytest

from tests.translators.providers.ollama.ollama_asks import Json, ask, deltas, framed, run
from translators.base import Memento
from translators.facts import Usage
from translators.providers.ollama import OllamaDecoder


def line(content: Any = "", **message: Any) -> Json:
    """A line of the stream."""
    return {
        "model": "qwen3:4b",
        "created_at": "2026-11-01T00:00:00Z",
        "message": {"role": "assistant", "content": content, **message},
        "done": False,
    }


def end(reason: str = "stop", **fields: Any) -> Json:
    """The last line."""
    return {**line(), "done": True, "done_reason": reason, **fields}


def call(name: str, arguments: Json | None = None, **fields: Any) -> Json:
    """A tool call, whole as they all are."""
    return {"function": {"name": name, "arguments": arguments or {}}, **fields}


HELLO = [line("Hel"), line("lo"), end()]


def test_a_text_comes_in_the_pieces_it_came_in() -> None:
    """The role with the first, the reason with the last, all of one id."""
    decoder, chunks = run(HELLO)

    head = {"id": "chatcmpl-ours", "object": "chat.completion.chunk", "created": 7, "model": "qwen3:4b"}
    ending = {"index": 0, "delta": {}, "finish_reason": "stop", "native_finish_reason": "stop"}
    assert decoder.finished
    assert chunks == [
        {**head, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hel"}, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {"content": "lo"}, "finish_reason": None}]},
        {**head, "choices": [ending]},
    ]


def test_parallel_calls_on_several_lines_each_have_an_index() -> None:
    """Peers merge them: the server's own index, where it has one, starts anew on each line."""
    first, second = call("f", {"x": 1}), call("g")
    decoder, chunks = run(
        [
            line(tool_calls=[{**first, "function": {**first["function"], "index": 0}}]),
            line(tool_calls=[{**second, "function": {**second["function"], "index": 0}}, call("h")]),
            end(),
        ]
    )

    calls = [entry for step in deltas(chunks) for entry in step.get("tool_calls", [])]
    assert [(entry["index"], entry["function"]) for entry in calls] == [
        (0, {"name": "f", "arguments": '{"x":1}'}),
        (1, {"name": "g", "arguments": "{}"}),
        (2, {"name": "h", "arguments": "{}"}),
    ]
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert decoder.finished


def test_ids_are_the_servers_or_ours_and_one_of_a_kind() -> None:
    """Peers change them with every chunk: each comes once, and the same request makes the same ones."""
    lines = [line(tool_calls=[call("f", id="a")]), line(tool_calls=[call("f", id="a"), call("g")]), end()]

    (decoder, chunks), (_, again) = run(lines), run(lines)

    ids = [entry["id"] for step in deltas(chunks) for entry in step.get("tool_calls", [])]
    assert ids == ["a", "call_ours_1", "call_ours_2"]
    assert chunks == again
    assert decoder.memento is None


def test_thoughts_come_before_what_they_led_to() -> None:
    """Even on one line; they are kept for the next turn."""
    decoder, chunks = run([line(thinking="H"), line("x", thinking="m", tool_calls=[call("f", id="a")]), end()])

    assert [sorted(delta) for delta in deltas(chunks)] == [
        ["reasoning_content", "role"],
        ["reasoning_content"],
        ["content"],
        ["tool_calls"],
        [],
    ]
    assert decoder.memento == Memento(("a",), {"reasoning_content": "Hm"})


@pytest.mark.parametrize("include_usage", [True, False])
def test_usage_comes_last_and_on_request(include_usage: bool) -> None:
    """With the times that the server took."""
    counts = {"prompt_eval_count": 5, "eval_count": 3, "total_duration": 9}
    decoder, chunks = run([*HELLO[:-1], end(**counts)], include_usage=include_usage)

    assert decoder.usage == Usage(5, 3)
    assert ([chunk["choices"] for chunk in chunks if chunk.get("usage")] == [[]]) is include_usage
    if include_usage:
        assert chunks[-1]["usage"] == {
            "prompt_tokens": 5,
            "completion_tokens": 3,
            "total_tokens": 8,
            "total_duration": 9,
        }


def test_log_probabilities_come_with_their_text() -> None:
    """Even while the text itself is held back by the server."""
    token = {"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": []}
    _, chunks = run([{**line(), "logprobs": [token]}, {**line("Hi"), "logprobs": [token]}, end()])

    assert [chunk["choices"][0].get("logprobs") for chunk in chunks] == [
        {"content": [token], "refusal": None},
        {"content": [token], "refusal": None},
        None,
    ]
    assert [delta.get("content") for delta in deltas(chunks)] == ["", "Hi", None]


def test_the_last_line_may_say_something_and_where_the_model_was() -> None:
    """Before its reason."""
    last = {**end("length"), "message": {"role": "assistant", "content": "!"}, "remote_host": "https://ollama.com"}
    _, chunks = run([line("Hi"), last])

    assert deltas(chunks)[1:] == [
        {"content": "!"},
        {"extra_content": {"ollama": {"remote_host": "https://ollama.com"}}},
    ]
    assert chunks[-1]["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize("gap", [b"\r\n", b"\n\n", b"\n \r\n\t\n"])
def test_line_ends_and_blank_lines_do_not_matter(gap: bytes) -> None:
    """At any split, within a letter of several bytes too."""
    lines = [line("ü"), line("😀"), line("\n"), end()]
    raw = framed(lines).replace(b"\n", gap)
    expected = OllamaDecoder(ask(stream=True)).feed(framed(lines))

    for size in (1, 2, 7, len(raw)):
        decoder = OllamaDecoder(ask(stream=True))
        out = b"".join([decoder.feed(raw[at : at + size]) for at in range(0, len(raw), size)])

        assert (out, decoder.finished) == (expected, True)


def test_an_empty_line_of_the_model_is_no_chunk() -> None:
    """Nothing was said yet, so that another target may still be asked."""
    decoder = OllamaDecoder(ask(stream=True))

    assert decoder.feed(framed([line()])) == b""
    assert not decoder.started
    decoder.feed(framed([line("x")]))
    assert decoder.started


def test_nothing_comes_after_the_end() -> None:
    """Whatever the upstream sends."""
    decoder, _ = run(HELLO)

    assert decoder.feed(orjson.dumps(line("more")) + b"\n") + decoder.close() == b""
    assert (decoder.finished, decoder.failure) == (True, None)
