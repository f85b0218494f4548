"""Ollama's embeddings: ``POST /api/embed`` (https://docs.ollama.com/api/embed, 2026-11)."""

from typing import Any

import orjson

from translators.base import Destination, EmbeddingsRequest, EmbeddingsResponse, JsonObject, WireRequest, WireResponse
from translators.facts import Failure, Usage
from translators.providers.loose import count
from translators.providers.ollama.errors import error_in, read_failure
from translators.providers.ollama.parameters import EMBEDDINGS
from translators.providers.reading import NO_VECTORS, read_whole
from translators.providers.vectors import Whole, embedding_list

_PATH = "/api/embed"
_AS_THEY_ARE = ("dimensions", "truncate", "keep_alive", "options")
_DURATIONS = ("total_duration", "load_duration")


class OllamaEmbeddings(Whole):
    """The translator of Ollama's embeddings. Pure; holds no state."""

    def unsupported(self, ask: EmbeddingsRequest, target: Destination) -> tuple[str, ...]:  # noqa: ARG002
        """Tokens for an input: Ollama takes texts."""
        return EMBEDDINGS.unmet(ask.uses)

    def request(self, ask: EmbeddingsRequest, target: Destination) -> WireRequest:
        """The texts in Ollama's words."""
        body: JsonObject = {"model": target.model, "input": ask.inputs}
        body |= {name: ask.body[name] for name in _AS_THEY_ARE if name in ask.uses}
        return WireRequest(_PATH, orjson.dumps(body), dropped=EMBEDDINGS.left_out(ask.uses))

    def response(self, ask: EmbeddingsRequest, wire: WireResponse, target: Destination) -> EmbeddingsResponse | Failure:
        """Read a 2xx answer."""

        def read(answer: Any) -> EmbeddingsResponse:
            tokens = count(answer.get("prompt_eval_count"))
            usage = Usage(tokens, 0) if tokens is not None else None
            model = answer.get("model") or target.model
            return embedding_list(ask, answer["embeddings"], model, usage, _facts(answer))

        return read_whole(wire.body, error_in, read, NO_VECTORS)

    def failure(self, wire: WireResponse) -> Failure:
        """Read an answer that is not 2xx."""
        return read_failure(wire)


def _facts(answer: JsonObject) -> JsonObject:
    """How long it took, in nanoseconds."""
    facts = {name: answer[name] for name in _DURATIONS if answer.get(name) is not None}
    return {"extra_content": {"ollama": facts}} if facts else {}
