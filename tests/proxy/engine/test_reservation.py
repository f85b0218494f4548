"""What one request holds before each attempt, and what it is charged once at its end, on accounts in memory."""

import pytest

from policies.base import Attempt, Call, Principal, Target
from policies.claims import EVER, Claim, Granted, Refused, Reply, Reserve, Unit, Window
from proxy.engine.plan import plan_of
from proxy.engine.reservation import Reservation
from proxy.engine.story import Story
from proxy.money.bounds import Bound
from proxy.state.memory import MemoryStore
from translators.facts import Failure, FailureKind, Usage

pytestmark = pytest.mark.anyio

DAY, PICO = Window("day"), 10**6
CHEAP, DEAR = Target("cheap/m", "cheap", "openai", "m"), Target("dear/m", "dear", "openai", "m")
BROKEN = Failure(FailureKind.TIMEOUT, "It took too long.", reached_model=True)


def _claim(unit: Unit, limit: int = 1000, **more: object) -> Claim:
    window = EVER if unit is Unit.SLOTS else DAY
    place = more.get("place") or "all"
    return Claim(f"budget:team:{place}:{unit}:{window.name}", unit, limit, window, "budget", "team", **more)  # type: ignore[arg-type]


REQUESTS, TOKENS, COST, SLOTS = (_claim(unit) for unit in (Unit.REQUESTS, Unit.TOKENS, Unit.COST, Unit.SLOTS))


class Desk:
    """One request that claims something."""

    def __init__(self, *claims: Claim) -> None:
        self.store = MemoryStore(lambda claim, standing: None)
        call = Call("req-1", "fast", (CHEAP, DEAR), Principal("app"), 0.0, 60.0)
        self.story = Story(call, "default", "c0ffee", 0, uid=f"{1:032x}")
        self.own = Reservation(plan_of([Reserve(claims)]), self.story, self.store, 1)

    def asks(self, target: Target, cost: int, tokens: int = 100) -> Reply | None:
        """For room for an attempt that takes so much at most; None: it has it."""
        reply = self.own.reserve(target, Bound(tokens - 40, 40, cost), 0.0)
        assert reply is None or isinstance(reply, Granted | Refused)
        if isinstance(reply, Granted):
            self.own.granted(reply)
        elif reply is not None:
            self.own.refused(reply)
        return reply

    def sends(self, target: Target, took: int, tokens: int = 0, failure: Failure | None = None) -> None:
        """The attempt, which takes so many micro-dollars and tokens."""
        self.own.sent.append(target)
        usage = Usage(tokens, 0) if tokens else None
        self.own.charge(Attempt(target, 0.0, 1.0, failure=failure, usage=usage, cost=took * PICO))

    async def books(self, claim: Claim) -> tuple[int, int]:
        """What is settled and what is held on its account."""
        (standing,) = await self.store.standings([claim])
        return standing.used, standing.held


async def test_a_request_is_charged_what_it_took_and_the_rest_is_free() -> None:
    """I2: each unit by its own measure; a slot is free again."""
    desk = Desk(REQUESTS, TOKENS, COST, SLOTS)
    desk.asks(CHEAP, 500)
    held = [await desk.books(claim) for claim in (REQUESTS, TOKENS, COST, SLOTS)]
    desk.sends(CHEAP, 120, 30)
    desk.own.settle()

    assert held == [(0, 1), (0, 100), (0, 500), (0, 1)]
    assert [await desk.books(claim) for claim in (REQUESTS, TOKENS, COST, SLOTS)] == [(1, 0), (30, 0), (120, 0), (0, 0)]


async def test_a_request_that_was_never_sent_costs_nothing() -> None:
    """I12: nor is anything of it left held."""
    desk = Desk(REQUESTS, COST)
    desk.asks(CHEAP, 500)
    desk.own.settle()

    assert [await desk.books(claim) for claim in (REQUESTS, COST)] == [(0, 0), (0, 0)]


async def test_a_fail_over_for_free_needs_no_other_hold() -> None:
    """What is held for the first target is enough for one that is no dearer."""
    desk = Desk(REQUESTS, TOKENS, COST, SLOTS)
    desk.asks(CHEAP, 500)
    desk.sends(CHEAP, 0, failure=BROKEN)

    assert desk.asks(DEAR, 500) is None
    assert await desk.books(COST) == (0, 500)


async def test_a_dearer_target_holds_what_is_lacking() -> None:
    """And the whole is charged once, with what the last attempt took."""
    desk = Desk(REQUESTS, COST, SLOTS)
    desk.asks(CHEAP, 500)
    desk.sends(CHEAP, 0, failure=BROKEN)
    desk.asks(DEAR, 800)
    held = await desk.books(COST), await desk.books(REQUESTS)
    desk.sends(DEAR, 700)
    desk.own.settle()

    assert held == ((0, 800), (0, 1))
    assert [await desk.books(claim) for claim in (COST, REQUESTS, SLOTS)] == [(700, 0), (1, 0), (0, 0)]


