"""What probes, dashboards and on-call people read: health and metrics of the real server."""

import json
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.rig.answers import Gate, plain
from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream
from tests.rig.waiting import until
from tests.rig.wires import openai_answer, openai_error, openai_stream

CHAT, SECRET = "/v1/chat/completions", "sg-secret-of-a-client-0123456789"
MESSAGES = [{"role": "user", "content": "Say hello."}]
SERVED = {"outcome": "ok", "stream": "false", "endpoint": "chat"}
MADE_UP = "made-up-by-a-client"
KEY = {"authorization": f"Bearer {SECRET}"}


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeUpstream]:
    """What stands behind all models."""
    with FakeUpstream() as fake:
        yield fake


@pytest.fixture(autouse=True)
def _answering(fake: FakeUpstream) -> None:
    """Each test begins with an upstream that works."""
    fake.clear()
    fake.always(openai_answer("Hello"))


@pytest.fixture(scope="module")
def gateway(fake: FakeUpstream, tmp_path_factory) -> Iterator[Gateway]:
    """One server with a key."""
    with Gateway(tmp_path_factory.mktemp("health"), _config(fake)) as server:
        server.http.headers.update(KEY)
        yield server


def _config(fake: FakeUpstream, **more: Any) -> dict[str, Any]:
    account = {"provider": "openai", "base_url": f"{fake.url}/v1", "api_key": "sk-first"}
    return {
        "upstreams": {
            "up": account,
            "ring": {"provider": "openai", "base_url": f"{fake.url}/v1", "api_keys": ["sk-good", "sk-bad"]},
            "tripping": account,
            "off": {"provider": "openai", "api_key": "${NOT_SET_ANYWHERE:-}"},
            "local": {"provider": "vllm", "base_url": f"{fake.url}/v1"},
        },
        "models": {
            "plain": "up/gpt",
            "ring": "ring/gpt",
            "tripping": "tripping/gpt",
            "local": "local/gpt",
            "wild/*": ["up/*", "tripping/*"],
        },
        "keys": [{"id": "web", "secret": SECRET, "team": "growth"}],
        "chain": [{"breaker": {"failures": "1 in 30s", "open": "60s"}}, "strategy", {"retry": {"backoff": "1ms..2ms"}}],
    } | more


def _ask(gateway: Gateway, model: str, **more: Any) -> Any:
    answer = gateway.http.post(CHAT, json={"model": model, "messages": MESSAGES} | more)
    gateway.record(answer.headers["x-request-id"])  # the record is written after the figures
    return answer


def _samples(gateway: Gateway) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    families = text_string_to_metric_families(gateway.http.get("/metrics").text)
    return {(sample.name, frozenset(sample.labels.items())): sample.value for one in families for sample in one.samples}


def _value(gateway: Gateway, name: str, **labels: str) -> float:
    return _samples(gateway).get((f"switchgear_{name}", frozenset(labels.items())), 0.0)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/health/liveness", "alive"), ("/health/liveliness", "alive"), ("/health/readiness", "ready")],
)
def test_probes_need_no_key_and_say_one_word(path, status, gateway):
    """A load balancer has no key; a stranger learns nothing (S21)."""
    answer = gateway.http.get(path, headers={"authorization": ""})

    assert (answer.status_code, answer.json()) == (200, {"status": status})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/health", "/metrics"])
def test_everything_else_needs_the_key_where_keys_are_declared(path, gateway):
    """S21: they name upstreams and models."""
    assert gateway.http.get(path, headers={"authorization": ""}).status_code == 401
    assert gateway.http.get(path, headers={"authorization": "Bearer nobody"}).status_code == 401
    assert gateway.http.get(path).status_code == 200


def test_without_keys_everything_is_open(fake, tmp_path):
    """On one's own machine."""
    with Gateway(tmp_path, _config(fake, keys=[])) as server:
        assert [server.http.get(path).status_code for path in ("/health", "/metrics")] == [200, 200]


