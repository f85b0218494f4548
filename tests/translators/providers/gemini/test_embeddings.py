"""Embeddings of AI Studio and of Vertex."""

from typing import Any

import orjson
import pytest

from tests.rig.recordings import FOLDER
from tests.translators.providers.gemini.gemini_asks import Json, Target
from translators.base import EmbeddingsRequest, EmbeddingsResponse, WireResponse
from translators.facts import Failure, FailureKind, Usage
from translators.providers.gemini import GeminiEmbeddings, VertexEmbeddings

GOOGLE, VERTEX = Target("gemini-embedding-001"), Target("text-embedding-004", "vertex")


def ask(*inputs: str, uses: tuple[str, ...] = (), **body: Any) -> EmbeddingsRequest:
    """A request for vectors."""
    full = {"model": "smart", "input": list(inputs), **body}
    return EmbeddingsRequest(
        "embd-ours", 7, b"", full, "smart", inputs or ("Hi",), dimensions=body.get("dimensions"), uses=uses
    )


def sent(wire: Any) -> Json:
    """The body that goes out."""
    body: Json = orjson.loads(wire.body)
    return body


def test_ai_studio_takes_a_request_for_each_text() -> None:
    """Each with what is wished of it."""
    wire = GeminiEmbeddings().request(
        ask("a", "b", dimensions=3, task_type="CLUSTERING", user="u", uses=("input[]", "dimensions", "user")), GOOGLE
    )
    wish = {"model": "models/gemini-embedding-001", "outputDimensionality": 3, "taskType": "CLUSTERING"}

    assert wire.path == "/v1beta/models/gemini-embedding-001:batchEmbedContents"
    assert sent(wire) == {
        "requests": [{"content": {"parts": [{"text": text}]}, **wish} for text in ("a", "b")],
    }
    assert wire.dropped == ("user",)


def test_vertex_predicts() -> None:
    """What concerns a text beside it, what concerns the vectors beside all."""
    wire = VertexEmbeddings().request(
        ask("a", "b", dimensions=3, task_type="CLUSTERING", title="T", auto_truncate=False), VERTEX
    )

    assert wire.path == "/publishers/google/models/text-embedding-004:predict"
    assert sent(wire) == {
        "instances": [{"content": text, "task_type": "CLUSTERING", "title": "T"} for text in ("a", "b")],
        "parameters": {"outputDimensionality": 3, "autoTruncate": False},
    }


def test_vertex_has_other_methods_for_gemini() -> None:
    """As Google's SDK chooses them."""
    target = Target("gemini-embedding-001", "vertex")
    one = VertexEmbeddings().request(ask("a", dimensions=3), target)
    two = VertexEmbeddings().request(ask("a", "b"), target)
    content = {"content": {"parts": [{"text": "a"}]}}

    assert one.path == "/publishers/google/models/gemini-embedding-001:embedContent"
    assert sent(one) == {**content, "embedContentConfig": {"outputDimensionality": 3}}
    assert two.path == "/publishers/google/models/gemini-embedding-001:batchEmbedContents"
    assert sent(two)["requests"][0] == content


@pytest.mark.parametrize("translator", [GeminiEmbeddings(), VertexEmbeddings()])
def test_tokens_rule_the_target_out(translator: Any) -> None:
    """The API takes texts alone; the rest it takes."""
    uses = ("input.tokens", "input[]", "dimensions", "task_type", "user")

    assert translator.unsupported(ask(uses=uses), VERTEX) == ("input.tokens",)


ANSWERS: dict[str, tuple[Json, Usage | None]] = {
    "a batch": ({"embeddings": [{"values": [1, 2]}, {"values": [3, 4]}]}, None),
    "a batch that counts": (
        {"embeddings": [{"values": [1, 2]}, {"values": [3, 4]}], "usageMetadata": {"promptTokenCount": 5}},
        Usage(5, 0),
    ),
    "predictions": (
        {
            "predictions": [
                {"embeddings": {"values": [1, 2], "statistics": {"token_count": 2}}},
                {"embeddings": {"values": [3, 4], "statistics": {"token_count": 3}}},
            ]
        },
        Usage(5, 0),
    ),
    "predictions that count in part": (
        {
            "predictions": [
                {"embeddings": {"values": [1, 2], "statistics": {"token_count": 2}}},
                {"embeddings": {"values": [3, 4]}},
            ]
        },
        None,
    ),
}


