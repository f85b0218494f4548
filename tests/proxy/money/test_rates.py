"""What usage costs, exactly, and what it can cost at most."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.catalog import load, look_up
from proxy.money import ANY, RICH, TIERED, Rates, affordable, bound, compiled, cost, micro
from translators.facts import Price, Usage

SONNET = Price(3_000_000, 15_000_000, 300_000, 3_750_000, cache_write_1h=6_000_000)
STEPPED = Price(1_250_000, 10_000_000, 125_000, above=((200_000, Price(2_500_000, 15_000_000, 250_000)),))
TIERED_PRICE = Price(10, 20, tiers=(("flex", Price(5, 10)), ("priority", Price(20, 40)), ("fast", Price(60, 120))))


def catalogue() -> Iterator[Price]:
    """Each price that there is, once."""
    known = {look_up(provider, name) for provider, models in load().items() for name in models}
    yield from {each.price for each in known if each is not None and each.price is not None}


PRICES = sorted(catalogue(), key=repr)


def rates(price: Price) -> Rates:
    """The compiled price."""
    found = compiled(price)
    assert found is not None
    return found


@st.composite
def usages(draw: st.DrawFn, most_input: int, most_output: int) -> Usage:
    """Any usage within such tokens, its buckets consistent."""
    read, made = draw(st.integers(0, most_input)), draw(st.integers(0, most_output))
    cached = draw(st.integers(0, read))
    written = draw(st.integers(0, read - cached))
    audio = draw(st.integers(0, read))
    sound = draw(st.integers(0, made))
    thought = draw(st.integers(0, made - sound))
    return Usage(
        read,
        made,
        cached,
        written,
        thought,
        input_audio_tokens=audio,
        input_image_tokens=draw(st.integers(0, read - audio)),
        output_audio_tokens=sound,
        output_image_tokens=draw(st.integers(0, made - sound - thought)),
        cache_write_1h_tokens=draw(st.integers(0, written)),
    )


def test_each_part_of_the_input_has_its_own_rate() -> None:
    """Inclusive buckets: 1000 read, of which 600 came from the cache, 300 went into it, 100 of these for an hour."""
    usage = Usage(1000, 10, 600, 300, cache_write_1h_tokens=100)

    assert (
        cost(rates(SONNET), usage) == 100 * 3_000_000 + 600 * 300_000 + 200 * 3_750_000 + 100 * 6_000_000 + 150_000_000
    )


def test_what_has_no_rate_of_its_own_costs_what_the_rest_does() -> None:
    """Not said is not free."""
    usage = Usage(10, 10, 4, 4, 5, input_audio_tokens=2, output_audio_tokens=2, cache_write_1h_tokens=4)

    assert cost(rates(Price(7, 9)), usage) == 10 * 7 + 10 * 9


@pytest.mark.parametrize(("read", "rate"), [(200_000, 1_250_000), (200_001, 2_500_000)])
def test_a_step_changes_the_rate_of_all_tokens(read: int, rate: int) -> None:
    """B13: the cliff is at one more than the step, and the output's rate changes too."""
    made = 10_000_000 if read == 200_000 else 15_000_000

    assert cost(rates(STEPPED), Usage(read, 3)) == read * rate + 3 * made


@pytest.mark.parametrize(("tier", "one"), [(None, 10), ("default", 10), ("flex", 5), ("priority", 20), ("unheard", 10)])
def test_the_answers_service_tier_sets_the_price(tier: str | None, one: int) -> None:
    """What was asked for is not what counts; a tier of no price of its own is the standard one."""
    assert cost(rates(TIERED_PRICE), Usage(1, 0), tier) == one


def test_a_request_and_thinking_may_have_a_price() -> None:
    """Perplexity's."""
    price = Price(2, 8, output_reasoning=3, request=1000)

    assert cost(rates(price), Usage(10, 10, reasoning_tokens=4)) == 1000 + 20 + 6 * 8 + 4 * 3


def test_sound_and_pictures_have_rates_of_their_own() -> None:
    """In and out; cached sound only as far as there must have been some."""
    price = Price(10, 20, 1, input_audio=100, cached_audio=7, input_image=50, output_audio=200, output_image=300)
    apart = Usage(10, 10, 4, input_audio_tokens=3, input_image_tokens=2, output_audio_tokens=1, output_image_tokens=2)
    overlapping = Usage(10, 0, 9, input_audio_tokens=3)

    assert cost(rates(price), apart) == 10 + 4 + 300 + 100 + 7 * 20 + 200 + 600
    assert cost(rates(price), overlapping) == 7 * 1 + 1 * 100 + 2 * 7


