"""Every recorded answer in Anthropic's wire, replayed: no fact lost, none invented, at any split."""

from dataclasses import replace

import orjson
import pytest

from tests.rig.recordings import Case
from tests.rig.replaying import Message, calls_of, cases, check_cuts, check_order, check_splits, cuts, decode, fold
from tests.translators.providers.anthropic.anthropic_asks import Target, ask
from translators.base import ChatResponse, WireResponse
from translators.facts import FailureKind, Usage
from translators.providers.anthropic import Anthropic


def expected_usage(case: Case) -> Usage:
    """The recorded numbers in inclusive buckets."""
    said = case.facts["usage"]
    read, written = said["cached_tokens"] or 0, said["cache_write_tokens"] or 0
    return Usage(
        said["input_tokens"] + read + written, said["output_tokens"], read, written, said["reasoning_tokens"] or 0
    )


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


@pytest.mark.parametrize("case", cases("anthropic.messages", streamed=False))
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


@pytest.mark.parametrize("include_usage", [True, False])
@pytest.mark.parametrize("case", cases("anthropic.messages", streamed=True))
def test_a_stream_keeps_every_fact(case: Case, include_usage: bool) -> None:
    """The role comes first and once; usage in one last chunk, and only if the client asked for it."""
    decoder = Anthropic().decoder(replace(ask(stream=True), include_usage=include_usage), Target())
    out = decode(decoder, [case.body])
    message, end, chunks = fold(out)
    usage = expected_usage(case)

    assert_facts(case, message, end["finish_reason"])
    check_order(chunks, out, include_usage=include_usage)
    assert (decoder.usage, decoder.started, decoder.finished, decoder.failure) == (usage, True, True, None)
    assert {(chunk["model"], chunk["created"]) for chunk in chunks} == {(case.facts["model"], 7)}
    if include_usage:
        assert chunks[-1]["usage"]["prompt_tokens"] == usage.input_tokens
        assert chunks[-1]["usage"]["completion_tokens"] == usage.output_tokens


@pytest.mark.parametrize("case", cases("anthropic.messages", streamed=True))
def test_how_a_stream_is_cut_never_shows(case: Case) -> None:
    """Byte by byte, and at random places (I11)."""
    check_splits(lambda: Anthropic().decoder(ask(stream=True), Target()), case)


@pytest.mark.parametrize("case", cases("anthropic.messages", streamed=True))
def test_a_recording_cut_short_is_never_finished(case: Case) -> None:
    """F6: it has no finish reason either, and says that the model may have done its work."""
    end = case.body.rindex(b"}")
    check_cuts(lambda: Anthropic().decoder(ask(stream=True), Target()), case.body, cuts(end, case.name))


@pytest.mark.parametrize("case", cases("anthropic.messages", failed=True))
def test_a_recorded_error_keeps_its_meaning(case: Case) -> None:
    """Status, type and words."""
    said = case.facts["error"]

    failure = Anthropic().failure(WireResponse(case.status, case.answer.headers, case.body))

    kinds = {400: FailureKind.BAD_REQUEST, 401: FailureKind.AUTH, 404: FailureKind.NOT_FOUND}
    assert (failure.kind, failure.status, failure.code) == (kinds[case.status], case.status, said["type"])
    assert failure.message == (
        said["message"] if case.status != 401 else "The upstream refused the gateway's credential."
    )
