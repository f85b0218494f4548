"""What a request is said to have done: headers of its answer, its record, its trace; through the real server."""

import json

import pytest

from tests.end_to_end.explain.asking import BACKUPS, CHAT, KEYS, ask, get_record
from tests.rig.waiting import until
from tests.rig.wires import openai_answer, openai_error, openai_stream

# The headers of an answer


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_an_answer_says_where_it_is_from(streamed, gateway, first):
    """Target, attempts, chain, and what the gateway itself took."""
    first.always(openai_stream(["Hel", "lo"]) if streamed else openai_answer("Hello"))

    headers = ask(gateway, stream=streamed).headers

    assert (headers["x-switchgear-target"], headers["x-switchgear-attempts"]) == ("one/gpt", "1")
    assert headers["x-switchgear-chain"] == "default"
    assert 0 <= float(headers["x-switchgear-overhead-ms"]) <= float(headers["openai-processing-ms"]) + 1
    assert headers["x-request-id"].startswith("req_")
    assert "x-switchgear-dropped" not in headers
    assert "x-switchgear-trace" not in headers


def test_a_failed_answer_says_where_it_was_tried(gateway, first):
    """An error has the same headers."""
    first.always(openai_error(500, "Something broke."))

    answer = ask(gateway, switchgear={"tags": ["twice"]})

    assert answer.status_code == 503
    assert (answer.headers["x-switchgear-target"], answer.headers["x-switchgear-attempts"]) == ("two/gpt", "2")


def test_what_a_target_has_no_place_for_is_named(gateway, second):
    """``seed`` merely advises; it is left out, and said so in the header and the record."""
    answer = ask(gateway, "claude", seed=7)

    assert answer.status_code == 200
    assert "seed" in answer.headers["x-switchgear-dropped"].split(", ")
    assert "seed" in gateway.record(answer.headers["x-request-id"])["dropped"]
    assert "seed" not in second.request().json


# The record


def test_a_record_tells_the_whole_story(gateway, first):
    """Who, what, which verdicts, which attempts with their times, and how it ended."""
    first.answer(openai_error(500, "Something broke."))
    answer = ask(gateway, user="u-1", switchgear={"tags": ["twice"], "session": "s-1"})
    record = gateway.record(answer.headers["x-request-id"])

    assert record["event"] == "request"
    assert (record["key"], record["team"], record["user"], record["session"]) == ("red-1", "red", "u-1", "s-1")
    assert (record["model"], record["endpoint"], record["stream"], record["tags"]) == ("pair", "chat", False, ["twice"])
    assert (record["chain"], record["outcome"], record["status"]) == ("default", "ok", 200)
    assert record["target"] == "two/gpt"
    assert record["config"] == gateway.http.get("/health").json()["config"]["version"]
    failed, served = record["attempts"]
    assert (failed["target"], failed["failure"]["kind"], failed["failure"]["status"]) == ("one/gpt", "overloaded", 500)
    assert (served["target"], served["failure"], served["key"]) == ("two/gpt", None, "key 1")
    assert served["usage"]["input_tokens"] == record["usage"]["input_tokens"] == 7
    assert {"policy": "access", "verdict": "pass"} in record["policies"]
    assert "again" in [note["verdict"] for note in served["policies"] if note["policy"] == "retry"]
    assert 0 <= failed["started_ms"] <= failed["ended_ms"] <= served["started_ms"] <= record["duration_ms"]


def test_what_a_shadowed_policy_would_have_done_is_recorded_and_not_done(gateway, first):
    """The breaker in shadow would have dropped the target; the request went there all the same."""
    first.answer(openai_error(500, "Something broke."))
    ask(gateway, "wild/shadow")
    answer = ask(gateway, "wild/shadow")
    record = gateway.record(answer.headers["x-request-id"])

    assert (answer.status_code, record["target"]) == (200, "one/shadow")
    dropped = [note for note in record["attempts"][0]["policies"] if note["verdict"] == "drop"]
    assert [(note["policy"], note["target"], note["shadow"]) for note in dropped] == [("breaker", "one/shadow", True)]
    assert "open" in dropped[0]["why"]


def test_a_record_holds_no_prompt_and_no_answer(gateway, first):
    """S8: what was said is nobody's business but the two who talk."""
    first.always(openai_answer("an answer that nobody keeps"))
    answer = ask(gateway)

    assert "an answer that nobody keeps" in answer.text
    assert "nobody keeps" not in json.dumps(gateway.record(answer.headers["x-request-id"]))
    assert "nobody keeps" not in gateway.output()


