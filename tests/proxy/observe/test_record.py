"""The decision record of a request."""

from typing import Any

import orjson

from policies.base import Attempt, Deny, Note, Outcome, OutcomeKind, Principal, Verdict
from proxy.engine.story import Round, Story
from proxy.observe.record import refused, render
from tests.policies.scene import call, target
from translators.base import Malformed
from translators.facts import Failure, FailureKind, Usage

A, B = target("a/m"), target("b/m")
BUSY = Failure(FailureKind.RATE_LIMITED, "Slow down.", 429, retry_after=5.0, code="rate_limit_exceeded")
USAGE = Usage(10, 5, 4, 3, 2)


def story(**facts: Any) -> Story:
    return Story(call(A, B, **facts), "default", "v1", 1_700_000_000)


def served() -> Story:
    """One failure, a back-off, an answer."""
    told = story()
    told.admission = [Note("access", Verdict.PASS)]
    score = Note("strategy", Verdict.SCORE, A.name, None, 0.12345678)
    drop = Note("breaker", Verdict.DROP, A.name, "open", 3.0, shadow=True)
    told.rounds = [
        Round([score], A.name, Attempt(A, 100.001, 100.5, failure=BUSY, credential="key 2", cost=0)),
        Round([drop], B.name, Attempt(B, 100.75, 102.0, 101.0, usage=USAGE, waited=0.25, cost=1_230_000), decided=True),
    ]
    told.status, told.upstream_seconds, told.dropped, told.uid = 200, 1.999, ("seed",), "0f" * 16
    told.outcome = Outcome(OutcomeKind.OK, told.attempts, 102.0, USAGE)
    return told


def test_a_served_request_tells_everything() -> None:
    """Who asked for what, what each policy said, where each attempt went and how it ended; times in milliseconds."""
    assert render(served()) == {
        "event": "request",
        "id": "req_1",
        "uid": "0f" * 16,
        "created": 1_700_000_000,
        "model": "fast",
        "endpoint": "chat",
        "stream": False,
        "key": "web",
        "team": None,
        "chain": "default",
        "config": "v1",
        "outcome": "ok",
        "status": 200,
        "target": "b/m",
        "policies": [{"policy": "access", "verdict": "pass"}],
        "attempts": [
            {
                "target": "a/m",
                "started_ms": 1.0,
                "first_byte_ms": None,
                "ended_ms": 500.0,
                "key": "key 2",
                "failure": {
                    "kind": "rate_limited",
                    "message": "Slow down.",
                    "status": 429,
                    "retry_after": 5.0,
                    "code": "rate_limit_exceeded",
                },
                "usage": None,
                "cost": 0,
                "policies": [{"policy": "strategy", "verdict": "score", "target": "a/m", "value": 0.123457}],
            },
            {
                "target": "b/m",
                "started_ms": 750.0,
                "first_byte_ms": 1000.0,
                "ended_ms": 2000.0,
                "waited_ms": 250.0,
                "failure": None,
                "usage": _tokens(),
                "cost": 1_230_000,
                "policies": [
                    {
                        "policy": "breaker",
                        "verdict": "drop",
                        "target": "a/m",
                        "why": "open",
                        "value": 3.0,
                        "shadow": True,
                    }
                ],
            },
        ],
        "dropped": ["seed"],
        "cost": 1_230_000,
        "price": None,
        "duration_ms": 2000.0,
        "overhead_ms": 1.0,
        "usage": _tokens(),
    }


def _tokens() -> dict[str, Any]:
    return {
        "input_tokens": 10,
        "output_tokens": 5,
        "cached_tokens": 4,
        "cache_write_tokens": 3,
        "reasoning_tokens": 2,
        "source": "provider",
    }


