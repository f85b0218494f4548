"""Streams under their deadlines, with clients that leave or read slowly, and a server that has to go."""

import signal
from collections.abc import Iterator
from dataclasses import replace

import httpx2
import pytest

from tests.rig.answers import NEVER, End, Gate, stream
from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream
from tests.rig.waiting import until
from tests.rig.wires import anthropic_events, openai_answer, openai_chunk, openai_events, openai_stream

ASK = {"model": "chat", "messages": [{"role": "user", "content": "Say hello."}]}
STREAM = ASK | {"stream": True}
PATH = "/v1/chat/completions"
HELD_AT_MOST = 16 * 2**20
"""Bytes on their way to a client that does not read: what we hold, and what the kernel holds of both connections."""


def _config(upstream: FakeUpstream, second: FakeUpstream) -> dict:
    short = {"headers": "300ms", "first_token": "300ms", "gap": "300ms"}
    patient = {"headers": "60s", "first_token": "60s", "gap": "60s"}
    account = {"provider": "openai", "base_url": f"{upstream.url}/v1", "api_key": "sk-upstream"}
    return {
        "server": {"keep_alive": "200ms", "drain": "20s", "grace": "1s"},
        "upstreams": {
            "patient": account | {"timeouts": patient},
            "hasty": account | {"timeouts": short | {"headers": "5s", "first_token": "1s"}},
            "second": {"provider": "anthropic", "base_url": second.url, "api_key": "sk-second"},
        },
        "models": {"chat": "patient/gpt", "hasty": ["hasty/gpt", "second/claude"]},
        "chain": ["strategy", {"retry": {"attempts": 2}}],
    }


@pytest.fixture(scope="module")
def second() -> Iterator[FakeUpstream]:
    """Where a stream may go on as long as it has not begun."""
    with FakeUpstream() as fake:
        yield fake


@pytest.fixture(scope="module")
def first() -> Iterator[FakeUpstream]:
    """The upstream of nearly all tests here."""
    with FakeUpstream() as fake:
        yield fake


@pytest.fixture(scope="module")
def shared(first, second, transport, tmp_path_factory) -> Iterator[Gateway]:
    """One server for the tests that leave it running."""
    with Gateway(tmp_path_factory.mktemp("streams"), _config(first, second), transport=transport) as server:
        yield server


@pytest.fixture
def gateway(shared, first, second) -> Gateway:
    """The shared server, its upstreams without memory of the last test."""
    first.clear()
    second.clear()
    return shared


def test_a_silent_stream_is_kept_alive_with_comments(gateway, first):
    """While the upstream thinks the client gets comments, which no SDK sees, and then the stream goes on."""
    gate = Gate()
    first.answer(openai_stream(["Hel", "lo"], gate_after=1, gate=gate))

    with gateway.raw() as raw:
        raw.post(PATH, STREAM)
        raw.head()
        body = raw.body_until(b"Hel")
        body += raw.body_until(b"\n\n:") if b"\n\n:" not in body else b""
        gate.open()
        body += raw.rest()

    events = [event for event in body.split(b"\n\n") if event and not event.startswith(b":")]
    assert events[-1] == b"data: [DONE]"
    assert b"".join(events).count(b'"lo"') == 1


def test_comments_before_the_first_content_do_not_bind_to_a_target(gateway, first, second):
    """A keep-alive is no content: the other target may still answer, and it alone is heard."""
    first.answer(stream(openai_chunk({"role": "assistant", "content": ""}), end=End.HANG))
    second.answer(stream(*anthropic_events(["Hello"])))

    with gateway.raw() as raw:
        raw.post(PATH, STREAM | {"model": "hasty"})
        status, _ = raw.head()
        body = raw.rest()

    assert status == 200
    assert body.startswith(b":")
    assert body.endswith(b"data: [DONE]\n\n")
    assert b"Hello" in body
    assert b"error" not in body


@pytest.mark.parametrize("leave", ["close", "reset"])
def test_a_client_that_leaves_in_mid_stream_closes_the_upstream(leave, gateway, first):
    """Nobody reads on: the upstream's connection goes too, and the record says whose doing it was (F15)."""
    first.answer(stream(*openai_events([{"content": "Hel"}])[:2], end=End.HANG))

    with gateway.raw() as raw:
        raw.post(PATH, STREAM)
        _, headers = raw.head()
        raw.body_until(b"Hel")
        if leave == "reset":
            raw.reset()
    first.until(lambda: first.request().left, "the upstream was left")

    record = gateway.record(headers["x-request-id"])
    assert record["outcome"] == "cancelled"
    assert [attempt["failure"]["kind"] for attempt in record["attempts"]] == ["cancelled"]
    until(lambda: _logged(gateway, headers["x-request-id"]) == ["cancelled"], "the cancellation was logged")


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_a_client_that_leaves_before_any_answer_closes_the_upstream(streamed, gateway, first):
    """The same holds while the upstream has not said a word."""
    first.answer(NEVER)

    with gateway.raw() as raw:
        raw.post(PATH, ASK | {"stream": streamed}, {"x-request-id": f"left-early-{streamed}"})
        first.request()
    first.until(lambda: first.request().left, "the upstream was left")

    until(lambda: _logged(gateway, f"left-early-{streamed}") == ["cancelled"], "the cancellation was logged")


