"""Vectors that are looked at, and written in either encoding."""

import base64
import struct
from math import isfinite
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rig.asks import Target
from tests.rig.embedding_asks import wanted
from translators.base import EmbeddingsResponse
from translators.facts import Usage
from translators.providers.vectors import Whole, check_vectors, embedding_list, from_base64, to_base64

SMALL = st.floats(-1, 1, width=32)


def b64(*numbers: float) -> str:
    """As OpenAI writes it."""
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def body(response: EmbeddingsResponse) -> Any:
    """What the client gets."""
    return orjson.loads(response.body)


def test_the_list_is_openais() -> None:
    """To the letter, with the provider's own facts beside it."""
    usage = Usage(5, 0)
    made = embedding_list(wanted("a", "b"), [[0.5], [1]], "theirs", usage, {"extra_content": {"x": 1}})

    assert body(made) == {
        "object": "list",
        "data": [
            {"object": "embedding", "index": 0, "embedding": [0.5]},
            {"object": "embedding", "index": 1, "embedding": [1]},
        ],
        "model": "theirs",
        "usage": {"prompt_tokens": 5, "total_tokens": 5},
        "extra_content": {"x": 1},
    }
    assert made.usage is usage


@pytest.mark.parametrize("model", [None, "", 5, {}])
def test_a_provider_that_names_no_model_has_the_one_that_was_asked_for(model: Any) -> None:
    """Whatever it says instead."""
    assert body(embedding_list(wanted("a"), [[0.5]], model, None))["model"] == "smart"


def test_tokens_that_nobody_counted_are_estimated_and_called_so() -> None:
    """OpenAI's SDK has ``usage.prompt_tokens`` in every answer; the record makes its own estimate."""
    made = embedding_list(wanted("a"), [[0.5]], None, None)

    assert body(made)["usage"] == {"prompt_tokens": 1, "total_tokens": 1, "usage_source": "estimated"}
    assert made.usage is None


@pytest.mark.parametrize("came", [[0.5, -2.0], b64(0.5, -2.0)], ids=["numbers", "base64"])
@pytest.mark.parametrize(("encoding", "shown"), [("float", [0.5, -2.0]), ("base64", b64(0.5, -2.0))])
def test_the_encoding_is_the_one_that_was_asked_for(came: Any, encoding: str, shown: Any) -> None:
    """Whichever form the provider gave."""
    made = embedding_list(wanted("a", encoding=encoding), [came], None, None)

    assert body(made)["data"][0]["embedding"] == shown


@given(st.lists(SMALL, min_size=1))
def test_base64_there_and_back_is_the_same_vector(numbers: list[float]) -> None:
    """32-bit floats lose nothing."""
    assert list(from_base64(to_base64(numbers))) == numbers
    assert to_base64(numbers) == b64(*numbers)


@pytest.mark.parametrize(
    "vectors",
    [
        [],
        [[0.5]],
        [[0.5], [0.5], [0.5]],
        [[0.5], [0.5, 0.5]],
        [[], []],
        [[0.5], [float("nan")]],
        [[0.5], [float("inf")]],
        [[0.5], [float("inf"), float("-inf")]],
        [[0.5], b64(float("nan"))],
        [[0.5], b64(float("inf"))],
        [[0.5], "not base64!"],
        [[0.5], "é"],
        [[0.5], base64.b64encode(b"12345").decode()],
        [[0.5], ""],
    ],
    ids=repr,
)
def test_wrong_vectors_are_none(vectors: Any) -> None:
    """F7: too few, too many, of several lengths, empty, not finite, no base64."""
    with pytest.raises(ValueError, match=r"."):
        embedding_list(wanted("a", "b"), vectors, None, None)


@pytest.mark.parametrize(
    "vectors",
    [
        None,
        5,
        "ab",
        {"a": 1, "b": 2},
        [[0.5], None],
        [[0.5], [None]],
        [[0.5], ["0.5"]],
        [[0.5], [True]],
        [[0.5], [[0.5]]],
        [[0.5], {"0": 0.5}],
    ],
    ids=repr,
)
def test_what_is_no_number_is_no_vector(vectors: Any) -> None:
    """F7."""
    with pytest.raises(TypeError):
        embedding_list(wanted("a", "b"), vectors, None, None)


def test_a_number_that_32_bits_cannot_hold_is_not_encoded() -> None:
    """It would be infinite at the client's."""
    with pytest.raises(ValueError, match="32 bits"):
        embedding_list(wanted("a", encoding="base64"), [[1e300]], None, None)


def test_another_width_of_numbers_has_a_reader_of_its_own() -> None:
    """Some vendors quantize."""
    assert check_vectors(["ab"], 1, lambda text: [0] * len(text)) == 2
    with pytest.raises(ValueError, match="not finite"):
        check_vectors(["ab"], 1, lambda _: [float("nan")])


@given(st.lists(st.floats(width=32), min_size=1))
def test_only_finite_numbers_are_a_vector_in_base64(numbers: list[float]) -> None:
    """They are looked at without being read, and it comes to the same."""
    if all(map(isfinite, numbers)):
        assert check_vectors([b64(*numbers)], 1) == len(numbers)
    else:
        with pytest.raises(ValueError, match="not finite"):
            check_vectors([b64(*numbers)], 1)


def test_there_are_no_streams_of_embeddings() -> None:
    """To ask for one is a fault of ours."""
    with pytest.raises(TypeError):
        Whole().decoder(wanted("a"), Target())
