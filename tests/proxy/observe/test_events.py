"""Events: a closed table, one bus that nobody waits for, and the sinks."""

import json
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from policies.claims import EVER, Claim, Standing, Unit, Window
from proxy.config.schema import WebhookConfig
from proxy.observe.events import KINDS, Bus, Event, EventName, log
from proxy.observe.happenings import Happenings
from proxy.observe.log import line
from proxy.observe.metrics import Metrics
from proxy.upstream.keys import KeyRing
from proxy.upstream.port import Credential
from tests.proxy.observe.receivers import QUICK, each, have, lane, verified
from tests.proxy.observe.test_metrics import read, value
from tests.proxy.upstream.raw_server import RawServer

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The loop makes no difference."""
    return "asyncio"


class Scene:
    """Happenings at a time of its own, and what was told."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.metrics = Metrics([], [])
        self.it = Happenings(self.metrics, clock=lambda: self.now, pace=QUICK)

    def said(self, lines: list[Any]) -> list[tuple[str, dict[str, Any]]]:
        """Events by name, with what they carry; each as the table has it."""
        told = []
        for entry in lines:
            facts = {name: said for name, said in entry.items() if name not in ("event", "log_level", "subject")}
            assert tuple(facts) == KINDS[EventName(entry["event"])].facts
            told.append((entry["event"], facts))
        return told


def claim(policy: str = "budget", unit: Unit = Unit.COST, window: Window = EVER) -> Claim:
    """On an account."""
    return Claim(f"{policy}:team:growth", unit, 100, window, policy, "team growth", alerts=(0.8, 0.9, 1.0))


def test_every_name_has_a_row_in_the_table() -> None:
    """Nothing is published that is not there, and no fact hides what a log line or a body says itself."""
    assert set(KINDS) == set(EventName)
    for kind in KINDS.values():
        assert not {"event", "level", "timestamp", "subject", "worker"} & set(kind.facts)


def test_a_sink_that_fails_costs_its_own_copy() -> None:
    """Publishing never fails, whoever listens."""
    heard: list[Event] = []

    def broken(event: Event) -> None:
        raise OSError("the disk is full of a fake secret")

    with structlog.testing.capture_logs() as lines:
        Bus([broken, heard.append], lambda: 5.0).tell(EventName.CONFIG_RELOADED, "abc", warnings=0)

    assert heard == [Event(EventName.CONFIG_RELOADED, 5.0, "abc", {"warnings": 0})]
    assert [entry["event"] for entry in lines] == ["event_sink_failed"]


def test_the_log_has_a_line_for_each_by_how_bad_it_is() -> None:
    """What was repaired is ``info``."""
    with structlog.testing.capture_logs() as lines:
        log(Event(EventName.UPSTREAM_DOWN, 0.0, "openai", {"cause": "keys"}))
        log(Event(EventName.UPSTREAM_UP, 0.0, "openai", {"cause": "back", "down_for": 3.0}))

    assert lines == [
        {"event": "upstream.down", "subject": "openai", "cause": "keys", "log_level": "warning"},
        {"event": "upstream.up", "subject": "openai", "cause": "back", "down_for": 3.0, "log_level": "info"},
    ]


def test_a_name_that_a_client_chose_tricks_no_terminal() -> None:
    """S10: it is escaped like all of the log."""
    subject = "user \x1b[2J\u202e\r\nfake"
    with structlog.testing.capture_logs() as lines:
        log(Event(EventName.UPSTREAM_DOWN, 0.0, subject, {"cause": "keys"}))
    text = line(dict(lines[0]))

    assert text.isascii()
    assert b"\n" not in text
    assert b"\x1b" not in text
    assert json.loads(text)["subject"] == subject


def test_events_are_counted_by_name() -> None:
    """``switchgear_events_total``: a closed set of labels (S11)."""
    scene = Scene()
    for _ in range(3):
        scene.it.refused("abc", 2)
    scene.it.reloaded("def", 0)
    scene.metrics.webhook("hooks.example", "lost")
    samples = read(scene.metrics)

    assert value(samples, "events_total", event="config.refused") == 3
    assert value(samples, "events_total", event="config.reloaded") == 1
    assert value(samples, "webhooks_total", receiver="hooks.example", result="lost") == 1


