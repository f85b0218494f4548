"""Every recorded answer of Converse's, replayed: no fact lost, none invented, at any split."""

from dataclasses import replace
from random import Random
from typing import Any

import orjson
import pytest

from tests.rig.recordings import CASES, Case, params
from tests.rig.replays import bedrock as replay
from tests.translators.official.vendor_types import bedrock as faults
from tests.translators.providers.bedrock.bedrock_asks import Target, ask
from tests.translators.providers.bedrock.bedrock_streams import chunks_of
from translators.base import ChatRequest, ChatResponse, WireResponse
from translators.facts import FailureKind, Usage
from translators.providers.bedrock import Bedrock, ConverseDecoder

Message = dict[str, Any]


def cases(*, streamed: bool | None = None, failed: bool = False) -> list[Any]:
    """The recordings of this interface."""
    if not any(case.api == "bedrock.converse" for case in CASES):
        return params()[:1]
    return [param for param in params(streamed=streamed, failed=failed) if param.values[0].api == "bedrock.converse"]


def expected_usage(case: Case) -> Usage:
    """The recorded numbers in inclusive buckets."""
    said = case.facts["usage"]
    read, written = said["cached_tokens"] or 0, said["cache_write_tokens"] or 0
    return Usage(said["input_tokens"] + read + written, said["output_tokens"], read, written)


def calls_of(message: Message) -> list[Message]:
    """Tool calls with their arguments parsed."""
    return [
        {"id": call["id"], "name": call["function"]["name"], "arguments": orjson.loads(call["function"]["arguments"])}
        for call in message.get("tool_calls") or ()
    ]


def assert_facts(case: Case, message: Message, finish_reason: str | None) -> None:
    """Text, thinking, calls, finish, encrypted thinking and citations are what the provider said."""
    facts, details = case.facts, message.get("reasoning_details") or []
    assert (message.get("content") or "") == facts["text"]
    assert (message.get("reasoning_content") or "") == facts["reasoning"]
    assert calls_of(message) == facts["tool_calls"]
    assert finish_reason == case.finish_reason
    assert len([detail for detail in details if detail.get("data")]) == facts.get("redacted_thinking", 0)
    assert len(message.get("citations") or ()) == facts.get("citations", 0)


@pytest.mark.parametrize("case", cases())
def test_a_recorded_request_is_said_again(case: Case) -> None:
    """From OpenAI's form, with the same meaning, in a form that Bedrock's service model allows, at the same place."""
    path = case.recording["request"]["path"]
    said = replay.openai_request(case.request, path)

    request = Bedrock().request(ask(stream=case.streamed, **said), Target(case.model))

    body = orjson.loads(request.body)
    assert replay.meaning(body) == replay.meaning(case.request)
    assert faults(body) == []
    assert request.dropped == ()
    assert Bedrock().unsupported(ask(**said), Target(case.model)) == ()
    replay.check_path(request.path, case.model, case.streamed)
    assert request.path == path.replace(":", "%3A")


@pytest.mark.parametrize("case", cases(streamed=False))
def test_a_whole_answer_keeps_every_fact(case: Case) -> None:
    """And says its usage in inclusive buckets."""
    response = Bedrock().response(ask(), WireResponse(200, case.answer.headers, case.body), Target(case.model))

    assert isinstance(response, ChatResponse)
    answer, said = orjson.loads(response.body), orjson.loads(case.body)
    choice, usage = answer["choices"][0], expected_usage(case)
    assert_facts(case, choice["message"], choice["finish_reason"])
    assert choice["native_finish_reason"] == said["stopReason"]
    assert (answer["id"], answer["model"], answer["created"]) == ("chatcmpl-ours", "smart", 7)
    assert response.usage == usage
    assert answer["usage"]["prompt_tokens"] == usage.input_tokens
    assert answer["usage"]["total_tokens"] == usage.total_tokens == said["usage"]["totalTokens"]
    assert answer["usage"]["prompt_tokens_details"]["cached_tokens"] == usage.cached_tokens
    assert answer["usage"]["cache_creation_input_tokens"] == usage.cache_write_tokens
    assert choice["message"]["extra_content"]["bedrock"]["metrics"] == said["metrics"]


def fold(out: bytes) -> tuple[Message, str | None, list[Message]]:
    """A canonical stream put together, its finish reason, and all chunks."""
    chunks = chunks_of(out)
    message: Message = {"tool_calls": []}
    finishes = []
    for choice in (choice for chunk in chunks for choice in chunk["choices"]):
        delta = choice["delta"]
        if choice["finish_reason"]:
            finishes.append(choice["finish_reason"])
        for name in ("content", "reasoning_content", "role"):
            if delta.get(name):
                message[name] = message.get(name, "") + delta[name]
        for name in ("reasoning_details", "citations"):
            message[name] = message.get(name, []) + delta.get(name, [])
        message |= {"extra_content": delta["extra_content"]} if "extra_content" in delta else {}
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


