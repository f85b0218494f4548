"""Costs that somebody should look at."""

import pytest

from policies.base import Call, Principal
from policies.claims import Claim, Unit, Window
from proxy.engine.story import Held, Story
from proxy.observe.anomalies import HOUR, LEARNED, LEAST, TIMES_BOUND, TIMES_USUAL, Anomalies
from proxy.observe.events import Bus, Event, EventName

DOLLAR = 1_000_000


def claim(subject: str, account: str = "", unit: Unit = Unit.COST) -> Claim:
    """On an account of a subject's."""
    return Claim(account or subject, unit, 100 * DOLLAR, Window("month"), "budget", subject)


TEAM, TEAM_TODAY, KEY = claim("team growth"), claim("team growth", "today"), claim("key web")
TOKENS = claim("team growth", "tokens", Unit.TOKENS)


class Scene:
    """Requests in hours."""

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.now = 1_800_000_000.0
        self.it = Anomalies(Bus([self.heard.append], lambda: self.now), lambda: self.now)

    def spend(self, cost: int | None, *claims: Claim, bound: int = DOLLAR, request: str = "req_1") -> None:
        """A request that came to so much on each of these; and a look."""
        story = Story(Call(request, "gpt", (), Principal("web"), 0.0, 9.0), "default", "v1", 0)
        amounts, posted = (bound,) * len(claims), None if cost is None else (cost,) * len(claims)
        story.held = [Held("00", claims, amounts, (), posted)]
        self.it.record(story)
        self.it.look()

    def hours(self, count: int, cost: int) -> None:
        """So many hours that cost so much each, and the beginning of the next."""
        for _ in range(count):
            self.spend(cost, TEAM, bound=cost)
            self.now += HOUR

    @property
    def told(self) -> list[tuple[str, str, int, int]]:
        """Subject, of what, cost, and what would have been usual."""
        assert {event.name for event in self.heard} <= {EventName.COST_ANOMALY}
        return [(event.subject, *(event.facts[name] for name in ("of", "cost", "usual"))) for event in self.heard]


@pytest.fixture
def scene() -> Scene:
    """Nothing spent yet."""
    return Scene()


def test_a_request_far_above_its_bound_is_told_once(scene: Scene) -> None:
    """Whatever number of accounts it draws on; not one that comes to just the bound's multiple (F11)."""
    scene.spend(TIMES_BOUND * 100, TEAM, bound=100)
    scene.spend(TIMES_BOUND * 100 + 1, TOKENS, TEAM, TEAM_TODAY, KEY, bound=100, request="req_2")

    assert scene.told == [("team growth", "request", 1001, 100)]
    assert scene.heard[0].facts["request"] == "req_2"


def test_what_is_open_or_was_given_up_is_no_spending(scene: Scene) -> None:
    """Nor is a request without any claim."""
    scene.hours(LEARNED, 0)
    scene.spend(None, TEAM)
    scene.spend(100 * DOLLAR)

    assert scene.told == []


def test_an_hour_far_above_the_usual_is_told_once(scene: Scene) -> None:
    """As soon as it is; the next one begins anew."""
    scene.hours(LEARNED, 2 * DOLLAR)
    for _ in range(3):
        scene.spend(TIMES_USUAL * DOLLAR, TEAM, bound=100 * DOLLAR)

    assert scene.told == [("team growth", "hour", 15 * DOLLAR, 2 * DOLLAR)]
    scene.now += HOUR
    scene.spend(100 * DOLLAR, TEAM, bound=100 * DOLLAR)
    assert len(scene.told) == 2


def test_two_accounts_of_one_subject_are_one_spending(scene: Scene) -> None:
    """A day's and a month's budget: what is usual is not doubled, and neither is what is not."""
    for _ in range(LEARNED):
        scene.spend(DOLLAR, TEAM, TEAM_TODAY)
        scene.now += HOUR
    scene.spend(6 * DOLLAR, TEAM, TEAM_TODAY, bound=9 * DOLLAR)

    assert scene.told == [("team growth", "hour", 6 * DOLLAR, DOLLAR)]


def test_nobody_is_told_of_small_change(scene: Scene) -> None:
    """A hundred times next to nothing is not much."""
    scene.hours(LEARNED, 1000)
    scene.spend(LEAST, TEAM)
    assert scene.told == []
    scene.spend(1, TEAM)

    assert scene.told == [("team growth", "hour", LEAST + 1, 1000)]


def test_a_subject_is_learned_first(scene: Scene) -> None:
    """Its first hours are no anomaly, however much they cost."""
    scene.hours(LEARNED - 1, 0)
    scene.spend(90 * DOLLAR, TEAM, bound=100 * DOLLAR)

    assert scene.told == []


def test_hours_without_a_request_cost_nothing(scene: Scene) -> None:
    """A day's pause makes the usual hour small again; years of it are no work."""
    scene.hours(LEARNED, 20 * DOLLAR)
    scene.now += 24 * HOUR
    scene.spend(50 * DOLLAR, TEAM, bound=100 * DOLLAR)

    ((_, of, cost, usual),) = scene.told
    assert (of, cost) == ("hour", 50 * DOLLAR)
    assert DOLLAR < usual < 10 * DOLLAR
    scene.now += 1_000_000 * HOUR
    scene.spend(DOLLAR + 1, TEAM, bound=100 * DOLLAR)
    assert scene.told[1] == ("team growth", "hour", DOLLAR + 1, 0)


def test_a_clock_that_goes_back_begins_no_hour(scene: Scene) -> None:
    """F29: what is spent then belongs to the latest hour."""
    scene.hours(LEARNED, DOLLAR)
    for _ in range(6):
        scene.spend(DOLLAR, TEAM)
        scene.now -= HOUR

    assert scene.told == [("team growth", "hour", 6 * DOLLAR, DOLLAR)]
