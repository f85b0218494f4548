"""Holding: on all accounts or on none, and never more than there is (I1, I5)."""

import pytest

from policies.claims import EVER, Granted, Refused, Unit, Window
from tests.proxy.state.contract.stores import DAY, Bench, claim, new_id, rate, slots

pytestmark = pytest.mark.anyio


async def test_what_is_held_is_told(bench: Bench) -> None:
    """A grant says how each account stands, this request included."""
    budget, concurrency = claim(100), slots(3)
    await bench.spent(budget, 20)

    reply = await bench.reserve((budget, concurrency), (30, 1))

    assert isinstance(reply, Granted)
    money, slot = reply.standings
    assert (money.used, money.held, money.limit, money.left, money.window) == (20, 30, 100, 50, "2030-01")
    assert money.resets_in == pytest.approx(30 * DAY + DAY / 2)
    assert (slot.used, slot.held, slot.limit, slot.resets_in) == (0, 1, 3, None)


async def test_the_limit_is_reached_and_not_passed(bench: Bench) -> None:
    """I1: the last unit may be held, one more may not."""
    budget = claim(10)
    await bench.held(budget, 10)

    assert isinstance(await bench.reserve(budget, 1), Refused)
    assert await bench.books(budget) == (0, 10)


async def test_all_or_nothing(bench: Bench) -> None:
    """I5: where the last of three accounts has no room nothing is held on the first two."""
    first, second, third = claim(100, name="a"), rate(10), claim(5, name="c")
    await bench.held(third, 5)

    reply = await bench.reserve((first, second, third), (10, 1, 1))

    assert isinstance(reply, Refused)
    assert (reply.position, reply.standing.held, reply.standing.left) == (2, 5, 0)
    assert [await bench.books(each) for each in (first, second, third)] == [(0, 0), (0, 0), (0, 5)]


async def test_the_first_account_without_room_is_named(bench: Bench) -> None:
    """Of two it is the one that stands first."""
    reply = await bench.reserve((claim(9, name="a"), claim(1, name="b"), claim(1, name="c")), 5)

    assert isinstance(reply, Refused)
    assert reply.position == 1


async def test_reserving_again_holds_nothing_more(bench: Bench) -> None:
    """F26: a reservation whose answer was lost may be sent again."""
    budget, hold = claim(10), new_id()

    replies = [await bench.reserve(budget, 8, hold) for _ in range(3)]

    assert all(isinstance(reply, Granted) for reply in replies)
    assert await bench.books(budget) == (0, 8)


async def test_a_refused_reservation_may_be_made_again(bench: Bench) -> None:
    """A refusal leaves nothing behind, not even its id."""
    budget, hold = claim(10), new_id()
    other = await bench.held(budget, 10)
    assert isinstance(await bench.reserve(budget, 1, hold), Refused)

    bench.store.void(other)

    assert isinstance(await bench.reserve(budget, 1, hold), Granted)


@pytest.mark.parametrize("end", ["void", "post"])
async def test_what_is_over_is_not_reserved_again(bench: Bench, end: str) -> None:
    """F26: a reservation that comes after its own end takes no money."""
    budget, hold = claim(10), await bench.held(claim(10), 4)
    bench.store.void(hold) if end == "void" else bench.store.post(hold, [4])

    assert isinstance(await bench.reserve(budget, 4, hold), Refused)
    assert await bench.books(budget) == ((0, 0) if end == "void" else (4, 0))


async def test_a_reservation_that_comes_after_its_void_is_refused(bench: Bench) -> None:
    """The tombstone of a hold that nobody has heard of yet."""
    budget, hold = claim(10), new_id()
    bench.store.void(hold)

    assert isinstance(await bench.reserve(budget, 4, hold), Refused)
    assert await bench.books(budget) == (0, 0)


async def test_nothing_fits_while_anything_is_left(bench: Bench) -> None:
    """A claim of 0 is checked all the same."""
    budget = claim(10)
    await bench.held(budget, 9)
    assert isinstance(await bench.reserve(budget, 0), Granted)
    await bench.held(budget, 1)

    assert isinstance(await bench.reserve(budget, 0), Refused)


