"""OpenAI's embeddings wire: the same bytes where nothing is wrong, and what is mended or refused where something is."""

import base64
import struct
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rig.asks import Target
from tests.rig.embedding_asks import tokens, wanted
from translators.base import EmbeddingsRequest, EmbeddingsResponse, WireResponse
from translators.facts import Failure, FailureKind, Usage
from translators.providers.openai.embeddings import OpenAIEmbeddings, embeddings_of
from translators.providers.vendors import VENDORS

USAGE = {"prompt_tokens": 5, "total_tokens": 5}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "AAAAAA==", "x"]),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(st.sampled_from(["data", "embedding", "index", "usage", "error", "object"]), children)
    ),
    max_leaves=12,
)


def of(vendor: str) -> OpenAIEmbeddings:
    """A vendor's translator."""
    found = embeddings_of(VENDORS[vendor])
    assert found is not None
    return found


OPENAI = of("openai")


def b64(*numbers: float) -> str:
    """As OpenAI writes it."""
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def answer(*vectors: Any, **fields: Any) -> bytes:
    """A list of these vectors, as OpenAI writes it."""
    data = [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(vectors)]
    return orjson.dumps({"object": "list", "data": data, "model": "embed-1", "usage": USAGE} | fields)


def read(ask: EmbeddingsRequest, body: bytes, vendor: str = "openai") -> EmbeddingsResponse | Failure:
    """What becomes of a 200 with this body."""
    return of(vendor).response(ask, WireResponse(200, {}, body), Target())


def shown(ask: EmbeddingsRequest, body: bytes, vendor: str = "openai") -> Any:
    """What the client gets."""
    response = read(ask, body, vendor)
    assert isinstance(response, EmbeddingsResponse), response
    return orjson.loads(response.body)


def refusal(ask: EmbeddingsRequest, body: bytes) -> Failure:
    """Why it gets nothing."""
    response = read(ask, body)
    assert isinstance(response, Failure)
    return response


def sent(ask: EmbeddingsRequest, vendor: str = "openai", target: Target | None = None) -> Any:
    """The body that goes out."""
    return orjson.loads(of(vendor).request(ask, target or Target()).body)


def test_a_request_goes_out_as_it_came() -> None:
    """But for the model's name; what OpenAI does not have passes."""
    ask = wanted("a", "b", dimensions=3, user="u", encoding_format="base64", input_type="query")

    assert sent(ask) == ask.body | {"model": "m"}
    assert OPENAI.unsupported(ask, Target()) == ()
    assert ask.body["model"] == "smart"


def test_tokens_go_out_as_tokens() -> None:
    """To whom knows them."""
    assert sent(tokens())["input"] == [1, 2]
    assert OPENAI.unsupported(tokens(), Target()) == ()
    assert of("mistral").unsupported(tokens(), Target()) == ("input.tokens",)


def test_null_is_left_out() -> None:
    """Some vendors refuse it."""
    assert "user" not in sent(wanted("a", user=None), "mistral")


def test_what_a_vendor_names_otherwise_goes_by_that_name() -> None:
    """Mistral's ``output_dimension``; what the client says by that name itself wins."""
    assert sent(wanted("a", dimensions=3), "mistral") == {"model": "m", "input": ["a"], "output_dimension": 3}
    assert sent(wanted("a", dimensions=3, output_dimension=4), "mistral")["output_dimension"] == 4


@pytest.mark.parametrize("vendor", ["mistral", "perplexity", "ollama", "vllm"])
def test_advice_that_a_vendor_has_no_place_for_is_left_out_and_named(vendor: str) -> None:
    """Never in silence."""
    wire = of(vendor).request(wanted("a", user="u"), Target())

    assert wire.dropped == ("user",)
    assert "user" not in orjson.loads(wire.body)


@pytest.mark.parametrize("vendor", ["groq", "together", "llamacpp"])
def test_a_length_that_a_vendor_cannot_give_rules_it_out(vendor: str) -> None:
    """The client would get what it did not ask for."""
    assert of(vendor).unsupported(wanted("a", dimensions=3), Target()) == ("dimensions",)


