"""Every recorded chat answer, through the real server, as the real OpenAI SDK reads it."""

import inspect
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest

from tests.rig import heard
from tests.rig.answers import Answer, Framing, Gate, at_random, bytewise
from tests.rig.recordings import CASES, Case, params
from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream

SPOKEN_AS = {"gpustack": "openai", "gemini": "google"}
"""Names in the configuration, where they differ."""
PLACES = {
    "azure": {"api_version": "2024-02-01"},
    "bedrock": {"region": "us-east-1"},
    "vertex": {"project": "PROJECT", "region": "us-central1"},
}
"""What else an account says of itself."""
UNASKABLE = {
    "llamacpp/chat--error-500--unfetchable-image-url-3a00ec": "its image is at http://127.0.0.1",
}
"""Recordings of requests that are refused before they reach an upstream (D22)."""
ERROR_CLASSES = {400: openai.BadRequestError, 404: openai.NotFoundError, 429: openai.RateLimitError}
UNBROKEN = [case for case in params(streamed=True) if "stream-error" not in str(case.id)]
BREAKING = [case for case in params(streamed=True) if "stream-error" in str(case.id)] or params()
CUTS: dict[str, Callable[[bytes, int], list[bytes]]] = {
    "whole": lambda body, _: [body],
    "bytewise": lambda body, _: bytewise(body),
    "random": at_random,
}


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeUpstream]:
    """Stands for every provider; each has a path of its own."""
    with FakeUpstream() as fake:
        yield fake


@pytest.fixture(scope="module")
def gateway(provider, transport, tmp_path_factory) -> Iterator[Gateway]:
    """One server that knows every recorded model."""
    names = {_upstream(case): case for case in CASES}
    config = {
        "upstreams": {name: _account(case, f"{provider.url}/{name}") for name, case in names.items()},
        "models": {_model(case): _model(case) for case in CASES},
        "chain": ["strategy", {"retry": {"attempts": 1}}],
    }
    with Gateway(tmp_path_factory.mktemp("recordings"), config, transport=transport) as server:
        yield server


@pytest.fixture(scope="module")
def client(gateway) -> Iterator[openai.OpenAI]:
    """The SDK as applications use it, but that it never tries again by itself."""
    with openai.OpenAI(base_url=gateway.base_url, api_key="any", max_retries=0, timeout=30) as sdk:
        yield sdk


@pytest.mark.parametrize("case", params(streamed=False, failed=False))
def test_a_recorded_answer_reaches_the_client_with_every_fact(case, gateway, provider, client):
    """Text, thinking, tool calls, finish reason and usage are the provider's; the request that it got was faithful."""
    _script(provider, case, case.answer)

    response = client.chat.completions.with_raw_response.create(**_ask(case))

    _compare(case, heard.of_completion(response.parse()))
    _check_request(case, provider)
    _check_record(case, gateway, response.headers["x-request-id"])


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("case", UNBROKEN)
def test_a_recorded_stream_reaches_the_client_with_every_fact(case, cut, gateway, provider, client):
    """The same holds for streams, however the network cuts them."""
    seed = zlib.crc32(case.name.encode())
    _script(provider, case, case.answer.cut(CUTS[cut](case.body, seed)))

    with client.chat.completions.create(**_ask(case)) as stream:
        said = heard.of_stream(stream)

    _compare(case, said)
    assert said.usage_chunks == (1 if case.usage_shown else 0)
    _check_request(case, provider)
    _check_record(case, gateway, stream.response.headers["x-request-id"])


@pytest.mark.parametrize("case", UNBROKEN)
def test_a_recorded_stream_ends_with_done_once_and_last(case, gateway, provider):
    """What the SDK hides: the end of the stream is the end of the stream."""
    _script(provider, case, case.answer)

    events = _events(gateway, case)

    assert events[-1] == "data: [DONE]"
    assert events.count("data: [DONE]") == 1


@pytest.mark.parametrize("case", [case for case in params(failed=True) if case.id not in UNASKABLE])
def test_a_recorded_error_raises_what_openais_own_would(case, provider, client):
    """The class and the message are the provider's; a refusal of our own credential is never the client's 401."""
    _script(provider, case, case.answer)

    with pytest.raises(openai.APIStatusError) as raised:
        client.chat.completions.create(**_ask(case))

    error = raised.value
    if _is_refusal_of_our_key(case):
        assert (error.status_code, error.code) == (502, "upstream_auth_failed")
        assert type(error) is openai.InternalServerError
    else:
        assert type(error) is ERROR_CLASSES.get(case.status, openai.InternalServerError)
        assert error.body["message"] == case.facts["error"]["message"]
    assert set(error.body) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("case", BREAKING)
def test_a_recorded_error_in_mid_stream_raises_and_is_no_end(case, cut, provider, client):
    """The client hears what came before it, then an error, and never a finish reason."""
    gate = Gate()
    _script(provider, case, _broken(case, cut, gate))
    said: list[Any] = []

    with client.chat.completions.create(**_ask(case)) as stream:
        said.append(next(stream))
        gate.open()
        with pytest.raises(openai.APIError, match=case.facts["stream_error"]["message"]):
            said.extend(stream)

    so_far = heard.of_stream(said)
    assert (so_far.text, so_far.reasoning) == (case.facts["text"], case.facts["reasoning"])
    assert so_far.finish_reasons == []


