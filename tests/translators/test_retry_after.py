"""When to come back, out of a dozen spellings (F13)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translators.retry_after import in_details, parse

NOON = {"date": "Sat, 21 Nov 2026 12:00:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "1000000000"}, 1e9),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7.0),
    ],
)
def test_explicit_headers_are_read_the_finer_one_first(headers: dict[str, str], seconds: float | None) -> None:
    """Milliseconds win over seconds, and garbage in one does not hide the other."""
    assert parse(headers) == seconds


@pytest.mark.parametrize(
    "value", ["", "-1", "NaN", "nan", "inf", "1e999", "1_000", "٣", "7s!", "0x10", "soon", "9" * 5000, "1 2"]
)
def test_garbage_is_ignored(value: str) -> None:
    """A header must never be able to break a retry."""
    assert parse({"retry-after": value, "retry-after-ms": value, "x-ratelimit-reset-requests": value}) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 12:00:00 GMT", 86400.0),
        ("Mon, 01 Mar 2027 12:00:00 GMT", 100 * 86400.0),
        ("Sat, 21 Nov 2026 11:59:59 GMT", None),
        ("Sat, 21 Foo 2026 12:00:30 GMT", None),
        ("Saturday, 21-Nov-26 12:00:30 GMT", None),
    ],
)
def test_dates_count_from_the_answers_own_date(value: str, seconds: float | None) -> None:
    """The difference of two dates needs no clock; a past date says nothing."""
    assert parse({"retry-after": value} | NOON) == seconds


def test_a_date_without_the_answers_date_is_ignored() -> None:
    """Nothing here has a clock to measure it with."""
    assert parse({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT"}) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("6m0s", 360.0),
        ("12ms", 0.012),
        ("1h2m3.5s", 3723.5),
        ("2m59.56s", 179.56),
        ("1d", 86400.0),
        ("33011.38", 33011.38),
    ],
)
def test_resets_may_be_durations_or_numbers(value: str, seconds: float) -> None:
    """OpenAI and Groq write durations, Azure and Cerebras numbers."""
    assert parse({"x-ratelimit-reset-requests": value}) == pytest.approx(seconds)


@pytest.mark.parametrize("value", ["6m0", "m", "6x", "-6m0s", "-1"])
def test_half_a_duration_is_ignored(value: str) -> None:
    """A duration is read whole or not at all."""
    assert parse({"x-ratelimit-reset-tokens": value}) is None


def test_the_longest_reset_of_the_spent_limits_counts() -> None:
    """A limit with something left is not the one that refused."""
    headers = {
        "x-ratelimit-reset-requests": "24h0m0s",
        "x-ratelimit-remaining-requests": "900",
        "x-ratelimit-reset-tokens": "2s",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens-minute": "3s",
    }

    assert parse(headers) == 3.0


def test_explicit_words_win_over_resets() -> None:
    """A reset says when all is back; ``retry-after`` when enough is."""
    assert parse({"retry-after": "2", "x-ratelimit-reset-requests": "6m0s"}) == 2.0


@pytest.mark.parametrize(("value", "seconds"), [("1795262460", 60.0), ("1795262460000", 60.0), ("1795262340", None)])
def test_unix_times_count_from_the_answers_date(value: str, seconds: float | None) -> None:
    """GitHub gives seconds, OpenRouter milliseconds since 1970."""
    assert parse({"x-ratelimit-reset": value} | NOON) == seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2026-11-21T12:00:05Z", 5.0),
        ("2026-11-21T12:00:05.5Z", 5.5),
        ("2026-11-21T14:00:05+02:00", 5.0),
        ("2026-11-21T10:30:05-01:30", 5.0),
        ("2026-11-21T11:00:00Z", None),
    ],
)
def test_anthropics_resets_are_rfc_3339(value: str, seconds: float | None) -> None:
    """With any offset from UTC."""
    assert parse({"anthropic-ratelimit-requests-reset": value} | NOON) == seconds


def test_anthropics_unspent_limits_do_not_count() -> None:
    """Its headers end with ``-remaining`` and ``-reset``."""
    headers = NOON | {
        "anthropic-ratelimit-requests-reset": "2026-11-21T13:00:00Z",
        "anthropic-ratelimit-requests-remaining": "12",
        "anthropic-ratelimit-tokens-reset": "2026-11-21T12:00:09Z",
        "anthropic-ratelimit-tokens-remaining": "0",
        "anthropic-ratelimit-tokens-limit": "1000",
    }

    assert parse(headers) == 9.0


@pytest.mark.parametrize(
    ("details", "seconds"),
    [
        ([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "48s"}], 48.0),
        ([{"reason": "X"}, {"retryDelay": "0.25s"}], 0.25),
        ([{"retryDelay": "-1s"}], None),
        ([{"retryDelay": "soon"}, {"retryDelay": 7}], None),
        (["odd", None], None),
        ({"retryDelay": "48s"}, None),
        (None, None),
    ],
)
def test_googles_details_may_say_it(details: Any, seconds: float | None) -> None:
    """As a duration; anything else is ignored."""
    assert in_details(details) == seconds


NAMES = st.sampled_from(
    ["date", "retry-after", "retry-after-ms", "x-ratelimit-reset-requests", "anthropic-ratelimit-tokens-reset"]
)
VALUES = st.text(max_size=40) | st.text("0123456789TZGMNovSat:., +-msh", max_size=40)


@settings(deadline=None)
@given(st.dictionaries(NAMES, VALUES))
def test_no_header_can_break_it(headers: dict[str, str]) -> None:
    """Whatever comes, the answer is a wait or none."""
    seconds = parse(headers)

    assert seconds is None or seconds >= 0
