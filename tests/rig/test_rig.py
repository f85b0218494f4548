"""The rig itself: what it promises to the tests that are played on it."""

import json

import httpx2
import pytest

from tests.rig.answers import NEVER, SLAM, End, Framing, Gate, at_random, bytewise, plain, stream
from tests.rig.raw import RawClient
from tests.rig.recordings import CASES, params
from tests.rig.server import Gateway, closed_port
from tests.rig.upstream import FakeUpstream
from tests.rig.waiting import Changes, until
from tests.rig.wires import (
    anthropic_error,
    anthropic_stream,
    openai_answer,
    openai_error,
    openai_stream,
    openai_tool_call,
)


@pytest.fixture
def client(upstream: FakeUpstream):
    """An HTTP client of the upstream."""
    with httpx2.Client(base_url=upstream.url, trust_env=False, timeout=10) as http:
        yield http


def test_requests_are_recorded_in_their_order(upstream, client):
    """Method, path, headers, body and connection of each request can be read afterwards."""
    upstream.always(openai_answer("hello"))

    client.post("/v1/first?a=b", json={"n": 1}, headers={"X-Api-Key": "one"})
    client.post("/v1/second", json={"n": 2}, headers={"authorization": "Bearer two"})

    first, second = upstream.requests
    assert (first.method, first.path, first.json, first.key) == ("POST", "/v1/first?a=b", {"n": 1}, "one")
    assert (second.path, second.json, second.key) == ("/v1/second", {"n": 2}, "two")
    assert first.connection == second.connection == 0
    assert first.served


def test_answers_come_from_the_queue_first_and_then_from_the_rule(upstream, client):
    """Queued answers are used up once each, in their order."""
    upstream.always(lambda request: plain(request.body))
    upstream.answer(openai_error(429, "slow down"), anthropic_error(529, "overloaded_error", "busy"))

    answers = [client.post("/", content=b"echo") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 529, 200]
    assert answers[2].content == b"echo"


def test_a_request_without_a_script_is_answered_as_such(upstream, client):
    """Nothing is answered by accident."""
    assert client.get("/").status_code == 501


@pytest.mark.parametrize("cut", [lambda body: [body], bytewise, lambda body: at_random(body, 7)])
def test_a_body_arrives_the_same_however_it_is_cut(upstream, client, cut):
    """Cuts change the pieces and never the bytes."""
    body = "data: größe \U0001f30d\r\n\r\n".encode() * 30
    upstream.answer(stream(body).cut(cut(body)))

    assert client.get("/").content == body


def test_random_cuts_are_the_same_for_the_same_seed():
    """A failing cut can be had again."""
    body = bytes(range(256)) * 10

    assert at_random(body, 1) == at_random(body, 1)
    assert at_random(body, 1) != at_random(body, 2)
    assert b"".join(at_random(body, 1)) == body


def test_a_gate_holds_the_rest_back_until_it_is_opened(upstream):
    """What stands behind a gate is not sent before the test says so."""
    gate = Gate()
    upstream.answer(stream(b"data: 1\n\n", gate, b"data: 2\n\n"))

    with RawClient(upstream.port) as raw:
        raw.post("/", {})
        raw.head()
        assert raw.body_until(b"1\n\n") == b"data: 1\n\n"
        gate.until_reached()
        assert upstream.requests[0].sent == 9
        gate.open()
        assert raw.rest() == b"data: 2\n\n"


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (SLAM, httpx2.ReadError),
        (stream(b"data: 1\n\n", end=End.RESET), httpx2.ReadError),
        (stream(b"data: 1\n\n", end=End.CUT), httpx2.RemoteProtocolError),
        (stream(b"data: 1\n\n", end=End.CUT, framing=Framing.LENGTH), httpx2.RemoteProtocolError),
        (NEVER, httpx2.ReadTimeout),
        (stream(b"data: 1\n\n", end=End.HANG), httpx2.ReadTimeout),
    ],
    ids=["slam", "reset", "cut-chunk", "cut-length", "never", "hang"],
)
def test_a_broken_answer_breaks_as_scripted(upstream, answer, fault):
    """Each ending is the fault that its name says."""
    upstream.answer(answer)

    with httpx2.Client(trust_env=False, timeout=0.3) as client, pytest.raises(fault):
        client.get(upstream.url)


def test_a_body_without_a_length_ends_with_the_connection(upstream, client):
    """Close-delimited bodies are whole, and the connection is not used again."""
    upstream.always(stream(b"data: 1\n\n", framing=Framing.CLOSE))

    assert client.get("/").content == client.get("/").content == b"data: 1\n\n"
    assert [request.connection for request in upstream.requests] == [0, 1]