@pytest.mark.parametrize("case", BREAKING)
def test_a_recorded_error_in_mid_stream_is_the_last_event(case, gateway, provider):
    """What the SDK hides: no [DONE] comes after it."""
    gate = Gate()
    _script(provider, case, _broken(case, "whole", gate))

    with gateway.raw() as raw:
        raw.post("/v1/chat/completions", _body(case))
        raw.head()
        body = raw.body_until(b"reasoning_content")
        gate.open()
        events = [event for event in (body + raw.rest()).split(b"\n\n") if event]

    assert events[-1].startswith(b'data: {"error":')
    assert b"data: [DONE]" not in events


@pytest.mark.parametrize("case", BREAKING)
def test_a_recorded_error_in_the_first_read_is_an_error_all_the_same(case, provider, client):
    """Nothing went out yet: the client may get it as a status or as an event, and never as an end."""
    _script(provider, case, case.answer)

    with pytest.raises(openai.APIError, match=case.facts["stream_error"]["message"]):
        list(client.chat.completions.create(**_ask(case)))


def _broken(case: Case, cut: str, gate: Gate) -> Answer:
    """The recording, with a gate before the event that is the error."""
    before, error, after = case.body.partition(b"event: error")
    pieces = (*CUTS[cut](before, 1), gate, *CUTS[cut](error + after, 2))
    return Answer(case.status, case.answer.headers, pieces, framing=Framing.CHUNKED)


def _script(provider: FakeUpstream, case: Case, answer: Any) -> None:
    provider.clear()
    provider.always(answer)


def _events(gateway: Gateway, case: Case) -> list[str]:
    text = gateway.http.post("/v1/chat/completions", json=_body(case)).text
    return [event for event in text.split("\n\n") if event and not event.startswith(":")]


def _upstream(case: Case) -> str:
    # A key that was refused is out of service for a while: those cases have an account of their own.
    account = case.api.replace(".", "-")
    return f"{case.provider}-{account}-refused" if _is_refusal_of_our_key(case) else f"{case.provider}-{account}"


def _is_refusal_of_our_key(case: Case) -> bool:
    return case.status in (401, 403) or "authentication-error" in case.name  # Google's is a 400


def _model(case: Case) -> str:
    return f"{_upstream(case)}/{case.model}"


def _account(case: Case, url: str) -> dict[str, Any]:
    account = {"provider": SPOKEN_AS.get(case.provider, case.provider), "base_url": url, "api_key": "sk-upstream"}
    account |= PLACES.get(case.provider, {})
    return account | case.replay.ACCOUNT


def _body(case: Case) -> dict[str, Any]:
    body = case.replay.openai_request(case.request, case.recording["request"]["path"])
    body |= {"model": _model(case), "stream": case.streamed}
    if case.streamed and case.usage_shown:
        body["stream_options"] = {"include_usage": True}
    return body


def _ask(case: Case) -> dict[str, Any]:
    """Arguments of the SDK's method; what it does not know goes into the body as it is."""
    body = _body(case)
    known = inspect.signature(openai.resources.chat.Completions.create).parameters
    arguments = {name: value for name, value in body.items() if name in known}
    return arguments | {"extra_body": {name: value for name, value in body.items() if name not in known}}


def _compare(case: Case, said: heard.Heard) -> None:
    facts = case.facts
    assert said.text == facts["text"]
    assert said.reasoning == facts["reasoning"]
    assert said.tool_calls == [(call["name"], call["arguments"]) for call in facts["tool_calls"]]
    assert set(said.finish_reasons) == {case.finish_reason}  # OpenRouter says it twice
    assert said.refusal == (facts["refusal"] or "")
    assert said.annotations == (facts.get("annotations") or facts.get("citations") or 0)
    assert said.usage == case.usage_shown
    assert len(said.choices) == facts.get("n_choices", 1)


def _check_request(case: Case, provider: FakeUpstream) -> None:
    (request,) = provider.requests
    assert request.method == "POST"
    assert request.key == "sk-upstream"
    assert request.path.startswith(f"/{_upstream(case)}/")
    case.replay.check_path(request.path, case.model, case.streamed)
    assert case.replay.meaning(request.json) == case.replay.meaning(case.request)


def _check_record(case: Case, gateway: Gateway, request_id: str) -> None:
    record = gateway.record(request_id)
    (attempt,) = record["attempts"]
    assert record["outcome"] == "ok"
    assert attempt["failure"] is None
    if case.usage is not None:
        usage = record["usage"]
        counted = (usage["input_tokens"], usage["output_tokens"], usage["cached_tokens"], usage["reasoning_tokens"])
        assert counted == (case.usage.prompt, case.usage.completion, case.usage.cached, case.usage.reasoning)
        assert usage["source"] == "provider"
    else:
        assert record["usage"]["source"] == "estimated", "the client is shown none"
        assert record["usage"]["input_tokens"] > 0
