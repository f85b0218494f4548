"""Leases: most requests ask nobody, and what was leased comes back (RELIABILITY H4)."""

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from policies.claims import Granted, Refused, Unavailable
from proxy.state.leases.demand import HOT
from tests.proxy.state.leases.fleet import Fleet, budget, rate, slots


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    """Two workers."""
    made = Fleet(2)
    yield made
    made.close()


def test_a_cold_account_is_asked_for_each_time(fleet: Fleet) -> None:
    """A lease is not worth it."""
    fleet.spend(0, [budget()], [10], HOT - 1)

    assert fleet.workers[0].health()["leases"] == 0
    assert fleet.workers[0].asked == HOT - 1


def test_a_busy_account_is_leased_and_nobody_is_asked_any_more(fleet: Fleet) -> None:
    """G3: no round trip while all accounts of a request are leased."""
    claims, amounts = [budget(), rate(), slots()], [10, 1, 1]
    fleet.spend(0, claims, amounts, 2 * HOT, "warm")
    asked, trips = fleet.workers[0].asked, fleet.lines[0].trips
    passed = fleet.spend(0, claims, amounts, 3)

    assert passed == 3
    assert (fleet.workers[0].asked, fleet.lines[0].trips) == (asked, trips)


def test_one_account_that_is_not_leased_makes_the_store_be_asked_for_all(fleet: Fleet) -> None:
    """One hold in the store, with all claims (I5)."""
    fleet.spend(0, [budget()], [10], 2 * HOT, "warm")
    reply = fleet.reserve(0, "r", [budget(), rate()], [10, 1])

    assert isinstance(reply, Granted)
    assert fleet.standing(rate()).held == 1


def test_what_was_spent_is_reported_and_the_rest_given_back_on_closing(fleet: Fleet) -> None:
    """The store's sum is the truth; no lease stays (I3, I12)."""
    claim = budget()
    passed = fleet.spend(0, [claim], [10], 50)
    fleet.run(fleet.workers[0].close())
    standing = fleet.standing(claim)

    assert (standing.used, standing.held) == (passed * 10, 0)
    assert fleet.store.health()["holds"] == 0


def test_what_is_under_way_on_closing_is_charged(fleet: Fleet) -> None:
    """Nobody will settle it; slots are given back."""
    claims = [budget(), slots()]
    fleet.spend(0, claims, [10, 1], 2 * HOT, "warm")
    assert isinstance(fleet.reserve(0, "r", claims, [7, 1]), Granted)
    fleet.run(fleet.workers[0].close())

    assert fleet.standing(claims[0]).used == 2 * HOT * 10 + 7
    assert fleet.standing(claims[1]).held == 0


def test_an_idle_account_is_given_back(fleet: Fleet) -> None:
    """Others may want it."""
    claim = budget()
    fleet.spend(0, [claim], [10], 2 * HOT)
    fleet.flush(0)
    fleet.clock.now += 3.0
    fleet.flush(0)
    fleet.flush(0)

    assert fleet.standing(claim).held == 0
    assert fleet.workers[0].health()["leases"] == 0


def test_a_lease_is_renewed_while_it_is_used(fleet: Fleet) -> None:
    """Beyond its 30 s; nothing is charged that was not spent."""
    claim = budget()
    fleet.spend(0, [claim], [10], 2 * HOT, "warm")
    for second in range(40):
        fleet.spend(0, [claim], [10], 4, f"s{second}.")
        fleet.clock.now += 1.0
        fleet.flush(0)
        fleet.store.sweep()

    assert fleet.store.health()["expired"] == 0


def test_a_worker_that_overslept_its_lease_corrects_the_books(fleet: Fleet) -> None:
    """F31: the lease was charged in full; its report says what was really spent."""
    claim = budget()
    fleet.spend(0, [claim], [10], 2 * HOT)
    leased = fleet.standing(claim).held
    fleet.clock.now += 60.0
    fleet.store.sweep()
    charged = fleet.standing(claim)
    fleet.run(fleet.workers[0].close())

    assert leased > 0
    assert (charged.held, charged.used) == (0, fleet.workers[0].asked * 10 + leased)
    assert fleet.standing(claim).used == 2 * HOT * 10


def test_another_worker_never_waits_longer_than_a_flush_for_what_is_unspent(fleet: Fleet) -> None:
    """A scarce account is recalled: what one worker has to spare the other one gets."""
    claim = budget(200)
    fleet.spend(0, [claim], [10], 6)
    taken = fleet.spend(1, [claim], [10], 20, "other")
    fleet.flush(0)
    rest = fleet.spend(1, [claim], [10], 20, "late")

    assert 6 + taken + rest == 20
    assert fleet.standing(claim).used + fleet.standing(claim).held == 200


