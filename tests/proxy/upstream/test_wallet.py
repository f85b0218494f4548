"""Issued credentials: fetched once for all, renewed before their end, and left alone where they are of no use."""

import asyncio
from dataclasses import dataclass

import pytest

from proxy.upstream.keys import FIRST_QUARANTINE
from proxy.upstream.port import Credential, TransportFault
from proxy.upstream.wallet import LATE, NOT_ISSUED, PAUSE, RENEWED_BEFORE, Grant, Wallet
from tests.proxy.upstream.issuers import Listed
from tests.proxy.upstream.transports import ended

pytestmark = pytest.mark.anyio

START = 1000.0


@dataclass
class Clock:
    """Says what the test says."""

    now: float = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """At its start."""
    return Clock()


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Nothing here depends on the loop."""
    return "asyncio"


async def get(wallet: Wallet[Credential]) -> str:
    """The token that requests go out under now."""
    return (await wallet.get(10.0)).secret


async def failure(wallet: Wallet[Credential]) -> object:
    """Why there is none."""
    with pytest.raises(TransportFault) as caught:
        await wallet.get(10.0)
    return caught.value.failure


async def refuse(wallet: Wallet[Credential], clock: Clock) -> Credential:
    """Have the one that is held refused."""
    held = await wallet.get(10.0)
    wallet.refused(held, clock.now)
    return held


async def test_a_token_is_fetched_when_it_is_needed_first_and_then_kept(clock: Clock) -> None:
    """Not at start, where a token server that is down would keep everything from serving."""
    issuer = Listed("one")
    wallet = Wallet(issuer, "v", clock)

    assert issuer.asked == []
    assert [await get(wallet) for _ in range(3)] == ["one"] * 3
    assert issuer.asked == [False]


async def test_requests_that_come_together_wait_for_one_fetch(clock: Clock) -> None:
    """Whoever comes while it is under way waits for that one."""
    issuer = Listed("one")
    issuer.opened.clear()
    wallet = Wallet(issuer, "v", clock)
    waiting = [asyncio.ensure_future(get(wallet)) for _ in range(5)]
    await issuer.begun()
    issuer.opened.set()

    assert await asyncio.gather(*waiting) == ["one"] * 5
    assert len(issuer.asked) == 1


async def test_a_client_that_leaves_does_not_take_the_fetch_with_it(clock: Clock) -> None:
    """The next one gets what it was waiting for."""
    issuer = Listed("one")
    issuer.opened.clear()
    wallet = Wallet(issuer, "v", clock)
    leaving = asyncio.ensure_future(get(wallet))
    await issuer.begun()
    leaving.cancel()
    await asyncio.wait([leaving])
    issuer.opened.set()

    assert await get(wallet) == "one"
    assert leaving.cancelled()
    assert len(issuer.asked) == 1


async def test_it_is_renewed_before_its_end_and_nobody_waits(clock: Clock) -> None:
    """Requests go on under the old one until the new one is here."""
    issuer = Listed("one", "two")
    wallet = Wallet(issuer, "v", clock)
    await get(wallet)
    clock.now += 3600.0 - RENEWED_BEFORE - 1
    early = await get(wallet), len(issuer.asked)
    clock.now += 1
    issuer.opened.clear()
    meanwhile = [await get(wallet) for _ in range(2)]
    issuer.opened.set()
    await ended()

    assert early == ("one", 1)
    assert meanwhile == ["one", "one"]
    assert await get(wallet) == "two"
    assert issuer.asked == [False, False]


async def test_one_that_has_ended_is_waited_for(clock: Clock) -> None:
    """An upstream would refuse the old one."""
    issuer = Listed("one", "two", seconds=60.0)
    wallet = Wallet(issuer, "v", clock)
    await get(wallet)
    clock.now += 60.0

    assert await get(wallet) == "two"


async def test_one_without_an_end_is_kept_for_good(clock: Clock) -> None:
    """As keys that are written down are."""
    issuer = Listed("one", seconds=None)
    wallet = Wallet(issuer, "v", clock)
    await get(wallet)
    clock.now += 10.0**9

    assert await get(wallet) == "one"


async def test_a_renewal_that_fails_costs_nothing_while_the_old_one_lasts(clock: Clock) -> None:
    """And is tried again after a pause."""
    issuer = Listed("one", OSError("down"), "two")
    wallet = Wallet(issuer, "v", clock)
    await get(wallet)
    clock.now += 3600.0 - RENEWED_BEFORE
    await get(wallet)
    await ended()
    still = await get(wallet), len(issuer.asked), wallet.untroubled
    clock.now += PAUSE
    await get(wallet)
    await ended()

    assert still == ("one", 2, True)
    assert await get(wallet) == "two"


async def test_without_one_the_upstream_is_left_alone_for_a_moment(clock: Clock) -> None:
    """A failure of its own at once, no fetch per request, and the engine can see it."""
    issuer = Listed(OSError("down"), "one")
    wallet = Wallet(issuer, "v", clock)
    failures = [await failure(wallet) for _ in range(3)]
    service = wallet.in_service(clock.now), wallet.pick(clock.now), wallet.back_at(clock.now), wallet.untroubled
    clock.now += PAUSE

    assert failures == [NOT_ISSUED] * 3
    assert service == (0, None, START + PAUSE, False)
    assert len(issuer.asked) == 1
    assert await get(wallet) == "one"
    assert (wallet.in_service(clock.now), wallet.untroubled) == (1, True)


async def test_who_cannot_wait_any_longer_is_told_so(clock: Clock) -> None:
    """The fetch goes on for the others."""
    issuer = Listed("one")
    issuer.opened.clear()
    wallet = Wallet(issuer, "v", clock)
    with pytest.raises(TransportFault) as caught:
        await wallet.get(0.0)
    issuer.opened.set()

    assert caught.value.failure == LATE
    assert await get(wallet) == "one"


async def test_a_refused_one_is_fetched_anew_once(clock: Clock) -> None:
    """What the library remembers will not do."""
    issuer = Listed("one", "two")
    wallet = Wallet(issuer, "v", clock)
    await refuse(wallet, clock)
    trusted = wallet.untroubled, wallet.in_service(clock.now)

    assert trusted == (False, 1)
    assert await get(wallet) == "two"
    assert issuer.asked == [False, True]


async def test_requests_under_the_same_refused_one_say_nothing_new(clock: Clock) -> None:
    """Nor does one that was refused after another has been fetched: ten in flight are one refusal."""
    issuer = Listed("one", "two")
    wallet = Wallet(issuer, "v", clock)
    first = await refuse(wallet, clock)
    wallet.refused(first, clock.now)
    second = await get(wallet)
    wallet.refused(first, clock.now)

    assert second == await get(wallet) == "two"
    assert wallet.in_service(clock.now) == 1


async def test_if_the_new_one_is_refused_as_well_the_upstream_is_in_quarantine(clock: Clock) -> None:
    """Like a static key (F14): each further refusal doubles it."""
    issuer = Listed("one", "two", "three", "four")
    wallet = Wallet(issuer, "v", clock)
    await refuse(wallet, clock)
    await refuse(wallet, clock)
    first = wallet.in_service(clock.now), wallet.back_at(clock.now), await failure(wallet)
    clock.now += FIRST_QUARANTINE
    await refuse(wallet, clock)

    assert first == (0, START + FIRST_QUARANTINE, NOT_ISSUED)
    assert wallet.back_at(clock.now) == clock.now + 2 * FIRST_QUARANTINE
    assert issuer.asked == [False, True, True]


async def test_what_works_is_trusted_again(clock: Clock) -> None:
    """The next refusal is a first one."""
    issuer = Listed("one", "two", "three")
    wallet = Wallet(issuer, "v", clock)
    await refuse(wallet, clock)
    wallet.accepted(await wallet.get(10.0), clock.now)
    trusted = wallet.untroubled
    await refuse(wallet, clock)

    assert trusted
    assert wallet.in_service(clock.now) == 1


async def test_an_operator_who_was_here_ends_the_quarantine(clock: Clock) -> None:
    """A reload may be how it was mended."""
    wallet = Wallet(Listed("one", "two", "three"), "v", clock)
    await refuse(wallet, clock)
    await refuse(wallet, clock)
    wallet.forgive()

    assert wallet.in_service(clock.now) == 1
    assert await get(wallet) == "three"


async def test_one_that_is_refused_during_its_renewal_is_fetched_anew(clock: Clock) -> None:
    """The renewal that was under way may have brought the same one."""
    issuer = Listed("one", "one", "two")
    wallet = Wallet(issuer, "v", clock)
    held = await wallet.get(10.0)
    await issuer.begun()
    clock.now += 3600.0 - RENEWED_BEFORE
    issuer.opened.clear()
    await get(wallet)
    await issuer.begun()
    wallet.refused(held, clock.now)
    issuer.opened.set()

    assert await get(wallet) == "two"
    assert issuer.asked == [False, False, True]


async def test_the_engine_sees_a_label_and_what_is_held_at_the_moment(clock: Clock) -> None:
    """So that an error that repeats the token is concealed, the first one as well (S9); refusals of it are no news."""
    wallet = Wallet(Listed("one", "two"), "v", clock)
    badge = wallet.pick(clock.now)
    assert badge is not None
    before = badge.secret
    await get(wallet)
    wallet.refused(badge, clock.now)
    after = badge.secret
    await refuse(wallet, clock)
    await get(wallet)

    assert (before, after, badge.secret, badge.label) == ("", "one", "two", "google")
    assert repr(badge) == "Credential(google)"


async def test_nothing_of_a_token_is_logged_or_shown(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """Of what a library says only the kind and the codes (S9)."""
    issuer = Listed(ValueError("AADSTS7000215: Invalid client secret 's3cret'; invalid_client {'assertion': 's3cret'}"))
    wallet = Wallet(issuer, "v", clock)
    failed = await failure(wallet)
    out = capsys.readouterr().out

    assert "s3cret" not in f"{failed!r}{out}"
    assert "ValueError, AADSTS7000215, invalid_client" in out
    assert repr(Grant(Credential("s3cret", "google"), 1.0)) == "Grant(seconds=1.0)"
