"""Every recorded answer in Anthropic's wire, replayed: no fact lost, none invented, at any split."""

from dataclasses import replace
from random import Random
from typing import Any

import orjson
import pytest

from tests.rig.recordings import Case, params
from tests.translators.providers.anthropic.anthropic_asks import Target, ask
from translators.base import ChatRequest, ChatResponse, WireResponse
from translators.facts import FailureKind, Usage
from translators.providers.anthropic import Anthropic, AnthropicDecoder

Message = dict[str, Any]
LISTS = ("citations", "annotations", "reasoning_details")


def cases(*, streamed: bool | None = None, failed: bool = False) -> list[Any]:
    """The recordings in Anthropic's wire."""
    found = params(streamed=streamed, failed=failed)
    return [param for param in found if param.values[0] is None or param.values[0].api == "anthropic.messages"]


def expected_usage(case: Case) -> Usage:
    """The recorded numbers in inclusive buckets."""
    said = case.facts["usage"]
    read, written = said["cached_tokens"] or 0, said["cache_write_tokens"] or 0
    return Usage(
        said["input_tokens"] + read + written, said["output_tokens"], read, written, said["reasoning_tokens"] or 0
    )


def calls_of(message: Message) -> list[Message]:
    """Tool calls with their arguments parsed."""
    return [
        {
            "id": call["id"],
            "name": call["function"]["name"],
            "arguments": orjson.loads(call["function"]["arguments"]),
        }
        for call in message.get("tool_calls") or ()
    ]


def assert_facts(case: Case, message: Message, finish_reason: str | None) -> None:
    """Text, thinking, calls, finish, signatures and citations are what the provider said."""
    facts, details = case.facts, message.get("reasoning_details") or []
    assert (message.get("content") or "") == facts["text"]
    assert (message.get("reasoning_content") or "") == facts["reasoning"]
    assert calls_of(message) == facts["tool_calls"]
    assert finish_reason == case.finish_reason
    assert len([detail for detail in details if detail.get("signature")]) == facts.get("reasoning_signatures", 0)
    assert len([detail for detail in details if detail.get("data")]) == facts.get("redacted_thinking", 0)
    assert len(message.get("citations") or ()) == facts.get("citations", 0)
    own = message.get("extra_content", {}).get("anthropic", {}).get("content", [])
    assert [block["type"] for block in own] == facts.get("other_output_items", [])


@pytest.mark.parametrize("case", cases(streamed=False))
def test_a_whole_answer_keeps_every_fact(case: Case) -> None:
    """And says its usage in inclusive buckets."""
    response = Anthropic().response(ask(), WireResponse(200, case.answer.headers, case.body), Target())

    assert isinstance(response, ChatResponse)
    answer, said = orjson.loads(response.body), orjson.loads(case.body)
    choice, usage = answer["choices"][0], expected_usage(case)
    assert_facts(case, choice["message"], choice["finish_reason"])
    assert choice["native_finish_reason"] == said["stop_reason"]
    assert (answer["id"], answer["model"], answer["created"]) == (said["id"], said["model"], 7)
    assert response.usage == usage
    assert answer["usage"]["prompt_tokens"] == usage.input_tokens
    assert answer["usage"]["total_tokens"] == usage.total_tokens
    assert answer["usage"]["prompt_tokens_details"]["cached_tokens"] == usage.cached_tokens
    assert answer["usage"]["cache_creation_input_tokens"] == usage.cache_write_tokens


def fold(out: bytes) -> tuple[Message, str | None, list[Message]]:
    """A canonical stream put together, its finish reason, and all chunks."""
    blocks = out.split(b"\n\n")
    assert blocks.pop() == b""
    chunks = [orjson.loads(block.removeprefix(b"data: ")) for block in blocks]
    message: Message = {"tool_calls": []}
    finishes = []
    for choice in (choice for chunk in chunks for choice in chunk["choices"]):
        delta = choice["delta"]
        if choice["finish_reason"]:
            finishes.append(choice["finish_reason"])
        for name in ("content", "reasoning_content", "refusal", "role"):
            if delta.get(name):
                message[name] = message.get(name, "") + delta[name]
        for name in LISTS:
            message[name] = message.get(name, []) + delta.get(name, [])
        for step in delta.get("extra_content", {}).get("anthropic", {}).get("content", []):
            own = message.setdefault("extra_content", {"anthropic": {"content": []}})
            own["anthropic"]["content"].append(step)
        for part in delta.get("tool_calls") or ():
            add_call(message["tool_calls"], part)
    assert len(finishes) <= 1
    return message, finishes[0] if finishes else None, chunks