def test_everything_that_is_told_carries_what_the_table_says() -> None:
    """Each source of the application, by its one line."""
    scene = Scene()
    it, ring = scene.it, KeyRing(["a fake key"])
    lanes = {"openai": lane("openai", ring)}
    standing = Standing(90, 10, 100, "2027-01", 60.0)
    with structlog.testing.capture_logs() as lines:
        for policy, unit in (("rate", Unit.REQUESTS), ("quota", Unit.TOKENS), ("budget", Unit.COST)):
            it.exceeded(claim(policy, unit), standing)
        it.exceeded(claim("concurrency", Unit.SLOTS), standing)
        it.alarm(claim(), standing)
        it.alarm(claim("quota", Unit.TOKENS), standing)
        it.reloaded("abc", 1)
        it.refused("abc", 2)
        it.implausible("req_1", "openai/gpt", 99_999_999, 1)
        it.behind(5000, 12.5)
        ring.refused(Credential("a fake key", "key 1"), 10.0)
        it.look([], lanes, ["openai/gpt"], 11.0, "down")
        ring.forgive()
        it.look([], lanes, ["openai/gpt"], 15.0, "ok")

    assert scene.said(lines) == [
        *[(f"{name}.exceeded", _exceeded(unit)) for name, unit in _POLICIES],
        *[("budget.alert", {**_account("budget", "cost"), "share": share}) for share in (0.8, 0.9)],
        *[("quota.alert", {**_account("quota", "tokens"), "share": share}) for share in (0.8, 0.9)],
        ("config.reloaded", {"warnings": 1}),
        ("config.refused", {"problems": 2}),
        (
            "usage.implausible",
            {"request": "req_1", "input_tokens": 99_999_999, "output_tokens": 1, "suppressed": 0},
        ),
        ("ledger.behind", {"bytes": 5000, "seconds": 12.5, "suppressed": 0}),
        ("key.quarantined", {"key": "key 1", "seconds": 60.0, "keys_in_service": 0}),
        ("upstream.down", {"cause": "keys"}),
        ("state.mode", {"mode": "down", "was": "ok"}),
        ("key.restored", {"key": "key 1", "keys_in_service": 1}),
        ("upstream.up", {"cause": "back", "down_for": 4.0}),
        ("state.mode", {"mode": "ok", "was": "down"}),
    ]


_POLICIES = (("rate", "requests"), ("quota", "tokens"), ("budget", "cost"), ("concurrency", "slots"))


def _account(policy: str, unit: str) -> dict[str, Any]:
    numbers = {"limit": 100, "used": 90, "held": 10, "window": "2027-01", "resets_in": 60.0}
    return {"account": f"{policy}:team:growth", "unit": unit, **numbers}


def _exceeded(unit: str) -> dict[str, Any]:
    (policy,) = [policy for policy, known in _POLICIES if known == unit]
    return {**_account(policy, unit), "shadow": False, "suppressed": 0}


def test_what_could_come_with_every_request_is_told_once_a_minute() -> None:
    """With the number of those that were not; each target by itself."""
    scene = Scene()
    with structlog.testing.capture_logs() as lines:
        for _ in range(5):
            scene.it.implausible("req_1", "openai/gpt", 1, 2)
        scene.it.implausible("req_1", "azure/gpt", 1, 2)
        scene.now += 60.0
        scene.it.implausible("req_2", "openai/gpt", 1, 2)

    assert [(entry["subject"], entry["suppressed"]) for entry in lines] == [
        ("openai/gpt", 0),
        ("azure/gpt", 0),
        ("openai/gpt", 4),
    ]


async def test_an_event_goes_all_the_way_to_a_webhook() -> None:
    """From the store's alarm to a receiver that verifies it; the end of the server delivers what waits."""
    scene = Scene()
    async with RawServer(each()) as server:
        secret = SecretStr("a fake secret of many characters")
        scene.it.configure([WebhookConfig(f"{server.url}/hook", secret, ("budget.*",))])
        scene.it.reloaded("abc", 0)
        scene.it.alarm(claim(), Standing(80, 0, 100, "2027-01", 60.0))
        await server.until(have(1))
        scene.it.exceeded(claim(), Standing(100, 0, 100, "2027-01", 60.0))
        await scene.it.close()

    bodies = [verified(request, secret.get_secret_value().encode()) for request in server.requests]
    assert [(body["type"], body["data"]["subject"]) for body in bodies] == [
        ("budget.alert", "team growth"),
        ("budget.exceeded", "team growth"),
    ]
    assert scene.it.health() == []
