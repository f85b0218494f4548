"""Vertex: Google's models, and Claude under Google's roof, told apart by the model's name.

Claude has Anthropic's body with two differences: ``anthropic_version`` is in it, and the model is in the path
(https://docs.claude.com/en/api/claude-on-vertex-ai and Anthropic's SDK, anthropic/lib/vertex/_client.py, 2026-11).
"""

import orjson

from translators.base import ChatRequest, ChatResponse, Decoder, Destination, WireRequest, WireResponse
from translators.facts import Failure
from translators.providers.anthropic import Anthropic, translate
from translators.providers.gemini import Gemini
from translators.providers.gemini.paths import vertex_path
from translators.providers.loose import obj

_CLAUDE_VERSION = "vertex-2023-10-16"
"""The only one there is. Vertex's own version of the API is in the path."""


class VertexClaude:
    """Claude on Vertex. Pure; holds no state."""

    def __init__(self) -> None:
        self._claude = Anthropic()

    def unsupported(self, ask: ChatRequest, target: Destination) -> tuple[str, ...]:
        """Binding parameters that the target's model cannot honour."""
        return self._claude.unsupported(ask, target)

    def request(self, ask: ChatRequest, target: Destination) -> WireRequest:
        """The request in Anthropic's words, addressed as Google wants it."""
        draft = translate(ask, target.model)
        body = {"anthropic_version": _CLAUDE_VERSION, **draft.body}
        del body["model"]
        headers = {"anthropic-beta": ",".join(draft.betas)} if draft.betas else {}
        path = vertex_path(target.model, "streamRawPredict" if ask.stream else "rawPredict", "anthropic")
        return WireRequest(path, orjson.dumps(body), headers, tuple(draft.dropped))

    def response(self, ask: ChatRequest, wire: WireResponse, target: Destination) -> ChatResponse | Failure:
        """Read a whole 2xx answer."""
        return self._claude.response(ask, wire, target)

    def decoder(self, ask: ChatRequest, target: Destination) -> Decoder:
        """A fresh decoder for one 2xx stream."""
        return self._claude.decoder(ask, target)

    def failure(self, wire: WireResponse) -> Failure:
        """Read an answer that is not 2xx."""
        return self._claude.failure(wire)


class Vertex:
    """All models of Vertex that have a chat. Pure; holds no state."""

    def __init__(self) -> None:
        self._google, self._claude = Gemini(vertex=True), VertexClaude()

    def unsupported(self, ask: ChatRequest, target: Destination) -> tuple[str, ...]:
        """Binding parameters that the target's model cannot honour."""
        return self._of(target).unsupported(ask, target)

    def request(self, ask: ChatRequest, target: Destination) -> WireRequest:
        """The request in the words of the model's maker."""
        return self._of(target).request(ask, target)

    def response(self, ask: ChatRequest, wire: WireResponse, target: Destination) -> ChatResponse | Failure:
        """Read a whole 2xx answer."""
        return self._of(target).response(ask, wire, target)

    def decoder(self, ask: ChatRequest, target: Destination) -> Decoder:
        """A fresh decoder for one 2xx stream."""
        return self._of(target).decoder(ask, target)

    def failure(self, wire: WireResponse) -> Failure:
        """Read an answer that is not 2xx: what Claude says of itself is typed, what Google says has a status."""
        try:
            claude = obj(orjson.loads(wire.body)).get("type") == "error"
        except orjson.JSONDecodeError:
            claude = False
        return (self._claude if claude else self._google).failure(wire)

    def _of(self, target: Destination) -> Gemini | VertexClaude:
        bare = target.model.rpartition("/")[2]
        return self._claude if bare.startswith("claude-") else self._google
