"""The books as people see and correct them, and as they are begun again after a loss."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from policies.claims import EVER, Granted, Refused, Unit
from proxy.state.store import Sum
from tests.proxy.state.contract.stores import NOON, Bench, claim, new_id, rate

pytestmark = pytest.mark.anyio

BUDGET = claim(100)


async def test_an_account_that_nobody_has_used_stands_at_nothing(bench: Bench) -> None:
    """Under the limit of whoever asks."""
    (standing,) = await bench.store.standings([BUDGET])

    assert (standing.used, standing.held, standing.limit, standing.window) == (0, 0, 100, "2030-01")


async def test_asking_changes_no_limit(bench: Bench) -> None:
    """The limit in force is the one that reservations brought."""
    await bench.held(claim(50), 50)
    (standing,) = await bench.store.standings([BUDGET])

    assert (standing.limit, standing.held) == (50, 50)
    assert isinstance(await bench.reserve(claim(50)), Refused)


async def test_an_adjustment_is_carried_out_once(bench: Bench) -> None:
    """By its id, however often it is asked for."""
    await bench.spent(BUDGET, 40)

    used = [(await bench.store.adjust(BUDGET, -15, "a1")).used for _ in range(3)]
    used.append((await bench.store.adjust(BUDGET, 5, "a2")).used)

    assert used == [25, 25, 25, 30]
    assert await bench.books(BUDGET) == (30, 0)


async def test_nothing_falls_below_nothing(bench: Bench) -> None:
    """Nor is what is held given up."""
    await bench.spent(BUDGET, 40)
    await bench.held(BUDGET, 10)
    await bench.store.adjust(BUDGET, -1000, "a1")

    assert await bench.books(BUDGET) == (0, 10)
    assert isinstance(await bench.reserve(BUDGET, 90), Granted)


async def test_a_rolling_window_is_adjusted(bench: Bench) -> None:
    """What is taken away is gone at once, whenever it was admitted; what is added counts from now on."""
    account = rate(100)
    await bench.spent(account, 30)
    await bench.advance(20)
    await bench.spent(account, 10)
    await bench.store.adjust(account, -25, "a1")
    assert await bench.books(account) == (15, 0)
    await bench.store.adjust(account, 50, "a2")
    await bench.advance(45)

    assert await bench.books(account) == (50, 0)


async def test_an_adjusted_account_refuses_accordingly(bench: Bench) -> None:
    """An operator's correction is as good as a charge."""
    await bench.store.adjust(BUDGET, 100, "a1")

    assert isinstance(await bench.reserve(BUDGET), Refused)


async def test_somebody_is_told_when_alerts_are_passed(bench: Bench) -> None:
    """At 80 % and at 100 % of what is settled, not of what is held; once each."""
    account = claim(100, alerts=(0.8, 1.0))
    hold = await bench.held(account, 79)
    bench.store.post(hold, [79])
    await bench.books(account)
    assert bench.rung == []

    for amount in (1, 5, 15):
        bench.store.post(await bench.held(account, amount), [amount])
        await bench.books(account)

    assert [(told.alerts, standing.used) for told, standing in bench.rung] == [((0.8, 1.0), 80), ((0.8, 1.0), 100)]


async def test_two_alerts_passed_at_once_are_one_call(bench: Bench) -> None:
    """The standing says how far it has come."""
    account = claim(100, alerts=(0.8, 0.9))
    bench.store.post(await bench.held(account, 95), [95])
    await bench.books(account)

    assert [standing.used for _, standing in bench.rung] == [95]


async def test_the_books_begin_with_what_the_ledger_knows(
    place: Callable[..., AbstractAsyncContextManager[Bench]], anyio_backend: str
) -> None:
    """H6: sums of what is not over, by window and by bucket; what is over counts nowhere."""
    account, session = rate(10), claim(10, unit=Unit.TOKENS, window=EVER)
    async with place(empty=True) as bench:
        sums = [
            Sum(BUDGET.account, "2030-01", 70),
            Sum(BUDGET.account, "2029-12", 25),
            Sum(account.account, str(int(NOON) - 30), 6),
            Sum(account.account, str(int(NOON) - 300), 4),
            Sum(session.account, "ever", 9),
        ]
        await bench.store.rebuild(sums, [])

        books = [await bench.books(each) for each in (BUDGET, account, session)]
        assert books == [(70, 0), (6, 0), (9, 0)]
        assert isinstance(await bench.reserve(BUDGET, 31), Refused)
        assert isinstance(await bench.reserve(account, 5), Refused)
        await bench.advance(31)
        assert await bench.books(account) == (0, 0)


async def test_what_is_in_the_sums_is_not_charged_again(
    place: Callable[..., AbstractAsyncContextManager[Bench]], anyio_backend: str
) -> None:
    """H6: whoever posts it once more finds that it is settled."""
    hold = new_id()
    async with place(empty=True) as bench:
        await bench.store.rebuild([Sum(BUDGET.account, "2030-01", 70)], [hold])
        bench.store.post(hold, [70])

        assert isinstance(await bench.reserve(BUDGET, 1, hold), Refused)
        assert await bench.books(BUDGET) == (70, 0)


async def test_books_that_are_kept_are_not_begun_again(bench: Bench) -> None:
    """Of several workers that find the store empty one begins, and the others add nothing to it."""
    await bench.spent(BUDGET, 10)
    await bench.store.rebuild([Sum(BUDGET.account, "2030-01", 70)], [])

    assert await bench.books(BUDGET) == (10, 0)


async def test_a_name_that_no_version_gives_is_left_alone(
    place: Callable[..., AbstractAsyncContextManager[Bench]], anyio_backend: str
) -> None:
    """It does not keep the others out of the books."""
    async with place(empty=True) as bench:
        sums = [Sum("budget:of old", "1999", 5), Sum("budget:t:day@Nowhere/At_all", "2030-01-01", 5)]
        await bench.store.rebuild([*sums, Sum(BUDGET.account, "2030-01", 70)], [])

        assert await bench.books(BUDGET) == (70, 0)


async def test_health_says_how_it_is(bench: Bench) -> None:
    """For whoever looks."""
    assert bench.store.mode == "ok"
    assert bench.store.health()["mode"] == "ok"