def test_health_shows_configuration_and_upstreams(gateway):
    """What is in force, what is off and why, and how many keys serve."""
    health = gateway.http.get("/health").json()

    assert (health["status"], health["pid"]) == ("ok", gateway.pid)
    assert health["config"]["valid"] is True
    assert health["config"]["errors"] == []
    assert len(health["config"]["version"]) == 12
    assert health["upstreams"]["up"] == {"provider": "openai", "keys": 1, "keys_in_service": 1}
    assert health["upstreams"]["local"] == {"provider": "vllm"}
    assert health["upstreams"]["off"]["provider"] == "openai"
    assert "empty" in health["upstreams"]["off"]["off"]


def test_health_and_metrics_show_no_secret(gateway):
    """S7."""
    seen = gateway.http.get("/health").text + gateway.http.get("/metrics").text

    assert not [secret for secret in (SECRET, "sk-first", "sk-good", "sk-bad") if secret in seen]


def test_no_probe_asks_an_upstream_anything(fake, gateway):
    """Nobody pays for being looked at."""
    for path in ("/health/liveness", "/health/readiness", "/health", "/metrics", "/v1/models"):
        assert gateway.http.get(path).status_code == 200

    assert fake.requests == []


def test_requests_under_way_are_counted(fake, gateway):
    """While a stream runs, it is one."""
    gate = Gate()
    fake.always(openai_stream(["Hel", "lo"], gate_after=1, gate=gate))
    with gateway.raw() as raw:
        raw.post(CHAT, {"model": "plain", "messages": MESSAGES, "stream": True}, KEY)
        raw.head()
        raw.body_until(b"Hel")
        during = gateway.http.get("/health").json()["in_flight"]
        gate.open()
        raw.body_until(b"[DONE]")

    assert during == 1
    until(lambda: gateway.http.get("/health").json()["in_flight"] == 0, "the stream was over")


def test_a_quarantined_key_is_seen(fake, gateway):
    """One of two got 401: the other serves, and both pages say one."""
    refused = openai_error(401, "Bad key.", code="invalid_api_key")
    fake.always(lambda request: refused if request.key == "sk-bad" else openai_answer("Hello"))
    for _ in range(2):
        assert _ask(gateway, "ring").status_code == 200

    assert gateway.http.get("/health").json()["upstreams"]["ring"] == {
        "provider": "openai",
        "keys": 2,
        "keys_in_service": 1,
    }
    assert _value(gateway, "keys_in_service", upstream="ring") == 1
    assert _value(gateway, "keys_in_service", upstream="up") == 1


def test_an_open_circuit_is_seen(fake, gateway):
    """Which target, and for how long; as a number it is 2."""
    fake.always(openai_error(500, "Something broke."))
    _ask(gateway, "tripping")

    circuits = {entry["subject"]: entry for entry in gateway.http.get("/health").json()["circuits"]}
    assert circuits["tripping/gpt"]["state"] == "open"
    assert 0 < circuits["tripping/gpt"]["opened_for"] <= 60
    assert _value(gateway, "circuit_state", subject="tripping/gpt") == 2


def test_metrics_are_what_prometheus_reads(gateway):
    """By its own content type, and its own parser."""
    answer = gateway.http.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.headers["cache-control"] == "no-store"
    names = {family.name for family in text_string_to_metric_families(answer.text)}
    assert {"switchgear_requests", "switchgear_attempts", "switchgear_config_valid"} <= names


def test_a_request_is_counted_once_by_model_target_and_outcome(fake, gateway):
    """With the provider's own token counts."""
    labels = {"model": "plain", "target": "up/gpt"}
    before = _value(gateway, "requests_total", **SERVED, **labels)
    tokens = _value(gateway, "tokens_total", direction="input", **labels)

    answer = _ask(gateway, "plain")

    assert answer.status_code == 200
    assert _value(gateway, "requests_total", **SERVED, **labels) == before + 1
    assert _value(gateway, "tokens_total", direction="input", **labels) == tokens + 7


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [("401", {"authorization": "Bearer nobody"}, {}), ("404", {}, {"model": "no-such"}), ("400", {}, {"n": 0})],
)
def test_a_refusal_is_counted_by_its_status(status, headers, body, gateway):
    """It never became a call, so it has neither model nor target."""
    before = _value(gateway, "requests_refused_total", status=status)

    answer = gateway.http.post(CHAT, json={"model": "plain", "messages": MESSAGES} | body, headers=headers)

    assert str(answer.status_code) == status
    assert _value(gateway, "requests_refused_total", status=status) == before + 1