def test_a_workers_own_leases_never_make_it_refuse(fleet: Fleet) -> None:
    """They are given back first: the last cent of a budget can be spent."""
    claim = budget(1000)
    fleet.spend(0, [claim], [10], 30)

    assert isinstance(fleet.reserve(0, "all", [claim], [700]), Granted)
    assert isinstance(fleet.reserve(0, "more", [claim], [1]), Refused)


def test_a_refusal_for_which_only_holds_are_to_blame_may_be_tried_again_soon(fleet: Fleet) -> None:
    """H4: they may be unspent leases; one that is spent is final until its window ends."""
    claim = budget(100)
    fleet.reserve(1, "held", [claim], [100])
    soon = fleet.reserve(0, "r", [claim], [10])
    fleet.workers[1].post("held", [100])
    final = fleet.reserve(0, "s", [claim], [10])

    assert isinstance(soon, Refused)
    assert soon.retry_after == 1.0
    assert isinstance(final, Refused)
    assert final.retry_after is not None
    assert final.retry_after > 1.0


def test_more_than_was_held_is_charged_all_the_same(fleet: Fleet) -> None:
    """F12: an overrun is in the sum, and what is left shrinks by it."""
    claim = budget()
    fleet.spend(0, [claim], [10], 2 * HOT)
    assert isinstance(fleet.reserve(0, "r", [claim], [10]), Granted)
    fleet.workers[0].post("r", [5000])
    fleet.run(fleet.workers[0].close())

    assert fleet.standing(claim).used == 2 * HOT * 10 + 5000


def test_a_hold_is_settled_once(fleet: Fleet) -> None:
    """I2: repeated posts and voids change nothing, and a late reservation is refused."""
    claim = budget()
    fleet.spend(0, [claim], [10], 2 * HOT)
    worker = fleet.workers[0]
    first = fleet.reserve(0, "r", [claim], [10])
    again = fleet.reserve(0, "r", [claim], [10])
    worker.post("r", [4], final=False)
    worker.post("r", [4], final=False)
    worker.post("r", [6])
    worker.post("r", [6])
    worker.void("r")
    late = fleet.reserve(0, "r", [claim], [10])
    fleet.run(worker.close())

    assert first is again
    assert isinstance(late, Refused)
    assert fleet.standing(claim).used == 2 * HOT * 10 + 6


def test_permits_of_a_rate_die_with_their_slice(fleet: Fleet) -> None:
    """I14: a lease is spent in the newest bucket only."""
    claim = rate(6000)
    fleet.spend(0, [claim], [1], 2 * HOT)
    asked = fleet.workers[0].asked
    fleet.clock.now += 1.0
    fleet.spend(0, [claim], [1], 1, "next")

    assert fleet.workers[0].asked == asked + 1


def test_a_lower_limit_is_seen_by_the_next_request(fleet: Fleet) -> None:
    """F34: a lease under the old limit is not spent any more."""
    fleet.spend(0, [budget(10_000)], [10], 20)

    assert isinstance(fleet.reserve(0, "r", [budget(100)], [10], version=2), Refused)


def test_a_shadow_account_is_leased_however_little_there_is_of_it(fleet: Fleet) -> None:
    """It refuses nobody, so it is never scarce, and keeps nobody who uses it often from asking nobody."""
    shadow, claim = budget(5, shadow=True), rate()
    fleet.spend(0, [claim, shadow], [1, 10], 2 * HOT, "warm")
    asked = fleet.workers[0].asked
    passed = 0
    for round_ in range(6):
        passed += fleet.spend(0, [claim, shadow], [1, 10], 3, f"r{round_}.")
        fleet.flush(0)

    assert (passed, fleet.workers[0].asked) == (18, asked)
    assert fleet.standing(shadow).used == (2 * HOT + 18) * 10


def test_a_shadow_account_is_charged_for_the_last_request_too(fleet: Fleet) -> None:
    """I3: after which nobody comes; and it is charged in the window that it was let pass in, which has a name."""
    shadow = budget(5, shadow=True)
    fleet.spend(0, [shadow], [10], 2 * HOT, "warm")
    fleet.clock.now += 3.0
    fleet.flush(0)
    reply = fleet.reserve(0, "last", [shadow], [10])
    fleet.workers[0].post("last", [7])
    fleet.clock.now += 3.0
    fleet.flush(0)

    assert isinstance(reply, Granted)
    assert reply.standings[0].window
    assert fleet.standing(shadow).used == 2 * HOT * 10 + 7


