"""Embeddings of Google's models: AI Studio's ``batchEmbedContents``, and Vertex's ``predict`` and ``embedContent``.

Sources, 2026-11: https://ai.google.dev/api/embeddings,
https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api (``predict``), and Google's
SDK, google/genai/models.py, ``embed_content``: on Vertex, models named Gemini have ``embedContent`` for one text and
``batchEmbedContents`` for several, all others have ``predict``.
"""

from typing import Any

import orjson

from translators.base import Destination, EmbeddingsRequest, EmbeddingsResponse, JsonObject, WireRequest, WireResponse
from translators.facts import Failure, Usage
from translators.providers.gemini.errors import error_in, read_failure
from translators.providers.gemini.parameters import EMBEDDINGS, VERTEX_EMBEDDINGS
from translators.providers.gemini.paths import google_path, vertex_path
from translators.providers.loose import count, obj
from translators.providers.reading import NO_VECTORS, read_whole
from translators.providers.vectors import Whole, embedding_list

_WISHES = {"dimensions": "outputDimensionality", "task_type": "taskType", "title": "title"}
_VERTEX_WISHES = _WISHES | {"auto_truncate": "autoTruncate"}


class GeminiEmbeddings(Whole):
    """AI Studio. Pure; holds no state."""

    def unsupported(self, ask: EmbeddingsRequest, target: Destination) -> tuple[str, ...]:  # noqa: ARG002
        """Tokens: the API takes texts alone."""
        return EMBEDDINGS.unmet(ask.uses)

    def request(self, ask: EmbeddingsRequest, target: Destination) -> WireRequest:
        """One request within the request for each text."""
        path, name = google_path(target, "batchEmbedContents")
        wishes = _said(ask, _WISHES)
        body = {"requests": [{"model": name, "content": _content(text), **wishes} for text in ask.inputs]}
        return WireRequest(path, orjson.dumps(body), dropped=EMBEDDINGS.left_out(ask.uses))

    def response(
        self,
        ask: EmbeddingsRequest,
        wire: WireResponse,
        target: Destination,  # noqa: ARG002
    ) -> EmbeddingsResponse | Failure:
        """Read a 2xx answer."""
        return _read(ask, wire)

    def failure(self, wire: WireResponse) -> Failure:
        """Read an answer that is not 2xx."""
        return read_failure(wire)


class VertexEmbeddings(Whole):
    """Vertex. Pure; holds no state."""

    def unsupported(self, ask: EmbeddingsRequest, target: Destination) -> tuple[str, ...]:  # noqa: ARG002
        """Tokens: the API takes texts alone."""
        return VERTEX_EMBEDDINGS.unmet(ask.uses)

    def request(self, ask: EmbeddingsRequest, target: Destination) -> WireRequest:
        """By the model's name, one of three."""
        wishes = _said(ask, _VERTEX_WISHES)
        if "gemini" not in target.model:
            method, body = "predict", _instances(ask, wishes)
        elif len(ask.inputs) == 1:
            method, body = "embedContent", _embed_content(ask.inputs[0], wishes)
        else:
            method, body = "batchEmbedContents", {"requests": [_embed_content(text, wishes) for text in ask.inputs]}
        dropped = VERTEX_EMBEDDINGS.left_out(ask.uses)
        return WireRequest(vertex_path(target.model, method), orjson.dumps(body), dropped=dropped)

    def response(
        self,
        ask: EmbeddingsRequest,
        wire: WireResponse,
        target: Destination,  # noqa: ARG002
    ) -> EmbeddingsResponse | Failure:
        """Read a 2xx answer."""
        return _read(ask, wire)

    def failure(self, wire: WireResponse) -> Failure:
        """Read an answer that is not 2xx."""
        return read_failure(wire)


def _said(ask: EmbeddingsRequest, wishes: dict[str, str]) -> JsonObject:
    return {own: ask.body[name] for name, own in wishes.items() if ask.body.get(name) is not None}


def _content(text: Any) -> JsonObject:
    return {"parts": [{"text": text}]}


def _embed_content(text: Any, wishes: JsonObject) -> JsonObject:
    return {"content": _content(text), **({"embedContentConfig": wishes} if wishes else {})}


def _instances(ask: EmbeddingsRequest, wishes: JsonObject) -> JsonObject:
    """What concerns a text stands beside it, by another way of writing; what concerns the vectors beside all."""
    beside = {"task_type": wishes.get("taskType"), "title": wishes.get("title")}
    own = {name: value for name, value in beside.items() if value is not None}
    parameters = {name: wishes[name] for name in ("outputDimensionality", "autoTruncate") if name in wishes}
    body: JsonObject = {"instances": [{"content": text, **own} for text in ask.inputs]}
    return body | {"parameters": parameters} if parameters else body


def _read(ask: EmbeddingsRequest, wire: WireResponse) -> EmbeddingsResponse | Failure:
    def read(answer: Any) -> EmbeddingsResponse:
        found = _embeddings(answer)
        vectors = [embedding["values"] for embedding in found]
        return embedding_list(ask, vectors, None, _usage(answer, found), _extra(answer))

    return read_whole(wire.body, lambda answer: error_in(answer, wire.headers), read, NO_VECTORS)


def _embeddings(answer: JsonObject) -> list[JsonObject]:
    if "predictions" in answer:
        return [prediction["embeddings"] for prediction in answer["predictions"]]
    return [answer["embedding"]] if "embedding" in answer else list(answer["embeddings"])


def _usage(answer: JsonObject, found: list[JsonObject]) -> Usage | None:
    """Of all, or the sum of what is said of each; None where that is not said of all."""
    total = count(obj(answer.get("usageMetadata")).get("promptTokenCount"))
    if total is None:
        counts = [count(obj(embedding.get("statistics")).get("token_count")) for embedding in found]
        total = None if None in counts else sum(number or 0 for number in counts)
    return None if total is None else Usage(total, 0)


def _extra(answer: JsonObject) -> JsonObject | None:
    facts = {name: answer[name] for name in ("metadata", "truncated") if answer.get(name) is not None}
    return {"extra_content": {"google": facts}} if facts else None
