"""Upstreams that fail in every way they can: the client sees one clean answer, or one honest error."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openai
import pytest

from tests.rig import heard
from tests.rig.answers import NEVER, SLAM, Answer, End, Framing, Gate, plain, stream
from tests.rig.server import Gateway, closed_port
from tests.rig.upstream import FakeUpstream
from tests.rig.wires import anthropic_answer, anthropic_stream, openai_answer, openai_chunk, openai_error

ASK = {"messages": [{"role": "user", "content": "Say hello."}]}
HTML = plain(b"<html><body>502 Bad Gateway</body></html>", headers={"content-type": "text/html"})
ROLE = openai_chunk({"role": "assistant", "content": ""})
IN_BAND = b'data: {"error": {"message": "The server is overloaded.", "type": "overloaded_error", "code": 503}}\n\n'


@dataclass(frozen=True)
class Fault:
    """One way in which the first target fails, and how the decision record calls it."""

    kind: str
    answer: Answer | None = None
    """None: nobody listens."""
    status: int | None = None


WHOLE = {
    "down": Fault("unreachable"),
    "hanging": Fault("timeout", NEVER),
    "hanging-body": Fault("timeout", Answer(200, {"content-type": "application/json"}, (b'{"id"',), End.HANG)),
    "reset": Fault("unreachable", SLAM),
    "429": Fault("rate_limited", openai_error(429, "Slow down.", code="rate_limit_exceeded"), 429),
    "no-credit": Fault("exhausted", openai_error(429, "You have no credit.", code="insufficient_quota"), 429),
    "500": Fault("overloaded", openai_error(500, "Something broke."), 500),
    "401": Fault("auth", openai_error(401, "Bad key.", code="invalid_api_key"), 401),
    "404": Fault("not_found", openai_error(404, "No such model.", code="model_not_found"), 404),
    "html": Fault("garbled", HTML),
    "truncated": Fault("garbled", plain(b'{"id": "chatcmpl-1", "choices": [{"ind')),
    "wrong-shape": Fault("garbled", plain(b"[]")),
}
STREAMED = {name: WHOLE[name] for name in ("down", "hanging", "reset", "429", "500", "401")} | {
    "silent": Fault("timeout", stream(end=End.HANG)),
    "only-a-role": Fault("timeout", stream(ROLE, end=End.HANG)),
    "only-pings": Fault("timeout", stream(*[b": ping\n\n"] * 3, end=End.HANG)),
    "error-first": Fault("overloaded", stream(IN_BAND)),
    "error-after-role": Fault("overloaded", stream(ROLE, IN_BAND)),
    "garbage-event": Fault("garbled", stream(b"data: not JSON at all\n\n")),
    "html": Fault("garbled", HTML),
    "empty": Fault("unreachable", stream()),
    "reset-before-content": Fault("unreachable", stream(ROLE, end=End.RESET)),
    "cut-before-content": Fault("unreachable", stream(ROLE, end=End.CUT)),
}
CASES = [
    *(pytest.param(f"whole-{name}", fault, False, id=f"whole-{name}") for name, fault in WHOLE.items()),
    *(pytest.param(f"stream-{name}", fault, True, id=f"stream-{name}") for name, fault in STREAMED.items()),
]
BROKEN = {
    "reset": ("breaking", End.RESET, "upstream_disconnected"),
    "cut": ("breaking", End.CUT, "upstream_disconnected"),
    "stalled": ("stalling", End.HANG, "upstream_stalled"),
}


@pytest.fixture(scope="module")
def first() -> Iterator[FakeUpstream]:
    """Speaks OpenAI's wire, and fails."""
    with FakeUpstream() as fake:
        yield fake


@pytest.fixture(scope="module")
def second() -> Iterator[FakeUpstream]:
    """Speaks Anthropic's, and answers."""
    with FakeUpstream() as fake:
        yield fake


@pytest.fixture(scope="module")
def gateway(first, second, transport, tmp_path_factory) -> Iterator[Gateway]:
    """One server with an account of its own for each case, so that no case quarantines another's key."""
    folder = tmp_path_factory.mktemp("failover")
    with closed_port() as port, Gateway(folder, _config(first, second, port), transport=transport) as server:
        yield server


@pytest.fixture
def client(gateway, first, second) -> Iterator[openai.OpenAI]:
    """The SDK, and upstreams that have forgotten the last test."""
    first.clear()
    second.clear()
    with openai.OpenAI(base_url=gateway.base_url, api_key="any", max_retries=0, timeout=30) as sdk:
        yield sdk


