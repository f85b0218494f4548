"""Leases: holds that a worker spends from by itself, and reports on (H4, I6)."""

import pytest

from policies.claims import Granted, Refused, Window
from proxy.state.store import Report
from tests.proxy.state.contract.stores import DAY, TTL, Bench, claim, new_id, rate, slots

pytestmark = pytest.mark.anyio

BUDGET = claim(100)


async def leased(bench: Bench, most: int, least: int = 1, account: object = BUDGET, hold: str = "") -> tuple[str, int]:
    """A lease's id and its amount."""
    hold = hold or new_id()
    reply = await bench.store.lease(hold, account, most, least, TTL, 1)  # type: ignore[arg-type]
    assert isinstance(reply, Granted)
    return hold, reply.standings[0].held


async def test_a_lease_is_as_much_as_there_is(bench: Bench) -> None:
    """Of what is asked for at most, and what it says it holds is its own."""
    await bench.held(BUDGET, 50)

    assert (await leased(bench, 30))[1] == 30
    assert (await leased(bench, 30))[1] == 20
    assert await bench.books(BUDGET) == (0, 100)


async def test_too_little_is_no_lease(bench: Bench) -> None:
    """And nothing is held."""
    await bench.held(BUDGET, 95)

    assert isinstance(await bench.store.lease(new_id(), BUDGET, 30, 6, TTL, 1), Refused)
    assert (await leased(bench, 30, 5))[1] == 5


async def test_leasing_again_leases_nothing_more(bench: Bench) -> None:
    """F26."""
    hold = new_id()

    assert [await leased(bench, 30, hold=hold) for _ in range(2)] == [(hold, 30)] * 2
    assert await bench.books(BUDGET) == (0, 30)


async def test_reports_are_sums_so_far(bench: Bench) -> None:
    """I6: what is repeated, or comes in the wrong order, changes nothing."""
    hold, _ = await leased(bench, 30)
    for spent in (10, 25, 25, 10):
        await bench.store.report([Report(hold, spent)], TTL)

    assert await bench.books(BUDGET) == (25, 5)


async def test_what_is_given_back_is_free(bench: Bench) -> None:
    """But for what was spent; saying so again changes nothing."""
    hold, _ = await leased(bench, 30)
    for spent in (12, 30):
        await bench.store.report([Report(hold, spent, give_back=True)], TTL)

    assert await bench.books(BUDGET) == (12, 0)


async def test_a_report_renews(bench: Bench) -> None:
    """A lease that is reported on does not expire; one that is not is charged in full."""
    kept, _ = await leased(bench, 30)
    await leased(bench, 40)
    await bench.advance(TTL - 1)
    await bench.store.report([Report(kept, 10)], TTL)
    await bench.advance(TTL - 1)
    await bench.sweep()

    assert await bench.books(BUDGET) == (50, 20)


async def test_a_late_report_corrects_the_books(bench: Bench) -> None:
    """F31: a worker that was stopped past its lease. What is not spent is held again, and nothing is raised by it."""
    hold, _ = await leased(bench, 30)
    await bench.store.report([Report(hold, 5)], TTL)
    await bench.advance(TTL + 1)
    await bench.sweep()
    assert await bench.books(BUDGET) == (30, 0)

    await bench.store.report([Report(hold, 12)], TTL)
    assert await bench.books(BUDGET) == (12, 18)
    await bench.store.report([Report(hold, 15, give_back=True)], TTL)

    assert await bench.books(BUDGET) == (15, 0)


async def test_slots_are_leased_and_given_back(bench: Bench) -> None:
    """Nothing of them is ever charged, not by expiry either (I15)."""
    account = slots(10)
    kept, amount = await leased(bench, 4, account=account)
    await leased(bench, 3, account=account)
    await bench.store.report([Report(kept, 0)], TTL)
    assert (amount, await bench.books(account)) == (4, (0, 7))
    await bench.advance(TTL - 1)
    await bench.store.report([Report(kept, 0)], TTL)
    await bench.advance(2)
    await bench.sweep()
    assert await bench.books(account) == (0, 4)

    await bench.store.report([Report(kept, 0, give_back=True)], TTL)

    assert await bench.books(account) == (0, 0)


async def test_what_lies_idle_is_called_back_when_little_is_left(bench: Bench) -> None:
    """Others may need it; while there is plenty nobody is troubled, nor who has nothing idle."""
    idle, _ = await leased(bench, 30)
    busy, _ = await leased(bench, 30)
    assert await bench.store.report([Report(idle, 0), Report(busy, 29)], TTL) == [False, False]
    await bench.held(BUDGET, 39)

    assert await bench.store.report([Report(idle, 0), Report(busy, 30)], TTL) == [True, False]


async def test_a_lease_that_nobody_knows_is_to_be_given_back(bench: Bench) -> None:
    """The books were lost, or it was given up long ago."""
    assert await bench.store.report([Report(new_id(), 0)], TTL) == [True]


async def test_a_lease_on_a_calendars_window_says_when_it_ends(bench: Bench) -> None:
    """With the window."""
    account = claim(100, window=Window("day"))
    reply = await bench.store.lease(new_id(), account, 30, 1, TTL, 1)

    assert isinstance(reply, Granted)
    assert reply.standings[0].resets_in == pytest.approx(DAY / 2)


async def test_a_lease_on_a_rolling_window_is_for_its_newest_bucket(bench: Bench) -> None:
    """I14: what is spent of it later would be younger than it counts."""
    account = rate(60)
    await bench.advance(0.25)
    reply = await bench.store.lease(new_id(), account, 30, 1, TTL, 1)

    assert isinstance(reply, Granted)
    assert reply.standings[0].resets_in == pytest.approx(0.75, abs=0.01)


async def test_leases_and_requests_share_an_account(bench: Bench) -> None:
    """I6: both are held on it."""
    await leased(bench, 70)

    assert isinstance(await bench.reserve(BUDGET, 31), Refused)
    assert isinstance(await bench.reserve(BUDGET, 30), Granted)