async def test_a_limit_of_nothing_lets_nothing_pass(bench: Bench) -> None:
    """Not even what takes nothing."""
    assert isinstance(await bench.reserve(claim(0), 0), Refused)
    assert isinstance(await bench.reserve(claim(0), 1), Refused)


async def test_a_shadow_counts_and_never_refuses(bench: Bench) -> None:
    """Beside a claim that does refuse it still takes nothing."""
    shadow, budget = claim(5, shadow=True), claim(10, name="hard")
    for _ in range(2):
        await bench.held((shadow, budget), 5)
    assert await bench.books(shadow) == (0, 10)

    reply = await bench.reserve((shadow, budget), 5)

    assert isinstance(reply, Refused)
    assert reply.position == 1
    assert await bench.books(shadow) == (0, 10)


@pytest.mark.parametrize(("amount", "seconds"), [(8, 30.5 * DAY), (11, None)])
async def test_a_calendars_refusal_says_when_to_come_again(bench: Bench, amount: int, seconds: float | None) -> None:
    """When the window ends; never, where the amount alone is more than the limit."""
    await bench.spent(claim(10), 5)

    reply = await bench.reserve(claim(10), amount)

    assert isinstance(reply, Refused)
    assert reply.retry_after == (seconds and pytest.approx(seconds))


@pytest.mark.parametrize("unit", [Unit.SLOTS, Unit.TOKENS])
async def test_nobody_can_tell_when_what_has_no_window_fits(bench: Bench, unit: Unit) -> None:
    """Slots come back when somebody is done; a session's quota never does."""
    account = claim(1, unit=unit, window=EVER)
    await bench.held(account)

    reply = await bench.reserve(account)

    assert isinstance(reply, Refused)
    assert (reply.retry_after, reply.standing.resets_in) == (None, None)


async def test_a_rolling_windows_refusal_says_when_to_come_again(bench: Bench) -> None:
    """When enough of what was admitted has left: of three at different times, for two places the second."""
    account = rate(3)
    for _ in range(3):
        await bench.spent(account, 1)
        await bench.advance(10)

    one, two, many = [await bench.reserve(account, amount) for amount in (1, 2, 4)]

    assert isinstance(one, Refused)
    assert isinstance(two, Refused)
    assert isinstance(many, Refused)
    assert one.retry_after is not None
    assert two.retry_after is not None
    assert 30 <= one.retry_after <= 32
    assert two.retry_after == pytest.approx(one.retry_after + 10)
    assert many.retry_after is None
    await bench.advance(one.retry_after)
    assert isinstance(await bench.reserve(account), Granted)


async def test_the_newest_configurations_limit_is_in_force(bench: Bench) -> None:
    """F34: a worker that has not reloaded yet cannot raise a limit that was lowered."""
    old, new = claim(100), claim(10)
    await bench.held(old, 5, version=1)
    assert isinstance(await bench.reserve(new, 6, version=2), Refused)

    reply = await bench.reserve(old, 6, version=1)

    assert isinstance(reply, Refused)
    assert reply.standing.limit == 10
    assert isinstance(await bench.reserve(old, 5, version=1), Granted)


async def test_a_raised_limit_holds_at_once(bench: Bench) -> None:
    """And what was spent under the lower one counts."""
    await bench.spent(claim(10), 10)

    reply = await bench.reserve(claim(100), 90, version=2)

    assert isinstance(reply, Granted)
    assert (reply.standings[0].limit, reply.standings[0].left) == (100, 0)


async def test_sixteen_accounts_are_one_reservation(bench: Bench) -> None:
    """As many as a request may claim."""
    claims = [claim(10, name=str(number)) for number in range(16)]

    hold = await bench.held(claims, [1] * 16)
    bench.store.post(hold, [1] * 16)

    assert [await bench.books(each) for each in claims] == [(1, 0)] * 16


async def test_accounts_of_other_names_have_nothing_to_do_with_each_other(bench: Bench) -> None:
    """Not those of one subject either."""
    month, day = claim(10), claim(10, window=Window("day"))
    await bench.held(month, 10)

    assert isinstance(await bench.reserve(day, 10), Granted)
