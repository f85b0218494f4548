"""Vectors: looked at before they are passed on (F7), and written in the encoding that the client asked for.

A vector database takes whatever it is given, so one NaN, or one vector too few, would be found weeks later. In base64
a vector is its numbers as little-endian 32-bit floats, one after the other:
https://platform.openai.com/docs/api-reference/embeddings/create (``encoding_format``), and how OpenAI's SDK reads it,
``numpy.frombuffer(..., dtype="float32")`` in openai/resources/embeddings.py (2026-11).
"""

import struct
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

import orjson

from translators.base import Decoder, Destination, EmbeddingsRequest, EmbeddingsResponse, JsonObject
from translators.facts import Usage

Vector = Sequence[float] | str
"""Numbers, or the same in base64."""

_NUMBERS = frozenset({float, int})
_FLOAT = 4
"""Bytes."""


class Whole:
    """What all translators of embeddings have in common: there are no streams of them."""

    def decoder(self, ask: EmbeddingsRequest, target: Destination) -> Decoder:  # noqa: ARG002
        """A fault: nobody may ask for it."""
        raise TypeError("embeddings come whole")


def embedding_list(
    ask: EmbeddingsRequest,
    vectors: Sequence[Vector],
    model: str | None,
    usage: Usage | None,
    extra: JsonObject | None = None,
) -> EmbeddingsResponse:
    """OpenAI's list of embeddings.

    Args:
        ask: what it answers: it says the encoding, and how many vectors there have to be.
        vectors: one for each input, in that order, in either form.
        model: as the provider names it; None, or no string at all: by the name that was asked for.
        usage: None where the provider does not count; the client is then told ``null``, and no invented number.
        extra: further fields of the answer, beside OpenAI's.

    Raises:
        ValueError: they are not as many as the inputs, not of one length, empty, not finite, or no base64.
        TypeError: something among them is no number.
    """
    read = read_vectors(vectors, len(ask.inputs))
    written: Sequence[Vector] = read
    if ask.encoding == "base64":
        written = [v if type(v) is str else to_base64(numbers) for v, numbers in zip(vectors, read, strict=True)]
    body: JsonObject = {
        "object": "list",
        "data": [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(written)],
        "model": model if model and isinstance(model, str) else ask.model,
        "usage": usage and {"prompt_tokens": usage.input_tokens, "total_tokens": usage.total_tokens},
    }
    return EmbeddingsResponse(orjson.dumps({**body, **(extra or {})}), usage)


def from_base64(text: str) -> Sequence[float]:
    """The numbers of a vector in base64.

    Raises:
        ValueError: it is none.
    """
    packed = a2b_base64(text, strict_mode=True)
    if len(packed) % _FLOAT:
        raise ValueError("a vector is not made of 32-bit floats")
    return struct.unpack(f"<{len(packed) // _FLOAT}f", packed)


def read_vectors(
    vectors: Sequence[Vector], count: int, decode: Callable[[str], Sequence[float]] = from_base64
) -> list[Sequence[float]]:
    """The numbers of each vector.

    Args:
        vectors: in either form.
        count: how many there have to be.
        decode: reads the encoded ones; raises ValueError for what is none.

    Raises:
        ValueError: as for :func:`embedding_list`.
        TypeError: likewise.
    """
    if not isinstance(vectors, list | tuple):
        raise TypeError("there is no list of vectors")
    if len(vectors) != count:
        raise ValueError(f"{len(vectors)} vectors came for {count} inputs")
    read = [_numbers(decode(vector) if type(vector) is str else vector) for vector in vectors]
    if len({len(numbers) for numbers in read}) != 1:
        raise ValueError("the vectors differ in length")
    return read


def to_base64(numbers: Sequence[float]) -> str:
    """A vector as base64.

    Raises:
        ValueError: a number is too large for 32 bits.
    """
    try:
        packed = struct.pack(f"<{len(numbers)}f", *numbers)
    except OverflowError:
        raise ValueError("a number is too large for 32 bits") from None
    return b2a_base64(packed, newline=False).decode("ascii")


def _numbers(vector: Any) -> Sequence[float]:
    if not isinstance(vector, list | tuple) or not _NUMBERS.issuperset(map(type, vector)):
        raise TypeError("a vector is not made of numbers")
    if not vector or not isfinite(sum(vector)):  # the sum of anything and NaN is NaN; a quarter of the time of a loop
        raise ValueError("a vector is empty or not finite")
    return vector