def test_no_label_is_a_clients_own_word(fake, gateway):
    """S11: model names through a wildcard, users, sessions, tags, strange paths: none of them makes a series."""
    fake.always(lambda request: openai_error(500, "No.") if "broken" in request.json["model"] else openai_answer("Hi"))
    hints = {"user": MADE_UP, "session": MADE_UP, "tags": [MADE_UP]}
    _ask(gateway, f"wild/{MADE_UP}", user=MADE_UP, switchgear=hints)
    _ask(gateway, f"wild/{MADE_UP}-broken")
    gateway.http.post(CHAT, json={"model": MADE_UP, "messages": MESSAGES})
    gateway.http.get(f"/v1/{MADE_UP}")

    samples = _samples(gateway)
    assert [labels for _, labels in samples if any(MADE_UP in value for _, value in labels)] == []
    labels = {"model": "other", "target": "other", **SERVED}
    assert samples["switchgear_requests_total", frozenset(labels.items())] >= 1
    failed = {"target": "other", "failure": "overloaded"}
    assert samples["switchgear_attempts_total", frozenset(failed.items())] >= 1


def test_a_bad_edit_is_seen_and_a_good_one_clears_it(fake, gateway):
    """The last good version stays in force; both pages say that the file is wrong, and one of them why."""
    version = gateway.http.get("/health").json()["config"]["version"]
    gateway.rewrite(_config(fake, chain=["breker"]))
    until(lambda: not gateway.http.get("/health").json()["config"]["valid"], "the bad edit was noticed")

    config = gateway.http.get("/health").json()["config"]
    assert config["version"] == version
    assert 'unknown policy; did you mean "breaker"?' in config["errors"][0]
    assert _value(gateway, "config_valid") == 0
    assert _value(gateway, "config_version", version=version) == 1
    assert gateway.http.get("/health/readiness").status_code == 200

    gateway.rewrite(_config(fake))
    until(lambda: gateway.http.get("/health").json()["config"]["valid"], "the good edit was noticed")
    assert _value(gateway, "config_valid") == 1


def test_readiness_falls_at_once_and_liveness_does_not(fake, tmp_path):
    """SIGTERM: load balancers are told before the port closes."""
    with Gateway(tmp_path, _config(fake, server={"grace": "60s"})) as server:
        server.signal(signal.SIGTERM)
        until(lambda: server.http.get("/health/readiness").status_code == 503, "readiness fell")

        assert server.http.get("/health/readiness").json() == {"status": "draining"}
        assert server.http.get("/health/liveness").status_code == 200
        assert server.http.get("/health", headers=KEY).json()["status"] == "draining"
        server.signal(signal.SIGTERM)

        assert server.wait(20) == 0


def test_a_count_that_cannot_be_is_told_once_a_minute(fake, gateway):
    """F11: a warning and an event, with the request; that it is told at all is what alerts go by."""
    usage = {"prompt_tokens": 9_000_000, "completion_tokens": 3, "total_tokens": 9_000_003}
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}
    fake.always(plain(json.dumps({"id": "chatcmpl-fake", "choices": [choice], "usage": usage}).encode()))
    first = _ask(gateway, "plain")
    _ask(gateway, "plain")

    def said() -> list[dict[str, Any]]:
        return [line for line in gateway.logs() if line["event"] == "usage.implausible"]

    (line,) = until(said, "it was told")
    assert (line["subject"], line["level"]) == ("up/gpt", "warning")
    assert (line["request"], line["input_tokens"]) == (first.headers["x-request-id"], 9_000_000)
    assert _value(gateway, "events_total", event="usage.implausible") == 1
