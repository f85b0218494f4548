"""Cohere's embeddings: ``POST /v2/embed`` (https://docs.cohere.com/reference/embed, 2026-11).

OpenAI has no ``input_type``, and Cohere demands one: it is ``search_document`` where the client says nothing, which is
what a text is that is going to be kept. A client that embeds a question says ``search_query`` in that field.
"""

from typing import Any

import orjson

from translators.base import Destination, EmbeddingsRequest, EmbeddingsResponse, JsonObject, WireRequest, WireResponse
from translators.facts import Failure, Usage
from translators.providers.cohere.errors import error_in, read_failure
from translators.providers.cohere.models import model_of
from translators.providers.cohere.parameters import EMBEDDINGS
from translators.providers.cohere.usage import tokens_of
from translators.providers.loose import obj
from translators.providers.reading import NO_VECTORS, read_whole
from translators.providers.vectors import Whole, embedding_list

MOST_TEXTS = 96
"""In one request."""
_PATH = "/v2/embed"
_AS_THEY_ARE = ("truncate", "max_tokens", "priority")


class CohereEmbeddings(Whole):
    """The translator of Cohere's embeddings. Pure; holds no state."""

    def unsupported(self, ask: EmbeddingsRequest, target: Destination) -> tuple[str, ...]:
        """What these models cannot do: tokens for an input, more than 96 of them, a length of choice before v4."""
        names = list(EMBEDDINGS.unmet(ask.uses))
        if len(ask.inputs) > MOST_TEXTS:
            names.append("input[]")
        if ask.dimensions is not None and not model_of(target.model).resizes:
            names.append("dimensions")
        return tuple(names)

    def request(self, ask: EmbeddingsRequest, target: Destination) -> WireRequest:
        """The texts in Cohere's words; numbers, whatever encoding was asked for: its base64 says no width."""
        body: JsonObject = {
            "model": target.model,
            "texts": ask.inputs,
            "input_type": ask.body.get("input_type") or "search_document",
            "embedding_types": ["float"],
        }
        if ask.dimensions is not None:
            body["output_dimension"] = ask.dimensions
        body |= {name: ask.body[name] for name in _AS_THEY_ARE if name in ask.uses}
        return WireRequest(_PATH, orjson.dumps(body), dropped=EMBEDDINGS.left_out(ask.uses))

    def response(self, ask: EmbeddingsRequest, wire: WireResponse, target: Destination) -> EmbeddingsResponse | Failure:
        """Read a 2xx answer."""

        def read(answer: Any) -> EmbeddingsResponse:
            said = answer["embeddings"]
            vectors = said["float"] if isinstance(said, dict) else said
            return embedding_list(ask, vectors, target.model, _usage(answer), _facts(answer))

        return read_whole(wire.body, error_in, read, NO_VECTORS)

    def failure(self, wire: WireResponse) -> Failure:
        """Read an answer that is not 2xx."""
        return read_failure(wire)


def _usage(answer: JsonObject) -> Usage | None:
    """What is billed is all that is said of embeddings: there is no preamble to leave out."""
    read = tokens_of(obj(obj(answer.get("meta")).get("billed_units")).get("input_tokens"))
    return Usage(read, 0) if read is not None else None


def _facts(answer: JsonObject) -> JsonObject:
    facts = {name: answer[name] for name in ("id", "meta") if answer.get(name) is not None}
    return {"extra_content": {"cohere": facts}} if facts else {}
