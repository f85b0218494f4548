"""LangChain's OpenAIEmbeddings against the real server: only its base URL is changed."""

from collections.abc import Iterator

import pytest
from langchain_openai import OpenAIEmbeddings

from tests.rig.embeddings import b64, vectors
from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream, Request


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeUpstream]:
    """The upstream of all tests here: each text has the vector of its length."""

    def answer(request: Request):
        write = b64 if request.json.get("encoding_format") == "base64" else lambda *numbers: list(numbers)
        return vectors(*(write(float(len(text)), 0.5) for text in request.json["input"]))

    with FakeUpstream() as fake:
        fake.always(answer)
        yield fake


@pytest.fixture(scope="module")
def gateway(provider, tmp_path_factory) -> Iterator[Gateway]:
    """A server with one model."""
    account = {"provider": "openai", "base_url": f"{provider.url}/v1", "api_key": "sk-upstream"}
    config = {"upstreams": {"one": account}, "models": {"embed": "one/embed-upstream"}}
    with Gateway(tmp_path_factory.mktemp("langchain"), config) as server:
        yield server


@pytest.fixture
def embeddings(gateway) -> OpenAIEmbeddings:
    """Sends texts as texts: the vocabulary for tokens would come from the network."""
    return OpenAIEmbeddings(
        model="embed", base_url=gateway.base_url, api_key="any", max_retries=0, check_embedding_ctx_length=False
    )


def test_documents(embeddings):
    """A vector for each, in order."""
    assert embeddings.embed_documents(["one", "three", """ """]) == [[3.0, 0.5], [5.0, 0.5], [1.0, 0.5]]


def test_a_query(embeddings):
    """One vector."""
    assert embeddings.embed_query("four") == [4.0, 0.5]


def test_batches(embeddings, provider):
    """It cuts a long list itself."""
    before = len(provider.requests)

    found = embeddings.embed_documents(["x" * n for n in range(1, 8)], chunk_size=3)

    assert [vector[0] for vector in found] == [float(n) for n in range(1, 8)]
    assert len(provider.requests) - before == 3
