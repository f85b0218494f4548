"""The configuration is edited while requests are under way, well and badly: none of them notices."""

import re
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import openai
import pytest

from tests.rig import heard
from tests.rig.answers import Answer, Gate, stream
from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream, Request
from tests.rig.waiting import until
from tests.rig.wires import openai_answer, openai_events

IN_FLIGHT = 200
MESSAGES: list[Any] = [{"role": "user", "content": "Say hello."}]
BAD_FILES = {
    "half-written": '{"upstreams": {"one": {"provider": "openai", "api_k',
    "unknown-key": '{"upstreams": {}, "modles": {}}',
    "unknown-upstream": '{"upstreams": {}, "models": {"chat": "nowhere/gpt"}}',
    "empty": "",
    "not-a-mapping": "- 1\n- 2\n",
    "duplicate-key": "models: {}\nmodels: {}\n",
}


def _config(upstream: FakeUpstream, *more_models: str) -> dict[str, Any]:
    return {
        "upstreams": {"one": {"provider": "openai", "base_url": f"{upstream.url}/v1", "api_key": "sk-upstream"}},
        "models": dict.fromkeys(("chat", *more_models), "one/gpt"),
        "chain": ["strategy", {"retry": {"attempts": 1}}],
    }


@pytest.fixture
def gateway(upstream, tmp_path) -> Iterator[Gateway]:
    """A server of this test's own: its configuration is what is tested."""
    with Gateway(tmp_path, _config(upstream)) as server:
        yield server


def test_requests_in_flight_survive_every_edit(upstream, transport, tmp_path):
    """200 requests, half of them streams, outlive good edits, SIGHUPs, a bad file and the end of their upstream."""
    gate = Gate()
    upstream.always(lambda request: _gated(request, gate))

    with (
        Gateway(tmp_path, _config(upstream), transport=transport) as gateway,
        _load(gateway) as answers,
        FakeUpstream() as other,
    ):
        other.always(openai_answer("from the new one"))
        upstream.until(lambda: len(upstream.requests) == IN_FLIGHT, "all requests were under way")
        _edit(gateway, upstream, "second")
        gateway.rewrite(_config(upstream, "third"))
        gateway.signal(signal.SIGHUP)
        until(lambda: "third" in _models(gateway), "the reload by signal was done")
        gateway.rewrite(BAD_FILES["half-written"])
        until(lambda: not _config_health(gateway)["valid"], "the bad file was noticed")
        gateway.signal(signal.SIGHUP)
        _edit(gateway, other, "fourth")
        with openai.OpenAI(base_url=gateway.base_url, api_key="any", max_retries=0) as client:
            new = client.chat.completions.create(model="fourth", messages=MESSAGES)
        gate.open()
        said = [answer.result(60) for answer in answers]

    assert new.choices[0].message.content == "from the new one"
    assert {(one.text, *one.finish_reasons) for one in said} == {("Hello", "stop")}
    assert len(said) == len(upstream.requests) == IN_FLIGHT
    assert len(other.requests) == 1


def test_requests_in_flight_survive_a_change_of_their_transport(gateway, upstream):
    """What is under way ends as it began, over the old pool; the next request goes over the new one."""
    gate = Gate()
    upstream.answer(_half(gate))
    upstream.always(openai_answer("Hello"))
    config = _config(upstream, "by-library")
    config["upstreams"]["one"]["transport"] = "httpx"

    with openai.OpenAI(base_url=gateway.base_url, api_key="any", max_retries=0) as client:
        with client.chat.completions.create(model="chat", messages=MESSAGES, stream=True) as answer:
            gateway.rewrite(config)
            until(lambda: "by-library" in _models(gateway), "the edit was in force")
            new = client.chat.completions.create(model="chat", messages=MESSAGES)
            gate.open()
            said = heard.of_stream(answer)
        client.chat.completions.create(model="chat", messages=MESSAGES)

    assert new.choices[0].message.content == "Hello"
    assert (said.text, said.finish_reasons) == ("Hello", ["stop"])
    old, *others = (request.connection for request in upstream.requests)
    assert len({*others}) == 1
    assert old not in others


