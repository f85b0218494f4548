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
from translators.estimate import input_tokens
from translators.facts import Usage

Vector = Sequence[float] | str
"""Numbers, or the same in base64."""

_NUMBERS = frozenset({float, int})
_FLOAT = 4
"""Bytes."""
_FULL, _SIGN = 0x7F, 0x80
"""Of a float's last byte: the first seven bits of an exponent of ones, and the sign."""


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
        usage: None where the provider does not count. OpenAI's clients read the count unasked, so they get an estimate
            then, which ``usage_source`` calls one.
        extra: further fields of the answer, beside OpenAI's.

    Raises:
        ValueError: they are not as many as the inputs, not of one length, empty, not finite, or no base64.
        TypeError: something among them is no number.
    """
    check_vectors(vectors, len(ask.inputs))
    encoded = ask.encoding == "base64"
    written = [vector if (type(vector) is str) is encoded else _turned(vector) for vector in vectors]
    body: JsonObject = {
        "object": "list",
        "data": [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(written)],
        "model": model if model and isinstance(model, str) else ask.model,
        "usage": _counted(usage.input_tokens) if usage else _counted(input_tokens(ask)) | {"usage_source": "estimated"},
    }
    return EmbeddingsResponse(orjson.dumps({**body, **(extra or {})}), usage)


def _counted(tokens: int) -> JsonObject:
    return {"prompt_tokens": tokens, "total_tokens": tokens}


def check_vectors(vectors: Sequence[Vector], count: int, decode: Callable[[str], Sequence[float]] | None = None) -> int:
    """Look at vectors; say how long each of them is.

    Args:
        vectors: in either form.
        count: how many there have to be.
        decode: reads the encoded ones where they are not of 32-bit floats; raises ValueError for what is none.

    Raises:
        ValueError: as for :func:`embedding_list`.
        TypeError: likewise.
    """
    if not isinstance(vectors, list | tuple):
        raise TypeError("there is no list of vectors")
    if len(vectors) != count:
        raise ValueError(f"{len(vectors)} vectors came for {count} inputs")
    lengths = {_length(vector if type(vector) is not str or decode is None else decode(vector)) for vector in vectors}
    if len(lengths) != 1:
        raise ValueError("the vectors differ in length")
    return lengths.pop()


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


def from_base64(text: str) -> Sequence[float]:
    """The numbers of a vector in base64.

    Raises:
        ValueError: it is none.
    """
    return _unpacked(_packed(text))


def _turned(vector: Vector) -> Vector:
    """A vector in its other form."""
    return from_base64(vector) if isinstance(vector, str) else to_base64(vector)


def _length(vector: Any) -> int:
    if type(vector) is str:
        return _packed_length(_packed(vector))
    if not isinstance(vector, list | tuple) or not _NUMBERS.issuperset(map(type, vector)):
        raise TypeError("a vector is not made of numbers")
    return _finite(vector)


def _packed_length(packed: bytes) -> int:
    """How many there are, without reading them: only numbers beyond 10^38, and none, have their exponent full."""
    tops = packed[_FLOAT - 1 :: _FLOAT]
    if not packed or _FULL in tops or _FULL | _SIGN in tops:
        return _finite(_unpacked(packed))
    return len(tops)


def _finite(numbers: Sequence[float]) -> int:
    if not numbers or not isfinite(sum(numbers)):  # the sum of anything and NaN is NaN; a quarter of the time of a loop
        raise ValueError("a vector is empty or not finite")
    return len(numbers)


def _packed(text: str) -> bytes:
    packed = a2b_base64(text, strict_mode=True)
    if len(packed) % _FLOAT:
        raise ValueError("a vector is not made of 32-bit floats")
    return packed


def _unpacked(packed: bytes) -> Sequence[float]:
    return struct.unpack(f"<{len(packed) // _FLOAT}f", packed)