async def test_what_an_attempt_took_is_held_beside_the_next_ones_bound() -> None:
    """H3: an attempt that may have been billed is paid for, whatever comes of the next one."""
    desk = Desk(TOKENS, COST)
    desk.asks(CHEAP, 500)
    desk.sends(CHEAP, 300, 60, BROKEN)
    desk.asks(CHEAP, 400)
    held = await desk.books(COST), await desk.books(TOKENS)
    desk.sends(CHEAP, 50, 10)
    desk.own.settle()

    assert held == ((0, 700), (0, 160))
    assert (await desk.books(COST), await desk.books(TOKENS)) == ((350, 0), (70, 0))


async def test_a_third_attempt_counts_all_that_is_held_already() -> None:
    """Of however many holds."""
    desk = Desk(COST)
    for bound, took in ((200, 200), (100, 100), (50, 20)):
        desk.asks(CHEAP, bound)
        desk.sends(CHEAP, took, failure=BROKEN)
    held = await desk.books(COST)
    desk.own.settle()

    assert held == (0, 350)
    assert await desk.books(COST) == (320, 0)


async def test_more_than_was_held_is_charged_whichever_hold_it_is() -> None:
    """I1's overrun is written down; no hold is charged what another one is."""
    desk = Desk(COST)
    desk.asks(CHEAP, 200)
    desk.sends(CHEAP, 200, failure=BROKEN)
    desk.asks(CHEAP, 100)
    desk.sends(CHEAP, 250)
    desk.own.settle()

    assert [held.posted for held in desk.story.held] == [(200,), (250,)]
    assert await desk.books(COST) == (450, 0)


async def test_what_there_is_no_room_for_leaves_the_earlier_hold_as_it_was() -> None:
    """The first failure stands, and costs what it cost."""
    desk = Desk(COST)
    desk.asks(CHEAP, 600)
    desk.sends(CHEAP, 600, failure=BROKEN)
    reply = desk.asks(DEAR, 600)
    held = await desk.books(COST)
    desk.own.settle()

    assert isinstance(reply, Refused)
    assert held == (0, 600)
    assert await desk.books(COST) == (600, 0)


async def test_no_two_reservations_of_a_request_have_one_id() -> None:
    """A store that has refused one, or was told that it is given up, would say the same again."""
    desk = Desk(COST)
    asked = []
    for cost in (1500, 1200, 600):
        desk.own.reserve(CHEAP, Bound(60, 40, cost), 0.0)
        asked.append(desk.story.held[-1].id)
        desk.own.unanswered()

    assert len(set(asked)) == 3
    assert await desk.books(COST) == (0, 0)


async def test_a_reservation_that_nobody_waits_for_is_given_up() -> None:
    """F26: the client has left meanwhile, and there may be a hold."""
    desk = Desk(COST)
    desk.own.reserve(CHEAP, Bound(60, 40, 500), 0.0)
    before = await desk.books(COST)
    desk.own.unanswered()
    desk.own.settle()

    assert before == (0, 500)
    assert await desk.books(COST) == (0, 0)


async def test_an_account_of_a_place_counts_what_happened_there() -> None:
    """A limit of one upstream's own, beside one of all."""
    there, elsewhere = _claim(Unit.COST, place="cheap"), _claim(Unit.REQUESTS, place="dear/m")
    desk = Desk(COST, there, elsewhere)
    desk.asks(CHEAP, 500)
    desk.sends(CHEAP, 300, failure=BROKEN)
    desk.asks(DEAR, 400)
    held = await desk.books(there), await desk.books(elsewhere)
    desk.sends(DEAR, 200)
    desk.own.settle()

    assert held == ((0, 500), (0, 1))
    assert [await desk.books(claim) for claim in (COST, there, elsewhere)] == [(500, 0), (300, 0), (1, 0)]


async def test_an_account_of_a_place_is_charged_beside_those_of_all() -> None:
    """Where one attempt was all there was, too."""
    desk = Desk(COST, _claim(Unit.COST, place="cheap"))
    desk.asks(CHEAP, 500)
    desk.sends(CHEAP, 300)
    desk.own.settle()

    assert [held.posted for held in desk.story.held] == [(300, 300)]


async def test_parts_of_a_micro_dollar_are_rounded_up_once_for_a_request() -> None:
    """H1: as its row in the ledger is."""
    desk = Desk(COST)
    desk.asks(CHEAP, 10)
    for _ in range(3):
        desk.own.sent.append(CHEAP)
        desk.own.charge(Attempt(CHEAP, 0.0, 1.0, cost=PICO // 2))
    desk.own.settle()

    assert await desk.books(COST) == (2, 0)
