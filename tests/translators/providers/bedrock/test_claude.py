"""Claude in Anthropic's own words, through InvokeModel."""

import base64
from random import Random
from typing import Any

import orjson
import pytest

from tests.rig.frames import EVENT, framed
from tests.rig.recordings import Case, params
from tests.translators.providers.anthropic import anthropic_asks
from tests.translators.providers.anthropic.anthropic_streams import HELLO
from tests.translators.providers.bedrock.bedrock_asks import CLAUDE, HI, OLD_CLAUDE, TIME, Json, Target, ask
from tests.translators.providers.bedrock.bedrock_streams import exception
from translators.base import ChatResponse, WireRequest, WireResponse
from translators.facts import FailureKind
from translators.framing.sse import Parser
from translators.providers.anthropic import AnthropicDecoder
from translators.providers.bedrock import ClaudeOnBedrock
from translators.providers.bedrock.claude import ClaudeDecoder

CHUNK = EVENT | {":event-type": "chunk"}
SCHEMA: Json = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
FORMAT: Json = {"type": "json_schema", "json_schema": {"name": "count", "schema": SCHEMA}}


def wire(messages: Any = HI, *, to: str = CLAUDE, version: str | None = None, **body: Any) -> tuple[WireRequest, Json]:
    """The request as it goes out, and its body parsed."""
    request = ClaudeOnBedrock().request(ask(messages, **body), Target(to, api_version=version))
    return request, orjson.loads(request.body)


def lacks(messages: Any = HI, *, to: str = CLAUDE, **body: Any) -> tuple[str, ...]:
    """What the target cannot honour."""
    return ClaudeOnBedrock().unsupported(ask(messages, **body), Target(to))


def chunk(event: bytes) -> bytes:
    """One of Anthropic's events as Bedrock frames it."""
    return framed(orjson.dumps({"bytes": base64.b64encode(event).decode(), "p": "abc"}), CHUNK)


def decoded(raw: bytes) -> tuple[ClaudeDecoder, bytes]:
    """What comes of a stream."""
    decoder = ClaudeOnBedrock().decoder(ask(stream=True), Target())
    return decoder, decoder.feed(raw) + decoder.close()


def test_the_body_is_anthropics_but_for_model_and_stream() -> None:
    """Both are in the path; the version is Bedrock's own, and in the body."""
    request, body = wire([{"role": "system", "content": "S"}, *HI], tools=[TIME], temperature=0.5)
    _, native = anthropic_asks.wire([{"role": "system", "content": "S"}, *HI], to=CLAUDE, tools=[TIME], temperature=0.5)

    native.pop("model")
    assert body == {"anthropic_version": "bedrock-2023-05-31", **native}
    assert request.path == "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke"
    assert request.headers == {}


def test_a_stream_has_an_operation_of_its_own() -> None:
    """``stream`` in the body is a 400."""
    request, body = wire(stream=True)

    assert request.path.endswith("/invoke-with-response-stream")
    assert "stream" not in body


def test_an_operator_may_pin_the_version() -> None:
    """``api_version`` of the upstream."""
    assert wire(version="bedrock-2030-01-01")[1]["anthropic_version"] == "bedrock-2030-01-01"


def test_features_are_asked_for_in_the_body() -> None:
    """There is no header for them."""
    request, body = wire(betas=["context-1m-2025-08-07"])

    assert body["anthropic_beta"] == ["context-1m-2025-08-07"]
    assert request.headers == {}


@pytest.mark.parametrize(
    ("tier", "headers", "dropped"),
    [
        ("priority", {"x-amzn-bedrock-service-tier": "priority"}, ()),
        ("flex", {"x-amzn-bedrock-service-tier": "flex"}, ()),
        ("auto", {}, ()),
        ("scale", {}, ("service_tier",)),
    ],
)
def test_a_tier_is_a_header(tier: str, headers: Any, dropped: Any) -> None:
    """Anthropic's own field is unknown there."""
    request, body = wire(service_tier=tier)

    assert "service_tier" not in body
    assert (request.headers, request.dropped) == (headers, dropped)


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (
            {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}},
            "messages[].content[].image_url.url",
        ),
        ({"type": "file", "file": {"file_id": "file-1"}}, "messages[].content[].file.file_id"),
    ],
)
def test_what_anthropic_would_fetch_rules_it_out(part: Json, name: str) -> None:
    """Bedrock has no files, and fetches nothing."""
    assert name in lacks([{"role": "user", "content": [part]}])