def test_a_departure_harms_no_other_stream(gateway, first):
    """Connections are not mixed up: who stays gets all of its own answer."""
    gate = Gate()
    first.always(openai_stream(["Hel", "lo"], gate_after=1, gate=gate))

    with gateway.raw() as staying, gateway.raw() as leaving:
        for raw in (staying, leaving):
            raw.post(PATH, STREAM)
            raw.head()
            raw.body_until(b"Hel")
        leaving.reset()
        first.until(lambda: sum(request.left for request in first.requests) == 1, "one upstream connection was left")
        gate.open()
        rest = staying.rest()

    assert rest.endswith(b"data: [DONE]\n\n")
    assert sum(request.served for request in first.requests) == 1


def test_a_finished_stream_gives_its_connection_back(gateway, first):
    """Streams that ended well do not cost a new connection each."""
    first.always(openai_stream(["Hello"]))
    before = first.connections

    for _ in range(5):
        assert gateway.http.post(PATH, json=STREAM).status_code == 200

    assert first.connections - before <= 1


def test_a_reader_that_does_not_read_holds_the_upstream_back(gateway, first):
    """The server holds little of what it cannot pass on; once the client reads, nothing is missing (F16)."""
    piece = openai_chunk({"content": "x" * 60_000})
    head, tail = openai_events([])[:1], openai_events([])[1:]
    first.answer(stream(*head, *[piece] * 800, *tail))

    with gateway.raw(receive_buffer=4096) as raw:
        raw.post(PATH, STREAM)
        raw.head()
        until(lambda: first.requests and first.changes.still_for(1.0), "the upstream was held back", 60)
        held = first.request().sent
        body = raw.rest()

    assert held < HELD_AT_MOST < 800 * len(piece)
    assert body.count(b"x" * 60_000) == 800
    assert body.endswith(b"data: [DONE]\n\n")


def test_a_stall_after_content_is_an_error_and_closes_the_upstream(gateway, first):
    """Silence longer than the gap ends the stream honestly (F4); the comments in between are no events."""
    begun = openai_events([{"content": "Hel"}])[:2]
    first.answer(stream(*begun, end=End.HANG))

    response = gateway.http.post(PATH, json=STREAM | {"model": "hasty"})

    assert '"code":"upstream_stalled"' in response.text.replace(" ", "")
    assert "[DONE]" not in response.text
    first.until(lambda: first.request().left, "the upstream was left")


def test_pings_of_the_upstream_do_not_hide_a_stall(gateway, first):
    """Comments are no content: the gap runs on (F4)."""
    begun = openai_events([{"content": "Hel"}])[:2]
    first.answer(stream(*begun, *[b": PROCESSING\n\n"] * 20, end=End.HANG))

    response = gateway.http.post(PATH, json=STREAM | {"model": "hasty"})

    assert '"code":"upstream_stalled"' in response.text.replace(" ", "")


def test_sigterm_lets_streams_finish(tmp_path, first, second):
    """Readiness falls at once, what is under way ends as it would have, and the process leaves with 0 (F32)."""
    first.clear()
    gate = Gate()
    first.answer(openai_stream(["Hel", "lo"], gate_after=1, gate=gate))

    with Gateway(tmp_path, _config(first, second)) as gateway, gateway.raw() as raw:
        raw.post(PATH, STREAM)
        raw.head()
        body = raw.body_until(b"Hel")
        gateway.signal(signal.SIGTERM)
        until(lambda: gateway.http.get("/health/readiness").status_code == 503, "readiness fell")
        until(lambda: _refuses(gateway), "the port was closed")
        gate.open()
        body += raw.rest()
        assert gateway.wait() == 0

    assert body.endswith(b"data: [DONE]\n\n")


def test_sigterm_ends_what_outlasts_the_drain_with_an_error(tmp_path, first, second):
    """A stream that does not end in time is told so, and is no success (F32)."""
    first.clear()
    first.answer(stream(*openai_events([{"content": "Hel"}])[:2], end=End.HANG))
    config = _config(first, second) | {"server": {"drain": "300ms"}}

    with Gateway(tmp_path, config) as gateway, gateway.raw() as raw:
        raw.post(PATH, STREAM)
        raw.head()
        body = raw.body_until(b"Hel")
        gateway.signal(signal.SIGTERM)
        body += raw.rest()
        assert gateway.wait() == 0

    assert b'"error"' in body
    assert b"[DONE]" not in body


def test_sigterm_waits_for_whole_answers_too(tmp_path, first, second):
    """A request without a stream that is under way gets its answer."""
    first.clear()
    gate = Gate()
    whole = openai_answer("Hello")
    first.answer(replace(whole, pieces=(gate, whole.body)))

    with Gateway(tmp_path, _config(first, second)) as gateway, gateway.raw() as raw:
        raw.post(PATH, ASK)
        gate.until_reached()
        gateway.signal(signal.SIGTERM)
        until(lambda: gateway.http.get("/health/readiness").status_code == 503, "readiness fell")
        gate.open()
        assert raw.response().json["choices"][0]["message"]["content"] == "Hello"
        assert gateway.wait() == 0


def _refuses(gateway: Gateway) -> bool:
    try:
        httpx2.get(f"{gateway.url}/health/liveness", trust_env=False)
    except httpx2.TransportError:  # refused, or reset because it was still waiting to be accepted
        return True
    return False


def _logged(gateway: Gateway, request_id: str) -> list[str]:
    """The outcomes that were logged of a request."""
    return [line["outcome"] for line in gateway.logs() if line.get("id") == request_id]
