"""OpenAI's embeddings wire, spoken to OpenAI and to every vendor that speaks it nearly; ``embedders`` has the rest.

This is the native lane: what is right passes as the same bytes, base64 too. Vectors are looked at all the same (F7):
as many as there are inputs, of one length, each number finite, in the order of their indexes.
"""

from typing import Any

import orjson

from translators.base import Destination, EmbeddingsRequest, EmbeddingsResponse, JsonObject, WireRequest, WireResponse
from translators.facts import Failure, Usage, garbled
from translators.providers.loose import count, obj
from translators.providers.openai.embedders import EMBEDDERS, Embedder
from translators.providers.openai.errors import in_band, read_failure
from translators.providers.openai.parameters import passed
from translators.providers.openai.paths import path_of
from translators.providers.vectors import Whole, check_vectors, from_base64, to_base64
from translators.providers.vendors import Vendor


def embeddings_of(vendor: Vendor) -> "OpenAIEmbeddings | None":
    """The translator of a vendor's embeddings; None where it has none on this wire."""
    embedder = EMBEDDERS.get(vendor.name)
    return OpenAIEmbeddings(vendor, embedder) if embedder else None


class OpenAIEmbeddings(Whole):
    """The translator of one vendor's embeddings. Pure; holds no state."""

    def __init__(self, vendor: Vendor, embedder: Embedder) -> None:
        self._vendor, self._embedder, self._table = vendor, embedder, embedder.table()

    def unsupported(self, ask: EmbeddingsRequest, target: Destination) -> tuple[str, ...]:
        """Binding parameters that the vendor lacks and the operator does not want sent all the same."""
        return tuple([name for name in self._table.unmet(ask.uses) if not passed(target, name)])

    def request(self, ask: EmbeddingsRequest, target: Destination) -> WireRequest:
        """The body with the target's model, in the vendor's words, less what it would choke on."""
        embedder = self._embedder
        dropped = tuple([name for name in self._table.left_out(ask.uses) if not passed(target, name)])
        body = {name: value for name, value in ask.body.items() if value is not None and name not in dropped}
        body["model"] = target.model
        for ours, theirs in embedder.renames.items():
            value = body.pop(ours, None)
            if value is not None and body.get(theirs) is None:
                body[theirs] = value
        if not embedder.encodes:
            body.pop("encoding_format", None)
        elif embedder.encoding is not None:
            body["encoding_format"] = embedder.encoding
        elif self._is_retyped(ask):
            body["encoding_format"] = "float"
        return WireRequest(
            path_of(embedder.path, embedder.dated_path, target), orjson.dumps(body), self._vendor.headers, dropped
        )

    def response(self, ask: EmbeddingsRequest, wire: WireResponse, target: Destination) -> EmbeddingsResponse | Failure:  # noqa: ARG002
        """Check and mend an answer; a failure where it is none, or an error in an answer's clothes."""
        try:
            answer = orjson.loads(wire.body)
        except orjson.JSONDecodeError:
            return garbled("The upstream's answer is not JSON.")
        if type(answer) is not dict or type(answer.get("data")) is not list or answer.get("error"):
            failure = in_band(answer, reached_model=False, headers=wire.headers)
            return failure or garbled("The upstream's answer is no list of embeddings.")
        try:
            mended = self._mend(ask, answer)
            body = orjson.dumps(answer) if mended else wire.body
        except (TypeError, ValueError) as fault:
            return garbled(f"The upstream's answer holds no such vectors: {fault}.")
        return EmbeddingsResponse(body, _usage(answer["usage"]))

    def failure(self, wire: WireResponse) -> Failure:
        """Read an answer that is not 2xx."""
        return read_failure(wire)

    def _mend(self, ask: EmbeddingsRequest, answer: JsonObject) -> bool:
        entries = [obj(entry) for entry in answer["data"]]
        vectors: list[Any] = [entry.get("embedding") for entry in entries]
        came = check_vectors(vectors, len(ask.inputs), self._embedder.decode)
        if ask.dimensions not in (None, came) and not self._is_retyped(ask):
            raise ValueError(f"{came} dimensions came where {ask.dimensions} were asked for")
        mended = _mend_order(answer, entries)
        mended = self._mend_encoding(ask, entries) or mended
        for entry in entries:
            mended = _mend_field(entry, "object", "embedding") or mended
        mended = _mend_field(answer, "object", "list") or mended
        if type(answer.get("model")) is not str:  # Copilot names none
            mended = _mend_field(answer, "model", ask.model)
        if "usage" not in answer:
            answer["usage"], mended = None, True
        return mended

    def _mend_encoding(self, ask: EmbeddingsRequest, entries: list[JsonObject]) -> bool:
        """Have each vector in the form that was asked for, whatever form it came in."""
        encoded, decode = ask.encoding == "base64", self._embedder.decode
        mended = False
        for entry in entries:
            vector = entry["embedding"]
            if type(vector) is str and (decode is not None or not encoded):
                vector = (decode or from_base64)(vector)
            if encoded and type(vector) is not str:
                vector = to_base64(vector)
            mended = mended or vector is not entry["embedding"]
            entry["embedding"] = vector
        return mended

    def _is_retyped(self, ask: EmbeddingsRequest) -> bool:
        return bool(self._embedder.retyped_by) and not self._embedder.retyped_by.isdisjoint(ask.uses)


def _mend_order(answer: JsonObject, entries: list[JsonObject]) -> bool:
    """Put the vectors in the order of the inputs: clients go by their place."""
    indexes, right = [entry.get("index") for entry in entries], list(range(len(entries)))
    if indexes == right:
        return False
    if set(indexes) == {None}:
        for index, entry in enumerate(entries):
            entry["index"] = index
        return True
    by_index = dict(zip(indexes, entries, strict=True))
    if by_index.keys() != set(right):
        raise ValueError("their indexes are not those of the inputs")
    answer["data"] = [by_index[index] for index in right]
    return True


def _mend_field(document: JsonObject, name: str, value: str) -> bool:
    if document.get(name) == value:
        return False
    document[name] = value
    return True


def _usage(raw: Any) -> Usage | None:
    """There is no output; Mistral's ``completion_tokens`` is 0."""
    said = obj(raw)
    read = count(said.get("prompt_tokens"))
    if read is None:
        read = count(said.get("total_tokens"))
    return None if read is None else Usage(read, 0)
