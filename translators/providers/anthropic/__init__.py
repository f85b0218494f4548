"""Anthropic's Messages API as an upstream. Vertex and Bedrock carry the same body: ``translate`` makes it for them too.

``base_url`` means what it means in Anthropic's own SDK: ``https://api.anthropic.com``, without ``/v1``.
"""

import orjson

from translators.base import ChatRequest, ChatResponse, Destination, WireRequest, WireResponse
from translators.facts import Failure
from translators.providers.anthropic.errors import read_failure
from translators.providers.anthropic.models import model_of
from translators.providers.anthropic.request import lacking_of, translate
from translators.providers.anthropic.response import read_response
from translators.providers.anthropic.stream import AnthropicDecoder

__all__ = ["Anthropic", "AnthropicDecoder", "translate"]

PATH = "/v1/messages"


class Anthropic:
    """The translator of Anthropic's own API. Pure; holds no state."""

    def unsupported(self, ask: ChatRequest, target: Destination) -> tuple[str, ...]:
        """Binding parameters that the target's model cannot honour."""
        return lacking_of(ask, target.model)

    def request(self, ask: ChatRequest, target: Destination) -> WireRequest:
        """The request in Anthropic's words. ``api_version`` of a target pins the API's."""
        version = target.api_version or model_of(target.model).version
        draft = translate(ask, target.model, version)
        headers = {"anthropic-version": version}
        if draft.betas:
            headers["anthropic-beta"] = ",".join(draft.betas)
        return WireRequest(PATH, orjson.dumps(draft.body), headers, tuple(draft.dropped))

    def response(self, ask: ChatRequest, wire: WireResponse, target: Destination) -> ChatResponse | Failure:  # noqa: ARG002
        """Read a whole 2xx answer."""
        return read_response(ask, wire)

    def decoder(self, ask: ChatRequest, target: Destination) -> AnthropicDecoder:  # noqa: ARG002
        """A fresh decoder for one 2xx stream."""
        return AnthropicDecoder(ask)

    def failure(self, wire: WireResponse) -> Failure:
        """Read an answer that is not 2xx."""
        return read_failure(wire)
