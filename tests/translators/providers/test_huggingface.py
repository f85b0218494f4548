"""Feature extraction as embeddings: the request, the recorded answer, and answers that are none."""

import orjson
import pytest

from tests.rig.asks import Target
from tests.rig.embedding_asks import recorded, tokens, wanted
from translators.base import EmbeddingsRequest, EmbeddingsResponse, WireResponse
from translators.facts import Failure, FailureKind
from translators.providers.huggingface import HuggingFaceEmbeddings
from translators.registry import PROVIDERS

TARGET = Target("intfloat/multilingual-e5-large")


def read(ask: EmbeddingsRequest, body: bytes) -> EmbeddingsResponse | Failure:
    """An answer with this body."""
    return HuggingFaceEmbeddings().response(ask, WireResponse(200, {}, body), TARGET)


def refused(status: int, body: bytes) -> Failure:
    """An error."""
    return HuggingFaceEmbeddings().failure(WireResponse(status, {}, body))


def test_the_model_is_in_the_path_and_its_own_parameters_at_the_root() -> None:
    """As huggingface_hub has it; a model's name is two segments, and no more."""
    request = HuggingFaceEmbeddings().request(wanted("a", "b", normalize=True, user="u"), TARGET)
    odd = HuggingFaceEmbeddings().request(wanted("a"), Target("a/b?c#d"))

    path = "/hf-inference/models/intfloat/multilingual-e5-large/pipeline/feature-extraction"
    assert (request.path, request.dropped) == (path, ("user",))
    assert orjson.loads(request.body) == {"inputs": ["a", "b"], "normalize": True}
    assert odd.path == "/hf-inference/models/a/b%3Fc%23d/pipeline/feature-extraction"


def test_tokens_and_lengths_have_no_place() -> None:
    """ "dimensions: Only available on OpenAI-compatible embedding endpoints"."""
    assert HuggingFaceEmbeddings().unsupported(wanted("a", "b"), TARGET) == ()
    assert HuggingFaceEmbeddings().unsupported(wanted("a", dimensions=8), TARGET) == ("dimensions",)
    assert HuggingFaceEmbeddings().unsupported(tokens(), TARGET) == ("input.tokens",)


def test_one_upstream_has_both_chat_and_embeddings() -> None:
    """Its tasks lie beside ``/v1``, which is therefore part of the chat's path."""
    api = PROVIDERS["huggingface"].api()

    assert (api.tails, PROVIDERS["huggingface"].base_url) == (("/v1",), "https://router.huggingface.co/v1")
    assert isinstance(api.embeddings, HuggingFaceEmbeddings)


def test_the_recorded_vector_is_that_of_the_facts() -> None:
    """A single text has its vector without a list around it. Nobody counted."""
    recording, facts = recorded("huggingface")
    response = read(wanted(recording["request"]["body"]["inputs"]), orjson.dumps(recording["response"]["body"]))

    assert isinstance(response, EmbeddingsResponse)
    answer = orjson.loads(response.body)
    vector = answer["data"][0]["embedding"]
    assert (len(answer["data"]), len(vector)) == (facts["embeddings"]["count"], facts["embeddings"]["dimensions"])
    assert vector[:3] == facts["embeddings"]["first_three"]
    assert (response.usage, answer["model"]) == (None, TARGET.model)


def test_several_texts_have_a_list() -> None:
    """In their order."""
    response = read(wanted("a", "b"), b"[[0.5, 1], [1, 0.5]]")

    assert isinstance(response, EmbeddingsResponse)
    assert [entry["embedding"] for entry in orjson.loads(response.body)["data"]] == [[0.5, 1], [1, 0.5]]


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"5", b"[[]]", b"[[[0.5, 1], [1, 0.5]]]", b'["x"]', b"[[0.5], [0.5]]", b"[null]"]
)
def test_what_are_no_such_vectors_is_garbled(body: bytes) -> None:
    """F7; vectors of single tokens are none of the text."""
    failure = read(wanted("a"), body)

    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.GARBLED


@pytest.mark.parametrize(
    ("status", "body", "kind", "message", "wait"),
    [
        (
            413,
            b'{"error": "`inputs` must have less than 512 tokens. Given: 514"}',
            "context_length",
            "`inputs` must",
            None,
        ),
        (402, b'{"error": "You have exceeded your monthly included credits"}', "exhausted", "You have exceeded", None),
        (404, b'{"error": ["Model x does not exist"]}', "not_found", "Model x does", None),
        (503, b'{"error": "Model x is loading", "estimated_time": 20.5}', "overloaded", "Model x is", 20.5),
        (503, b'{"error": "Model x is loading", "estimated_time": -1}', "overloaded", "Model x is", None),
        (401, b'{"error": "Invalid token hf_x"}', "auth", "The upstream refused", None),
        (400, b'{"error": []}', "bad_request", "The upstream answered", None),
    ],
)
def test_an_error_has_the_meaning_of_its_words_and_status(
    status: int, body: bytes, kind: str, message: str, wait: float | None
) -> None:
    """A model that is being loaded says how long that takes."""
    failure = refused(status, body)

    assert (failure.kind, failure.status, failure.retry_after) == (FailureKind(kind), status, wait)
    assert failure.message.startswith(message)


def test_an_error_in_an_answers_clothes_is_one() -> None:
    """And its type is the code."""
    failure = read(wanted("a"), b'{"error": "Words"}')

    assert isinstance(failure, Failure)
    assert (failure.kind, failure.message) == (FailureKind.OVERLOADED, "Words")
    assert refused(422, b'{"error": "Words", "error_type": "Validation"}').code == "Validation"
