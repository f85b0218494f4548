"""Windows: a charge belongs to the one of its admission, and no interval ever sees more than its limit (I14)."""

import pytest

from policies.claims import Granted, Refused, Window
from tests.proxy.state.contract.stores import DAY, HOUR, MINUTE, TTL, Bench, claim, rate

pytestmark = pytest.mark.anyio

MINUTELY = claim(10, window=Window("minute"))


async def test_a_new_window_is_empty(bench: Bench) -> None:
    """Nothing sets it back: it has another name."""
    await bench.spent(MINUTELY, 10)
    assert isinstance(await bench.reserve(MINUTELY), Refused)
    await bench.advance(MINUTE)

    reply = await bench.reserve(MINUTELY, 10)

    assert isinstance(reply, Granted)
    assert (reply.standings[0].used, reply.standings[0].window) == (0, "2030-01-01T12:01+00:00")


async def test_a_charge_belongs_to_the_window_of_its_admission(bench: Bench) -> None:
    """What is settled after its end leaves the next one alone; so does what is given up."""
    settled, voided = await bench.held(MINUTELY, 5, seconds=HOUR), await bench.held(MINUTELY, 5, seconds=HOUR)
    await bench.advance(MINUTE)
    await bench.held(MINUTELY, 3)

    bench.store.post(settled, [5])
    bench.store.void(voided)

    assert await bench.books(MINUTELY) == (0, 3)


async def test_what_expires_is_charged_to_the_window_of_its_admission(bench: Bench) -> None:
    """Late, and its correction as well."""
    hold = await bench.held(MINUTELY, 5, seconds=TTL)
    await bench.advance(MINUTE)
    await bench.held(MINUTELY, 3)
    await bench.sweep()
    bench.store.post(hold, [1])

    assert await bench.books(MINUTELY) == (0, 3)


async def test_the_limit_outlives_the_window(bench: Bench) -> None:
    """F34: a stale worker cannot raise it in the next one either."""
    await bench.held(claim(5, window=Window("minute")), 5, version=2)
    await bench.advance(MINUTE)

    assert isinstance(await bench.reserve(MINUTELY, 6, version=1), Refused)
    assert isinstance(await bench.reserve(MINUTELY, 5, version=1), Granted)


@pytest.mark.parametrize(
    ("window", "seconds", "then"),
    [
        (Window("hour"), HOUR, "2030-01-01T13+00:00"),
        (Window("day"), DAY / 2, "2030-01-02"),
        (Window("day", "Asia/Tokyo"), 3 * HOUR, "2030-01-02"),
        (Window("week"), 5.5 * DAY, "2030-W02"),
        (Window("month"), 30.5 * DAY, "2030-02"),
        (Window("year"), 364.5 * DAY, "2031"),
    ],
    ids=lambda value: value.name if isinstance(value, Window) else "",
)
async def test_every_calendar(bench: Bench, window: Window, seconds: float, then: str) -> None:
    """It ends when its zone's clock says so, and not a second before."""
    account = claim(10, window=window)
    await bench.spent(account, 10)
    await bench.advance(seconds - 1)

    (before,) = await bench.store.standings([account])
    await bench.advance(1)
    (after,) = await bench.store.standings([account])

    assert (before.used, before.resets_in) == (10, pytest.approx(1))
    assert (after.used, after.window) == (0, then)


async def test_of_a_rolling_window_everything_counts_for_all_its_length(bench: Bench) -> None:
    """I14: no minute sees more than ten, wherever it begins; what has left makes room."""
    account, admitted, now = rate(10), [], 0.0
    for _ in range(300):
        if isinstance(await bench.reserve(account), Granted):
            admitted.append(now)
        await bench.advance(1.7)
        now += 1.7

    assert max(sum(1 for other in admitted if at <= other < at + 60) for at in admitted) == 10
    assert len(admitted) >= 10 * (300 * 1.7 // 62)


async def test_a_rolling_window_is_full_again_only_after_its_length(bench: Bench) -> None:
    """Not a moment earlier, and a sixtieth later at most."""
    account = rate(5, 60.0)
    await bench.advance(0.3)
    await bench.spent(account, 5)
    await bench.advance(59.99)
    assert isinstance(await bench.reserve(account), Refused)
    await bench.advance(1.01)

    assert isinstance(await bench.reserve(account, 5), Granted)


async def test_what_has_left_a_rolling_window_does_not_come_back(bench: Bench) -> None:
    """A hold that is settled after its bucket has left changes nothing; one that is still in it does."""
    account = rate(100)
    early = await bench.held(account, 10, seconds=HOUR)
    await bench.advance(50)
    late = await bench.held(account, 20, seconds=HOUR)
    await bench.advance(20)

    bench.store.post(early, [5])
    bench.store.post(late, [8])

    assert await bench.books(account) == (8, 0)


async def test_what_a_rolling_window_holds_counts_like_what_it_has_settled(bench: Bench) -> None:
    """By the time it was admitted."""
    account = rate(10)
    await bench.held(account, 6, seconds=HOUR)
    await bench.advance(30)
    await bench.spent(account, 4)

    assert isinstance(await bench.reserve(account), Refused)
    await bench.advance(31)
    assert await bench.books(account) == (4, 0)
    assert isinstance(await bench.reserve(account, 6), Granted)


async def test_a_burst_and_a_rate_are_two_windows(bench: Bench) -> None:
    """``5 in 10s`` beside ``8 in 60s``."""
    burst, minute = rate(5, 10.0), rate(8, 60.0)
    both = (burst, minute)
    for _ in range(5):
        await bench.spent(both, 1)
    first = await bench.reserve(both)
    await bench.advance(11)
    for _ in range(3):
        await bench.spent(both, 1)
    second = await bench.reserve(both)

    assert isinstance(first, Refused)
    assert isinstance(second, Refused)
    assert (first.position, second.position) == (0, 1)


async def test_a_rolling_window_says_when_it_is_empty(bench: Bench) -> None:
    """If nothing more comes."""
    account = rate(10)
    await bench.spent(account, 1)
    await bench.advance(20)
    (standing,) = await bench.store.standings([account])

    assert standing.resets_in is not None
    assert 40 <= standing.resets_in <= 41
    await bench.advance(standing.resets_in)
    (standing,) = await bench.store.standings([account])
    assert (standing.used, standing.resets_in) == (0, 0)