def test_the_upstream_notices_when_the_other_side_leaves(upstream):
    """A closed connection shows in the request and in the count of open connections."""
    upstream.answer(stream(b"data: 1\n\n", end=End.HANG))

    with RawClient(upstream.port) as raw:
        raw.post("/", {})
        raw.head()
        raw.body_until(b"1")
        assert upstream.open_connections == 1
    upstream.until(lambda: upstream.requests[0].left, "the departure was noticed")
    upstream.until(lambda: upstream.open_connections == 0, "no connection was open")

    assert not upstream.requests[0].served


def test_a_reader_that_does_not_read_holds_the_upstream_back(upstream):
    """The count of sent bytes stands still while nobody takes them."""
    upstream.answer(stream(*[b"x" * 65536] * 512))

    with RawClient(upstream.port, receive_buffer=4096) as raw:
        raw.post("/", {})
        raw.head()
        until(lambda: upstream.changes.still_for(0.5), "the upstream was held back")
        assert upstream.requests[0].sent < 512 * 65536
        assert len(raw.rest()) == 512 * 65536


def test_a_closed_port_refuses(client):
    """A target that is down refuses at once."""
    with closed_port() as port, pytest.raises(httpx2.ConnectError):
        client.get(f"http://127.0.0.1:{port}/")


def test_a_transport_is_that_of_the_upstreams_that_name_none(tmp_path):
    """Before the server starts and after an edit; the demo is not on the network."""
    named, unnamed = {"provider": "vllm", "transport": "fast"}, {"provider": "vllm"}
    config = {"upstreams": {"demo": {"provider": "demo"}, "named": named, "unnamed": unnamed}, "models": {}}
    gateway = Gateway(tmp_path, config, transport="httpx")
    first = json.loads(gateway.config.read_text())
    gateway.rewrite(config)

    assert json.loads(gateway.config.read_text()) == first
    assert {name: account.get("transport") for name, account in first["upstreams"].items()} == {
        "demo": None,
        "named": "fast",
        "unnamed": "httpx",
    }


def test_a_raw_client_can_send_half_a_request_and_more_than_one(upstream):
    """Bytes go out as they are given; answers on one connection are told apart."""
    upstream.always(openai_answer("hi"))

    with RawClient(upstream.port) as raw:
        raw.send(b"POST / HTTP/1.1\r\ncontent-le")
        raw.send(b"ngth: 2\r\n\r\n{}")
        assert raw.response().json["choices"][0]["message"]["content"] == "hi"
        assert raw.get("/").status == 200


def test_a_wait_has_a_deadline():
    """Waiting in vain is an assertion with a reason, never for ever."""
    with pytest.raises(AssertionError, match="pigs flew"):
        until(lambda: False, "pigs flew", 0.05)
    with pytest.raises(AssertionError, match="pigs flew"):
        Changes().until(lambda: False, "pigs flew", 0.05)


def test_written_streams_are_what_the_vendors_send(upstream, client):
    """OpenAI's ends with usage and [DONE], Anthropic's with message_stop; tool arguments are JSON in a string."""
    upstream.answer(openai_stream(["Hel", "lo"]), anthropic_stream(["Hel", "lo"]))

    openai_events = client.get("/").text.split("\n\n")
    anthropic_events = client.get("/").text.split("\n\n")

    assert [json.loads(event[6:])["choices"][0]["delta"].get("content") for event in openai_events[:4]] == [
        "",
        "Hel",
        "lo",
        None,
    ]
    assert json.loads(openai_events[4][6:])["choices"] == []
    assert openai_events[5:] == ["data: [DONE]", ""]
    assert anthropic_events[0].startswith("event: message_start\ndata: ")
    assert anthropic_events[-2].startswith("event: message_stop\n")
    assert json.loads(openai_tool_call("f", {"a": 1})["function"]["arguments"]) == {"a": 1}


@pytest.mark.skipif(not CASES, reason="the recordings are not beside the repository")
def test_every_chat_recording_is_a_case():
    """None is left out by a slip of the selection."""
    assert len(CASES) == 203
    assert len(params(streamed=True)) + len(params(streamed=False)) == 203
    assert len(params(failed=True)) == 21


@pytest.mark.skipif(not CASES, reason="the recordings are not beside the repository")
def test_usage_of_every_recording_adds_up_in_openais_meaning():
    """Mapped numbers are inclusive: a part is never more than its whole, and xAI's total is the sum again."""
    odd = {
        case.name
        for case in CASES
        if (usage := case.usage)
        and (shown := case.usage_shown)
        and (usage.cached > usage.prompt or usage.reasoning > usage.completion or usage.total != shown.total)
    }

    assert odd == set()