def _config(first: FakeUpstream, second: FakeUpstream, closed: int) -> dict[str, Any]:
    short = {"connect": "2s", "headers": "400ms", "first_token": "400ms", "gap": "400ms", "total": "20s"}
    upstreams: dict[str, Any] = {"second": {"provider": "anthropic", "base_url": second.url, "api_key": "sk-second"}}
    models: dict[str, Any] = {}
    for name, fault, _ in (case.values for case in CASES):
        url = first.url if fault.answer else f"http://127.0.0.1:{closed}"
        upstreams[name] = {"provider": "openai", "base_url": f"{url}/v1", "api_key": "sk-first", "timeouts": short}
        models[name] = [f"{name}/gpt-first", "second/claude-second"]
    account = {"provider": "openai", "base_url": f"{first.url}/v1", "api_key": "sk-first", "timeouts": short}
    upstreams |= dict.fromkeys(("stalling", "failing", "failing-too", "tripping"), account)
    upstreams["breaking"] = account | {"timeouts": short | {"gap": "10s"}}  # breaks by itself, however slow we are
    upstreams["ring"] = {"provider": "openai", "base_url": f"{first.url}/v1", "api_keys": ["sk-bad", "sk-good"]}
    models |= {
        "breaking": ["breaking/gpt-first", "second/claude-second"],
        "stalling": ["stalling/gpt-first", "second/claude-second"],
        "failing": ["failing/gpt-first", "failing-too/gpt-first"],
        "ring": "ring/gpt-first",
        "tripping": {"targets": ["tripping/gpt-first"], "chain": "tripping"},
    }
    tripping = [{"breaker": {"failures": "3 in 30s", "open": "60s"}}, "strategy", {"retry": {"attempts": 1}}]
    return {
        "upstreams": upstreams,
        "models": models,
        "chain": ["strategy", {"retry": {"attempts": 3, "backoff": "10ms..20ms", "ambiguous": 3}}],
        "chains": {"tripping": tripping},
    }


@pytest.mark.parametrize(("model", "fault", "streamed"), CASES)
def test_the_client_gets_one_clean_answer_from_the_second_target(
    model, fault, streamed, gateway, client, first, second
):
    """Whatever the first does before its first content, nobody but the decision record hears of it."""
    if fault.answer is not None:
        first.always(fault.answer)
    second.always(anthropic_stream(["Hel", "lo"]) if streamed else anthropic_answer("Hello"))

    said, headers = _ask(client, model, streamed)

    assert (said.text, said.finish_reasons) == ("Hello", ["stop"])
    assert headers["x-switchgear-target"] == "second/claude-second"
    assert headers["x-switchgear-attempts"] == "2"
    record = gateway.record(headers["x-request-id"])
    failed, served = record["attempts"]
    assert (failed["target"], failed["failure"]["kind"]) == (f"{model}/gpt-first", fault.kind)
    if fault.status is not None:
        assert failed["failure"]["status"] == fault.status
    assert failed["failure"]["message"]
    assert (served["target"], served["failure"]) == ("second/claude-second", None)
    assert 0 <= failed["started_ms"] <= failed["ended_ms"] <= served["started_ms"] <= served["first_byte_ms"]
    assert record["outcome"] == "ok"
    assert (record["usage"]["input_tokens"], record["usage"]["output_tokens"]) == (7, 3)
    assert len(first.requests) == (1 if fault.answer else 0)
    assert len(second.requests) == 1


