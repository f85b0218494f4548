"""What the store in memory does beside its contract: two clocks, little memory, few calls."""

import sys
from types import FrameType
from typing import Any

import pytest

from policies.claims import EVER, Claim, Granted, Unit, Window
from proxy.state.memory import MemoryStore
from proxy.state.memory.accounts import IDLE_SECONDS, SESSION_SECONDS
from proxy.state.memory.hold import LAPSED, TOMBSTONE
from tests.proxy.state.contract.stores import DAY, HOUR, NOON, Bench, claim, new_id, rate, slots

pytestmark = pytest.mark.anyio

CALLS = 11
"""Of Python's functions, for a request of four claims: reserved and settled. Six of them make the answer."""


@pytest.fixture
def anyio_backend() -> str:
    """The one loop there is."""
    return "asyncio"


class Clock:
    """One that the test sets."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Scene:
    """A store and its two clocks."""

    def __init__(self) -> None:
        self.wall, self.clock = Clock(NOON), Clock(5.0)
        self.store = MemoryStore(lambda claim, standing: None, self.wall, self.clock)
        self.bench = Bench(self.store, self.advance, self.wall)

    async def advance(self, seconds: float) -> None:
        """Time passes, on both."""
        self.wall.now += seconds
        self.clock.now += seconds

    def sweep(self, seconds: float) -> None:
        """Time passes, and at the end everything has been looked at."""
        for _ in range(3):
            self.wall.now += seconds / 2
            self.clock.now += seconds / 2
            self.store.sweep()

    @property
    def accounts(self) -> int:
        """How many are known."""
        count: int = self.store.health()["accounts"]
        return count


@pytest.fixture
def scene() -> Scene:
    """A new one."""
    return Scene()


@pytest.mark.parametrize("step", [HOUR, -HOUR, 30 * DAY])
async def test_a_step_of_the_walls_clock_changes_no_hold_and_no_rate(scene: Scene, step: float) -> None:
    """I22: what lasts so many seconds does so."""
    account = rate(10)
    await scene.bench.held(account, 4)
    scene.wall.now += step
    scene.store.sweep()

    assert await scene.bench.books(account) == (0, 4)


async def test_the_walls_clock_is_not_followed_back(scene: Scene) -> None:
    """F29: a window that was over does not begin again, empty or not."""
    account = claim(10, window=Window("hour"))
    await scene.bench.spent(account, 3)
    scene.wall.now += HOUR
    await scene.bench.spent(account, 5)
    scene.wall.now -= HOUR

    (standing,) = await scene.store.standings([account])

    assert (standing.window, standing.used) == ("2030-01-01T13+00:00", 5)


async def test_accounts_that_say_nothing_are_forgotten(scene: Scene) -> None:
    """Windows that are over, slots of users who are gone."""
    await scene.bench.spent([claim(10, name=str(number), window=Window("hour")) for number in range(500)], 1)
    await scene.bench.spent([rate(10, name=str(number)) for number in range(500)], 1)
    hold = await scene.bench.held([slots(10, name=str(number)) for number in range(500)], 1, seconds=DAY)
    assert scene.accounts == 1500
    scene.store.void(hold)

    scene.sweep(2 * HOUR)
    scene.sweep(2 * IDLE_SECONDS)

    assert scene.accounts == 0


async def test_accounts_that_say_something_are_kept(scene: Scene) -> None:
    """What was spent this month, and ever; a slot that is taken."""
    ever = Claim("budget:team:t:cost:ever", Unit.COST, 10, EVER, "budget", "team t")
    await scene.bench.spent([claim(10), ever], 4)
    await scene.bench.held(slots(10), seconds=20 * DAY)

    scene.sweep(5 * DAY)

    books = [await scene.bench.books(each) for each in (claim(10), ever, slots(10))]
    assert books == [(4, 0), (4, 0), (0, 1)]


async def test_a_session_ends_when_nobody_comes_back(scene: Scene) -> None:
    """Clients make as many as they like."""
    session = Claim("quota:session:0a1b:tokens:ever", Unit.TOKENS, 10, EVER, "quota", "session")
    await scene.bench.spent(session, 4)
    scene.sweep(SESSION_SECONDS / 2)
    assert scene.accounts == 1

    scene.sweep(2 * SESSION_SECONDS)

    assert scene.accounts == 0


async def test_ids_of_what_is_over_are_forgotten_in_the_end(scene: Scene) -> None:
    """After a quarter of an hour at the earliest; of what has lapsed after a day."""
    settled = await scene.bench.spent(claim(10), 1)
    lapsed = await scene.bench.held(claim(10), 2)
    scene.sweep(TOMBSTONE * 0.9)
    assert not isinstance(await scene.bench.reserve(claim(10), 1, settled), Granted)

    scene.sweep(2 * LAPSED)
    scene.store.post(lapsed, [0])

    assert isinstance(await scene.bench.reserve(claim(10), 1, settled), Granted)
    assert await scene.bench.books(claim(10)) == (3, 1)


async def test_sweeping_goes_on_by_itself(scene: Scene) -> None:
    """From ``start`` to ``close``; both may be called on a store that nobody uses."""
    await scene.store.start()
    await scene.store.close()

    assert scene.store.health() == {"mode": "ok", "accounts": 0, "holds": 0, "expired": 0, "unknown": 0}


async def test_the_count_of_what_went_wrong_is_in_health(scene: Scene) -> None:
    """Holds that nobody settled, and settlements that nobody held."""
    await scene.bench.held(claim(10))
    scene.store.post(new_id(), [1])
    scene.sweep(HOUR)

    health = scene.store.health()
    assert (health["holds"], health["expired"], health["unknown"]) == (0, 1, 1)


def test_a_request_costs_few_calls(scene: Scene) -> None:
    """Its answer is made of six values; the rest is done where it is read."""
    claims = (rate(10**9), claim(10**9), claim(10**9, unit=Unit.TOKENS, window=Window("day")), slots(100))
    called: list[str] = []

    def hook(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename != __file__:
            called.append(frame.f_code.co_qualname)

    for counted in (False, True):
        hold = new_id()
        sys.setprofile(hook if counted else None)
        scene.store.reserve(hold, claims, (1, 2000, 3000, 1), 630.0, 1)
        scene.store.post(hold, (1, 1000, 2000, 0))
        sys.setprofile(None)

    assert len(called) <= CALLS, called
