"""Vertex: Google's models and Claude, told apart by the model's name."""

from typing import Any

import orjson
import pytest

from tests.rig.asks import HI, Json, Target, ask
from tests.rig.recordings import Case, params
from tests.rig.replays import anthropic as replay
from translators.base import ChatResponse, WireResponse
from translators.facts import FailureKind
from translators.providers.anthropic import AnthropicDecoder
from translators.providers.gemini import GeminiDecoder
from translators.providers.vertex import Vertex

CLAUDE, GEMINI = Target("claude-sonnet-4-5@20250929", "vertex"), Target("gemini-2.5-flash", "vertex")
WITH_CLAUDE = [
    param
    for param in params(streamed=True, failed=False)
    if param.values[0] is None or (param.values[0].provider, param.values[0].api) == ("vertex", "anthropic.messages")
]


def test_claude_has_anthropics_body_under_googles_roof() -> None:
    """Its version is in the body, its model in the path."""
    request = Vertex().request(ask(HI, max_tokens=5), CLAUDE)
    body = orjson.loads(request.body)

    assert request.path == "/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict"
    assert body["anthropic_version"] == "vertex-2023-10-16"
    assert "model" not in body
    assert body["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]
    assert "anthropic-version" not in request.headers


def test_a_stream_of_claudes_says_so_in_path_and_body() -> None:
    """And features that are not everybody's stay in the header, as in Anthropic's SDK."""
    request = Vertex().request(ask(HI, stream=True, betas=["context-1m-2025-08-07"]), CLAUDE)

    assert request.path.endswith("@20250929:streamRawPredict")
    assert orjson.loads(request.body)["stream"] is True
    assert request.headers == {"anthropic-beta": "context-1m-2025-08-07"}


PATHS = {
    "gemini-2.5-flash": "/publishers/google/models/gemini-2.5-flash:generateContent",
    "publishers/anthropic/models/claude-x": "/publishers/anthropic/models/claude-x:rawPredict",
    "publishers/google/models/gemini-x": "/publishers/google/models/gemini-x:generateContent",
    "endpoints/123": "/endpoints/123:generateContent",
}


@pytest.mark.parametrize(("model", "path"), PATHS.items())
def test_a_name_leads_to_its_publisher(model: str, path: str) -> None:
    """Or to an endpoint of one's own."""
    assert Vertex().request(ask(HI), Target(model, "vertex")).path == path


def test_each_has_its_own_limits_and_streams() -> None:
    """Claude has no second choice; Gemini has."""
    both = ask(HI, n=2)

    assert Vertex().unsupported(both, CLAUDE) == ("n",)
    assert Vertex().unsupported(both, GEMINI) == ()
    assert type(Vertex().decoder(both, CLAUDE)) is AnthropicDecoder
    assert type(Vertex().decoder(both, GEMINI)) is GeminiDecoder


def test_each_has_its_own_answers() -> None:
    """By the model that was asked."""
    claude: Json = {
        "id": "msg_1",
        "content": [{"type": "text", "text": "Hi"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 2},
    }
    gemini: Json = {"candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]}
    for body, target in ((claude, CLAUDE), (gemini, GEMINI)):
        response = Vertex().response(ask(HI), WireResponse(200, {}, orjson.dumps(body)), target)

        assert isinstance(response, ChatResponse)
        assert orjson.loads(response.body)["choices"][0]["message"]["content"] == "Hi"


ERRORS: dict[str, tuple[int, Any, FailureKind, str | None]] = {
    "Claude's own": (
        400,
        {"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: 2 > 1"}},
        FailureKind.CONTEXT_LENGTH,
        "invalid_request_error",
    ),
    "Google's": (
        429,
        [{"error": {"code": 429, "message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED"}}],
        FailureKind.RATE_LIMITED,
        "RESOURCE_EXHAUSTED",
    ),
    "nobody's": (502, "<html>", FailureKind.OVERLOADED, None),
}


@pytest.mark.parametrize(("status", "body", "kind", "code"), ERRORS.values(), ids=ERRORS)
def test_an_error_is_read_in_its_own_words(status: int, body: Any, kind: FailureKind, code: str | None) -> None:
    """Whoever says it: it does not say which model was asked."""
    failure = Vertex().failure(WireResponse(status, {}, orjson.dumps(body)))

    assert (failure.kind, failure.code) == (kind, code)


@pytest.mark.parametrize("case", WITH_CLAUDE)
def test_the_recorded_stream_of_claudes_on_vertex(case: Case) -> None:
    """Asked for as it was, and read to its end."""
    recorded = case.recording["request"]
    wanted = ask(**replay.openai_request(recorded["body"], recorded["path"]), stream=True, model=case.model)
    target = Target(case.model, "vertex")
    request, decoder = Vertex().request(wanted, target), Vertex().decoder(wanted, target)
    out = decoder.feed(case.body) + decoder.close()

    assert recorded["path"].endswith(request.path)
    assert replay.meaning(orjson.loads(request.body)) == replay.meaning(recorded["body"])
    assert (decoder.finished, decoder.failure) == (True, None)
    assert case.facts["tool_calls"][0]["id"].encode() in out
