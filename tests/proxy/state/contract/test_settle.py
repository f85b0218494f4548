"""Settling, giving up and expiring, in every order and more than once (I2)."""

from collections.abc import Callable

import pytest

from policies.claims import Granted, Refused
from tests.proxy.state.contract.stores import HOUR, TTL, Bench, claim, new_id, rate, slots

pytestmark = pytest.mark.anyio

BUDGET, PLACES = claim(100), slots(4)


async def test_what_was_taken_is_charged_and_the_rest_is_free(bench: Bench) -> None:
    """Of 60 held 25 were taken."""
    hold = await bench.held(BUDGET, 60)

    bench.store.post(hold, [25])

    assert await bench.books(BUDGET) == (25, 0)


async def test_a_charge_may_be_more_than_was_held(bench: Bench) -> None:
    """I1's overrun: the truth is written down, and nothing passes any more."""
    bench.store.post(await bench.held(BUDGET, 60), [130])

    assert await bench.books(BUDGET) == (130, 0)
    assert isinstance(await bench.reserve(BUDGET, 0), Refused)


async def test_giving_up_takes_nothing(bench: Bench) -> None:
    """And may be said again."""
    hold = await bench.held((BUDGET, slots(1)), (60, 1))
    for _ in range(2):
        bench.store.void(hold)

    assert await bench.books(BUDGET) == (0, 0)
    assert await bench.books(slots(1)) == (0, 0)


async def test_settling_again_changes_nothing(bench: Bench) -> None:
    """I2, F26: whatever the repetition says."""
    hold = await bench.held(BUDGET, 60)
    for amount in (25, 25, 40):
        bench.store.post(hold, [amount])

    assert await bench.books(BUDGET) == (25, 0)


async def test_giving_up_what_is_settled_changes_nothing(bench: Bench) -> None:
    """The order in which the two arrive was not ours; what is settled stays so."""
    hold = await bench.held(BUDGET, 60)
    bench.store.post(hold, [25])
    bench.store.void(hold)
    bench.store.post(hold, [25])
    await bench.advance(0)  # it may take the store more than one step

    assert await bench.books(BUDGET) == (25, 0)


async def test_what_was_given_up_and_spent_all_the_same_is_charged(bench: Bench) -> None:
    """Money is never dropped."""
    hold = await bench.held(BUDGET, 60)
    bench.store.void(hold)
    for _ in range(2):
        bench.store.post(hold, [25])
    await bench.advance(0)  # it may take the store more than one step

    assert await bench.books(BUDGET) == (25, 0)


async def test_progress_of_what_was_given_up_is_charged_so_far(bench: Bench) -> None:
    """As sums, and nothing is held for it; its end may come after its expiry would have."""
    hold = await bench.held((BUDGET, PLACES), [60, 1])
    bench.store.post(hold, [5, 0], final=False)
    bench.store.void(hold)
    books = []
    for amount in (10, 30, 30, 20):
        bench.store.post(hold, [amount, 0], final=False)
        await bench.advance(TTL)
        books.append(await bench.books(BUDGET))
    assert isinstance(await bench.reserve(BUDGET, 1, hold), Refused)
    bench.store.post(hold, [25, 0])
    await bench.advance(0)

    assert books == [(10, 0), (30, 0), (30, 0), (30, 0)]
    assert await bench.books(BUDGET) == (25, 0)
    assert await bench.books(PLACES) == (0, 0)


async def test_progress_is_charged_and_the_rest_stays_held(bench: Bench) -> None:
    """Sums so far: what is repeated, or overtaken, changes nothing."""
    hold = await bench.held(BUDGET, 60)
    books = []
    for amount in (10, 30, 30, 20):
        bench.store.post(hold, [amount], final=False)
        books.append(await bench.books(BUDGET))
    bench.store.post(hold, [45])

    assert books == [(10, 50), (30, 30), (30, 30), (30, 30)]
    assert await bench.books(BUDGET) == (45, 0)


async def test_the_last_word_may_be_lower_than_progress_was(bench: Bench) -> None:
    """An estimate on the way, the provider's own count at the end."""
    hold = await bench.held(BUDGET, 60)
    bench.store.post(hold, [40], final=False)
    bench.store.post(hold, [35])

    assert await bench.books(BUDGET) == (35, 0)


async def test_progress_beyond_what_is_held_holds_nothing_less_than_nothing(bench: Bench) -> None:
    """What was charged too much is charged, others' holds stay."""
    hold, _ = await bench.held(BUDGET, 30), await bench.held(BUDGET, 30)
    bench.store.post(hold, [50], final=False)

    assert await bench.books(BUDGET) == (50, 30)


async def test_giving_up_after_progress_keeps_what_was_charged(bench: Bench) -> None:
    """What is settled was taken."""
    hold = await bench.held(BUDGET, 60)
    bench.store.post(hold, [20], final=False)
    bench.store.void(hold)

    assert await bench.books(BUDGET) == (20, 0)