def test_an_operator_who_knows_better_is_heard() -> None:
    """``parameters: {dimensions: pass}``."""
    target = Target(parameters={"dimensions": "pass", "user": "pass"})
    ask = wanted("a", dimensions=3, user="u")

    assert of("llamacpp").unsupported(ask, target) == ()
    assert of("llamacpp").request(ask, target).dropped == ()
    assert sent(ask, "llamacpp", target) == {"model": "m", "input": ["a"], "dimensions": 3, "user": "u"}


@pytest.mark.parametrize(
    ("vendor", "version", "path"),
    [
        ("openai", None, "/embeddings"),
        ("azure", None, "/openai/v1/embeddings"),
        ("azure", "preview", "/openai/v1/embeddings?api-version=preview"),
        ("azure", "2024-02-01", "/openai/deployments/my%20embed/embeddings?api-version=2024-02-01"),
        ("perplexity", None, "/v1/embeddings"),
    ],
)
def test_each_vendor_has_its_path(vendor: str, version: str | None, path: str) -> None:
    """Azure's has the deployment in it where a version is pinned."""
    assert of(vendor).request(wanted("a"), Target("my embed", api_version=version)).path == path


@pytest.mark.parametrize("vendor", ["together", "fireworks"])
def test_a_vendor_that_does_not_encode_is_not_asked_to(vendor: str) -> None:
    """And the client gets its encoding all the same."""
    ask = wanted("a", encoding="base64", encoding_format="base64")

    assert "encoding_format" not in sent(ask, vendor)
    assert shown(ask, answer([0.5, 1]), vendor)["data"][0]["embedding"] == b64(0.5, 1)


@pytest.mark.parametrize(("encoding", "vector"), [("float", [1, -128, 127]), ("base64", b64(1, -128, 127))])
def test_perplexitys_signed_bytes_are_numbers_to_the_client(encoding: str, vector: Any) -> None:
    """It encodes eight bits wide alone; an OpenAI client would take four of them for one number."""
    ask = wanted("a", encoding=encoding, encoding_format=encoding)

    assert sent(ask, "perplexity")["encoding_format"] == "base64_int8"
    packed = base64.b64encode(struct.pack("3b", 1, -128, 127)).decode()
    assert shown(ask, answer(packed), "perplexity")["data"][0]["embedding"] == vector


def test_numbers_of_another_type_are_asked_for_as_numbers() -> None:
    """Base64 of Mistral's int8 would be garbage to an OpenAI client, whose SDK asks for base64 unasked."""
    ask = wanted("a", encoding="base64", encoding_format="base64", output_dtype="int8", dimensions=64)

    assert sent(ask, "mistral")["encoding_format"] == "float"
    assert shown(ask, answer([3, -4]), "mistral")["data"][0]["embedding"] == b64(3, -4)


@pytest.mark.parametrize(
    ("ask", "body"),
    [
        (wanted("a", "b"), answer([0.5, 1], [0.25, 2])),
        (wanted("a", encoding="base64"), answer(b64(0.5, 1))),
        (wanted("a"), b" " + answer([0.5], usage=None).replace(b",", b" , ")),
        (wanted("a"), answer([0.5], extra={"x": 1})),
    ],
)
def test_an_answer_without_fault_passes_as_the_same_bytes(ask: EmbeddingsRequest, body: bytes) -> None:
    """The native lane, in either encoding."""
    response = read(ask, body)

    assert isinstance(response, EmbeddingsResponse), response
    assert response.body is body


def test_an_encoding_that_was_not_asked_for_is_mended() -> None:
    """A vendor may ignore the wish, or know base64 alone."""
    assert shown(wanted("a", encoding="base64"), answer([0.5]))["data"][0]["embedding"] == b64(0.5)
    assert shown(wanted("a"), answer(b64(0.5)))["data"][0]["embedding"] == [0.5]


def test_vectors_are_put_in_the_order_of_their_indexes() -> None:
    """Clients go by their place."""
    first, second = orjson.loads(answer([1], [2]))["data"]

    data = shown(wanted("a", "b"), answer(data=[second, first]))["data"]

    assert [(entry["index"], entry["embedding"]) for entry in data] == [(0, [1]), (1, [2])]


