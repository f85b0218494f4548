"""Every recorded chat completion in OpenAI's wire, replayed: no fact lost, none invented, at any split."""

from dataclasses import replace
from random import Random
from typing import Any

import orjson
import pytest

from tests.rig.asks import Target
from tests.rig.recordings import Case, params
from translators.base import ChatRequest, ChatResponse, WireResponse
from translators.dialects.chat import ChatDialect
from translators.facts import FailureKind, Usage
from translators.providers.openai import OpenAI
from translators.providers.openai.stream import OpenAIDecoder
from translators.providers.vendors import VENDORS

Message = dict[str, Any]


def cases(*, streamed: bool) -> list[Any]:
    """The recordings in OpenAI's wire with status 200."""
    found = params(streamed=streamed, failed=False)
    return [param for param in found if param.values[0] is None or param.values[0].api == "openai.chat"]


def translator(case: Case) -> OpenAI:
    """Its vendor's; GPUStack has no row and is vLLM's likeness."""
    return OpenAI(VENDORS.get(case.provider, VENDORS["vllm"]))


def ask(case: Case) -> ChatRequest:
    """The recorded request as a client's."""
    return ChatDialect().parse(orjson.dumps(case.request), request_id="chatcmpl-ours", created=7)


def expected_usage(case: Case) -> Usage | None:
    """The recorded numbers in inclusive buckets."""
    said = case.facts.get("usage")
    if said is None:
        return None
    prompt, completion, reasoning = said["input_tokens"], said["output_tokens"], said["reasoning_tokens"] or 0
    cached = (
        said["cached_tokens"] or said["raw"].get("num_cached_tokens") or 0
    )  # the latter is Mistral's, not in the facts
    beside = reasoning if case.provider == "xai" else 0
    heard = (said["raw"].get("prompt_tokens_details") or {}).get("audio_tokens") or 0
    spoken = (said["raw"].get("completion_tokens_details") or {}).get("audio_tokens") or 0
    sound = {"input_audio_tokens": heard, "output_audio_tokens": spoken}
    return Usage(prompt, completion + beside, min(cached, prompt), 0, reasoning, **sound)


def calls_of(message: Message) -> list[Message]:
    """Tool calls with their arguments parsed."""
    found = []
    for call in message.get("tool_calls") or ():
        inner = call.get("function") or call["custom"]
        arguments = {"input": inner["input"]} if "input" in inner else orjson.loads(inner["arguments"])
        found.append({"id": call.get("id"), "name": inner["name"], "arguments": arguments})
    return found


def assert_facts(case: Case, message: Message, finish_reason: str | None) -> None:
    """Text, calls, finish, reasoning and refusal are what the provider said."""
    facts = case.facts
    assert (message.get("content") or "") == (facts.get("text") or "")
    assert calls_of(message) == (facts.get("tool_calls") or [])
    assert finish_reason == facts.get("finish_reason")
    assert (message.get("reasoning_content") or None) == (facts.get("reasoning") or None)
    assert (message.get("refusal") or None) == (facts.get("refusal") or None)


@pytest.mark.parametrize("case", cases(streamed=False))
def test_a_whole_answer_keeps_every_fact(case: Case) -> None:
    """And says its usage in inclusive buckets."""
    response = translator(case).response(ask(case), WireResponse(200, case.answer.headers, case.body), Target())

    assert isinstance(response, ChatResponse)
    answer = orjson.loads(response.body)
    assert_facts(case, answer["choices"][0]["message"], answer["choices"][0]["finish_reason"])
    assert response.usage == expected_usage(case)
    assert answer["object"] == "chat.completion"
    assert len(answer["choices"]) == case.facts["n_choices"]
    assert all(
        answer[name] == value for name, value in orjson.loads(case.body).items() if name not in ("choices", "usage")
    )


def fold(out: bytes) -> tuple[Message, str | None, list[Message]]:
    """Choice 0 of a canonical stream put together, its finish reason, and all chunks."""
    blocks = out.split(b"\n\n")
    assert blocks.pop() == b""
    chunks = [orjson.loads(block.removeprefix(b"data: ")) for block in blocks]
    message: Message = {"tool_calls": []}
    finish = None
    for choice in (choice for chunk in chunks for choice in chunk["choices"] if choice["index"] == 0):
        finish = choice.get("finish_reason") or finish
        for name in ("content", "reasoning_content", "refusal"):
            if choice["delta"].get(name):
                message[name] = message.get(name, "") + choice["delta"][name]
        for call in choice["delta"].get("tool_calls") or ():
            add_call(message["tool_calls"], call)
    return message, finish, chunks