def test_standings_follow_what_is_drawn_here(fleet: Fleet) -> None:
    """So that headers and records have numbers."""
    claim = budget(10_000)
    fleet.spend(0, [claim], [10], 20)
    first = fleet.reserve(0, "r", [claim], [30])
    second = fleet.reserve(0, "s", [claim], [10])

    assert isinstance(first, Granted)
    assert isinstance(second, Granted)
    assert (first.standings[0].used, first.standings[0].held) == (200, 30)
    assert (second.standings[0].used, second.standings[0].held, second.standings[0].left) == (200, 40, 9760)
    assert second.standings[0].resets_in == 3600.0


def test_leases_can_be_spent_while_the_store_is_away(fleet: Fleet) -> None:
    """H7, leased_only: then there is nothing more to be had, and nothing is lost when it is back."""
    claim = budget()
    fleet.spend(0, [claim], [10], 2 * HOT, "warm")
    fleet.lines[0].down = True
    fleet.flush(0)
    passed = fleet.spend(0, [claim], [10], 200)
    end = fleet.reserve(0, "end", [claim], [10])
    fleet.lines[0].down = False
    fleet.run(fleet.workers[0].close())

    assert passed > 0
    assert end == Unavailable(0)
    assert fleet.standing(claim).used == (2 * HOT + passed) * 10


def test_a_lease_whose_answer_was_lost_is_given_up(fleet: Fleet) -> None:
    """F26: nobody spends from it, so nobody has to wait for it to expire, and it is not charged."""
    claim = budget()
    fleet.spend(0, [claim], [10], 2 * HOT, "warm")
    leased = fleet.standing(claim).held
    fleet.lines[0].deaf = True
    fleet.spend(0, [claim], [10], leased // 10)
    fleet.lines[0].deaf = False

    assert fleet.lines[0].trips > 2 * HOT
    assert fleet.standing(claim).held == leased > 0


def test_slots_of_a_lease_that_has_expired_are_others(fleet: Fleet) -> None:
    """I15: they were released, not charged; a worker that was stopped meanwhile has to ask."""
    claim = slots(10)
    fleet.spend(0, [claim], [1], 2 * HOT, "warm")
    leases = fleet.workers[0].health()["leases"]
    fleet.clock.now += 31.0
    fleet.store.sweep()
    taken = [fleet.reserve(1, f"other{index}", [claim], [1]) for index in range(10)]

    assert leases > 0
    assert all(isinstance(reply, Granted) for reply in taken)
    assert isinstance(fleet.reserve(0, "late", [claim], [1]), Refused)


def test_leases_of_a_store_that_was_lost_are_forgotten(fleet: Fleet) -> None:
    """H6: what is under way is held anew and charged once; what was spent before is in the ledger's sums."""
    claim = budget()
    fleet.spend(0, [claim], [10], 2 * HOT, "warm")
    fleet.flush(0)
    assert isinstance(fleet.reserve(0, "r", [claim], [30]), Granted)
    before = fleet.standing(claim)
    fleet.lines[0].mode = "rebuilding"
    fleet.flush(0)
    forgotten = fleet.workers[0].health()["leases"]
    fleet.lines[0].mode = "ok"
    fleet.flush(0)
    held = fleet.standing(claim).held - before.held
    fleet.workers[0].post("r", [20])
    after = fleet.standing(claim)

    assert (forgotten, held) == (0, 30)
    assert (after.used, after.held) == (before.used + 20, before.held)


def test_alerts_come_from_reports(fleet: Fleet) -> None:
    """The store tells whoever wants to know, as it does without leases."""
    claim = budget(1000, alerts=(0.5,))
    fleet.spend(0, [claim], [10], 60)
    fleet.flush(0)

    assert claim in fleet.alarms


def test_a_request_of_four_leased_accounts_takes_few_calls(fleet: Fleet) -> None:
    """The hot path's budget: two calls for the reservation, one for its values each, one to settle."""
    claims = [budget(), rate(), slots(), budget(10**9, shadow=True)]
    fleet.spend(0, claims, [10, 1, 1, 10], 20, "warm")
    calls = []

    def called(frame: FrameType, event: str, arg: Any) -> None:
        if event == "call":
            calls.append(frame.f_code.co_qualname)

    worker, clock = fleet.workers[0], fleet.clock.now
    worker._clock = lambda: clock
    sys.setprofile(called)
    reply = worker.reserve("r", claims, [10, 1, 1, 10], 60.0, 1)
    worker.post("r", [10, 1, 0, 10])
    sys.setprofile(None)

    assert isinstance(reply, Granted)
    assert len(calls) == 2 + 1 + 5 + 1
