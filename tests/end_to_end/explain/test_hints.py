"""Hints of a client, in headers and in the body; through the real server."""

import pytest

from tests.end_to_end.explain.asking import CHAT, MESSAGES, ROUTE, ask
from tests.rig.wires import openai_error


def test_hints_are_taken_from_headers(gateway, first):
    """All six, and none of them reaches the upstream."""
    hints = {
        "user": "u-1",
        "session": "s-1",
        "tags": "b, a",
        "strategy": "least_busy",
        "upstreams": "two",
        "trace": "1",
    }
    answer = ask(gateway, headers={f"x-switchgear-{name}": value for name, value in hints.items()})
    record = gateway.record(answer.headers["x-request-id"])

    assert answer.status_code == 200
    assert (record["user"], record["session"], record["tags"]) == ("u-1", "s-1", ["a", "b"])
    assert record["target"] == "two/gpt"
    assert "score" in [note["verdict"] for note in record["attempts"][0]["policies"] if note["policy"] == "strategy"]
    assert "x-switchgear-trace" in answer.headers
    assert not [name for name in first.request().headers if "switchgear" in name]


def test_hints_are_taken_from_the_body(gateway, first):
    """The same, as SDKs send it by ``extra_body``."""
    hints = {"user": "u-1", "session": "s-1", "tags": ["b", "a"], "strategy": "least_busy", "upstreams": ["two"]}
    record = gateway.record(ask(gateway, switchgear=hints).headers["x-request-id"])

    assert (record["user"], record["session"], record["tags"]) == ("u-1", "s-1", ["a", "b"])
    assert record["target"] == "two/gpt"
    assert first.request().json == {"model": "gpt", "messages": MESSAGES}


def test_the_body_has_the_last_word(gateway, first):
    """Whoever writes the body knows more of this request than whoever set up the client."""
    answer = ask(gateway, switchgear={"session": "body"}, headers={"x-switchgear-session": "header"})

    assert gateway.record(answer.headers["x-request-id"])["session"] == "body"


@pytest.mark.parametrize(("tags", "attempts"), [([], 1), (["other"], 1), (["vip"], 2), (["twice-and-more", "x"], 2)])
def test_a_policy_can_be_limited_to_requests_with_a_tag(tags, attempts, gateway, first):
    """``when: {tag: …}`` with a pattern: the others go by as if it were not there."""
    first.always(openai_error(500, "Something broke."))

    answer = ask(gateway, switchgear={"tags": tags})

    assert answer.headers["x-switchgear-attempts"] == str(attempts)
    assert len(first.requests) == attempts


@pytest.mark.parametrize("path", [CHAT, ROUTE])
@pytest.mark.parametrize(
    ("hints", "code", "param"),
    [
        ({"color": "red"}, "unknown_parameter", "switchgear.color"),
        ({"max-cost": "a cent"}, "invalid_type", "switchgear.max-cost"),
        ({"strategy": "magic"}, "invalid_value", "switchgear.strategy"),
        ({"upstreams": "nowhere"}, "invalid_value", "switchgear.upstreams"),
        ({"upstreams": "claude"}, "invalid_value", "switchgear.upstreams"),
        ({"trace": "perhaps"}, "invalid_type", "switchgear.trace"),
        ({"user": "x" * 257}, "string_above_max_length", "switchgear.user"),
        ({"tags": ",".join("abcdefghijklmnopq")}, "array_above_max_length", "switchgear.tags"),
    ],
    ids=["unknown", "no-amount", "strategy", "no-such-upstream", "upstream-of-another-model", "flag", "long", "many"],
)
@pytest.mark.parametrize("by", ["header", "body"])
def test_a_hint_that_cannot_be_honoured_is_an_error_that_names_it(by, hints, code, param, path, gateway, first):
    """A wish that is not heard would be a silent drop."""
    headers = {f"x-switchgear-{name}": value for name, value in hints.items()}
    answer = ask(gateway, path=path, **({"headers": headers} if by == "header" else {"switchgear": hints}))

    assert answer.status_code == 400
    assert (answer.json()["error"]["code"], answer.json()["error"]["param"]) == (code, param)
    assert first.requests == []