def test_there_is_no_search_of_the_web() -> None:
    """Anthropic's own tool is not on Bedrock."""
    assert "web_search_options" in lacks(web_search_options={})


def test_a_schema_is_enforced_by_fewer_models() -> None:
    """Those that Bedrock lists."""
    assert lacks(response_format=FORMAT) == ()
    assert "output_config" in wire(response_format=FORMAT)[1]
    assert "response_format.json_schema" in lacks(response_format=FORMAT, to="us.anthropic.claude-opus-4-8")
    assert lacks(to=OLD_CLAUDE) == ()


def test_a_whole_answer_is_anthropics() -> None:
    """Id and model too."""
    message = {
        "id": "msg_bdrk_1",
        "model": "claude-sonnet-4-5-20250929",
        "content": [{"type": "text", "text": "Hi"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 7, "output_tokens": 3},
    }
    response = ClaudeOnBedrock().response(ask(), WireResponse(200, {}, orjson.dumps(message)), Target())

    assert isinstance(response, ChatResponse)
    answer = orjson.loads(response.body)
    assert (answer["id"], answer["choices"][0]["message"]["content"]) == ("msg_bdrk_1", "Hi")


def test_a_stream_is_anthropics_in_frames() -> None:
    """Event for event what the same events are there; other kinds of frames are skipped."""
    raw = b"".join(chunk(orjson.dumps(event)) for event in HELLO)
    expected = AnthropicDecoder(ask(stream=True))
    said = b"".join(expected.take(orjson.dumps(event)) for event in HELLO)

    decoder, out = decoded(framed(b"{}", EVENT | {":event-type": "new"}) + raw)

    assert out == said
    assert (decoder.started, decoder.finished, decoder.failure) == (True, True, None)
    assert decoder.usage == expected.usage


def cases() -> list[Any]:
    """The recorded streams in Anthropic's wire."""
    found = params(streamed=True, failed=False)
    return [param for param in found if param.values[0] is None or param.values[0].api == "anthropic.messages"]


@pytest.mark.parametrize("case", cases())
def test_recorded_events_mean_the_same_in_frames(case: Case) -> None:
    """However they are cut."""
    plain = AnthropicDecoder(ask(stream=True))
    expected = plain.feed(case.body) + plain.close()
    raw = b"".join(chunk(event.data) for event in Parser().feed(case.body))
    dice = Random(case.name)
    cuts = sorted(dice.choices(range(len(raw) + 1), k=20))
    decoder = ClaudeOnBedrock().decoder(ask(stream=True), Target())

    out = b"".join([decoder.feed(raw[a:b]) for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)])

    assert out + decoder.close() == expected
    assert (decoder.usage, decoder.finished, decoder.memento) == (plain.usage, plain.finished, plain.memento)


@pytest.mark.parametrize("count", range(len(HELLO)))
def test_a_stream_that_stops_is_cut_off(count: int) -> None:
    """Before ``message_stop`` there is no good end."""
    decoder, _ = decoded(b"".join(chunk(orjson.dumps(event)) for event in HELLO[:count]))

    assert decoder.failure is not None
    assert (decoder.failure.kind, decoder.finished) == (FailureKind.UNREACHABLE, False)


@pytest.mark.parametrize(
    "payload", [b"{", b"{}", b"[]", b'{"bytes":7}', b'{"bytes":"%"}', b'{"bytes":"\xc3\xa9"}', b'{"bytes":"e30="}']
)
def test_a_chunk_that_holds_no_event_breaks_the_stream(payload: bytes) -> None:
    """F7: never an exception."""
    decoder, out = decoded(framed(payload, CHUNK))

    assert decoder.failure is not None
    assert (decoder.failure.kind, out) == (FailureKind.GARBLED, b"")


def test_an_error_in_a_stream_is_read_in_both_forms() -> None:
    """Anthropic's event, or Bedrock's exception."""
    overloaded = {"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}

    decoder, _ = decoded(chunk(orjson.dumps(overloaded)))
    assert decoder.failure is not None
    assert (decoder.failure.kind, decoder.failure.status) == (FailureKind.OVERLOADED, 529)
    decoder, _ = decoded(exception("throttlingException", "Slow down"))
    assert decoder.failure is not None
    assert decoder.failure.kind is FailureKind.RATE_LIMITED
