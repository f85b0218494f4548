"""While the shared store is away each claim's own mode decides; afterwards the books are right (RELIABILITY H7)."""

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import replace

import pytest

from policies.claims import Claim, Granted, Outage, Refused, Reply, Unavailable
from proxy.state.memory import MemoryStore
from proxy.state.outage import OutageGuard
from tests.proxy.state.leases.fleet import Fleet, budget, rate, slots

WORKERS = 2
LEASED, CLOSED, LOCAL = Outage(), Outage("closed"), Outage("local")
OPEN = Outage("open", amount=100, seconds=60.0)
KINDS = {"money": (budget(), 10), "rate": (rate(), 1), "slots": (slots(), 1)}


class Site:
    """One worker of two, behind its guard; the other one talks to the store itself.

    Args:
        leases: whether it leases.
    """

    def __init__(self, *, leases: bool = True) -> None:
        self.fleet = Fleet(WORKERS)
        self.clock, self.line = self.fleet.clock, self.fleet.lines[0]
        self.modes: list[str] = []
        self.passed: list[str] = []
        self.guard = OutageGuard(
            self.line,
            self.fleet.workers[0] if leases else None,
            WORKERS,
            lambda: MemoryStore(lambda claim, standing: None, self.clock.wall, self.clock.monotonic),
            self.modes.append,
            self.clock.monotonic,
            self.clock.wall,
        )

    def reserve(self, hold: str, claims: Sequence[Claim], amounts: Sequence[int], seconds: float = 600.0) -> Reply:
        """A request comes."""

        async def asked() -> Reply:
            reply = self.guard.reserve(hold, claims, amounts, seconds, 1)
            return await reply if isinstance(reply, Awaitable) else reply

        return self.fleet.run(asked())

    def fill(self, claim: Claim, amount: int, *, most: int = 1000) -> int:
        """Requests come until one is not let pass; how many were."""
        for index in range(most):
            hold = f"{len(self.passed)} of {claim.policy}"
            if not isinstance(self.reserve(hold, [claim], [amount]), Granted):
                return index
            self.passed.append(hold)
        return most

    def goes(self, mode: str = "down") -> None:
        """The store is away, and its client knows."""
        self.line.down, self.line.mode = True, mode

    def comes(self) -> None:
        """The store is back."""
        self.line.down, self.line.mode = False, "ok"
        self.clock.now += 2.0
        self.fleet.run(self.guard.look())


@pytest.fixture
def site() -> Iterator[Site]:
    """With leases."""
    made = Site()
    yield made
    made.fleet.close()


def claim_of(kind: str, outage: Outage) -> tuple[Claim, int]:
    """A claim, and what one request draws of it."""
    claim, amount = KINDS[kind]
    return replace(claim, outage=outage), amount


@pytest.mark.parametrize("kind", KINDS)
def test_closed_lets_nothing_pass_even_with_a_lease(site: Site, kind: str) -> None:
    """At once, while the store is down."""
    claim, amount = claim_of(kind, CLOSED)
    site.fill(claim, amount, most=8)
    leases = site.guard.health()["leases"]
    site.goes()

    assert leases > 0
    assert site.reserve("r", [claim], [amount]) == Unavailable(0)


@pytest.mark.parametrize("kind", KINDS)
def test_leased_only_serves_until_the_lease_is_used(site: Site, kind: str) -> None:
    """Then nothing; the sum stays within the limit."""
    claim, amount = claim_of(kind, LEASED)
    before = site.fill(claim, amount, most=8)
    site.goes()
    passed = site.fill(claim, amount)
    site.comes()
    standing = site.fleet.standing(claim)

    assert passed > 0
    assert (before + passed) * amount <= standing.used + standing.held <= claim.limit


@pytest.mark.parametrize("kind", KINDS)
def test_leased_only_without_leases_lets_nothing_pass(kind: str) -> None:
    """There is nothing that was held before."""
    site = Site(leases=False)
    claim, amount = claim_of(kind, LEASED)
    site.goes()
    reply = site.reserve("r", [claim], [amount])
    site.fleet.close()

    assert reply == Unavailable(0)


@pytest.mark.parametrize("kind", KINDS)
def test_local_serves_this_workers_share(site: Site, kind: str) -> None:
    """I14: the limit by the number of workers, and not one more."""
    claim, amount = claim_of(kind, LOCAL)
    claim = replace(claim, limit=20 * amount)
    site.goes()
    passed = site.fill(claim, amount)

    assert passed == 20 // WORKERS


