"""What a demo model makes of texts: the same vector for the same text, and near ones for texts with common words.

Each word points into a direction of its own, which a hash of it says; a text points where its words do together.
"""

from hashlib import shake_128
from math import sqrt

from translators.base import JsonObject, Malformed
from translators.providers.demo.model import Model
from translators.providers.demo.speech import split
from translators.providers.vectors import to_base64

DIMENSIONS = 256
MOST_DIMENSIONS = 4096

_MIDDLE = 127.5
"""Of the values of a byte: no direction is nowhere."""


def embed(body: JsonObject, model: Model) -> JsonObject:
    """The answer to a request for embeddings, its tokens counted as all demo models count them.

    Raises:
        Malformed: more dimensions are asked for than there are.
    """
    inputs = _inputs(body["input"])
    length = body.get("dimensions") or DIMENSIONS
    if length > MOST_DIMENSIONS:
        raise Malformed(f"`dimensions` must be at most {MOST_DIMENSIONS}.", "invalid_value", "dimensions")
    vectors = [_vector(words, length) for words in inputs]
    encoded = body.get("encoding_format") == "base64"
    read = sum(map(len, inputs))
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": i, "embedding": to_base64(vector) if encoded else vector}
            for i, vector in enumerate(vectors)
        ],
        "model": model.name,
        "usage": {"prompt_tokens": read, "total_tokens": read},
    }


def _inputs(value: str | list[str] | list[int] | list[list[int]]) -> list[list[str]]:
    """The words of each input; a number of a token array is one.

    Raises:
        Malformed: there is none.
    """
    if not value:
        raise Malformed("`input` is empty.", "invalid_value", "input")
    runs = value if isinstance(value, list) and not isinstance(value[0], int) else [value]
    return [split(run) if isinstance(run, str) else [str(token) for token in run] for run in runs]


def _vector(words: list[str], length: int) -> list[float]:
    """Of length 1, as OpenAI's are."""
    total = [0.0] * length
    for word in words:
        direction = shake_128(word.strip().lower().encode()).digest(length)
        total = [one + byte - _MIDDLE for one, byte in zip(total, direction, strict=True)]
    norm = sqrt(sum(one * one for one in total)) or 1.0
    return [one / norm for one in total]