async def test_settling_needs_no_room(bench: Bench) -> None:
    """Raising the sum is for reservations alone; the truth comes in whatever the limit is by now."""
    hold = await bench.held(BUDGET, 60)
    await bench.reserve(claim(10), 1, version=2)
    bench.store.post(hold, [60])

    assert await bench.books(BUDGET) == (60, 0)


async def test_what_expires_is_charged_in_full(bench: Bench) -> None:
    """K7: nobody knows better. It is then that slots are given back (I15)."""
    await bench.held((BUDGET, slots(3)), (60, 1), seconds=TTL)
    await bench.advance(TTL - 1)
    await bench.sweep()
    assert await bench.books(BUDGET) == (0, 60)

    await bench.advance(2)
    await bench.sweep()

    assert await bench.books(BUDGET) == (60, 0)
    assert await bench.books(slots(3)) == (0, 0)
    assert bench.store.health()["expired"] == 1


async def test_a_reservation_sees_to_what_is_due(bench: Bench) -> None:
    """A dead worker's slot is free for whoever comes after its time (I15)."""
    await bench.held(slots(1))
    await bench.advance(TTL + 1)

    assert isinstance(await bench.reserve(slots(1)), Granted)
    assert bench.store.health()["expired"] == 1


async def test_of_progress_that_stops_the_rest_is_charged(bench: Bench) -> None:
    """A crash in mid-stream costs what was held, not what was held and what was charged."""
    hold = await bench.held(BUDGET, 60)
    bench.store.post(hold, [20], final=False)
    await bench.advance(TTL + 1)
    await bench.sweep()

    assert await bench.books(BUDGET) == (60, 0)


@pytest.mark.parametrize("late", [25, 60, 70])
async def test_the_truth_that_comes_late_corrects_the_books_once(bench: Bench, late: int) -> None:
    """I2: by the difference, however often it is said, hours later too."""
    hold = await bench.held((BUDGET, slots(3)), (60, 1))
    await bench.advance(TTL + 1)
    await bench.sweep()
    await bench.advance(5 * HOUR)

    for _ in range(2):
        bench.store.post(hold, [late, 0])

    assert await bench.books(BUDGET) == (late, 0)
    assert await bench.books(slots(3)) == (0, 0)


async def test_the_truth_after_progress_and_expiry(bench: Bench) -> None:
    """20 were charged on the way and 40 at its end: 50 are true."""
    hold = await bench.held(BUDGET, 60)
    bench.store.post(hold, [20], final=False)
    await bench.advance(TTL + 1)
    await bench.sweep()
    bench.store.post(hold, [50])

    assert await bench.books(BUDGET) == (50, 0)


async def test_giving_up_after_expiry_gives_the_charge_back(bench: Bench) -> None:
    """Once."""
    hold = await bench.held(BUDGET, 60)
    await bench.advance(TTL + 1)
    await bench.sweep()
    for _ in range(2):
        bench.store.void(hold)

    assert await bench.books(BUDGET) == (0, 0)


async def test_what_has_expired_is_not_reserved_again(bench: Bench) -> None:
    """Its id is spent."""
    hold = await bench.held(BUDGET, 60)
    await bench.advance(TTL + 1)
    await bench.sweep()

    assert isinstance(await bench.reserve(BUDGET, 10, hold), Refused)
    assert await bench.books(BUDGET) == (60, 0)


async def test_a_settled_hold_does_not_expire(bench: Bench) -> None:
    """Nor one that was given up."""
    settled, voided = await bench.held(BUDGET, 30), await bench.held(BUDGET, 30)
    bench.store.post(settled, [10])
    bench.store.void(voided)
    await bench.advance(TTL + 1)
    await bench.sweep()

    assert await bench.books(BUDGET) == (10, 0)


async def test_what_nobody_has_held_is_charged_to_nobody(bench: Bench) -> None:
    """It says no account. It is counted and logged, and breaks nothing."""
    before = dict(bench.store.health())
    bench.store.post(new_id(), [25])

    assert await bench.books(BUDGET) == (0, 0)
    assert dict(bench.store.health()) != before


@pytest.mark.parametrize("order", [lambda ids: ids, lambda ids: ids[::-1]], ids=["in order", "reversed"])
async def test_holds_end_in_any_order(bench: Bench, order: Callable[[list[str]], list[str]]) -> None:
    """Each charges its own."""
    account = rate(100)
    ids = [await bench.held((BUDGET, account), (number, 1)) for number in range(1, 6)]
    for hold in order(ids):
        bench.store.post(hold, [int(hold == ids[0]) + 1, 1])

    assert await bench.books(BUDGET) == (6, 0)
    assert await bench.books(account) == (5, 0)
