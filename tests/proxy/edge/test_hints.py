"""A client's wishes."""

from typing import Any

import pytest

from proxy.edge import hints
from proxy.edge.hints import NONE, TAGS_LIMIT, TEXT_LIMIT, Hints
from translators.base import Malformed

STRATEGIES = frozenset({"latency", "priority"})
Headers = list[tuple[bytes, bytes]]


def read(headers: Headers | None = None, body: dict[str, Any] | None = None) -> Hints:
    return hints.read(headers or [], body or {}, STRATEGIES)


def test_no_wish_is_the_common_case() -> None:
    """Other headers are none of ours."""
    assert read([(b"authorization", b"Bearer x"), (b"x-switchgea", b"x")]) is NONE


def test_headers_say_all_of_it() -> None:
    """Lists are separated by commas."""
    assert read(
        [
            (b"x-switchgear-user", b"u1"),
            (b"x-switchgear-session", b"s1"),
            (b"x-switchgear-tags", b"a, b ,,c"),
            (b"x-switchgear-strategy", b"latency"),
            (b"x-switchgear-upstreams", b"claude,openai"),
            (b"x-switchgear-trace", b"1"),
        ]
    ) == Hints("u1", "s1", frozenset("abc"), "latency", frozenset({"claude", "openai"}), trace=True)


def test_the_body_says_the_same() -> None:
    """As SDKs send it in ``extra_body``."""
    assert read(
        body={
            "user": "u1",
            "session": "s1",
            "tags": ["a", "b", "c"],
            "strategy": "latency",
            "upstreams": ["claude", "openai"],
            "trace": True,
        }
    ) == Hints("u1", "s1", frozenset("abc"), "latency", frozenset({"claude", "openai"}), trace=True)


def test_the_body_wins() -> None:
    """Wish by wish; the other headers' wishes stay."""
    both = read([(b"x-switchgear-user", b"header"), (b"x-switchgear-session", b"s1")], {"user": "body"})

    assert both == Hints(user="body", session="s1")


@pytest.mark.parametrize("value", [True, "true", "1"])
def test_a_flag_is_on(value: Any) -> None:
    """JSON's word, or a header's."""
    assert read(body={"trace": value}).trace


@pytest.mark.parametrize("value", [False, "false", "0"])
def test_a_flag_is_off(value: Any) -> None:
    """JSON's word, or a header's."""
    assert not read(body={"trace": value}).trace


@pytest.mark.parametrize("name", ["user", "session", "strategy", "tags", "upstreams"])
def test_a_wish_that_is_null_is_none(name: str) -> None:
    """As everywhere in OpenAI's API, null is as good as absent."""
    assert read(body={name: None}) == NONE


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("user", 1, "invalid_type"),
        ("user", "x" * (TEXT_LIMIT + 1), "string_above_max_length"),
        ("session", ["x"], "invalid_type"),
        ("tags", {"a": 1}, "invalid_type"),
        ("tags", ["a", 1], "invalid_type"),
        ("tags", ["x"] * (TAGS_LIMIT + 1), "array_above_max_length"),
        ("tags", ["x" * (TEXT_LIMIT + 1)], "string_above_max_length"),
        ("upstreams", 7, "invalid_type"),
        ("strategy", "fastest", "invalid_value"),
        ("strategy", 1, "invalid_type"),
        ("trace", "yes", "invalid_type"),
        ("trace", [], "invalid_type"),
        ("trace", {}, "invalid_type"),
        ("max-cost", "a cent", "invalid_type"),
        ("max_cost", True, "invalid_type"),
        ("max_cost", -1, "invalid_type"),
        ("cost", "perhaps", "invalid_type"),
        ("cache", "no", "unknown_parameter"),
    ],
)
def test_a_wish_that_cannot_be_heard_is_refused_by_name(name: str, value: Any, code: str) -> None:
    """A wish that is not heard would be a silent drop."""
    with pytest.raises(Malformed) as refusal:
        read(body={name: value})

    assert (refusal.value.status, refusal.value.code, refusal.value.param) == (400, code, f"switchgear.{name}")


def test_an_unknown_header_is_refused_too_and_cut() -> None:
    """A message repeats at most 64 characters of input."""
    with pytest.raises(Malformed) as refusal:
        read([(b"x-switchgear-" + b"y" * 100, b"1")])

    assert refusal.value.param == "switchgear." + "y" * 64
    assert refusal.value.message == f"Unknown hint: '{'y' * 64}'."


def test_an_unknown_name_is_escaped() -> None:
    """S10, (d): control characters of the client's input never reach a message as they are."""
    with pytest.raises(Malformed) as refusal:
        read(body={"a\r\nb\x1b": 1})

    assert refusal.value.message.isprintable()
    assert (refusal.value.param or "").isprintable()


def test_what_is_at_its_limit_is_heard() -> None:
    """The limits themselves are allowed."""
    tags = [f"{number:0256d}" for number in range(TAGS_LIMIT)]

    assert read(body={"user": "x" * TEXT_LIMIT, "tags": tags}) == Hints(user="x" * TEXT_LIMIT, tags=frozenset(tags))
