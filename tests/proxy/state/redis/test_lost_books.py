"""Books that were lost, set back, or begun anew by others: what workers remember is in them again, once (H3, H6)."""

import time
from typing import Any

import pytest
import redis

from policies.claims import Granted, Unavailable
from proxy.state.redis.operations import Question
from proxy.state.redis.scripts import KEYS
from proxy.state.store import Report, Sum
from tests.proxy.state.redis.waiting import granted, until_mode, up, used
from tests.rig.holding import claim, eventually, hold_id, reserve, standing
from tests.rig.valkey import Valkey, pair

pytestmark = pytest.mark.anyio


async def test_f21_a_store_that_comes_back_empty_admits_nothing_before_it_is_rebuilt(server: Valkey, join: Any) -> None:
    """F21, H6: open holds are made again, what the ledger knows is not added twice, what it does not know is added."""
    account, store = claim(), await join(server.url)
    known, unknown, under_way, given_up = hold_id(), hold_id(), hold_id(), hold_id()
    for hold in (known, unknown, under_way, given_up):
        assert isinstance(await reserve(store, [account], 10, hold=hold), Granted)
    store.post(known, (7,))
    store.post(unknown, (8,))
    store.void(given_up)
    await used(store, account, 15, 10)
    window = (await standing(store, account)).window
    server.restart(wiped=True)
    await until_mode(store, "rebuilding")
    assert await reserve(store, [account], 1) == Unavailable(0)
    await store.rebuild([Sum(account.account, window, 7)], [known])
    await used(store, account, 15, 10)


async def test_f23_what_a_lagging_replica_never_saw_is_done_again_after_a_fail_over(join: Any) -> None:
    """F23: the new primary has lost what came after it was cut off; the books are exact afterwards all the same."""
    with pair() as (primary, replica):
        account, scarce, store = claim(limit=1000), claim("scarce", limit=100), await join(primary.url)
        early, late, void, held, dear = (hold_id() for _ in range(5))
        assert isinstance(await reserve(store, [account], 100, hold=early), Granted)
        assert isinstance(await reserve(store, [scarce], 60, hold=dear), Granted)
        primary.ask("WAIT", 1, 1000)
        replica.ask("REPLICAOF", "NO", "ONE")  # from here on it lags: frozen it would read the rest when it is thawed
        for hold in (late, void, held):
            assert isinstance(await reserve(store, [account], 50, hold=hold), Granted)
        assert isinstance(await reserve(store, [scarce], 30), Granted)
        store.post(early, (60,))
        store.post(late, (40,))
        store.post(dear, (100,))
        store.void(void)
        await used(store, account, 100, 50)
        primary.kill()
        _take_over(primary, replica)
        await up(store)
        await used(store, account, 100, 50)
        await used(store, scarce, 100, 30)  # it was granted, whether there is room for it now or not
        store.post(held, (50,))
        await used(store, account, 150)


async def test_f23_books_that_others_have_begun_anew_are_told_all_before_anything_else(
    server: Valkey, join: Any
) -> None:
    """H6: the connection has outlived the books, and they have been used since: only their epoch says what they are."""
    account, store, other = claim(), await join(server.url), await join(server.url)
    assert isinstance(await reserve(store, [account], 10), Granted)
    server.ask("FLUSHALL")
    await other.rebuild([], [])
    for _ in range(50):
        await other.standings([account])
    await granted(store, account)
    assert (await standing(other, account)).held > 10


def _take_over(old: Valkey, new: Valkey) -> None:
    """The name leads to the new primary, as with a managed store: its data move to the old one's port."""
    new.ask("SAVE")
    new.kill()
    old.wipe()
    old.inherit(new)
    old.start()


async def test_f23_books_that_were_set_back_under_a_connection_are_told_all_again(server: Valkey, join: Any) -> None:
    """F23: nothing but the number of its calls says that an address leads to a server that knows less."""
    account, store = claim(), await join(server.url)
    with redis.Redis(port=server.port) as raw:
        copies = {key: raw.dump(key) for key in raw.keys("*")}
        assert isinstance(await reserve(store, [account], 30), Granted)
        for _ in range(5):
            await store.standings([account])
        for key, copy in copies.items():
            raw.restore(key, 0, copy, replace=True)
        raw.delete(*(set(raw.keys("*")) - copies.keys()))
    await granted(store, account)

    async def so() -> bool:
        return (await standing(store, account)).held > 30

    await eventually(so, "what had been lost is held again")


async def test_what_was_posted_long_ago_and_is_not_there_is_left_to_the_ledger(server: Valkey, join: Any) -> None:
    """H3: after ten minutes nobody can tell any more whether it is in the books."""
    account, store = claim(), await join(server.url)
    now = int(time.time() * 1e6)
    for minutes, added in ((11, 0), (9, 7)):
        posted = Question(
            ["A", hold_id(), now - minutes * 60 * 10**6, now - 10**9, 1, *store.places.find(account), 7], 0
        )
        store._calls.add(posted)
        assert await posted.reply
        await used(store, account, added)


async def test_f30_what_a_dead_worker_had_given_up_is_not_charged_by_who_takes_over_its_journal(
    server: Valkey, join: Any, log: list[Any]
) -> None:
    """F30: it had heard nothing of its reservation, gave it up and went on out of a lease, which is charged already."""
    account, dead, heir = claim(), await join(server.url), await join(server.url)
    came, never_came, kept = hold_id(), hold_id(), hold_id()
    for hold in (came, kept):
        assert isinstance(await reserve(dead, [account], 10, hold=hold), Granted)
    for hold in (came, never_came):
        dead.void(hold)
    await used(dead, account, 0, 10)
    for hold in (came, never_came, kept):
        heir.post(hold, (7,))
    await used(heir, account, 7)
    assert "store_post_unknown" not in {entry["event"] for entry in log}


async def test_what_was_spent_of_a_hold_that_the_books_do_not_know_is_added(server: Valkey, join: Any) -> None:
    """H3: money is never dropped, as long as whoever has spent it remembers on what."""
    account, store, hold = claim(), await join(server.url), hold_id()
    assert isinstance(await reserve(store, [account], 10, hold=hold), Granted)
    with server.client() as client:
        client.hdel(KEYS[1], hold)
    store.post(hold, (7,))
    await used(store, account, 7, 10)


async def test_leases_are_not_made_again_in_books_that_the_ledger_has_begun(server: Valkey, join: Any) -> None:
    """H6: what was spent of them is in its sums already, under the ids of requests."""
    account, store, hold = claim(), await join(server.url), hold_id()
    assert isinstance(await store.lease(hold, account, 50, 10, 30.0, 1), Granted)
    assert await store.report([Report(hold, 20)], 30.0) == [False]
    await used(store, account, 20, 30)
    window = (await standing(store, account)).window
    server.restart(wiped=True)
    await until_mode(store, "rebuilding")
    await store.rebuild([Sum(account.account, window, 20)], [])
    await used(store, account, 20)
    await store.report([Report(hold, 25)], 30.0)
    await used(store, account, 20)
