"""Every recorded answer in Gemini's wire, replayed: no fact lost, none invented, at any split."""

from dataclasses import replace

import orjson
import pytest
from openai.types.chat import ChatCompletion

from tests.rig.recordings import Case
from tests.rig.replaying import Message, cases, check_cuts, check_order, check_splits, cuts, decode, fold
from tests.rig.replays import gemini as replay
from tests.rig.tokens import Tokens
from tests.translators.providers.gemini.gemini_asks import Target, ask
from translators.base import ChatResponse, WireResponse
from translators.facts import FailureKind, Usage
from translators.providers.gemini import Gemini


def expected_usage(case: Case) -> Usage:
    """The recorded numbers in inclusive buckets."""
    said = replay.usage(case.facts)
    assert said is not None
    pictures = sum(
        entry["tokenCount"]
        for entry in case.facts["usage"]["raw"].get("promptTokensDetails", ())
        if entry["modality"] == "IMAGE"
    )
    return Usage(said.prompt, said.completion, said.cached, 0, said.reasoning, input_image_tokens=pictures)


def shown(usage: Message) -> Tokens:
    """Usage as a client reads it."""
    return Tokens(
        usage["prompt_tokens"],
        usage["completion_tokens"],
        usage["total_tokens"],
        usage["prompt_tokens_details"]["cached_tokens"],
        usage["completion_tokens_details"]["reasoning_tokens"],
    )


def expected_finish(case: Case) -> str:
    """As OpenAI spells it: a tool call is no stop."""
    return "tool_calls" if case.facts["tool_calls"] else replay.FINISH_REASONS[case.facts["finish_reason"]]


def assert_facts(case: Case, message: Message, choice: Message) -> None:
    """Text, thinking, calls, finish and signatures are what the provider said."""
    facts, details = case.facts, message.get("reasoning_details") or []
    calls = message.get("tool_calls") or []
    assert (message.get("content") or "") == facts["text"]
    assert (message.get("reasoning_content") or "") == facts["reasoning"]
    assert [(call["function"]["name"], orjson.loads(call["function"]["arguments"])) for call in calls] == [
        (call["name"], call["arguments"]) for call in facts["tool_calls"]
    ]
    assert len({call["id"] for call in calls}) == len(calls)
    assert choice["finish_reason"] == expected_finish(case)
    assert choice["native_finish_reason"] == facts["finish_reason"]
    signed = [detail for detail in details if detail.get("signature") or detail.get("data")]
    assert len(signed) == facts.get("reasoning_signatures", 0)


@pytest.mark.parametrize("case", cases("gemini.generateContent", streamed=False))
def test_a_whole_answer_keeps_every_fact(case: Case) -> None:
    """And says its usage in inclusive buckets."""
    response = Gemini().response(ask(), WireResponse(200, case.answer.headers, case.body), Target())

    assert isinstance(response, ChatResponse)
    ChatCompletion.model_validate_json(response.body)
    answer, said = orjson.loads(response.body), orjson.loads(case.body)
    assert_facts(case, answer["choices"][0]["message"], answer["choices"][0])
    assert (answer["id"], answer["model"], answer["created"]) == (said["responseId"], said["modelVersion"], 7)
    assert response.usage == expected_usage(case)
    assert shown(answer["usage"]) == replay.usage(case.facts)


@pytest.mark.parametrize("case", cases("gemini.generateContent"))
def test_the_same_request_in_openais_words_comes_to_what_was_recorded(case: Case) -> None:
    """Path and body: what we send means what the recorded client sent."""
    recorded = case.recording["request"]
    body = replay.openai_request(recorded["body"], recorded["path"])
    target = Target(case.model, case.provider)

    request = Gemini(vertex=case.provider == "vertex").request(ask(**body, stream=case.streamed), target)

    replay.check_path(request.path, case.model, case.streamed)
    assert replay.meaning(orjson.loads(request.body)) == replay.meaning(recorded["body"])
    assert request.dropped == ()


@pytest.mark.parametrize("include_usage", [True, False])
@pytest.mark.parametrize("case", cases("gemini.generateContent", streamed=True))
def test_a_stream_keeps_every_fact(case: Case, include_usage: bool) -> None:
    """The role comes first and once; the finish once; usage in one last chunk, and only if the client asked for it."""
    decoder = Gemini().decoder(replace(ask(stream=True), include_usage=include_usage), Target())
    out = decode(decoder, [case.body])
    message, end, chunks = fold(out)

    assert_facts(case, message, end)
    check_order(chunks, out, include_usage=include_usage)
    assert (decoder.usage, decoder.started, decoder.finished) == (expected_usage(case), True, True)
    assert {(chunk["model"], chunk["created"]) for chunk in chunks} == {(case.facts["model"], 7)}
    if include_usage:
        assert shown(chunks[-1]["usage"]) == replay.usage(case.facts)


@pytest.mark.parametrize("case", cases("gemini.generateContent", streamed=True))
def test_how_a_stream_is_cut_never_shows(case: Case) -> None:
    """Byte by byte, and at random places (I11)."""
    check_splits(lambda: Gemini().decoder(ask(stream=True), Target()), case)


@pytest.mark.parametrize("case", cases("gemini.generateContent", streamed=True))
def test_a_recording_cut_short_is_never_finished(case: Case) -> None:
    """F6: it has no finish reason either, and says that the model may have done its work."""
    end = case.body.rindex(b"}")
    check_cuts(lambda: Gemini().decoder(ask(stream=True), Target()), case.body, cuts(end, case.name))


@pytest.mark.parametrize("case", cases("gemini.generateContent", failed=True))
def test_a_recorded_error_keeps_its_meaning(case: Case) -> None:
    """Status, words, code, and when to come back."""
    said = case.facts["error"]

    failure = Gemini().failure(WireResponse(case.status, case.answer.headers, case.body))

    if case.status == 429:
        assert (failure.kind, failure.retry_after) == (FailureKind.RATE_LIMITED, 48.0)
        assert (failure.message, failure.code) == (said["message"], said["status"])
    else:
        assert (failure.kind, failure.status) == (FailureKind.AUTH, 400)
        assert failure.code == "API_KEY_INVALID"
        assert failure.message == "The upstream refused the gateway's credential."