def test_a_request_under_way_is_told_as_far_as_it_is_known() -> None:
    """It has a target and no times; no outcome, no duration."""
    told = story(stream=True)
    told.rounds = [Round([], A.name)]

    record = render(told)

    assert (record["outcome"], record["target"], record["stream"]) == (None, "a/m", True)
    assert record["attempts"] == [{"target": "a/m", "policies": []}]
    assert record.keys().isdisjoint({"duration_ms", "usage", "error", "ended_by", "dropped"})


def test_a_denied_request_names_the_denial() -> None:
    """No attempt; the reason is the policy's."""
    told = story()
    told.admission = [Note("access", Verdict.DENY, why="No such model.")]
    told.status = 404
    told.outcome = Outcome(OutcomeKind.DENIED, (), 100.25, denial=Deny(FailureKind.NOT_FOUND, "No such model."))

    record = render(told)

    assert record["error"] == {"kind": "not_found", "message": "No such model."}
    assert record["policies"] == [{"policy": "access", "verdict": "deny", "why": "No such model."}]
    assert (record["attempts"], record["target"], record["usage"], record["duration_ms"]) == ([], None, None, 250.0)


def test_a_failed_request_says_what_ended_it() -> None:
    """The last round found nobody: its verdicts say why. It is no attempt."""
    told = story()
    stop = Note("retry", Verdict.STOP, None, "3 of 3 attempts used")
    told.rounds = [Round([], A.name, Attempt(A, 100.0, 100.5, failure=BUSY)), Round([stop])]
    told.status = 429
    told.outcome = Outcome(OutcomeKind.FAILED, told.attempts, 100.5, failure=BUSY)

    record = render(told)

    assert len(record["attempts"]) == 1
    assert record["ended_by"] == [{"policy": "retry", "verdict": "stop", "why": "3 of 3 attempts used"}]
    assert record["error"]["kind"] == "rate_limited"


def test_what_is_known_of_the_asker_is_told() -> None:
    """Team, organisation, end user, session, tags; key and team always, the rest where there is any."""
    who = Principal("web", team="growth", org="acme")

    record = render(story(principal=who, user="u1", session="s1", tags=frozenset({"b", "a"})))

    assert {name: record[name] for name in ("key", "team", "org", "user", "session", "tags")} == {
        "key": "web",
        "team": "growth",
        "org": "acme",
        "user": "u1",
        "session": "s1",
        "tags": ["a", "b"],
    }


def test_overhead_is_never_negative() -> None:
    """Two clocks' readings may round past each other."""
    told = served()
    told.upstream_seconds = 2.1

    assert render(told)["overhead_ms"] == 0.0


def test_a_record_is_json() -> None:
    """The log writes it, the API answers with it."""
    record = render(served())

    assert orjson.loads(orjson.dumps(record)) == record


def test_a_refused_request_has_a_record_as_well() -> None:
    """It never became a call; who asked is in it, as far as that was known."""
    fault = Malformed("No.", "invalid_type", "messages", 400)

    record = refused("req_1", 1_700_000_000, Principal("web", team="growth"), fault)

    assert record == {
        "event": "request",
        "id": "req_1",
        "created": 1_700_000_000,
        "key": "web",
        "team": "growth",
        "outcome": "refused",
        "status": 400,
        "error": {"code": "invalid_type", "param": "messages", "message": "No."},
        "attempts": [],
    }
    nobody = refused("req_1", 0, None, Malformed("No key.", "missing_api_key", status=401))
    assert (nobody["key"], nobody["team"]) == (None, None)


def test_sound_and_pictures_are_named_where_there_were_any() -> None:
    """Most requests have none; who counted is always said."""
    told = served()
    heard = Usage(10, 5, input_audio_tokens=7, output_image_tokens=2, source="estimated")
    told.outcome = Outcome(OutcomeKind.OK, told.attempts, 102.0, heard)

    assert render(told)["usage"] == {
        "input_tokens": 10,
        "output_tokens": 5,
        "cached_tokens": 0,
        "cache_write_tokens": 0,
        "reasoning_tokens": 0,
        "source": "estimated",
        "input_audio_tokens": 7,
        "output_image_tokens": 2,
    }