@pytest.mark.parametrize(
    "request_body",
    [{}, {"model": "no-such"}, {"max_tokens": 0}, {"stream": True}, {"switchgear": {"tags": ["twice\u202e"]}}],
    ids=["answered", "unknown-model", "malformed", "streamed", "direction-marks"],
)
def test_the_log_line_is_the_record(request_body, gateway, first):
    """One object, rendered once: answered or refused."""
    first.always(openai_stream(["Hello"]) if "stream" in request_body else openai_answer("Hello"))
    name = ask(gateway, **request_body).headers["x-request-id"]
    record = gateway.record(name)

    (line,) = until(lambda: [line for line in gateway.logs() if line.get("id") == name], "the request was logged")
    assert line == record


def test_a_refused_request_has_a_record_that_says_why(gateway):
    """Under the id that the client got, though it never became a call."""
    answer = ask(gateway, temperature=9)
    record = gateway.record(answer.headers["x-request-id"])

    assert (record["outcome"], record["status"], record["attempts"]) == ("refused", 400, [])
    assert (record["error"]["code"], record["error"]["param"]) == ("decimal_above_max_value", "temperature")
    assert (record["key"], record["team"]) == ("red-1", "red")


@pytest.mark.parametrize(
    ("owner", "reader", "visible"),
    [
        ("red-1", "red-1", True),
        ("red-1", "red-2", True),
        ("red-1", "blue", False),
        ("blue", "red-1", False),
        ("solo-1", "solo-1", True),
        ("solo-1", "solo-2", False),
        ("solo-1", "red-1", False),
        ("red-1", "solo-1", False),
    ],
)
@pytest.mark.parametrize("refused", [False, True], ids=["answered", "refused"])
def test_a_record_is_seen_by_its_own_tenant_alone(owner, reader, visible, refused, gateway, first):
    """A key sees its own and its team's; any other looks like one that does not exist."""
    name = ask(gateway, key=owner, **({"temperature": 9} if refused else {})).headers["x-request-id"]
    until(lambda: get_record(gateway, name, owner).status_code == 200, "the record was there")

    seen = get_record(gateway, name, reader)

    assert seen.status_code == (200 if visible else 404)
    if not visible:
        absent = get_record(gateway, "req_no_such", reader)
        assert seen.json() == json.loads(absent.text.replace("req_no_such", name))
        assert set(seen.headers) == set(absent.headers)


def test_a_request_without_a_valid_key_has_a_record_that_no_key_sees(gateway):
    """It belongs to nobody."""
    name = gateway.http.post(CHAT, json={}, headers={"authorization": "Bearer nobody"}).headers["x-request-id"]
    until(lambda: [line for line in gateway.logs() if line.get("id") == name], "the request was logged")

    assert {get_record(gateway, name, key).status_code for key in KEYS} == {404}


def test_one_tenant_cannot_overwrite_the_record_of_another(gateway, first):
    """A client may choose its ``x-request-id``; choosing somebody else's takes nothing from them."""
    headers = {"x-request-id": "an-id-that-both-use"}
    ask(gateway, key="red-1", headers=headers)
    until(lambda: get_record(gateway, "an-id-that-both-use", "red-1").status_code == 200, "the record was there")
    ask(gateway, key="blue", headers=headers)
    until(lambda: get_record(gateway, "an-id-that-both-use", "blue").status_code == 200, "the other one was there")

    assert get_record(gateway, "an-id-that-both-use", "red-1").json()["key"] == "red-1"
    assert get_record(gateway, "an-id-that-both-use", "blue").json()["key"] == "blue"


# The trace


@pytest.mark.parametrize("wish", ["true", "1"])
def test_a_trace_is_the_record_in_a_header(wish, gateway, first):
    """Chain, configuration, verdicts and attempts."""
    first.answer(openai_error(500, "Something broke."))
    answer = ask(gateway, headers={"x-switchgear-trace": wish, "x-switchgear-tags": "twice"})

    trace, record = json.loads(answer.headers["x-switchgear-trace"]), gateway.record(answer.headers["x-request-id"])
    assert set(trace) == {"chain", "config", "policies", "attempts"}
    assert trace == {name: record[name] for name in trace}


@pytest.mark.parametrize("name", ["é", 'a"b', "a\\b", "北京"], ids=ascii)
def test_a_trace_is_json_whatever_the_model_is_called(name, gateway, first):
    """A header is ASCII, and so is JSON with escapes (RFC 8259, 7); it parses to what the record has."""
    answer = ask(gateway, f"wild/{name}", switchgear={"trace": True})

    assert answer.status_code == 200
    assert json.loads(answer.headers["x-switchgear-trace"])["attempts"][0]["target"] == f"one/{name}"
    assert answer.headers["x-switchgear-target"].isascii()


def test_a_trace_that_is_too_long_says_where_all_of_it_is(gateway, first):
    """Proxies refuse a head of more than 8 KiB."""
    answer = ask(gateway, "many", switchgear={"trace": True, "strategy": "weighted"})

    name = answer.headers["x-request-id"]
    assert json.loads(answer.headers["x-switchgear-trace"]) == {"cut": True, "see": f"/v1/requests/{name}"}
    assert len(gateway.record(name)["attempts"][0]["policies"]) >= BACKUPS
