"""Every recorded answer in Ollama's own wire, replayed: no fact lost, none invented, at any split."""

from dataclasses import replace

import orjson
import pytest

from tests.rig.recordings import Case
from tests.rig.replaying import Message, calls_of, cases, check_cuts, check_order, check_splits, cuts, decode, fold
from tests.rig.replays import ollama as replay
from tests.translators.providers.ollama.ollama_asks import Target, ask
from translators.base import ChatResponse, WireResponse
from translators.dialects.chat import ChatDialect
from translators.facts import FailureKind, Usage
from translators.providers.ollama import Ollama


def expected_usage(case: Case) -> Usage:
    """The recorded numbers."""
    said = replay.usage(case.facts)
    assert said is not None
    return Usage(said.prompt, said.completion, said.cached, 0, said.reasoning)


def assert_facts(case: Case, message: Message, end: Message) -> None:
    """Text, thinking, calls and finish are what the server said; ids stay where it has them."""
    facts = case.facts
    assert (message.get("content") or "") == facts["text"]
    assert (message.get("reasoning_content") or "") == facts["reasoning"]
    assert calls_of(message) == facts["tool_calls"]
    assert end["finish_reason"] == ("tool_calls" if facts["tool_calls"] else facts["finish_reason"])
    assert end["native_finish_reason"] == facts["finish_reason"]


def assert_usage(case: Case, shown: Message) -> None:
    """The server's counts, and beside them its times."""
    usage = expected_usage(case)
    assert (shown["prompt_tokens"], shown["completion_tokens"]) == (usage.input_tokens, usage.output_tokens)
    assert shown["total_tokens"] == usage.total_tokens
    assert shown["eval_duration"] > 0


@pytest.mark.parametrize("case", cases("ollama.chat", streamed=False))
def test_a_whole_answer_keeps_every_fact(case: Case) -> None:
    """Thinking, and arguments as the text that OpenAI has."""
    response = Ollama().response(ask(), WireResponse(200, case.answer.headers, case.body), Target())

    assert isinstance(response, ChatResponse)
    answer, said = orjson.loads(response.body), orjson.loads(case.body)
    assert_facts(case, answer["choices"][0]["message"], answer["choices"][0])
    assert (answer["id"], answer["model"], answer["created"]) == ("chatcmpl-ours", said["model"], 7)
    assert response.usage == expected_usage(case)
    assert_usage(case, answer["usage"])


@pytest.mark.parametrize("include_usage", [True, False])
@pytest.mark.parametrize("case", cases("ollama.chat", streamed=True))
def test_a_stream_keeps_every_fact(case: Case, include_usage: bool) -> None:
    """The role comes first and once; usage in one last chunk, and only if the client asked for it."""
    decoder = Ollama().decoder(replace(ask(stream=True), include_usage=include_usage), Target())
    out = decode(decoder, [case.body])
    message, end, chunks = fold(out)

    assert_facts(case, message, end)
    check_order(chunks, out, include_usage=include_usage)
    assert (decoder.usage, decoder.started, decoder.finished) == (expected_usage(case), True, True)
    assert decoder.failure is None
    assert {(chunk["id"], chunk["model"], chunk["created"]) for chunk in chunks} == {
        ("chatcmpl-ours", case.facts["model"], 7)
    }
    if include_usage:
        assert_usage(case, chunks[-1]["usage"])


@pytest.mark.parametrize("case", cases("ollama.chat", streamed=True))
def test_how_a_stream_is_cut_never_shows(case: Case) -> None:
    """Byte by byte, and at random places (I11)."""
    check_splits(lambda: Ollama().decoder(ask(stream=True), Target()), case)


@pytest.mark.parametrize("case", cases("ollama.chat", streamed=True))
def test_a_recording_cut_short_is_never_finished(case: Case) -> None:
    """F6: it has no finish reason either, and says that the model may have done its work."""
    end = case.body.index(b'"done":true')
    check_cuts(lambda: Ollama().decoder(ask(stream=True), Target()), case.body, cuts(end, case.name))


@pytest.mark.parametrize("case", cases("ollama.chat", failed=True))
def test_a_recorded_error_keeps_its_meaning(case: Case) -> None:
    """Status and words; there is no code."""
    failure = Ollama().failure(WireResponse(case.status, case.answer.headers, case.body))

    assert (failure.kind, failure.status, failure.code) == (FailureKind.NOT_FOUND, case.status, None)
    assert failure.message == case.facts["error"]["message"]


@pytest.mark.parametrize("case", cases("ollama.chat"))
def test_a_request_means_what_the_recorded_one_did(case: Case) -> None:
    """Said by an OpenAI client, it arrives as the recorded client had sent it."""
    said = replay.openai_request(case.request, case.recording["request"]["path"])
    raw = orjson.dumps(said | {"model": "smart", "stream": case.streamed})
    wanted = ChatDialect().parse(raw, request_id="chatcmpl-ours", created=7)

    request = Ollama().request(wanted, Target(case.model))

    assert Ollama().unsupported(wanted, Target(case.model)) == ()
    assert request.dropped == ()
    assert request.path == "/api/chat"
    assert replay.meaning(orjson.loads(request.body)) == replay.meaning(case.request)