def decode(case: Case, pieces: list[bytes], wanted: ChatRequest | None = None) -> tuple[ConverseDecoder, bytes]:
    """A stream in pieces."""
    decoder = Bedrock().decoder(wanted or ask(stream=True), Target(case.model))
    out = b"".join([decoder.feed(piece) for piece in pieces])
    return decoder, out + decoder.close()


@pytest.mark.parametrize("include_usage", [True, False])
@pytest.mark.parametrize("case", cases(streamed=True))
def test_a_stream_keeps_every_fact(case: Case, include_usage: bool) -> None:
    """The role comes first and once; usage in one last chunk, and only if the client asked for it."""
    wanted = replace(ask(stream=True), include_usage=include_usage)
    decoder, out = decode(case, [case.body], wanted)
    message, finish, chunks = fold(out)
    usage = expected_usage(case)

    assert_facts(case, message, finish)
    assert message["role"] == "assistant"
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert (decoder.usage, decoder.started, decoder.finished, decoder.failure) == (usage, True, True, None)
    assert {(chunk["id"], chunk["model"], chunk["created"]) for chunk in chunks} == {("chatcmpl-ours", "smart", 7)}
    assert [chunk["choices"] for chunk in chunks if chunk.get("usage")] == ([[]] if include_usage else [])
    if include_usage:
        assert chunks[-1]["usage"]["prompt_tokens"] == usage.input_tokens
        assert chunks[-1]["usage"]["completion_tokens"] == usage.output_tokens
    assert b"[DONE]" not in out


@pytest.mark.parametrize("case", cases(streamed=True))
def test_how_a_stream_is_cut_never_shows(case: Case) -> None:
    """Byte by byte, and at random places (I11)."""
    raw, dice = case.body, Random(case.name)
    whole, expected = decode(case, [raw])
    splits = [[raw[i : i + 1] for i in range(len(raw))]]
    for _ in range(5):
        cuts = sorted(dice.choices(range(len(raw) + 1), k=dice.randrange(40)))
        splits.append([raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)])

    for pieces in splits:
        decoder, out = decode(case, pieces)

        assert out == expected
        assert (decoder.usage, decoder.failure, decoder.finished) == (whole.usage, whole.failure, whole.finished)


@pytest.mark.parametrize("case", cases(streamed=True))
def test_a_recording_cut_short_is_never_finished(case: Case) -> None:
    """F6: it has no finish reason either, and says that the model may have done its work.

    But for one place: between the last two frames all is said but what it cost.
    """
    raw, dice = case.body, Random(case.name)
    last = len(raw) - 1
    complete = last + 1 - int.from_bytes(raw[raw.rindex(b"metadata") - 28 :][:4])
    for cut in {last, *dice.choices(range(last), k=40)} - {complete}:
        decoder, out = decode(case, [raw[:cut]])
        _, finish, _ = fold(out)

        assert not decoder.finished
        assert decoder.failure is not None
        assert decoder.failure.kind is FailureKind.UNREACHABLE
        assert decoder.failure.reached_model
        assert finish is None


@pytest.mark.parametrize("case", cases(streamed=True))
def test_a_flipped_bit_in_a_recording_breaks_it(case: Case) -> None:
    """Each frame has a checksum: what is not what was sent is never passed on as if it were."""
    _, expected = decode(case, [case.body])
    dice = Random(case.name)
    for _ in range(20):
        raw = bytearray(case.body)
        raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)

        decoder, out = decode(case, [bytes(raw)])

        assert decoder.failure is not None
        assert expected.startswith(out)


@pytest.mark.parametrize("case", cases(failed=True))
def test_a_recorded_error_keeps_its_meaning(case: Case) -> None:
    """Status, type and words; a refusal of our credential never quotes it."""
    said = case.facts["error"]

    failure = Bedrock().failure(WireResponse(case.status, case.answer.headers, case.body))

    kinds = {400: FailureKind.BAD_REQUEST, 403: FailureKind.AUTH}
    assert (failure.kind, failure.status, failure.code) == (kinds[case.status], case.status, said["type"])
    assert failure.message == (
        said["message"] if case.status != 403 else "The upstream refused the gateway's credential."
    )


@pytest.mark.parametrize("case", [param for param in cases(streamed=True) if "guardrail" in str(param.id)])
def test_what_a_guardrail_did_is_kept(case: Case) -> None:
    """The trace, with what it found, and the time it took."""
    _, out = decode(case, [case.body])
    message, finish, _ = fold(out)

    facts = message["extra_content"]["bedrock"]
    assert finish == "content_filter"
    assert facts["trace"]["guardrail"]["actionReason"] == "No action.\nGuardrail masked."
    assert facts["metrics"] == {"latencyMs": 1445}
