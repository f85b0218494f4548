"""Limits that are passed, and shares of them: each told once, whoever goes on asking."""

import asyncio
from collections.abc import Hashable

import pytest
import structlog

from policies.claims import EVER, Claim, Standing, Unit, Window
from proxy.observe.events import Bus, Event, EventName
from proxy.observe.limits import MOST_A_MINUTE, Alerts, Exceeded, episode, exceeded_name
from proxy.observe.once import REMEMBERED, Once

pytestmark = pytest.mark.anyio

MONTH, ROLLING, HOURS = Window("month"), Window(rolling=10.0), Window(rolling=3600.0)
NOW = 1_800_000_000.0


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The loop makes no difference."""
    return "asyncio"


class Heard(list[Event]):
    """What was told, and a clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.bus = Bus([self.append], self.clock)

    def clock(self) -> float:
        """Unix seconds."""
        return self.now

    @property
    def shares(self) -> list[float]:
        """Of the alerts, in order."""
        return [event.facts["share"] for event in self]


def claim(
    account: str = "a", window: Window = MONTH, unit: Unit = Unit.COST, *, alerts: tuple[float, ...] = ()
) -> Claim:
    """On some account."""
    return Claim(account, unit, 1000, window, "budget", "team growth", alerts=alerts or (0.8, 0.9, 1.0))


def standing(used: int = 1000, window: str = "2027-01", limit: int = 1000) -> Standing:
    """How it stands."""
    return Standing(used, 0, limit, window, 60.0)


def test_of_a_storm_of_refusals_one_is_told() -> None:
    """With the next window's the number of those that were not."""
    heard = Heard()
    tell = Exceeded(heard.bus, heard.clock)
    for _ in range(1000):
        tell(claim(), standing())
    tell(claim(), standing(window="2027-02"))

    assert [(event.name, event.facts["suppressed"]) for event in heard] == [
        (EventName.BUDGET_EXCEEDED, 0),
        (EventName.BUDGET_EXCEEDED, 999),
    ]


def test_each_account_is_told_by_itself() -> None:
    """One customer's trouble does not hide another's."""
    heard = Heard()
    tell = Exceeded(heard.bus, heard.clock)
    for account in "abab":
        tell(claim(account), standing())

    assert [event.facts["account"] for event in heard] == ["a", "b"]


def test_a_new_limit_is_a_new_story() -> None:
    """It was raised, and passed again in the same window."""
    heard = Heard()
    tell = Exceeded(heard.bus, heard.clock)
    tell(claim(), standing())
    tell(claim(), standing(2000, limit=2000))

    assert [event.facts["limit"] for event in heard] == [1000, 2000]


@pytest.mark.parametrize(
    ("window", "unit", "seconds"),
    [(ROLLING, Unit.REQUESTS, 60.0), (HOURS, Unit.REQUESTS, 3600.0), (EVER, Unit.SLOTS, 60.0)],
)
def test_what_has_no_calendar_is_told_by_time(window: Window, unit: Unit, seconds: float) -> None:
    """A rolling window's bucket is new all the time: a minute, or as long as the window is."""
    it = claim(window=window, unit=unit)
    begin = NOW - NOW % seconds

    def told_in(now: float) -> Hashable:
        return episode(it, standing(window=str(now)), now)

    assert told_in(begin) == told_in(begin + seconds - 0.1) != told_in(begin + seconds)


def test_a_sum_without_a_window_is_told_once() -> None:
    """A session's budget."""
    assert episode(claim(window=EVER), standing(), NOW) == episode(claim(window=EVER), standing(), 2 * NOW)


@pytest.mark.parametrize(
    ("policy", "unit", "window", "name"),
    [
        ("rate", Unit.COST, ROLLING, EventName.RATE_EXCEEDED),
        ("quota", Unit.TOKENS, MONTH, EventName.QUOTA_EXCEEDED),
        ("budget", Unit.COST, MONTH, EventName.BUDGET_EXCEEDED),
        ("concurrency", Unit.SLOTS, EVER, EventName.CONCURRENCY_EXCEEDED),
        ("house.Rules", Unit.SLOTS, EVER, EventName.CONCURRENCY_EXCEEDED),
        ("house.Rules", Unit.COST, ROLLING, EventName.BUDGET_EXCEEDED),
        ("house.Rules", Unit.TOKENS, ROLLING, EventName.RATE_EXCEEDED),
        ("house.Rules", Unit.TOKENS, MONTH, EventName.QUOTA_EXCEEDED),
    ],
)
def test_an_event_is_named_by_its_policy(policy: str, unit: Unit, window: Window, name: EventName) -> None:
    """A third party's by what it counts."""
    assert exceeded_name(Claim("a", unit, 1, window, policy, "key web")) == name