@pytest.mark.parametrize(("model", "end", "code"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("framing", [Framing.CHUNKED, Framing.LENGTH], ids=["chunked", "length"])
def test_after_the_first_content_a_failure_is_one_error_frame_and_no_second_attempt(
    model, end, code, framing, gateway, client, first, second
):
    """I9: what went out stays the image of one attempt; the stream has no finish reason and no [DONE] (F4, F5, K8)."""
    gate = Gate()
    first.answer(stream(ROLE, openai_chunk({"content": "Hel"}), gate, end=end, framing=framing))
    second.always(anthropic_stream(["never said"]))

    with gateway.raw() as raw:
        raw.post("/v1/chat/completions", ASK | {"model": model, "stream": True})
        status, headers = raw.head()
        begun = raw.body_until(b"Hel")
        gate.open()
        events = _events(begun + raw.rest())

    assert status == 200
    assert [event["error"]["code"] for event in events if isinstance(event, dict) and "error" in event] == [code]
    assert set(events[-1]["error"]) == {"message", "type", "param", "code"}
    assert _finishes(events) == []
    assert "[DONE]" not in events
    record = gateway.record(headers["x-request-id"])
    assert (record["outcome"], len(record["attempts"])) == ("broken", 1)
    assert (len(first.requests), len(second.requests)) == (1, 0)


def test_a_stream_that_just_ends_is_no_success(client, first, second):
    """A clean end of the body without the provider's own end is a broken stream (F6)."""
    first.answer(stream(ROLE, openai_chunk({"content": "Hel"}), framing=Framing.CLOSE))
    chunks: list[Any] = []

    with client.chat.completions.create(**ASK, model="breaking", stream=True) as answer, pytest.raises(openai.APIError):
        chunks.extend(answer)

    said = heard.of_stream(chunks)
    assert (said.text, said.finish_reasons) == ("Hel", [])
    assert (len(first.requests), len(second.requests)) == (1, 0)


def test_an_error_event_in_mid_stream_is_passed_on_last(gateway, client, first, second):
    """What the provider says of its own failure reaches the client in OpenAI's envelope (F10)."""
    gate = Gate()
    first.answer(stream(ROLE, openai_chunk({"content": "Hel"}), gate, IN_BAND))

    with gateway.raw() as raw:
        raw.post("/v1/chat/completions", ASK | {"model": "breaking", "stream": True})
        raw.head()
        begun = raw.body_until(b"Hel")
        gate.open()
        events = _events(begun + raw.rest())

    assert events[-1]["error"]["message"] == "The server is overloaded."
    assert "[DONE]" not in events
    assert _finishes(events) == []
    assert (len(first.requests), len(second.requests)) == (1, 0)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_attempts_never_exceed_the_limit_over_all_targets(streamed, client, first):
    """I7: three in all, however many targets there are; the last failure is the client's."""
    first.always(openai_error(500, "Something broke."))

    with pytest.raises(openai.InternalServerError) as raised:
        client.chat.completions.create(**ASK, model="failing", stream=streamed)

    assert raised.value.body["message"] == "Something broke."
    assert raised.value.response.headers["x-switchgear-attempts"] == "3"
    assert raised.value.response.headers["x-should-retry"] == "false"
    assert len(first.requests) == 3


def test_a_bad_request_is_not_repeated(client, first):
    """No other target would take it either (F14)."""
    first.always(openai_error(400, "'messages' is wrong.", type="invalid_request_error", param="messages"))

    with pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(**ASK, model="failing")

    assert (raised.value.body["message"], raised.value.param) == ("'messages' is wrong.", "messages")
    assert len(first.requests) == 1


def test_a_refused_key_is_taken_out_and_the_others_serve(client, first):
    """One bad key of two costs one attempt once, and never the client an error (F14)."""
    refused = openai_error(401, "Bad key.", code="invalid_api_key")
    first.always(lambda request: refused if request.key == "sk-bad" else openai_answer("Hello"))

    answers = [client.chat.completions.create(**ASK, model="ring") for _ in range(6)]

    assert [answer.choices[0].message.content for answer in answers] == ["Hello"] * 6
    assert [request.key for request in first.requests].count("sk-bad") == 1
    assert [request.key for request in first.requests].count("sk-good") == 6


def test_a_breaker_opens_after_so_many_failures_and_says_when_to_come_back(client, first):
    """Three failures open it; from then on the upstream is left alone and the client is told for how long (D33)."""
    first.always(openai_error(500, "Something broke."))
    for _ in range(3):
        with pytest.raises(openai.InternalServerError):
            client.chat.completions.create(**ASK, model="tripping")

    with pytest.raises(openai.InternalServerError) as raised:
        client.chat.completions.create(**ASK, model="tripping")

    assert (raised.value.status_code, raised.value.code) == (503, "no_target_available")
    assert 0 < int(raised.value.response.headers["retry-after"]) <= 60
    assert len(first.requests) == 3


def _ask(client: openai.OpenAI, model: str, streamed: bool) -> tuple[heard.Heard, Any]:
    if streamed:
        with client.chat.completions.create(**ASK, model=model, stream=True) as answer:
            return heard.of_stream(answer), answer.response.headers
    response = client.chat.completions.with_raw_response.create(**ASK, model=model)
    return heard.of_completion(response.parse()), response.headers


def _events(body: bytes) -> list[Any]:
    texts = [event.removeprefix("data: ") for event in body.decode().split("\n\n")]
    return [text if text == "[DONE]" else json.loads(text) for text in texts if text and not text.startswith(":")]


def _finishes(events: list[Any]) -> list[str]:
    choices = [choice for event in events if isinstance(event, dict) for choice in event.get("choices", ())]
    return [choice["finish_reason"] for choice in choices if choice["finish_reason"]]