def add_call(calls: list[Message], call: Message) -> None:
    """One delta of a tool call, as OpenAI's SDKs put them together."""
    while len(calls) <= call["index"]:
        calls.append({"function": {"name": "", "arguments": ""}})
    whole = calls[call["index"]]
    whole["id"] = call.get("id") or whole.get("id")
    for name in ("name", "arguments"):
        whole["function"][name] += call["function"].get(name) or ""


def decode(case: Case, wanted: ChatRequest, pieces: list[bytes]) -> tuple[OpenAIDecoder, bytes]:
    """A recorded stream in pieces."""
    decoder = translator(case).decoder(wanted, Target())
    out = b"".join([decoder.feed(piece) for piece in pieces])
    return decoder, out + decoder.close()


@pytest.mark.parametrize("include_usage", [True, False])
@pytest.mark.parametrize("case", cases(streamed=True))
def test_a_stream_keeps_every_fact(case: Case, include_usage: bool) -> None:
    """Usage comes once, in the last chunk, if the client asked for it; a broken stream has no end."""
    decoder, out = decode(case, replace(ask(case), include_usage=include_usage), [case.body])
    message, finish, chunks = fold(out)
    usage = expected_usage(case)

    assert_facts(case, message, finish)
    assert decoder.usage == usage
    assert decoder.started
    assert b"[DONE]" not in out
    assert [chunk["choices"] for chunk in chunks if chunk.get("usage")] == ([[]] if usage and include_usage else [])
    if include_usage and usage:
        assert chunks[-1]["usage"]["completion_tokens"] == usage.output_tokens
    if "stream_error" in case.facts:
        assert not decoder.finished
        assert decoder.failure is not None
        assert decoder.failure.kind is FailureKind.BAD_REQUEST
        assert decoder.failure.message == case.facts["stream_error"]["message"]
        assert decoder.failure.code == case.facts["stream_error"]["code"]
    else:
        assert (decoder.finished, decoder.failure) == (True, None)
        assert finish is not None


@pytest.mark.parametrize("case", cases(streamed=True))
def test_how_a_stream_is_cut_never_shows(case: Case) -> None:
    """Byte by byte, and at random places (I11)."""
    raw, wanted, dice = case.body, ask(case), Random(case.name)
    whole, expected = decode(case, wanted, [raw])
    splits = [[raw[i : i + 1] for i in range(len(raw))]]
    for _ in range(5):
        cuts = sorted(dice.choices(range(len(raw) + 1), k=dice.randrange(40)))
        splits.append([raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)])

    for pieces in splits:
        decoder, out = decode(case, wanted, pieces)

        assert out == expected
        assert (decoder.usage, decoder.failure, decoder.finished) == (whole.usage, whole.failure, whole.finished)


@pytest.mark.parametrize("case", cases(streamed=True))
def test_a_recording_cut_short_is_never_finished(case: Case) -> None:
    """G5: at any place before the provider's own end, unless every choice has finished."""
    raw, wanted, dice = case.body, ask(case), Random(case.name)
    for cut in dice.choices(range(len(raw) - 8), k=40):
        decoder, out = decode(case, wanted, [raw[:cut]])
        _, finish, _ = fold(out)

        assert decoder.finished is (decoder.failure is None)
        assert not decoder.finished or finish is not None


@pytest.mark.parametrize("case", [*cases(streamed=False), *cases(streamed=True)])
def test_a_recorded_request_goes_out_with_its_meaning(case: Case) -> None:
    """What a vendor's own client sent is what the vendor gets, but for null and for asking for usage."""
    wanted = ask(case)

    lane, place = translator(case), Target(str(case.request["model"]), case.provider)
    wire = lane.request(wanted, place)
    sent = orjson.loads(wire.body)
    expected = {name: value for name, value in case.request.items() if name not in ("stream_options", "messages")}

    assert lane.unsupported(wanted, place) == ()
    limit = expected.pop("max_completion_tokens", None) if "max_completion_tokens" not in sent else None
    assert {name: sent[name] for name in expected if name in sent} == expected
    assert limit is None or sent["max_tokens"] == limit
    assert all(name.startswith("messages[].") for name in wire.dropped)
    assert len(sent["messages"]) == len(case.request["messages"])
    assert ("stream_options" in sent) is (wanted.stream and VENDORS.get(case.provider, VENDORS["vllm"]).asks_usage)