@pytest.mark.parametrize(("body", "usage"), ANSWERS.values(), ids=ANSWERS)
def test_vectors_come_in_order_and_with_what_was_counted(body: Json, usage: Usage | None) -> None:
    """A half count is none."""
    response = GeminiEmbeddings().response(ask("a", "b"), WireResponse(200, {}, orjson.dumps(body)), GOOGLE)

    assert isinstance(response, EmbeddingsResponse)
    assert [entry["embedding"] for entry in orjson.loads(response.body)["data"]] == [[1, 2], [3, 4]]
    assert response.usage == usage


def test_one_vector_of_vertex_comes_alone() -> None:
    """``embedContent`` has no list."""
    body = {"embedding": {"values": [1.5]}, "usageMetadata": {"promptTokenCount": 1}, "truncated": True}
    response = VertexEmbeddings().response(ask("a"), WireResponse(200, {}, orjson.dumps(body)), VERTEX)

    assert isinstance(response, EmbeddingsResponse)
    assert orjson.loads(response.body)["extra_content"] == {"google": {"truncated": True}}
    assert response.usage == Usage(1, 0)


BROKEN: dict[str, bytes] = {
    "no JSON": b"<html>",
    "a number": b"1",
    "nothing": b"{}",
    "too few": b'{"embeddings": []}',
    "no vector": b'{"embeddings": [{"values": "x"}]}',
    "no embedding": b'{"predictions": [1]}',
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
def test_what_is_no_vector_is_garbled(raw: bytes) -> None:
    """F7."""
    found = VertexEmbeddings().response(ask("a"), WireResponse(200, {}, raw), VERTEX)

    assert isinstance(found, Failure)
    assert found.kind is FailureKind.GARBLED


def test_an_error_inside_a_200_is_one() -> None:
    """As for chats."""
    raw = b'{"error": {"code": 503, "message": "x", "status": "UNAVAILABLE"}}'
    found = GeminiEmbeddings().response(ask("a"), WireResponse(200, {}, raw), GOOGLE)

    assert isinstance(found, Failure)
    assert found.kind is FailureKind.OVERLOADED


@pytest.mark.skipif(not FOLDER.exists(), reason="the recordings are not beside the repository")
def test_the_recorded_vector_and_the_recorded_error() -> None:
    """Of Vertex and of AI Studio."""
    vertex = next((FOLDER / "vertex").glob("embeddings--*.json"))
    gemini = next((FOLDER / "gemini").glob("embeddings--error*.json"))
    recorded, refused = orjson.loads(vertex.read_bytes()), orjson.loads(gemini.read_bytes())
    wanted = ask(recorded["request"]["body"]["instances"][0]["content"])

    request = VertexEmbeddings().request(wanted, VERTEX)
    answer = VertexEmbeddings().response(
        wanted, WireResponse(200, {}, orjson.dumps(recorded["response"]["body"])), VERTEX
    )
    failure = GeminiEmbeddings().failure(WireResponse(404, {}, orjson.dumps(refused["response"]["body"])))

    assert recorded["request"]["path"].endswith(request.path)
    assert sent(request) == recorded["request"]["body"]
    assert isinstance(answer, EmbeddingsResponse)
    assert answer.usage == Usage(10, 0)
    assert orjson.loads(answer.body)["data"][0]["embedding"][0] == 0.025784462690353394
    assert (failure.kind, failure.message) == (FailureKind.NOT_FOUND, refused["response"]["body"]["error"]["message"])
    task = ask("Hello, world!", task_type="RETRIEVAL_QUERY")
    assert sent(GeminiEmbeddings().request(task, Target("nonexistent-model"))) == refused["request"]["body"]