@pytest.mark.parametrize("text", BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_keeps_the_last_good_one_in_force_and_says_so(text, gateway, upstream):
    """Requests are served as before; health and metrics tell, until the file is right again (F33)."""
    upstream.always(openai_answer("Hello"))
    version = _config_health(gateway)["version"]

    gateway.rewrite(text)
    until(lambda: not _config_health(gateway)["valid"], "the bad file was noticed")

    health = _config_health(gateway)
    assert health["version"] == version
    assert health["errors"]
    assert all(isinstance(error, str) and "proxy.yaml" in error for error in health["errors"])
    assert _config_valid(gateway) == 0
    assert gateway.http.post("/v1/chat/completions", json={"model": "chat", "messages": MESSAGES}).status_code == 200
    _edit(gateway, upstream, "mended")
    assert _config_health(gateway) | {"version": None} == {"valid": True, "errors": [], "version": None}
    assert _config_health(gateway)["version"] != version
    assert _config_valid(gateway) == 1


def test_a_file_that_is_gone_keeps_the_last_good_one_in_force(gateway, upstream):
    """Some editors delete before they write."""
    upstream.always(openai_answer("Hello"))
    gateway.config.unlink()
    gateway.signal(signal.SIGHUP)
    until(lambda: not _config_health(gateway)["valid"], "the missing file was noticed")

    assert gateway.http.post("/v1/chat/completions", json={"model": "chat", "messages": MESSAGES}).status_code == 200
    _edit(gateway, upstream, "back")
    assert _config_health(gateway)["valid"]


def test_a_model_that_is_taken_away_is_gone_for_the_next_request(gateway, upstream):
    """The file is the truth: what is not in it is not found."""
    upstream.always(openai_answer("Hello"))
    _edit(gateway, upstream, "short-lived")
    ask = {"model": "short-lived", "messages": MESSAGES}
    assert gateway.http.post("/v1/chat/completions", json=ask).status_code == 200

    gateway.rewrite(_config(upstream))
    until(lambda: "short-lived" not in _models(gateway), "the model was gone")

    assert gateway.http.post("/v1/chat/completions", json=ask).json()["error"]["code"] == "model_not_found"


def _edit(gateway: Gateway, upstream: FakeUpstream, new_model: str) -> None:
    """Add a model and wait until it is there."""
    gateway.rewrite(_config(upstream, new_model))
    until(lambda: new_model in _models(gateway), f"the edit that adds {new_model} was in force")


def _models(gateway: Gateway) -> set[str]:
    return {model["id"] for model in gateway.http.get("/v1/models").json()["data"]}


def _config_health(gateway: Gateway) -> dict[str, Any]:
    health: dict[str, Any] = gateway.http.get("/health").json()["config"]
    return health


def _config_valid(gateway: Gateway) -> float:
    found = re.search(r"^switchgear_config_valid(?:\{[^}]*\})? (\S+)$", gateway.http.get("/metrics").text, re.MULTILINE)
    assert found, "no such metric"
    return float(found[1])


def _gated(request: Request, gate: Gate) -> Answer:
    """A whole answer behind the gate, or a stream with the gate in its middle."""
    if not request.json.get("stream"):
        whole = openai_answer("Hello")
        return Answer(whole.status, whole.headers, (gate, *whole.pieces))
    return _half(gate)


def _half(gate: Gate) -> Answer:
    events = openai_events([{"content": "Hel"}, {"content": "lo"}])
    return stream(*events[:2], gate, *events[2:])


@contextmanager
def _load(gateway: Gateway) -> Iterator[list[Future[heard.Heard]]]:
    """200 requests under way, every second one a stream."""
    with (
        openai.OpenAI(base_url=gateway.base_url, api_key="any", max_retries=0, timeout=90) as client,
        ThreadPoolExecutor(IN_FLIGHT) as pool,
    ):
        yield [pool.submit(_ask, client, number % 2 == 0) for number in range(IN_FLIGHT)]


def _ask(client: openai.OpenAI, streamed: bool) -> heard.Heard:
    if not streamed:
        return heard.of_completion(client.chat.completions.create(model="chat", messages=MESSAGES))
    with client.chat.completions.create(model="chat", messages=MESSAGES, stream=True) as answer:
        return heard.of_stream(answer)
