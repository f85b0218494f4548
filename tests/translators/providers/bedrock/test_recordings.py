"""Every recorded answer of Converse's, replayed: no fact lost, none invented, at any split."""

from dataclasses import replace
from random import Random

import orjson
import pytest

from tests.rig.recordings import Case
from tests.rig.replaying import Message, calls_of, cases, check_cuts, check_order, check_splits, cuts, decode, fold
from tests.rig.replays import bedrock as replay
from tests.translators.official.vendor_types import bedrock as faults
from tests.translators.providers.bedrock.bedrock_asks import Target, ask
from translators.base import ChatResponse, WireResponse
from translators.facts import FailureKind, Usage
from translators.providers.bedrock import Bedrock, ConverseDecoder

GUARDED = [param for param in cases("bedrock.converse", streamed=True) if "guardrail" in str(param.id)]


def fresh(case: Case, *, include_usage: bool = False) -> ConverseDecoder:
    """A decoder for its stream."""
    return Bedrock().decoder(replace(ask(stream=True), include_usage=include_usage), Target(case.model))


def expected_usage(case: Case) -> Usage:
    """The recorded numbers in inclusive buckets."""
    said = case.facts["usage"]
    read, written = said["cached_tokens"] or 0, said["cache_write_tokens"] or 0
    return Usage(said["input_tokens"] + read + written, said["output_tokens"], read, written)


def assert_facts(case: Case, message: Message, finish_reason: str | None) -> None:
    """Text, thinking, calls, finish, encrypted thinking and citations are what the provider said."""
    facts, details = case.facts, message.get("reasoning_details") or []
    assert (message.get("content") or "") == facts["text"]
    assert (message.get("reasoning_content") or "") == facts["reasoning"]
    assert calls_of(message) == facts["tool_calls"]
    assert finish_reason == case.finish_reason
    assert len([detail for detail in details if detail.get("data")]) == facts.get("redacted_thinking", 0)
    assert len(message.get("citations") or ()) == facts.get("citations", 0)


@pytest.mark.parametrize("case", cases("bedrock.converse"))
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


@pytest.mark.parametrize("case", cases("bedrock.converse", streamed=False))
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


@pytest.mark.parametrize("include_usage", [True, False])
@pytest.mark.parametrize("case", cases("bedrock.converse", streamed=True))
def test_a_stream_keeps_every_fact(case: Case, include_usage: bool) -> None:
    """The role comes first and once; usage in one last chunk, and only if the client asked for it."""
    decoder = fresh(case, include_usage=include_usage)
    out = decode(decoder, [case.body])
    message, end, chunks = fold(out)
    usage = expected_usage(case)

    assert_facts(case, message, end["finish_reason"])
    check_order(chunks, out, include_usage=include_usage)
    assert (decoder.usage, decoder.started, decoder.finished, decoder.failure) == (usage, True, True, None)
    assert {(chunk["id"], chunk["model"], chunk["created"]) for chunk in chunks} == {("chatcmpl-ours", "smart", 7)}
    if include_usage:
        assert chunks[-1]["usage"]["prompt_tokens"] == usage.input_tokens
        assert chunks[-1]["usage"]["completion_tokens"] == usage.output_tokens


@pytest.mark.parametrize("case", cases("bedrock.converse", streamed=True))
def test_how_a_stream_is_cut_never_shows(case: Case) -> None:
    """Byte by byte, and at random places (I11)."""
    check_splits(lambda: fresh(case), case)


@pytest.mark.parametrize("case", cases("bedrock.converse", streamed=True))
def test_a_recording_cut_short_is_never_finished(case: Case) -> None:
    """F6: it has no finish reason either, and says that the model may have done its work.

    But for one place: between the last two frames all is said but what it cost.
    """
    raw = case.body
    complete = len(raw) - int.from_bytes(raw[raw.rindex(b"metadata") - 28 :][:4])
    check_cuts(lambda: fresh(case), raw, {*cuts(len(raw) - 1, case.name)} - {complete})


@pytest.mark.parametrize("case", cases("bedrock.converse", streamed=True))
def test_a_flipped_bit_in_a_recording_breaks_it(case: Case) -> None:
    """Each frame has a checksum: what is not what was sent is never passed on as if it were."""
    expected = decode(fresh(case), [case.body])
    dice = Random(case.name)
    for _ in range(20):
        raw = bytearray(case.body)
        raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)

        decoder = fresh(case)
        out = decode(decoder, [bytes(raw)])

        assert decoder.failure is not None
        assert expected.startswith(out)


@pytest.mark.parametrize("case", cases("bedrock.converse", failed=True))
def test_a_recorded_error_keeps_its_meaning(case: Case) -> None:
    """Status, type and words; a refusal of our credential never quotes it."""
    said = case.facts["error"]

    failure = Bedrock().failure(WireResponse(case.status, case.answer.headers, case.body))

    kinds = {400: FailureKind.BAD_REQUEST, 403: FailureKind.AUTH}
    assert (failure.kind, failure.status, failure.code) == (kinds[case.status], case.status, said["type"])
    assert failure.message == (
        said["message"] if case.status != 403 else "The upstream refused the gateway's credential."
    )


@pytest.mark.parametrize(
    "case", [param for param in cases("bedrock.converse", streamed=True) if "guardrail" in str(param.id)]
)
def test_what_a_guardrail_did_is_kept(case: Case) -> None:
    """The trace, with what it found, and the time it took."""
    message, end, _ = fold(decode(fresh(case), [case.body]))

    facts = message["extra_content"]["bedrock"]
    assert end["finish_reason"] == "content_filter"
    assert facts["trace"]["guardrail"]["actionReason"] == "No action.\nGuardrail masked."
    assert facts["metrics"] == {"latencyMs": 1445}
