"""AWS Bedrock as an upstream: the Converse API for all its models, and InvokeModel for Claude and for embeddings.

``base_url`` is the endpoint of a region, ``https://bedrock-runtime.{region}.amazonaws.com``. Credentials are not the
translator's business: a Bedrock API key, or a signature over what it makes.
"""

import orjson

from translators.base import ChatRequest, ChatResponse, Destination, WireRequest, WireResponse
from translators.facts import Failure
from translators.providers.bedrock.claude import ClaudeOnBedrock
from translators.providers.bedrock.embeddings import BedrockEmbeddings
from translators.providers.bedrock.errors import read_failure
from translators.providers.bedrock.request import converse, lacking_of, path_of
from translators.providers.bedrock.response import read_response
from translators.providers.bedrock.stream import ConverseDecoder

__all__ = ["Bedrock", "BedrockEmbeddings", "ClaudeOnBedrock", "ConverseDecoder"]


class Bedrock:
    """The translator of the Converse API. Pure; holds no state."""

    def unsupported(self, ask: ChatRequest, target: Destination) -> tuple[str, ...]:
        """Binding parameters that the target's model cannot honour."""
        return lacking_of(ask, target.model)

    def request(self, ask: ChatRequest, target: Destination) -> WireRequest:
        """The request in Converse's words."""
        draft = converse(ask, target.model)
        path = path_of(target.model, "converse-stream" if ask.stream else "converse")
        return WireRequest(path, orjson.dumps(draft.body), {}, tuple(draft.dropped))

    def response(self, ask: ChatRequest, wire: WireResponse, target: Destination) -> ChatResponse | Failure:
        """Read a whole 2xx answer."""
        return read_response(ask, wire, target.model)

    def decoder(self, ask: ChatRequest, target: Destination) -> ConverseDecoder:
        """A fresh decoder for one 2xx stream."""
        return ConverseDecoder(ask, target.model)

    def failure(self, wire: WireResponse) -> Failure:
        """Read an answer that is not 2xx."""
        return read_failure(wire)