def add_call(calls: list[Message], part: Message) -> None:
    """One delta of a tool call: id and name come with the first, in order."""
    if "id" in part:
        assert part["index"] == len(calls)
        calls.append({"id": part["id"], "type": part["type"], "function": dict(part["function"])})
    else:
        calls[part["index"]]["function"]["arguments"] += part["function"]["arguments"]


def decode(wanted: ChatRequest, pieces: list[bytes]) -> tuple[AnthropicDecoder, bytes]:
    """A stream in pieces."""
    decoder = Anthropic().decoder(wanted, Target())
    out = b"".join([decoder.feed(piece) for piece in pieces])
    return decoder, out + decoder.close()


@pytest.mark.parametrize("include_usage", [True, False])
@pytest.mark.parametrize("case", cases(streamed=True))
def test_a_stream_keeps_every_fact(case: Case, include_usage: bool) -> None:
    """The role comes first and once; usage in one last chunk, and only if the client asked for it."""
    decoder, out = decode(replace(ask(stream=True), include_usage=include_usage), [case.body])
    message, finish, chunks = fold(out)
    usage = expected_usage(case)

    assert_facts(case, message, finish)
    assert message["role"] == "assistant"
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert (decoder.usage, decoder.started, decoder.finished, decoder.failure) == (usage, True, True, None)
    assert {(chunk["model"], chunk["created"]) for chunk in chunks} == {(case.facts["model"], 7)}
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert [chunk["choices"] for chunk in chunks if chunk.get("usage")] == ([[]] if include_usage else [])
    if include_usage:
        assert chunks[-1]["usage"]["prompt_tokens"] == usage.input_tokens
        assert chunks[-1]["usage"]["completion_tokens"] == usage.output_tokens
    assert b"[DONE]" not in out


@pytest.mark.parametrize("case", cases(streamed=True))
def test_how_a_stream_is_cut_never_shows(case: Case) -> None:
    """Byte by byte, and at random places (I11)."""
    raw, wanted, dice = case.body, ask(stream=True), Random(case.name)
    whole, expected = decode(wanted, [raw])
    splits = [[raw[i : i + 1] for i in range(len(raw))]]
    for _ in range(5):
        cuts = sorted(dice.choices(range(len(raw) + 1), k=dice.randrange(40)))
        splits.append([raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)])

    for pieces in splits:
        decoder, out = decode(wanted, pieces)

        assert out == expected
        assert (decoder.usage, decoder.failure, decoder.finished) == (whole.usage, whole.failure, whole.finished)


@pytest.mark.parametrize("case", cases(streamed=True))
def test_a_recording_cut_short_is_never_finished(case: Case) -> None:
    """F6: it has no finish reason either, and says that the model may have done its work."""
    raw, dice = case.body, Random(case.name)
    last = raw.rindex(b"}")
    for cut in [last, *dice.choices(range(last), k=40)]:
        decoder, out = decode(ask(stream=True), [raw[:cut]])
        _, finish, _ = fold(out)

        assert not decoder.finished
        assert decoder.failure is not None
        assert decoder.failure.kind is FailureKind.UNREACHABLE
        assert decoder.failure.reached_model
        assert finish is None


@pytest.mark.parametrize("case", cases(failed=True))
def test_a_recorded_error_keeps_its_meaning(case: Case) -> None:
    """Status, type and words."""
    said = case.facts["error"]

    failure = Anthropic().failure(WireResponse(case.status, case.answer.headers, case.body))

    kinds = {400: FailureKind.BAD_REQUEST, 401: FailureKind.AUTH, 404: FailureKind.NOT_FOUND}
    assert (failure.kind, failure.status, failure.code) == (kinds[case.status], case.status, said["type"])
    assert failure.message == (
        said["message"] if case.status != 401 else "The upstream refused the gateway's credential."
    )
