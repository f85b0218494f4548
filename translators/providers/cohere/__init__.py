"""Cohere's own API, version 2, as an upstream: chat and embeddings.

``base_url`` means what it means in Cohere's SDK: ``https://api.cohere.com``, without ``/v2``.
"""

import orjson

from translators.base import ChatRequest, ChatResponse, Destination, WireRequest, WireResponse
from translators.facts import Failure
from translators.providers.cohere.embeddings import CohereEmbeddings
from translators.providers.cohere.errors import read_failure
from translators.providers.cohere.request import lacking_of, translate
from translators.providers.cohere.response import read_response
from translators.providers.cohere.stream import CohereDecoder

__all__ = ["Cohere", "CohereDecoder", "CohereEmbeddings"]

PATH = "/v2/chat"


class Cohere:
    """The translator of Cohere's chat. Pure; holds no state."""

    def unsupported(self, ask: ChatRequest, target: Destination) -> tuple[str, ...]:
        """Binding parameters that the target's model cannot honour."""
        return lacking_of(ask, target.model)

    def request(self, ask: ChatRequest, target: Destination) -> WireRequest:
        """The request in Cohere's words."""
        draft = translate(ask, target.model)
        return WireRequest(PATH, orjson.dumps(draft.body), dropped=tuple(draft.dropped))

    def response(self, ask: ChatRequest, wire: WireResponse, target: Destination) -> ChatResponse | Failure:  # noqa: ARG002
        """Read a whole 2xx answer."""
        return read_response(ask, wire)

    def decoder(self, ask: ChatRequest, target: Destination) -> CohereDecoder:  # noqa: ARG002
        """A fresh decoder for one 2xx stream."""
        return CohereDecoder(ask)

    def failure(self, wire: WireResponse) -> Failure:
        """Read an answer that is not 2xx."""
        return read_failure(wire)
