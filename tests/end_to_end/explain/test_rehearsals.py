"""Where a request would go, and why: ``POST /v1/route``; through the real server."""

import json

from tests.end_to_end.explain.asking import ROUTE, ask
from tests.rig.wires import openai_error


def test_a_rehearsal_says_where_a_request_would_go_and_sends_nothing(gateway, first):
    """``POST /v1/route`` with the body of a chat request."""
    decision = ask(gateway, path=ROUTE).json()

    assert (decision["object"], decision["decision"]) == ("route", "send")
    assert (decision["target"], decision["upstream"], decision["upstream_model"]) == ("one/gpt", "one", "gpt")
    assert (decision["model"], decision["key"], decision["chain"]) == ("pair", "red-1", "default")
    assert {"policy": "access", "verdict": "pass"} in decision["policies"]
    assert first.requests == []


def test_a_rehearsal_hears_hints(gateway, first):
    """As the request itself would."""
    assert ask(gateway, path=ROUTE, switchgear={"upstreams": ["two"]}).json()["target"] == "two/gpt"
    assert ask(gateway, path=ROUTE, headers={"x-switchgear-upstreams": "two"}).json()["target"] == "two/gpt"


def test_a_rehearsal_changes_nothing(gateway, first):
    """Round robin gives the same turn again and again, until a request is really sent."""
    hints = {"strategy": "round_robin"}
    rehearsed = {ask(gateway, path=ROUTE, switchgear=hints).json()["target"] for _ in range(3)}
    sent = ask(gateway, switchgear=hints).headers["x-switchgear-target"]
    afterwards = ask(gateway, path=ROUTE, switchgear=hints).json()["target"]

    assert rehearsed == {sent}
    assert afterwards != sent


def test_a_rehearsal_says_why_there_is_nowhere_to_go(gateway, first):
    """The circuit is open: which policy took which target out, and for how long."""
    first.always(openai_error(500, "Something broke."))
    ask(gateway, "tripping")
    decision = ask(gateway, "tripping", path=ROUTE).json()

    assert (decision["decision"], decision["target"], decision["chain"]) == ("no_target", None, "tripping")
    drops = [note for note in decision["ended_by"] if note["verdict"] == "drop"]
    assert [(note["policy"], note["target"]) for note in drops] == [("breaker", "tripping/gpt")]
    assert 0 < drops[0]["value"] <= 60


def test_a_rehearsal_names_what_a_target_cannot_honour(gateway, first, second):
    """A binding parameter takes a target out; here the first in the list cannot be it."""
    decision = ask(gateway, "either", path=ROUTE, logprobs=True, switchgear={"upstreams": ["claude"]}).json()

    assert decision["decision"] == "no_target"
    assert "logprobs" in json.dumps(decision["ended_by"])
    assert ask(gateway, "either", path=ROUTE, logprobs=True).json()["target"] == "one/gpt"
    assert second.requests == []
