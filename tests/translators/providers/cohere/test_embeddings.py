"""Cohere's embeddings: the request, the recorded answer, and answers that are none."""

import base64
import struct

import orjson
import pytest

from tests.rig.embedding_asks import recorded, tokens, wanted
from tests.translators.providers.cohere.cohere_asks import Target
from translators.base import EmbeddingsRequest, EmbeddingsResponse, WireResponse
from translators.facts import Failure, FailureKind, Usage
from translators.providers.cohere import CohereEmbeddings

V4, V3 = Target("embed-v4.0"), Target("embed-english-v3.0")


def read(ask: EmbeddingsRequest, body: bytes) -> EmbeddingsResponse | Failure:
    """An answer with this body."""
    return CohereEmbeddings().response(ask, WireResponse(200, {}, body), V4)


def test_a_text_is_kept_unless_the_client_says_what_it_is_for() -> None:
    """Cohere demands the purpose, which OpenAI has no word for."""
    request = CohereEmbeddings().request(wanted("a", "b"), V4)
    asking = CohereEmbeddings().request(wanted("a", input_type="search_query", truncate="NONE", user="u"), V4)

    assert (request.path, request.dropped) == ("/v2/embed", ())
    assert orjson.loads(request.body) == {
        "model": "embed-v4.0",
        "texts": ["a", "b"],
        "input_type": "search_document",
        "embedding_types": ["float"],
    }
    said = orjson.loads(asking.body)
    assert (said["input_type"], said["truncate"], asking.dropped) == ("search_query", "NONE", ("user",))


def test_a_length_has_another_name_and_older_models_have_none() -> None:
    """Nor do tokens, or more than 96 texts, have a place."""
    asked = wanted("a", dimensions=256)

    assert orjson.loads(CohereEmbeddings().request(asked, V4).body)["output_dimension"] == 256
    assert CohereEmbeddings().unsupported(asked, V4) == ()
    assert CohereEmbeddings().unsupported(asked, V3) == ("dimensions",)
    assert CohereEmbeddings().unsupported(tokens(), V4) == ("input.tokens",)
    assert CohereEmbeddings().unsupported(wanted(*"a" * 96), V4) == ()
    assert CohereEmbeddings().unsupported(wanted(*"a" * 97), V4) == ("input[]",)


@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_the_recorded_vectors_are_those_of_the_facts(encoding: str) -> None:
    """In the encoding that was asked for; what is billed is what was read."""
    recording, facts = recorded("cohere")
    said = recording["request"]["body"]
    asked = wanted(*said["texts"], encoding=encoding, dimensions=said["output_dimension"])

    assert orjson.loads(CohereEmbeddings().request(asked, Target(said["model"])).body) == said
    response = read(asked, orjson.dumps(recording["response"]["body"]))

    assert isinstance(response, EmbeddingsResponse)
    answer = orjson.loads(response.body)
    vector = answer["data"][0]["embedding"]
    if encoding == "base64":
        vector = struct.unpack(f"<{facts['embeddings']['dimensions']}f", base64.b64decode(vector))
    assert (len(answer["data"]), len(vector)) == (facts["embeddings"]["count"], facts["embeddings"]["dimensions"])
    assert vector[:3] == pytest.approx(facts["embeddings"]["first_three"], rel=1e-6)
    assert response.usage == Usage(facts["usage"]["input_tokens"], 0)
    assert answer["usage"] == {"prompt_tokens": 7, "total_tokens": 7}
    assert answer["extra_content"]["cohere"]["meta"] == recording["response"]["body"]["meta"]


def test_the_older_form_of_an_answer_is_read_too() -> None:
    """A list of vectors where there is one type of them; who does not count is not counted for."""
    response = read(wanted("a"), b'{"id": "x", "response_type": "embeddings_floats", "embeddings": [[0.5, 1]]}')

    assert isinstance(response, EmbeddingsResponse)
    assert orjson.loads(response.body)["data"][0]["embedding"] == [0.5, 1]
    assert response.usage is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"embeddings": 5}',
        b'{"embeddings": {"int8": [[1]]}}',
        b'{"embeddings": {"float": []}}',
        b'{"embeddings": {"float": [[0.5], [0.5]]}}',
        b'{"embeddings": {"float": [["x"]]}}',
        b'{"embeddings": {"float": [[]]}}',
        b'{"embeddings": {"float": ["abc"]}}',
    ],
)
def test_what_are_no_such_vectors_is_garbled(body: bytes) -> None:
    """F7."""
    failure = read(wanted("a"), body)

    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.GARBLED


def test_errors_are_cohere_s() -> None:
    """In an answer's clothes, or under a status; and there are no streams."""
    inside = read(wanted("a"), b'{"message": "Words"}')
    outside = CohereEmbeddings().failure(WireResponse(429, {}, b'{"message": "Please wait"}'))

    assert isinstance(inside, Failure)
    assert (inside.kind, outside.kind) == (FailureKind.OVERLOADED, FailureKind.RATE_LIMITED)
    with pytest.raises(TypeError):
        CohereEmbeddings().decoder(wanted("a"), V4)
