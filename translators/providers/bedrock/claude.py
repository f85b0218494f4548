"""Claude in Anthropic's own words: InvokeModel carries the body of the Messages API, but for model and stream.

Sources, 2026-11: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html,
https://platform.claude.com/docs/en/build-with-claude/claude-on-amazon-bedrock-legacy, and botocore's service model
(headers). Each frame of a stream, ``chunk``, holds one of Anthropic's events as base64. The version of the API is
Bedrock's own; features are asked for in the body. There are no files, no web search and no image by address there.
"""

import binascii
from base64 import b64decode

import orjson

from translators.base import ChatRequest, ChatResponse, Destination, WireRequest, WireResponse
from translators.facts import Failure
from translators.framing.aws_eventstream import Header
from translators.providers.anthropic import AnthropicDecoder, translate
from translators.providers.anthropic.models import model_of
from translators.providers.anthropic.request import lacking_of
from translators.providers.anthropic.response import read_response
from translators.providers.bedrock.errors import read_failure
from translators.providers.bedrock.families import family_of
from translators.providers.bedrock.frame_decoder import ODD_EVENT, FrameDecoder
from translators.providers.bedrock.request import TIERS, path_of
from translators.providers.forms import schema_of

VERSION = "bedrock-2023-05-31"
_LACKING = frozenset(
    {
        "messages[].content[].image_url.url",
        "messages[].content[].file.file_id",
        "web_search_options",
    }
)


class ClaudeOnBedrock:
    """The translator of Claude's models behind InvokeModel. Pure; holds no state."""

    def unsupported(self, ask: ChatRequest, target: Destination) -> tuple[str, ...]:
        """Binding parameters that the target's model cannot honour here."""
        names = [*lacking_of(ask, target.model), *(name for name in ask.uses if name in _LACKING)]
        by_anthropic, here = model_of(target.model).schemas, family_of(target.model).schemas
        if by_anthropic and not here and schema_of(ask.body.get("response_format")):
            names.append("response_format.json_schema")
        return tuple(dict.fromkeys(names))

    def request(self, ask: ChatRequest, target: Destination) -> WireRequest:
        """The request in Anthropic's words. ``api_version`` of a target pins Bedrock's version of them."""
        draft = translate(ask, target.model)
        body = {"anthropic_version": target.api_version or VERSION, **draft.body}
        body.pop("model")
        operation = "invoke-with-response-stream" if body.pop("stream", False) else "invoke"
        if draft.betas:
            body["anthropic_beta"] = draft.betas
        body.pop("service_tier", None)
        tier, dropped, headers = ask.body.get("service_tier"), draft.dropped, {}
        if tier in TIERS:
            headers = {"x-amzn-bedrock-service-tier": tier}
            dropped = [name for name in dropped if name != "service_tier"]
        return WireRequest(path_of(target.model, operation), orjson.dumps(body), headers, tuple(dropped))

    def response(self, ask: ChatRequest, wire: WireResponse, target: Destination) -> ChatResponse | Failure:  # noqa: ARG002
        """Read a whole 2xx answer."""
        return read_response(ask, wire)

    def decoder(self, ask: ChatRequest, target: Destination) -> "ClaudeDecoder":  # noqa: ARG002
        """A fresh decoder for one 2xx stream."""
        return ClaudeDecoder(ask)

    def failure(self, wire: WireResponse) -> Failure:
        """Read an answer that is not 2xx."""
        return read_failure(wire)


class ClaudeDecoder(FrameDecoder):
    """Anthropic's events out of Bedrock's frames: they mean here what they mean there."""

    __slots__ = ("_claude",)

    def __init__(self, ask: ChatRequest) -> None:
        super().__init__()
        self._claude = AnthropicDecoder(ask)

    @property
    def produced(self) -> int:
        """Bytes of what has been said so far, about."""
        return self._claude.produced

    def _take(self, kind: Header | None, payload: bytes) -> bytes:
        if kind != "chunk":
            return b""
        claude = self._claude
        try:
            out = claude.take(b64decode(orjson.loads(payload)["bytes"], validate=True))
        except (KeyError, TypeError, ValueError, binascii.Error):  # ValueError: it is no JSON, or not ASCII
            return self._fail(ODD_EVENT)
        self._reached = True
        self.started, self.finished, self.failure = claude.started, claude.finished, claude.failure
        self.usage, self.memento = claude.usage, claude.memento
        return out
