"""What the demo provider makes of texts: vectors that can be reckoned with."""

from collections.abc import Iterable
from math import sqrt
from typing import Any

import orjson
import pytest

from translators.base import WireRequest
from translators.providers.demo import End, Script, answer
from translators.providers.vectors import from_base64


def script_of(model: str = "echo", dice: Iterable[float] = (), **body: Any) -> Script:
    """What is played for a request with this body."""
    rolls = iter([*dice, *[0.0] * 10])
    request = WireRequest("/embeddings", orjson.dumps({"model": model, "input": "Hello, world", **body}))
    return answer(request, lambda: next(rolls), 0)


def said(script: Script) -> Any:
    """Its body."""
    return orjson.loads(b"".join(piece.data for piece in script.pieces))


def vector(text: Any) -> list[float]:
    """Of one text."""
    (entry,) = said(script_of(input=text))["data"]
    found: list[float] = entry["embedding"]
    return found


def likeness(one: list[float], other: list[float]) -> float:
    """The cosine of the angle between two vectors of length 1."""
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_the_answer_is_openais() -> None:
    """An entry for each input, its tokens counted by the rule of one for each word or mark."""
    made = said(script_of(input=["Hello, world", "Bye"]))

    assert (made["object"], made["model"]) == ("list", "echo")
    assert [(entry["object"], entry["index"]) for entry in made["data"]] == [("embedding", 0), ("embedding", 1)]
    assert made["usage"] == {"prompt_tokens": 4, "total_tokens": 4}


def test_the_same_text_has_the_same_vector() -> None:
    """In every process, for ever."""
    assert vector("The cat sat.") == vector("The cat sat.")
    assert vector("x")[:2] == pytest.approx([0.08176, -0.01098], abs=1e-4)


def test_texts_with_common_words_are_alike() -> None:
    """So that a search in a demo finds something."""
    cat, other, tax = vector("my cat sat on a mat"), vector("A cat sat on a mat."), vector("quarterly tax report")

    assert likeness(cat, other) > 0.5 > likeness(cat, tax)


@pytest.mark.parametrize("length", [None, 1, 8, 1536, 4096])
def test_a_vector_is_as_long_as_was_asked_for_and_of_length_one(length: int | None) -> None:
    """As OpenAI's are."""
    (entry,) = said(script_of(dimensions=length))["data"]

    assert len(entry["embedding"]) == (length or 256)
    assert sqrt(sum(x * x for x in entry["embedding"])) == pytest.approx(1)


def test_more_dimensions_than_there_are_is_a_400() -> None:
    """Somebody might ask for a billion."""
    script = script_of(dimensions=4097)

    assert (script.status, said(script)["error"]["param"]) == (400, "dimensions")


def test_base64_is_the_same_vector() -> None:
    """Which is what OpenAI's SDK asks for."""
    (encoded,) = said(script_of(encoding_format="base64"))["data"]

    assert list(from_base64(encoded["embedding"])) == pytest.approx(vector("Hello, world"))


def test_tokens_are_words_too() -> None:
    """One input, or several."""
    one, two = said(script_of(input=[1, 2, 3])), said(script_of(input=[[1, 2], [3]]))

    assert (len(one["data"]), one["usage"]["prompt_tokens"]) == (1, 3)
    assert (len(two["data"]), two["usage"]["prompt_tokens"]) == (2, 3)


def test_it_fails_as_its_models_do() -> None:
    """Outages can be rehearsed: statuses, a truncated answer, silence, a delay."""
    assert script_of("limited").status == 429
    assert script_of("hang").wait is None
    assert script_of("stall").end is End.STALL
    assert script_of("slow").wait == 2.0
    with pytest.raises(orjson.JSONDecodeError):
        said(script_of("cut"))


@pytest.mark.parametrize("body", [{"input": None}, {"input": []}, {"input": [None]}, {"dimensions": "x"}])
def test_what_the_dialect_would_not_let_through_is_a_400(body: Any) -> None:
    """It may be asked by others."""
    assert script_of(**body).status == 400
