"""Ollama's own embeddings: the request, the recorded answer, and answers that are none."""

import orjson
import pytest

from tests.rig.embedding_asks import recorded, tokens, wanted
from tests.translators.providers.ollama.ollama_asks import Target
from translators.base import EmbeddingsRequest, EmbeddingsResponse, WireResponse
from translators.facts import Failure, FailureKind, Usage
from translators.providers.ollama import OllamaEmbeddings

TARGET = Target("nomic-embed-text")


def read(ask: EmbeddingsRequest, body: bytes) -> EmbeddingsResponse | Failure:
    """An answer with this body."""
    return OllamaEmbeddings().response(ask, WireResponse(200, {}, body), TARGET)


def test_a_request_is_said_in_ollamas_words() -> None:
    """A length of choice has the same name; tokens have no place."""
    request = OllamaEmbeddings().request(wanted("a", "b", dimensions=64, keep_alive="5m", user="u"), TARGET)

    assert (request.path, request.dropped) == ("/api/embed", ("user",))
    assert orjson.loads(request.body) == {
        "model": "nomic-embed-text",
        "input": ["a", "b"],
        "dimensions": 64,
        "keep_alive": "5m",
    }
    assert OllamaEmbeddings().unsupported(wanted("a", "b", dimensions=64), TARGET) == ()
    assert OllamaEmbeddings().unsupported(tokens(), TARGET) == ("input.tokens",)


def test_the_recorded_vectors_are_those_of_the_facts() -> None:
    """And what was read is counted."""
    recording, facts = recorded("ollama")
    asked = wanted(recording["request"]["body"]["input"])
    response = read(asked, orjson.dumps(recording["response"]["body"]))

    assert isinstance(response, EmbeddingsResponse)
    answer = orjson.loads(response.body)
    vector = answer["data"][0]["embedding"]
    assert (len(answer["data"]), len(vector)) == (facts["embeddings"]["count"], facts["embeddings"]["dimensions"])
    assert vector[:3] == facts["embeddings"]["first_three"]
    assert answer["model"] == facts["model"]
    assert response.usage == Usage(facts["usage"]["input_tokens"], 0)
    assert answer["extra_content"]["ollama"]["total_duration"] > 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"embeddings": 5}',
        b'{"embeddings": []}',
        b'{"embeddings": [[0.5], [0.5]]}',
        b'{"embeddings": [[null]]}',
    ],
)
def test_what_are_no_such_vectors_is_garbled(body: bytes) -> None:
    """F7."""
    failure = read(wanted("a"), body)

    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.GARBLED


def test_errors_are_ollamas() -> None:
    """In an answer's clothes, or under a status."""
    inside = read(wanted("a"), b'{"error": "the input length exceeds the context length"}')
    outside = OllamaEmbeddings().failure(WireResponse(404, {}, b'{"error": "model \'x\' not found"}'))

    assert isinstance(inside, Failure)
    assert (inside.kind, outside.kind) == (FailureKind.CONTEXT_LENGTH, FailureKind.NOT_FOUND)
    with pytest.raises(TypeError):
        OllamaEmbeddings().decoder(wanted("a"), TARGET)
