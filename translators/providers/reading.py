"""A whole answer, read with care: it may be no JSON, an error under a 200, or of a shape that nobody documents."""

from collections.abc import Callable
from typing import Any, TypeVar

import orjson

from translators.facts import Failure, garbled

Read = TypeVar("Read")

ODD_SHAPE = (KeyError, TypeError, AttributeError, ValueError)
"""What reading an answer of another shape than the documented one raises; the second also what is nested deeper than
orjson writes."""
NO_VECTORS = "The upstream's answer holds no such vectors."


def read_whole(
    body: bytes,
    error: Callable[[Any], Failure | None] | None,
    read: Callable[[Any], Read | Failure],
    otherwise: str = "The upstream's answer is no message.",
) -> Read | Failure:
    """Read the body of a 2xx answer. Never raises.

    Args:
        body: as it came.
        error: the failure that an answer is, if it is one; None where a 2xx never is.
        read: the answer; raises one of ``ODD_SHAPE`` where it is of another shape.
        otherwise: what to say then.
    """
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return garbled("The upstream's answer is not JSON.")
    failure = error(answer) if error is not None else None
    if failure is not None:
        return failure
    try:
        return read(answer)
    except ODD_SHAPE:
        return garbled(otherwise)