def test_clients_with_many_names_do_not_make_many_events() -> None:
    """So many a minute; an account that was passed over has its turn later, with what it was refused meanwhile."""
    heard = Heard()
    tell = Exceeded(heard.bus, heard.clock)
    for number in range(10 * MOST_A_MINUTE):
        tell(claim(f"user:{number}"), standing())
    assert len(heard) == MOST_A_MINUTE
    last = claim(f"user:{10 * MOST_A_MINUTE - 1}")
    heard.now += 60.0
    tell(last, standing())

    assert (heard[-1].facts["account"], heard[-1].facts["suppressed"]) == (last.account, 1)


def test_names_that_clients_choose_take_bounded_memory() -> None:
    """The one that was told longest ago is forgotten, and would be told again."""
    once = Once()
    for number in range(REMEMBERED + 1):
        once.told(str(number), 1)

    assert [once.is_new(name, 1) for name in ("0", "1", str(REMEMBERED))] == [True, False, False]


def test_an_alert_is_told_once_for_each_share() -> None:
    """The store may tell the same again and again."""
    heard = Heard()
    tell = Alerts(heard.bus, heard.clock)
    for used in (799, 800, 801, 800, 950, 950, 1000, 1200):
        tell(claim(), standing(used))

    assert heard.shares == [0.8, 0.9, 1.0]
    assert [event.name for event in heard] == [EventName.BUDGET_ALERT] * 3
    assert heard[0].facts["used"] == 800


def test_a_leap_over_several_shares_tells_each() -> None:
    """In rising order."""
    heard = Heard()
    Alerts(heard.bus, heard.clock)(claim(), standing(1000))

    assert heard.shares == [0.8, 0.9, 1.0]


def test_another_window_or_another_limit_begins_anew() -> None:
    """It was raised, passed again; then a month began."""
    heard = Heard()
    tell = Alerts(heard.bus, heard.clock)
    for used, limit, window in ((850, 1000, "1"), (850, 2000, "1"), (1700, 2000, "1"), (1700, 2000, "2")):
        tell(claim(), standing(used, window, limit))

    assert [(event.facts["window"], event.facts["limit"]) for event in heard] == [("1", 1000), ("1", 2000), ("2", 2000)]


def test_shares_that_a_reload_adds_below_are_not_told_late() -> None:
    """Who has heard of 90 % does not care for 50 %; a new one above is told."""
    heard = Heard()
    tell = Alerts(heard.bus, heard.clock)
    tell(claim(alerts=(0.9,)), standing(960))
    tell(claim(alerts=(0.5, 0.9, 0.95)), standing(960))

    assert heard.shares == [0.9, 0.95]


def test_a_limit_of_nothing_is_no_alert() -> None:
    """All of nothing is used from the beginning."""
    heard = Heard()
    Alerts(heard.bus, heard.clock)(claim(), standing(0, limit=0))

    assert heard == []


async def test_of_several_workers_one_tells() -> None:
    """Who claims the name first; the names differ by account, window, limit and share, and by nothing else."""
    taken: set[str] = set()

    async def claimed(name: str) -> bool:
        first = name not in taken
        taken.add(name)
        await asyncio.sleep(0)
        return first

    heard = Heard()
    workers = [Alerts(heard.bus, heard.clock, claimed) for _ in range(4)]
    for used in (850, 950, 1000):
        for tell in workers:
            tell(claim(), standing(used))
        await _settled()

    assert heard.shares == [0.8, 0.9, 1.0]
    assert taken == {f"alert:a:2027-01:1000:{share}" for share in ("0.8", "0.9", "1")}


async def test_a_store_that_is_not_there_silences_no_alert() -> None:
    """Twice is better than never."""

    async def claimed(name: str) -> bool:
        raise ConnectionError("redis://a-fake-password@nowhere")

    heard = Heard()
    with structlog.testing.capture_logs() as lines:
        Alerts(heard.bus, heard.clock, claimed)(claim(), standing(850))
        await _settled()

    assert heard.shares == [0.8]
    assert "password" not in repr(lines)


async def _settled() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*(task for task in others if task.get_name() == "alert"))