def test_money_is_rounded_up() -> None:
    """To micro-dollars, to the budget's good (H1)."""
    assert [micro(pico) for pico in (0, 1, 1_000_000, 1_000_001)] == [0, 1, 1, 2]


def test_a_bound_is_at_the_dearest_rates_that_can_be_reached() -> None:
    """An hour's cache and other tiers count only where a request can come to them."""
    assert bound(rates(SONNET), 1_000_000, 0, 0) == 3_750_000
    assert bound(rates(SONNET), 1_000_000, 0, RICH) == 6_000_000
    assert bound(rates(TIERED_PRICE), 10**6, 10**6, 0) == 30
    assert bound(rates(TIERED_PRICE), 10**6, 10**6, TIERED) == 60
    assert bound(rates(TIERED_PRICE), 10**6, 10**6, ANY) == 180
    assert bound(rates(STEPPED), 200_000, 0) == 250_000
    assert bound(rates(STEPPED), 200_001, 0) == 500_003


@pytest.mark.parametrize("price", PRICES, ids=range(len(PRICES)))
def test_no_usage_costs_more_than_the_bound_of_its_tokens(price: Price) -> None:
    """I21, for every price of the catalogue: each bucket alone fills what there is, on both sides of each step."""
    compiled_price = rates(price)
    names = (None, *compiled_price.tiers)
    for read in {1, *(start + more for start, _ in price.above for more in (0, 1))}:
        most = bound(compiled_price, read, 1000)
        for usage in _extremes(read, 1000):
            assert all(micro(cost(compiled_price, usage, name)) <= most for name in names)


def _extremes(read: int, made: int) -> Iterator[Usage]:
    for parts in ({}, {"cached_tokens": read}, {"cache_write_tokens": read}, {"input_audio_tokens": read}):
        for ends in ({}, {"reasoning_tokens": made}, {"output_audio_tokens": made}, {"output_image_tokens": made}):
            yield Usage(read, made, **parts, **ends)
    yield Usage(read, made, cache_write_tokens=read, cache_write_1h_tokens=read)
    yield Usage(read, made, input_image_tokens=read)


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(PRICES), st.integers(0, 500_000), st.integers(0, 200_000))
def test_no_mixture_costs_more_either(data: st.DataObject, price: Price, read: int, made: int) -> None:
    """I21: any usage within a bound, in any tier."""
    usage = data.draw(usages(read, made))
    tier = data.draw(st.sampled_from([None, *rates(price).tiers]))

    assert 0 <= cost(rates(price), usage, tier) <= bound(rates(price), read, made) * 1_000_000


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PRICES), st.integers(0, 500_000), st.integers(0, 10**8), st.sampled_from(range(ANY + 1)))
def test_what_is_affordable_fits_and_one_more_does_not(price: Price, read: int, left: int, reach: int) -> None:
    """D28: the largest ``max_tokens`` that a budget's rest allows."""
    most = affordable(rates(price), read, left, reach)
    free = bound(rates(price), read, 10**12, reach) == bound(rates(price), read, 0, reach)

    assert bound(rates(price), read, most or 0, reach) <= left or (
        most is None and bound(rates(price), read, 1, reach) > left
    )
    assert free or bound(rates(price), read, (most or 0) + 1, reach) > left


def test_bounds_grow_with_what_is_bounded() -> None:
    """A step that is cheaper than the one before it does not make a longer request cheaper to hold."""
    price = Price(10_000_000, 10_000_000, above=((100, Price(1_000_000, 1_000_000)),))

    assert bound(rates(price), 101, 1) >= bound(rates(price), 100, 1)


def test_a_price_is_compiled_once() -> None:
    """The hot path looks it up."""
    assert compiled(SONNET) is compiled(SONNET)
    assert compiled(None) is None


def test_pico_dollars_are_dollars() -> None:
    """$3 a million tokens."""
    assert Decimal(cost(rates(SONNET), Usage(1_000_000, 0))).scaleb(-12) == 3
