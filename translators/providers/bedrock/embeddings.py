"""Embeddings through InvokeModel: each family of models has a body of its own.

Sources, 2026-11: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html,
…-titan-embed-mm.html, …-embed-v3.html and …-embed-v4.html (Cohere), and
https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html. What was read is counted in a header of the
answer, ``x-amzn-bedrock-input-token-count`` (seen with all of them).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from translators.base import Destination, EmbeddingsRequest, EmbeddingsResponse, JsonObject, WireRequest, WireResponse
from translators.facts import Failure, Usage, garbled
from translators.parameters import Table
from translators.providers.bedrock.errors import read_failure
from translators.providers.bedrock.families import bare
from translators.providers.bedrock.request import path_of
from translators.providers.loose import count
from translators.providers.vectors import Whole, embedding_list

_COUNT = "x-amzn-bedrock-input-token-count"
_DEFAULT_TYPE = "search_document"
"""Cohere's models demand an ``input_type``; this one is for what will be searched in."""
_DEFAULT_PURPOSE = "GENERIC_INDEX"
"""Amazon Nova's ``embeddingPurpose`` likewise."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """One family."""

    said: Table
    body: Callable[[EmbeddingsRequest], JsonObject]
    vectors: Callable[[Any], Any]
    """The vectors of an answer."""


def _titan_1(ask: EmbeddingsRequest) -> JsonObject:
    return {"inputText": ask.inputs[0]}


def _titan_2(ask: EmbeddingsRequest) -> JsonObject:
    return {"inputText": ask.inputs[0], "dimensions": ask.dimensions, "normalize": ask.body.get("normalize")}


def _titan_image(ask: EmbeddingsRequest) -> JsonObject:
    config = {"outputEmbeddingLength": ask.dimensions} if ask.dimensions else None
    return {"inputText": ask.inputs[0], "embeddingConfig": config}


def _nova(ask: EmbeddingsRequest) -> JsonObject:
    params = {
        "embeddingPurpose": ask.body.get("embeddingPurpose") or _DEFAULT_PURPOSE,
        "text": {"truncationMode": ask.body.get("truncate") or "NONE", "value": ask.inputs[0]},
    }
    if ask.dimensions:
        params["embeddingDimension"] = ask.dimensions
    return {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": params}


def _cohere(ask: EmbeddingsRequest) -> JsonObject:
    return {
        "texts": ask.inputs,
        "input_type": ask.body.get("input_type") or _DEFAULT_TYPE,
        "output_dimension": ask.dimensions,
        "truncate": ask.body.get("truncate"),
        "max_tokens": ask.body.get("max_tokens"),
    }


def _one(answer: Any) -> Any:
    return [answer["embedding"]]


def _novas(answer: Any) -> Any:
    return [entry["embedding"] for entry in answer["embeddings"]]


def _coheres(answer: Any) -> Any:
    """By type where there are several, or in the newer version."""
    found = answer["embeddings"]
    return found["float"] if isinstance(found, dict) else found


_COHERE_3 = {"input[]": "texts", "input_type": "", "truncate": ""}
_KINDS = {
    "amazon.titan-embed-text-v1": _Kind(Table({}), _titan_1, _one),
    "amazon.titan-embed-g1": _Kind(Table({}), _titan_1, _one),
    "amazon.titan-embed-text-v2": _Kind(Table({"dimensions": "", "normalize": ""}), _titan_2, _one),
    "amazon.titan-embed-image": _Kind(
        Table({"dimensions": "embeddingConfig.outputEmbeddingLength"}), _titan_image, _one
    ),
    "amazon.nova-2-multimodal-embeddings": _Kind(
        Table(
            {
                "dimensions": "singleEmbeddingParams.embeddingDimension",
                "truncate": "singleEmbeddingParams.text.truncationMode",
                "embeddingPurpose": "singleEmbeddingParams.embeddingPurpose",
            }
        ),
        _nova,
        _novas,
    ),
    "cohere.embed-": _Kind(Table(_COHERE_3), _cohere, _coheres),
    "cohere.embed-v4": _Kind(
        Table({**_COHERE_3, "dimensions": "output_dimension", "max_tokens": ""}), _cohere, _coheres
    ),
}
_LONGEST_FIRST = sorted(_KINDS, key=len, reverse=True)


def kind_of(model: str) -> _Kind | None:
    """The row of a model; None where nobody knows what body it takes."""
    name = bare(model)
    return next((_KINDS[prefix] for prefix in _LONGEST_FIRST if name.startswith(prefix)), None)


class BedrockEmbeddings(Whole):
    """The translator of embeddings. Pure; holds no state."""

    def unsupported(self, ask: EmbeddingsRequest, target: Destination) -> tuple[str, ...]:
        """Binding parameters that the target's model cannot honour; ``model`` where it is of no known family."""
        kind = kind_of(target.model)
        return ("model",) if kind is None else kind.said.unmet(ask.uses)

    def request(self, ask: EmbeddingsRequest, target: Destination) -> WireRequest:
        """The request in the words of the model's family."""
        kind = kind_of(target.model)
        if kind is None:
            raise ValueError("ask for what is unsupported first")
        body = {name: value for name, value in kind.body(ask).items() if value is not None}
        return WireRequest(path_of(target.model, "invoke"), orjson.dumps(body), {}, kind.said.left_out(ask.uses))

    def response(self, ask: EmbeddingsRequest, wire: WireResponse, target: Destination) -> EmbeddingsResponse | Failure:
        """Read a whole 2xx answer."""
        kind = kind_of(target.model)
        try:
            vectors = kind.vectors(orjson.loads(wire.body)) if kind else ()
            return embedding_list(ask, vectors, None, _usage(wire))
        except (KeyError, TypeError, ValueError):  # no JSON is a ValueError
            return garbled("The upstream's answer holds no vectors.")

    def failure(self, wire: WireResponse) -> Failure:
        """Read an answer that is not 2xx."""
        return read_failure(wire)


def _usage(wire: WireResponse) -> Usage | None:
    said = wire.headers.get(_COUNT, "")
    tokens = count(int(said)) if said.isascii() and said.isdecimal() and len(said) < 10 else None
    return None if tokens is None else Usage(tokens, 0)
