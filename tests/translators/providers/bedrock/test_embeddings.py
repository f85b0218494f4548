"""Embeddings of each family of models on Bedrock."""

from typing import Any

import orjson
import pytest

from tests.rig.recordings import FOLDER
from tests.translators.providers.bedrock.bedrock_asks import Json, Target
from translators.base import EmbeddingsRequest, EmbeddingsResponse, WireResponse
from translators.facts import Failure, FailureKind, Usage
from translators.providers.bedrock import BedrockEmbeddings

TITAN_1 = "amazon.titan-embed-text-v1"
TITAN_2 = "amazon.titan-embed-text-v2:0"
TITAN_IMAGE = "amazon.titan-embed-image-v1"
NOVA = "us.amazon.nova-2-multimodal-embeddings-v1:0"
COHERE_3 = "cohere.embed-multilingual-v3"
COHERE_4 = "us.cohere.embed-v4:0"
RECORDED = "bedrock/embeddings--embeddings--embedding-bedrock-embedding-dialects-bedrock-us-cohere-e-7188a6.json"


def ask(*texts: str, uses: tuple[str, ...] = (), dimensions: int | None = None, **body: Any) -> EmbeddingsRequest:
    """What a client wants."""
    return EmbeddingsRequest("emb-1", 7, b"", {"input": list(texts), **body}, "m", texts, "float", dimensions, {}, uses)


def body_of(model: str, wanted: EmbeddingsRequest) -> Json:
    """The body that goes out."""
    request = BedrockEmbeddings().request(wanted, Target(model))
    assert request.path.endswith("/invoke")
    said: Json = orjson.loads(request.body)
    return said


@pytest.mark.parametrize(
    ("model", "wanted", "expected"),
    [
        (TITAN_1, ask("Hi"), {"inputText": "Hi"}),
        (TITAN_2, ask("Hi"), {"inputText": "Hi"}),
        (
            TITAN_2,
            ask("Hi", dimensions=256, normalize=False),
            {"inputText": "Hi", "dimensions": 256, "normalize": False},
        ),
        (TITAN_IMAGE, ask("Hi"), {"inputText": "Hi"}),
        (
            TITAN_IMAGE,
            ask("Hi", dimensions=384),
            {"inputText": "Hi", "embeddingConfig": {"outputEmbeddingLength": 384}},
        ),
        (
            NOVA,
            ask("Hi", dimensions=1024, truncate="END", embeddingPurpose="CLUSTERING"),
            {
                "taskType": "SINGLE_EMBEDDING",
                "singleEmbeddingParams": {
                    "embeddingPurpose": "CLUSTERING",
                    "embeddingDimension": 1024,
                    "text": {"truncationMode": "END", "value": "Hi"},
                },
            },
        ),
        (COHERE_3, ask("A", "B"), {"texts": ["A", "B"], "input_type": "search_document"}),
        (
            COHERE_4,
            ask("A", dimensions=512, input_type="search_query", truncate="NONE", max_tokens=9),
            {
                "texts": ["A"],
                "input_type": "search_query",
                "output_dimension": 512,
                "truncate": "NONE",
                "max_tokens": 9,
            },
        ),
    ],
)
def test_each_family_has_its_body(model: str, wanted: EmbeddingsRequest, expected: Json) -> None:
    """What was not asked for is not in it, but for what the model demands."""
    assert body_of(model, wanted) == expected


@pytest.mark.parametrize(
    ("model", "uses", "unmet"),
    [
        (TITAN_1, ("input[]", "dimensions", "user"), ("input[]", "dimensions")),
        (TITAN_2, ("input[]", "dimensions"), ("input[]",)),
        (NOVA, ("input[]", "dimensions"), ("input[]",)),
        (COHERE_3, ("input[]", "dimensions"), ("dimensions",)),
        (COHERE_4, ("input[]", "dimensions", "input.tokens"), ("input.tokens",)),
        ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc", (), ("model",)),
        ("twelvelabs.marengo-embed-2-7-v1:0", (), ("model",)),
    ],
)
def test_what_a_family_cannot_do_rules_it_out(model: str, uses: tuple[str, ...], unmet: tuple[str, ...]) -> None:
    """Several inputs in one call, a length, tokens; and a model whose body nobody knows."""
    assert BedrockEmbeddings().unsupported(ask("Hi", uses=uses), Target(model)) == unmet