def test_what_a_vendor_leaves_out_is_added() -> None:
    """Copilot names neither object nor model; and nobody makes up a count."""
    made = shown(wanted("a", "b"), orjson.dumps({"data": [{"embedding": [1]}, {"embedding": [2]}], "mine": 5}))

    assert made == orjson.loads(answer([1], [2], model="smart", usage=None, mine=5))


@pytest.mark.parametrize(
    ("usage", "read_as"),
    [
        (USAGE, Usage(5, 0)),
        ({"total_tokens": 7}, Usage(7, 0)),
        ({"prompt_tokens": 5, "completion_tokens": 0, "total_tokens": 5}, Usage(5, 0)),
        (None, None),
        ({}, None),
        ({"prompt_tokens": -1}, None),
        ({"prompt_tokens": True}, None),
        ({"prompt_tokens": "5"}, None),
        ({"prompt_tokens": 10**12}, None),
        ([5], None),
    ],
)
def test_the_tokens_are_the_vendors(usage: Any, read_as: Usage | None) -> None:
    """F11: what is no number of tokens is none."""
    response = read(wanted("a"), answer([1], usage=usage))

    assert isinstance(response, EmbeddingsResponse)
    assert response.usage == read_as


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"{}",
        b'{"data":{}}',
        answer(),
        answer([1]),
        answer([1], [2], [3]),
        answer([1], [2, 3]),
        answer([], []),
        answer([1], None),
        answer([1], ["x"]),
        answer([1], [True]),
        answer([1], "x"),
        answer([1], b64(float("nan"))),
        answer([1], 5),
        answer(data=[5, "x"]),
        answer(data=[{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [2]}]),
        answer(data=[{"index": 0, "embedding": [1]}, {"embedding": [2]}]),
        answer(data=[{"index": 1, "embedding": [1]}, {"index": 2, "embedding": [2]}]),
        answer(data=[{"index": [], "embedding": [1]}, {"index": {}, "embedding": [2]}]),
        answer([1], [2])[:-5],
        b'{"data":[{"embedding":[1e999]},{"embedding":[NaN]}]}',
    ],
)
def test_an_answer_that_holds_no_such_vectors_is_none(body: bytes) -> None:
    """F7: wrong in number, length, order or kind. Another target may do better."""
    failure = refusal(wanted("a", "b"), body)

    assert (failure.kind, failure.reached_model) == (FailureKind.GARBLED, True)


def test_a_length_that_was_not_asked_for_is_no_answer() -> None:
    """A vendor that ignores the wish in silence would fill a database with vectors of the wrong length."""
    assert "2 dimensions came where 3 were asked for" in refusal(wanted("a", dimensions=3), answer([1, 2])).message
    assert isinstance(read(wanted("a", dimensions=2), answer([1, 2])), EmbeddingsResponse)


@pytest.mark.parametrize("more", [{}, {"data": []}, {"data": [{"embedding": [1]}]}])
def test_an_error_in_an_answers_clothes_is_one(more: Any) -> None:
    """Aggregators answer 200 and an error."""
    error = {"message": "Rate limit exceeded", "code": 429}
    failure = refusal(wanted("a"), orjson.dumps({"error": error, **more}))

    assert (failure.kind, failure.message) == (FailureKind.RATE_LIMITED, "Rate limit exceeded")


def test_an_error_is_read_as_for_chat() -> None:
    """The vendors have one way of saying no."""
    body = b'{"error":{"message":"This model\'s maximum context length is 8192 tokens","type":"x","code":null}}'
    failure = OPENAI.failure(WireResponse(400, {}, body))

    assert (failure.kind, failure.status) == (FailureKind.CONTEXT_LENGTH, 400)


@given(JSON)
def test_whatever_comes_is_an_answer_or_a_failure(document: Any) -> None:
    """Never an exception: upstream bytes are hostile."""
    body = orjson.dumps(document)
    for vendor in ("openai", "perplexity"):
        assert isinstance(read(wanted("a"), body, vendor), EmbeddingsResponse | Failure)
        assert isinstance(read(wanted("a", "b", encoding="base64"), body, vendor), EmbeddingsResponse | Failure)
