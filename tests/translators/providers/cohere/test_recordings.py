"""Every recorded answer in Cohere's wire, replayed: no fact lost, none invented, at any split."""

from dataclasses import replace

import orjson
import pytest

from tests.rig.recordings import Case
from tests.rig.replaying import Message, calls_of, cases, check_cuts, check_order, check_splits, cuts, decode, fold
from tests.rig.replays import cohere as replay
from tests.translators.providers.cohere.cohere_asks import Target, ask
from translators.base import ChatResponse, WireResponse
from translators.dialects.chat import ChatDialect
from translators.facts import FailureKind, Usage
from translators.providers.cohere import Cohere


def expected_usage(case: Case) -> Usage:
    """The recorded numbers."""
    said = replay.usage(case.facts)
    assert said is not None
    return Usage(said.prompt, said.completion, said.cached, 0, said.reasoning)


def assert_facts(case: Case, message: Message, end: Message) -> None:
    """Text, thinking, plan, calls, finish and citations are what the provider said."""
    facts = case.facts
    plans = [detail["text"] for detail in message.get("reasoning_details", ())]
    assert (message.get("content") or "") == facts["text"]
    assert (message.get("reasoning_content") or "") == facts["reasoning"]
    assert "".join(plans) == facts.get("tool_plan", "")
    assert calls_of(message) == facts["tool_calls"]
    assert end["finish_reason"] == replay.FINISH_REASONS[facts["finish_reason"]]
    assert end["native_finish_reason"] == facts["finish_reason"]
    assert len(message.get("citations") or ()) == facts.get("citations", 0)


def assert_usage(case: Case, shown: Message) -> None:
    """Cohere's tokens, and beside them what is billed."""
    usage = expected_usage(case)
    assert (shown["prompt_tokens"], shown["completion_tokens"]) == (usage.input_tokens, usage.output_tokens)
    assert shown["total_tokens"] == usage.total_tokens
    assert shown.get("prompt_tokens_details", {"cached_tokens": 0})["cached_tokens"] == usage.cached_tokens
    reasoning = shown.get("completion_tokens_details", {"reasoning_tokens": 0})["reasoning_tokens"]
    assert reasoning == usage.reasoning_tokens
    assert shown["billed_units"] == case.facts["usage"]["raw"]["billed_units"]


@pytest.mark.parametrize("case", cases("cohere.chat", streamed=False))
def test_a_whole_answer_keeps_every_fact(case: Case) -> None:
    """Cached tokens, thinking and the native reason among them."""
    response = Cohere().response(ask(), WireResponse(200, case.answer.headers, case.body), Target())

    assert isinstance(response, ChatResponse)
    answer, said = orjson.loads(response.body), orjson.loads(case.body)
    assert_facts(case, answer["choices"][0]["message"], answer["choices"][0])
    assert (answer["id"], answer["model"], answer["created"]) == (said["id"], "smart", 7)
    assert response.usage == expected_usage(case)
    assert_usage(case, answer["usage"])


@pytest.mark.parametrize("include_usage", [True, False])
@pytest.mark.parametrize("case", cases("cohere.chat", streamed=True))
def test_a_stream_keeps_every_fact(case: Case, include_usage: bool) -> None:
    """The role comes first and once; usage in one last chunk, and only if the client asked for it."""
    decoder = Cohere().decoder(replace(ask(stream=True), include_usage=include_usage), Target())
    out = decode(decoder, [case.body])
    message, end, chunks = fold(out)

    assert_facts(case, message, end)
    check_order(chunks, out, include_usage=include_usage)
    assert (decoder.usage, decoder.started, decoder.finished) == (expected_usage(case), True, True)
    assert decoder.failure is None
    if include_usage:
        assert_usage(case, chunks[-1]["usage"])


@pytest.mark.parametrize("case", cases("cohere.chat", streamed=True))
def test_how_a_stream_is_cut_never_shows(case: Case) -> None:
    """Byte by byte, and at random places (I11)."""
    check_splits(lambda: Cohere().decoder(ask(stream=True), Target()), case)


@pytest.mark.parametrize("case", cases("cohere.chat", streamed=True))
def test_a_recording_cut_short_is_never_finished(case: Case) -> None:
    """F6: it has no finish reason either, and says that the model may have done its work."""
    end = case.body.index(b'"type":"message-end"')
    check_cuts(lambda: Cohere().decoder(ask(stream=True), Target()), case.body, cuts(end, case.name))


@pytest.mark.parametrize("case", cases("cohere.chat", failed=True))
def test_a_recorded_error_keeps_its_meaning(case: Case) -> None:
    """Status, type and words. One of them is of the first version of the API, which says it in the same form."""
    said = case.facts["error"]

    failure = Cohere().failure(WireResponse(case.status, case.answer.headers, case.body))

    kinds = {400: FailureKind.CONTEXT_LENGTH, 404: FailureKind.NOT_FOUND}
    assert (failure.kind, failure.status, failure.code) == (kinds[case.status], case.status, said.get("type"))
    assert failure.message == said["message"]


@pytest.mark.parametrize("case", cases("cohere.chat"))
def test_a_request_means_what_the_recorded_one_did(case: Case) -> None:
    """Said by an OpenAI client, it arrives as Cohere's own client had sent it."""
    said = replay.openai_request(case.request, case.recording["request"]["path"])
    raw = orjson.dumps(said | {"model": "smart", "stream": case.streamed})
    wanted = ChatDialect().parse(raw, request_id="chatcmpl-ours", created=7)

    request = Cohere().request(wanted, Target(case.model))

    assert Cohere().unsupported(wanted, Target(case.model)) == ()
    assert request.dropped == ()
    assert request.path == "/v2/chat"
    assert replay.meaning(orjson.loads(request.body)) == replay.meaning(case.request)
