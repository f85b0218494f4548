"""Windows of accounts: which one a moment belongs to, in every zone and through every change of the clocks."""

from datetime import UTC, datetime
from math import inf
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.claims import EVER, Calendar, Window
from proxy.state.windows import (
    BUCKETS,
    bucket_length,
    counts_until,
    window_named,
    window_of,
    window_of_account,
)

ZONES = ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu", "Africa/Cairo"]
HOUR = 3600.0
calendars = st.builds(Window, st.sampled_from(get_args(Calendar)), st.sampled_from(ZONES))
moments = st.floats(1_600_000_000, 2_200_000_000)


def at(text: str) -> float:
    """Unix seconds of a moment in ISO 8601."""
    return datetime.fromisoformat(text).timestamp()


@given(calendars, moments)
def test_a_moment_lies_in_its_window(window: Window, now: float) -> None:
    """And whoever knows the id alone knows when the window is over."""
    span = window_of(window, now)

    assert span.start <= now < span.end
    assert counts_until(window, span.id) == span.end


@given(st.sampled_from(["day", "week", "month", "year"]), st.sampled_from(ZONES), moments)
def test_one_window_follows_the_other(calendar: Calendar, zone: str, now: float) -> None:
    """Without a gap, each under an id of its own, in an order that people can sort by."""
    window = Window(calendar, zone)
    span = window_of(window, now)
    after = window_of(window, span.end)

    assert after.start == span.end
    assert after.id > span.id


@pytest.mark.parametrize(
    ("calendar", "expected"),
    [
        ("minute", "2026-11-21T14:55+00:00"),
        ("hour", "2026-11-21T14+00:00"),
        ("day", "2026-11-21"),
        ("week", "2026-W47"),
        ("month", "2026-11"),
        ("year", "2026"),
    ],
)
def test_ids_are_what_people_write(calendar: Calendar, expected: str) -> None:
    """ISO 8601."""
    assert window_of(Window(calendar), at("2026-11-21T14:55:30+00:00")).id == expected


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-07-01", 24)])
def test_a_day_is_as_long_as_its_zone_says(day: str, hours: int) -> None:
    """F29: when the clocks change in Berlin."""
    span = window_of(Window("day", "Europe/Berlin"), at(f"{day}T12:00+00:00"))

    assert (span.id, span.end - span.start) == (day, hours * HOUR)


def test_an_hour_that_comes_twice_is_two_windows() -> None:
    """F29: else a limit of an hour would be one of two."""
    window = Window("hour", "Europe/Berlin")
    first, second = (window_of(window, at(f"2026-10-25T0{hour}:30+00:00")) for hour in (0, 1))

    assert (first.id, second.id) == ("2026-10-25T02+02:00", "2026-10-25T02+01:00")
    assert (first.end, second.end - second.start) == (second.start, HOUR)


def test_a_day_whose_midnight_is_skipped_begins_at_the_change() -> None:
    """Cairo, where the clocks go from midnight to one."""
    span = window_of(Window("day", "Africa/Cairo"), at("2026-04-24T12:00+00:00"))

    assert datetime.fromtimestamp(span.start, UTC).isoformat() == "2026-04-23T22:00:00+00:00"
    assert span.end - span.start == 23 * HOUR


@pytest.mark.parametrize(("day", "week"), [("2027-01-01", "2026-W53"), ("2029-12-31", "2030-W01")])
def test_a_week_belongs_to_the_year_of_its_thursday(day: str, week: str) -> None:
    """ISO 8601."""
    assert window_of(Window("week"), at(f"{day}T00:00+00:00")).id == week


@given(st.floats(0.001, 40 * 86400), moments)
def test_buckets_cover_their_window(seconds: float, now: float) -> None:
    """I14: what came within the window's length is in a bucket that counts; there are sixty and the newest one."""
    window = Window(rolling=seconds)
    span = window_of(window, now)

    assert span.start <= now < span.end
    assert counts_until(window, span.id) >= span.end + seconds - 1e-6
    assert counts_until(window, span.id) == pytest.approx(span.end + BUCKETS * bucket_length(window) / 1e6, abs=1e-5)


def test_for_ever_is_a_window() -> None:
    """That never ends."""
    assert window_of(EVER, 0.0) == ("ever", -inf, inf)
    assert counts_until(EVER, "ever") == inf


@given(calendars | st.builds(Window, rolling=st.integers(1, 900_000).map(float)) | st.just(EVER))
def test_an_account_says_its_window(window: Window) -> None:
    """By the last part of its name."""
    assert window_named(window.name) == window
    assert window_of_account(f"budget:team:growth:cost:{window.name}") == window


@pytest.mark.parametrize("name", ["fortnight@UTC", "s", "", "60", "day"])
def test_what_is_no_window_is_an_error(name: str) -> None:
    """Of a name."""
    with pytest.raises(ValueError, match="not a window"):
        window_named(name)


def test_a_zone_that_nobody_knows_is_an_error() -> None:
    """One kind of error, whatever the zones' library raises."""
    with pytest.raises(ValueError, match="not a time zone"):
        window_of(Window("day", "Nowhere/At_all"), 0.0)


def test_a_window_is_looked_up_once() -> None:
    """Until it ends, whoever asks: the same object."""
    window, now = Window("month"), at("2026-11-21T14:55+00:00")

    assert window_of(window, now) is window_of(Window("month"), now + HOUR)
