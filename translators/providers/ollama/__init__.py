"""Ollama's own API as an upstream: chat and embeddings. Its OpenAI interface is a row in ``vendors.py``.

``base_url`` is the server's, ``http://127.0.0.1:11434``; a ``/v1`` behind it, which the other interface has, is taken
off by the registry.
"""

import orjson

from translators.base import ChatRequest, ChatResponse, Destination, WireRequest, WireResponse
from translators.facts import Failure
from translators.providers.ollama.embeddings import OllamaEmbeddings
from translators.providers.ollama.errors import read_failure
from translators.providers.ollama.request import lacking_of, translate
from translators.providers.ollama.response import read_response
from translators.providers.ollama.stream import OllamaDecoder

__all__ = ["Ollama", "OllamaDecoder", "OllamaEmbeddings"]

PATH = "/api/chat"


class Ollama:
    """The translator of Ollama's chat. Pure; holds no state."""

    def unsupported(self, ask: ChatRequest, target: Destination) -> tuple[str, ...]:  # noqa: ARG002
        """Binding parameters that Ollama has no form for, whichever model it is."""
        return lacking_of(ask)

    def request(self, ask: ChatRequest, target: Destination) -> WireRequest:
        """The request in Ollama's words."""
        draft = translate(ask, target.model)
        return WireRequest(PATH, orjson.dumps(draft.body), dropped=tuple(draft.dropped))

    def response(self, ask: ChatRequest, wire: WireResponse, target: Destination) -> ChatResponse | Failure:  # noqa: ARG002
        """Read a whole 2xx answer."""
        return read_response(ask, wire)

    def decoder(self, ask: ChatRequest, target: Destination) -> OllamaDecoder:  # noqa: ARG002
        """A fresh decoder for one 2xx stream."""
        return OllamaDecoder(ask)

    def failure(self, wire: WireResponse) -> Failure:
        """Read an answer that is not 2xx."""
        return read_failure(wire)
