"""Gemini's ``generateContent`` as an upstream: AI Studio's, and Vertex's, which differ in their paths and little else.

``base_url`` means what it means in Google's own SDK: ``https://generativelanguage.googleapis.com``, without a version.
"""

import orjson

from translators.base import ChatRequest, ChatResponse, Destination, WireRequest, WireResponse
from translators.facts import Failure
from translators.providers.gemini.embeddings import GeminiEmbeddings, VertexEmbeddings
from translators.providers.gemini.errors import read_failure
from translators.providers.gemini.paths import google_path, vertex_path
from translators.providers.gemini.request import lacking_of, translate
from translators.providers.gemini.response import read_response
from translators.providers.gemini.stream import GeminiDecoder

__all__ = ["Gemini", "GeminiDecoder", "GeminiEmbeddings", "VertexEmbeddings"]


class Gemini:
    """The translator of Gemini's models. Pure; holds no state.

    Args:
        vertex: they are on Vertex, and not on AI Studio.
    """

    def __init__(self, *, vertex: bool = False) -> None:
        self._vertex = vertex

    def unsupported(self, ask: ChatRequest, target: Destination) -> tuple[str, ...]:
        """Binding parameters that the target's model cannot honour."""
        return lacking_of(ask, target.model, vertex=self._vertex)

    def request(self, ask: ChatRequest, target: Destination) -> WireRequest:
        """The request in Gemini's words."""
        draft = translate(ask, target.model, vertex=self._vertex)
        method = "streamGenerateContent" if ask.stream else "generateContent"
        path = vertex_path(target.model, method) if self._vertex else google_path(target, method)[0]
        return WireRequest(
            f"{path}?alt=sse" if ask.stream else path, orjson.dumps(draft.body), dropped=tuple(draft.dropped)
        )

    def response(self, ask: ChatRequest, wire: WireResponse, target: Destination) -> ChatResponse | Failure:  # noqa: ARG002
        """Read a whole 2xx answer."""
        return read_response(ask, wire)

    def decoder(self, ask: ChatRequest, target: Destination) -> GeminiDecoder:  # noqa: ARG002
        """A fresh decoder for one 2xx stream."""
        return GeminiDecoder(ask)

    def failure(self, wire: WireResponse) -> Failure:
        """Read an answer that is not 2xx."""
        return read_failure(wire)
