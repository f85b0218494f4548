"""Whole answers, read with care."""

from typing import Any

import orjson
import pytest

from translators.facts import Failure, FailureKind, garbled
from translators.providers.reading import read_whole

REFUSED = Failure(FailureKind.OVERLOADED, "Busy")
UNHEARD = Failure(FailureKind.CONTENT_FILTER, "Blocked")


def error(answer: Any) -> Failure | None:
    """An error under a 200."""
    return REFUSED if answer == {"error": 1} else None


def read(answer: Any) -> str | Failure:
    """What is said, where it is said."""
    said = answer["said"].strip()
    return UNHEARD if said == "blocked" else said + str(int(answer.get("count", 1)))


@pytest.mark.parametrize(
    ("body", "came"),
    [
        (b'{"said": " Hi "}', "Hi1"),
        (b'{"said": "blocked"}', UNHEARD),
        (b'{"error": 1}', REFUSED),
        (b"<html>", garbled("The upstream's answer is not JSON.")),
        (b"", garbled("The upstream's answer is not JSON.")),
        (b"{}", garbled("None.")),
        (b"[]", garbled("None.")),
        (b'{"said": 1}', garbled("None.")),
        (b'{"said": "a", "count": "b"}', garbled("None.")),
    ],
)
def test_an_answer_is_what_it_says_or_a_failure(body: bytes, came: Any) -> None:
    """Never an exception (F7)."""
    assert read_whole(body, error, read, "None.") == came


def test_what_is_too_deep_to_be_written_is_a_failure() -> None:
    """orjson reads deeper than it writes."""
    deep = b'{"said": ' + b"[" * 800 + b"]" * 800 + b"}"

    came = read_whole(deep, error, lambda answer: orjson.dumps(answer).decode())

    assert came == garbled("The upstream's answer is no message.")