def test_a_share_begins_with_its_part_of_what_was_used(site: Site) -> None:
    """I14: as last known, of the whole account; what was under way then and is over by now was used, too."""
    claim = replace(rate(40), outage=LOCAL)
    for index in range(10):
        site.fleet.store.reserve(f"other{index}", [claim], [1], 600.0, 1)
        site.fleet.store.post(f"other{index}", [1])
    assert isinstance(site.reserve("seen", [claim], [1]), Granted)
    site.guard.post("seen", [1])
    site.goes()

    assert site.fill(claim, 1) == 40 // WORKERS - -(-11 // WORKERS)


def test_slots_that_were_taken_before_are_in_the_share_until_they_are_free(site: Site) -> None:
    """I15: the worker's own streams go on."""
    claim = replace(slots(8), outage=LOCAL)
    for hold in ("a", "b", "c"):
        assert isinstance(site.reserve(hold, [claim], [1]), Granted)
    site.goes()
    first = site.fill(claim, 1)
    site.guard.post("a", [0])
    site.guard.void("b")

    assert (first, site.fill(claim, 1)) == (1, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_open_is_bounded_by_its_allowance(site: Site, kind: str) -> None:
    """Of all workers together; then nothing passes."""
    claim, amount = claim_of(kind, OPEN)
    site.goes()

    assert site.fill(claim, amount) == 100 // WORKERS // amount
    assert site.reserve("r", [claim], [amount]) == Unavailable(0)


def test_open_is_bounded_in_time(site: Site) -> None:
    """Whatever is left of the allowance."""
    claim = replace(budget(), outage=OPEN)
    site.goes()
    first = site.reserve("r", [claim], [1])
    site.clock.now += 60.1

    assert isinstance(first, Granted)
    assert site.reserve("s", [claim], [1]) == Unavailable(0)


def test_what_an_allowance_lets_pass_is_of_its_own_window(site: Site) -> None:
    """H6: the ledger posts it by that window, so a store that is filled from the ledger knows of it."""
    claim = replace(budget(), outage=OPEN)
    before = site.reserve("r", [claim], [1])
    site.goes()
    during = site.reserve("s", [claim], [1])

    assert isinstance(before, Granted)
    assert isinstance(during, Granted)
    assert during.standings[0].window == before.standings[0].window


def test_a_request_passes_only_if_each_of_its_claims_does(site: Site) -> None:
    """And where one does not, nothing is held of the others."""
    money, requests = replace(budget(), outage=LEASED), replace(rate(4), outage=LOCAL)
    site.fill(money, 10, most=8)
    site.goes()
    replies = [site.reserve(f"r{index}", [money, requests], [10, 1]) for index in range(3)]
    last = site.reserve("s", [replace(budget(), account="budget:team:other:cost:hour@UTC"), requests], [10, 1])

    assert [type(reply) for reply in replies] == [Granted, Granted, Refused]
    assert isinstance(replies[2], Refused)
    assert replies[2].position == 1
    assert isinstance(last, Refused | Unavailable)


def test_what_passed_meanwhile_is_in_the_books_once_the_store_is_back(site: Site) -> None:
    """Both what was over by then and what goes on: nothing that was admitted is lost (I3)."""
    claim = replace(budget(), outage=OPEN)
    site.goes()
    for hold in ("over", "given up", "goes on", "half"):
        assert isinstance(site.reserve(hold, [claim], [10]), Granted)
    site.guard.post("over", [7])
    site.guard.post("over", [7])
    site.guard.void("given up")
    site.guard.post("half", [4], final=False)
    site.comes()
    back = site.fleet.standing(claim)
    site.guard.post("goes on", [9])
    site.guard.post("half", [5])
    end = site.fleet.standing(claim)

    assert (back.used, back.held) == (7 + 4, 10 + 6)
    assert (end.used, end.held) == (7 + 9 + 5, 0)
    assert site.guard.health()["owed"] == 0


def test_what_passed_meanwhile_and_is_never_settled_lasts_no_longer_than_its_request(site: Site) -> None:
    """I15: a worker that dies with a slot gives it back when its request's time is over, outage or not."""
    claim, amount = claim_of("slots", LOCAL)
    site.goes()
    passed = site.reserve("left behind", [claim], [amount], seconds=36.0)
    site.comes()
    held = site.fleet.standing(claim).held
    site.clock.now += 37.0

    assert isinstance(passed, Granted)
    assert (held, site.fleet.standing(claim).held) == (amount, 0)


def test_charges_of_a_window_that_is_over_are_not_those_of_the_next_one(site: Site) -> None:
    """A rate's permits of an hour ago limit nobody now."""
    claim = replace(rate(40), outage=LOCAL)
    site.goes()
    passed = site.fill(claim, 1)
    for hold in site.passed:
        site.guard.post(hold, [1])
    site.clock.now += 120.0
    site.comes()

    assert passed == 20
    assert site.fleet.standing(claim).used == 0
    assert site.guard.health()["owed"] == 0


def test_a_store_that_does_not_answer_is_away_before_its_client_says_so(site: Site) -> None:
    """F22: the first requests that get no answer are decided by their modes as well."""
    claim = replace(rate(40), outage=LOCAL)
    site.line.down = True
    reply = site.reserve("r", [claim], [1])

    assert isinstance(reply, Granted)
    assert site.guard.mode == "down"


def test_a_change_is_told_once_and_logged_once(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """A gauge, a line in the log, and health say how it is."""
    claim = replace(rate(40), outage=LOCAL)
    site.goes()
    site.fill(claim, 1, most=3)
    site.fleet.run(site.guard.look())
    during = site.guard.health()
    site.comes()
    out = capsys.readouterr().out

    assert site.modes == ["down", "ok"]
    assert (during["mode"], during["owed"]) == ("down", 3)
    assert site.guard.health()["mode"] == "ok"
    assert (out.count("store_away"), out.count("store_back")) == (1, 1)


def test_a_store_that_is_being_rebuilt_gives_nothing_for_money(site: Site) -> None:
    """F21: it has forgotten the leases; rates go on by this worker's share."""
    money, requests = replace(budget(), outage=LEASED), replace(rate(), outage=LOCAL)
    site.fill(money, 10, most=8)
    site.goes("rebuilding")

    assert site.reserve("r", [money], [10]) == Unavailable(0)
    assert isinstance(site.reserve("s", [requests], [1]), Granted)
    assert site.guard.mode == "rebuilding"


def test_a_request_that_passed_keeps_its_answer(site: Site) -> None:
    """One id holds once, in an outage, too."""
    claim = replace(rate(40), outage=LOCAL)
    site.goes()

    assert site.reserve("r", [claim], [1]) is site.reserve("r", [claim], [1])
    assert site.guard.health()["owed"] == 1


def test_it_looks_after_the_store_by_itself_and_tells_it_the_rest_on_closing(site: Site) -> None:
    """Started and closed like any store; a shadow claim passes, and counts."""
    claim = budget(1, shadow=True)

    async def lived() -> Reply | Awaitable[Reply]:
        await site.guard.start()
        site.goes()
        reply = site.guard.reserve("r", [claim], [30], 600.0, 1)
        site.guard.post("r", [30])
        site.line.down, site.line.mode = False, "ok"
        await site.guard.close()
        return reply

    assert isinstance(asyncio.run(lived()), Granted)
    assert site.fleet.standing(claim).used == 30


@pytest.mark.parametrize("mode", ["down", "rebuilding"])
@pytest.mark.parametrize(
    ("outage", "refused"),
    [(CLOSED, True), (LEASED, True), (LOCAL, False), (OPEN, False), (replace(OPEN, seconds=1.0), True)],
)
def test_a_mode_that_lets_nobody_pass_says_so(outage: Outage, refused: bool, mode: str) -> None:
    """F20: only while the store is away, without leases; an allowance until its time is over."""
    site = Site(leases=False)
    claim = replace(budget(), outage=outage)
    assert not site.guard.refuses(claim)
    site.goes(mode)
    site.fleet.run(site.guard.look())
    site.clock.now += 2.0

    assert site.guard.refuses(claim) is refused
    assert not site.guard.refuses(replace(claim, shadow=True))
    site.comes()
    assert not site.guard.refuses(claim)
    site.fleet.close()


def test_whoever_has_leased_something_lets_somebody_pass(site: Site) -> None:
    """Of any subject, until it is used up; a store that comes back empty knows of no lease."""
    claim = replace(budget(), outage=LEASED)
    anybody = replace(claim, account=claim.account.replace("growth", "*"))
    site.fill(claim, 10, most=8)
    site.goes()
    assert not site.guard.refuses(anybody)
    assert site.guard.refuses(replace(anybody, account=anybody.account.replace("team", "key")))

    site.fill(claim, 10)
    assert site.guard.refuses(anybody)
