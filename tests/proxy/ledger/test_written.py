"""Moments and money as people write them: exact both ways, or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.ledger.written import MICRO_DIGITS, dollars, micro_dollars, moment, short_dollars

NOW = 1_793_534_400.0
"""2026-11-01T12:00Z."""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30m", NOW - 1800),
        ("12h", NOW - 43_200),
        ("7d", NOW - 604_800),
        ("2w", NOW - 1_209_600),
        ("2026-11-01", NOW - 43_200),
        ("2026-11-01T12:00", NOW),
        ("2026-11-01T12:00Z", NOW),
        ("2026-11-01T12:00+01:00", NOW - 3600),
    ],
)
def test_a_moment_is_so_long_ago_or_a_date(text: str, seconds: float) -> None:
    """Without a zone it is UTC."""
    assert moment(text, NOW) == seconds


@pytest.mark.parametrize("text", ["", "7", "d", "-7d", "1.5d", "yesterday", "2026-13-01", "٧d", "7d\n", "99999999d"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    """With examples of what is one."""
    with pytest.raises(ValueError, match="7d, 12h, 2026-11-01"):
        moment(text, NOW)


@given(st.integers(-(2**53), 2**53))
def test_dollars_are_read_as_they_are_written(amount: int) -> None:
    """No digit is lost, and none is made up."""
    text = dollars(amount, MICRO_DIGITS)

    assert micro_dollars(text.replace("-", "-$") if amount < 0 else f"${text}") == amount


@pytest.mark.parametrize(
    ("pico", "text"),
    [
        (0, "$0.00"),
        (499_999, "$0.00"),
        (500_000, "$0.000001"),
        (1_234_500_000_000_000, "$1,234.50"),
        (-1_500_000, "-$0.000002"),
        (10**24 + 1, "$1,000,000,000,000.00"),
    ],
)
def test_a_table_has_six_decimals_at_most(pico: int, text: str) -> None:
    """Rounded half up, in whole numbers."""
    assert short_dollars(pico) == text


@pytest.mark.parametrize("text", ["5", "$", "$1e3", "$0.0000001", "$1,5", "--$5", "$-5", "$٣", "$5\n", "€5", "$.5"])
def test_what_is_no_money_is_refused(text: str) -> None:
    """Rather than taken for some other amount."""
    with pytest.raises(ValueError, match="expected dollars"):
        micro_dollars(text)