def test_advice_is_left_out_and_named() -> None:
    """And what is the family's own is not."""
    request = BedrockEmbeddings().request(ask("Hi", uses=("user", "truncate")), Target(COHERE_3))

    assert request.dropped == ("user",)


@pytest.mark.parametrize(
    ("model", "answer"),
    [
        (TITAN_2, {"embedding": [0.5, 1], "inputTextTokenCount": 3}),
        (NOVA, {"embeddings": [{"embeddingType": "TEXT", "embedding": [0.5, 1]}]}),
        (COHERE_3, {"embeddings": [[0.5, 1]], "response_type": "embeddings_floats"}),
        (COHERE_4, {"embeddings": {"float": [[0.5, 1]]}, "response_type": "embeddings_by_type"}),
    ],
)
def test_each_family_has_its_answer(model: str, answer: Json) -> None:
    """What was read is counted in a header."""
    wire = WireResponse(200, {"x-amzn-bedrock-input-token-count": "3"}, orjson.dumps(answer))

    response = BedrockEmbeddings().response(ask("Hi"), wire, Target(model))

    assert isinstance(response, EmbeddingsResponse)
    assert orjson.loads(response.body) == {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 1]}],
        "model": "m",
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
    }
    assert response.usage == Usage(3, 0)


@pytest.mark.parametrize("said", ["", "-1", "x", "٣", "1e3", "9" * 5000])
def test_a_count_that_is_none_is_not_made_up(said: str) -> None:
    """F11."""
    wire = WireResponse(200, {"x-amzn-bedrock-input-token-count": said}, b'{"embedding":[1]}')
    response = BedrockEmbeddings().response(ask("Hi"), wire, Target(TITAN_2))

    assert isinstance(response, EmbeddingsResponse)
    assert response.usage is None


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"null", b"{}", b"[]", b'{"embedding":null}', b'{"embedding":["x"]}', b'{"embedding":[]}'],
)
def test_an_answer_without_vectors_is_garbled(body: bytes) -> None:
    """F7: never an exception."""
    failure = BedrockEmbeddings().response(ask("Hi"), WireResponse(200, {}, body), Target(TITAN_2))

    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.GARBLED


def test_vectors_come_whole() -> None:
    """There is no stream of them."""
    with pytest.raises(TypeError):
        BedrockEmbeddings().decoder(ask("Hi"), Target(TITAN_2))


@pytest.mark.skipif(not (FOLDER / RECORDED).exists(), reason="the recordings are not beside the repository")
def test_the_recorded_vectors_are_read() -> None:
    """And the request is the recorded one."""
    case = orjson.loads((FOLDER / RECORDED).read_bytes())
    said = case["request"]["body"]
    wanted = ask(*said["texts"], dimensions=said["output_dimension"], uses=("input[]", "dimensions"))
    raw = orjson.dumps(case["response"]["body"])

    request = BedrockEmbeddings().request(wanted, Target(COHERE_4))
    response = BedrockEmbeddings().response(wanted, WireResponse(200, {}, raw), Target(COHERE_4))

    assert orjson.loads(request.body) == said
    assert request.path == case["request"]["path"].replace(":", "%3A")
    assert isinstance(response, EmbeddingsResponse)
    vectors = [entry["embedding"] for entry in orjson.loads(response.body)["data"]]
    assert vectors == case["response"]["body"]["embeddings"]["float"]
    assert response.usage is None
