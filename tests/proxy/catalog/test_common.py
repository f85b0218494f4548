"""What several targets promise together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.catalog.common import common, dearest
from translators.facts import Capabilities, Price


@pytest.mark.parametrize(
    ("flags", "together"),
    [
        ((True, True), True),
        ((True, False), False),
        ((False, None), False),
        ((True, None), None),
        ((None, None), None),
        ((True,), True),
    ],
)
def test_what_all_can_do_is_promised(flags: tuple[bool | None, ...], together: bool | None) -> None:
    """One that cannot is enough to say no; one that nobody knows of is enough to say nothing."""
    assert common([Capabilities(vision=flag) for flag in flags]).vision is together


def test_numbers_are_the_least() -> None:
    """Whichever target serves it, so much fits; where one is unknown, nothing is promised."""
    small, large = Capabilities(context_window=8000, max_output=100), Capabilities(context_window=128_000)

    assert common([large, small]) == Capabilities(context_window=8000)


def test_a_name_is_there_as_long_as_its_last_target() -> None:
    """The latest day of all; none, where one has none."""
    first, last = Capabilities(deprecation="2026-10-01"), Capabilities(deprecation="2027-01-01")

    assert common([last, first]).deprecation == "2027-01-01"
    assert common([last, Capabilities()]).deprecation is None


def test_a_price_is_what_it_may_cost_at_most() -> None:
    """Rate by rate, for each may be another target's."""
    assert dearest([Price(1, 9, cached=1), Price(3, 5)]) == Price(3, 9, cached=3)
    assert dearest([Price(1, 9, cache_write=2), Price(3, 5, cached=1)]) == Price(3, 9, cached=1, cache_write=3)
    assert dearest([Price(0, 0), Price(0, 0)]) == Price(0, 0)


@pytest.mark.parametrize("unknown", [None, Price(1)])
def test_a_price_that_is_not_known_of_all_is_not_known(unknown: Price | None) -> None:
    """Neither the whole of it nor a part."""
    price = dearest([Price(1, 2), unknown])

    assert price is None or price.output is None


def test_steps_of_several_prices_are_put_together() -> None:
    """At each, the dearest of what holds there."""
    one = Price(1, 10, above=((100, Price(5, 50)),))
    two = Price(2, 20, above=((200, Price(3, 90)),))

    assert dearest([one, two]) == Price(2, 20, above=((100, Price(5, 50)), (200, Price(5, 90))))


@given(st.lists(st.builds(Price, st.integers(0, 99), st.integers(0, 99), st.none() | st.integers(0, 99)), min_size=1))
def test_no_target_is_dearer_than_what_is_promised(prices: list[Price]) -> None:
    """Whatever the prices are."""
    most = dearest(prices)

    assert most is not None
    for price in prices:
        assert price.input <= most.input
        assert (price.output or 0) <= (most.output or 0)
        assert most.cached is None or (price.input if price.cached is None else price.cached) <= most.cached
