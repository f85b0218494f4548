"""What becomes of money when the shared store fails: rows F20 to F26 of the fault matrix, on real servers."""

import asyncio
import time
from typing import Any

import pytest

from policies.claims import Granted, Unavailable
from proxy.state.redis import calls
from tests.proxy.state.redis.waiting import granted, until_mode, up, used
from tests.rig.holding import claim, hold_id, reserve
from tests.rig.valkey import Valkey, deaf_line, pair, valkey

pytestmark = pytest.mark.anyio


async def test_f20_a_store_that_is_not_there_at_start_fails_nothing_and_is_joined_when_it_comes(
    server: Valkey, join: Any
) -> None:
    """F20: reservations are unavailable at once, the mode says why, and it goes on by itself."""
    server.kill()
    store = await join(server.url, empty=True)
    assert store.mode == "down"
    assert await reserve(store, [claim()], 1) == Unavailable(0)
    server.start()
    await until_mode(store, "rebuilding")
    await store.rebuild([], [])
    assert isinstance(await reserve(store, [claim()], 1), Granted)


async def test_f21_a_store_that_is_killed_and_restarted_with_its_data_loses_nothing(server: Valkey, join: Any) -> None:
    """F21: what was settled while it was away is settled once it is back; what was held is still held."""
    account, store = claim(), await join(server.url)
    kept, settled = hold_id(), hold_id()
    assert isinstance(await reserve(store, [account], 10, hold=kept), Granted)
    assert isinstance(await reserve(store, [account], 20, hold=settled), Granted)
    server.kill()
    store.post(settled, (15,))
    assert await reserve(store, [account], 1) == Unavailable(0)
    server.start()
    await up(store)
    await used(store, account, 15, 10)


async def test_f22_a_frozen_store_delays_nobody_longer_than_the_deadline_and_soon_nobody_at_all(
    server: Valkey, join: Any, log: list[Any]
) -> None:
    """F22: what is in flight is unavailable after 100 ms, after five failures at once; what was asked is void later."""
    account, store = claim(), await join(server.url)
    server.freeze()
    replies = await asyncio.gather(*[reserve(store, [account], 10) for _ in range(5)])
    assert set(replies) == {Unavailable(0)}
    while store.mode == "ok":
        assert await reserve(store, [account], 10) == Unavailable(0)
    assert store.reserve(hold_id(), [account], (10,), 30.0, 1) == Unavailable(0)  # no future: nobody waits
    server.thaw()
    await up(store)
    await used(store, account, 0)
    assert [entry["event"] for entry in log if entry["event"] in {"store_down", "store_up"}][-2:] == [
        "store_down",
        "store_up",
    ]


async def test_f22_a_pause_shorter_than_the_deadline_is_waited_for(
    server: Valkey, join: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F22: a slow answer is an answer."""
    monkeypatch.setattr(calls, "DEADLINE", 5.0)
    store = await join(server.url)
    server.ask("CLIENT", "PAUSE", 200, "ALL")
    assert isinstance(await reserve(store, [claim()], 1), Granted)
    assert store.health()["failures"] == 0


async def test_f22_an_answer_that_came_while_this_worker_was_busy_is_in_time(server: Valkey, join: Any) -> None:
    """F22: the deadline is the store's; what lies in the socket when the loop goes on is read before it is judged."""
    store = await join(server.url)
    for _ in range(3):
        asked = asyncio.ensure_future(reserve(store, [claim()], 1))
        for _ in range(3):  # it is sent at the end of its turn
            await asyncio.sleep(0)
        time.sleep(2 * calls.DEADLINE)  # noqa: ASYNC251 - the loop is held up, as a long collection of garbage does
        assert isinstance(await asked, Granted)
    assert store.health()["failures"] == 0


async def test_f24_a_full_store_refuses_reservations_whole_and_still_settles(server: Valkey, join: Any) -> None:
    """F24: under ``noeviction`` nothing more is held, and what is held can be charged or given back."""
    account, store = claim(limit=1000), await join(server.url)
    charged, given_up = hold_id(), hold_id()
    for hold in (charged, given_up):
        assert isinstance(await reserve(store, [account], 100, hold=hold), Granted)
    server.ask("CONFIG", "SET", "maxmemory", "1mb")
    assert await reserve(store, [account], 1) == Unavailable(0)
    store.post(charged, (70,))
    store.void(given_up)
    await used(store, account, 70)
    assert store.mode == "ok"
    server.ask("CONFIG", "SET", "maxmemory", "0")
    assert isinstance(await reserve(store, [account], 1), Granted)


async def test_f24_a_store_that_would_forget_money_is_refused_and_says_why(join: Any) -> None:
    """F24: an eviction policy with a memory limit makes it unfit."""
    with valkey(maxmemory="100mb", maxmemory_policy="allkeys-lru") as server:
        store = await join(server.url, empty=True)
        assert store.mode == "down"
        assert "maxmemory-policy is allkeys-lru" in store.health()["reason"]
        assert await reserve(store, [claim()], 1) == Unavailable(0)


async def test_f24_a_replica_is_not_written_to(join: Any) -> None:
    """F24: READONLY is an outage, not an error; it ends when the replica is promoted."""
    with pair() as (primary, replica):
        await (await join(primary.url)).close()
        primary.ask("WAIT", 1, 1000)
        store = await join(replica.url, empty=True)
        assert store.mode == "down"
        assert "READONLY" in store.health()["reason"]
        replica.ask("REPLICAOF", "NO", "ONE")
        await up(store)
        assert isinstance(await reserve(store, [claim()], 1), Granted)


async def test_f24_a_primary_that_is_demoted_is_left(join: Any) -> None:
    """F24: READONLY in the middle of things: unavailable, and settled when it is a primary again."""
    with pair() as (primary, _):
        account, store, hold = claim(), await join(primary.url), hold_id()
        assert isinstance(await reserve(store, [account], 10, hold=hold), Granted)
        primary.ask("REPLICAOF", "127.0.0.1", "1")
        assert await reserve(store, [account], 10) == Unavailable(0)
        store.post(hold, (5,))
        primary.ask("REPLICAOF", "NO", "ONE")
        await up(store)
        await used(store, account, 5)


async def test_f24_a_password_that_is_no_longer_good_is_an_outage(server: Valkey, join: Any) -> None:
    """F24: NOAUTH, WRONGPASS and NOPERM never reach a request; with the rights it goes on."""
    server.ask("ACL", "SETUSER", "gateway", "on", ">fake-password", "~*", "+@all")
    url = server.url.replace("redis://", "redis://gateway:fake-password@")
    account, store = claim(), await join(url)
    server.ask("ACL", "SETUSER", "gateway", "-evalsha", "-eval")
    assert await reserve(store, [account], 1) == Unavailable(0)
    server.ask("ACL", "SETUSER", "gateway", "off")
    server.ask("CLIENT", "KILL", "USER", "gateway")
    assert await reserve(store, [account], 1) == Unavailable(0)
    server.ask("ACL", "SETUSER", "gateway", "on", "+@all")
    await up(store)
    await used(store, account, 0)


async def test_f24_a_server_that_is_busy_with_a_script_is_an_outage(server: Valkey, join: Any) -> None:
    """F24: BUSY."""
    server.ask("CONFIG", "SET", "busy-reply-threshold", 1)
    account, store = claim(), await join(server.url)
    loop = asyncio.get_running_loop()
    running = loop.run_in_executor(None, _spin, server)
    replies = [await reserve(store, [account], 1)]
    while isinstance(replies[-1], Granted):
        replies.append(await reserve(store, [account], 1))
    assert replies[-1] == Unavailable(0)
    await loop.run_in_executor(None, _kill_script, server)
    await running
    await granted(store, account)


def _spin(server: Valkey) -> None:
    import redis

    with pytest.raises(redis.exceptions.ResponseError):
        server.ask("EVAL", "while true do end", 0)


def _kill_script(server: Valkey) -> None:
    server.ask("SCRIPT", "KILL")


async def test_f25_scripts_that_are_flushed_again_and_again_are_sent_again(server: Valkey, join: Any) -> None:
    """F25: EVALSHA, and the whole script where the server does not know it."""
    account, store = claim(limit=1000), await join(server.url)
    for _ in range(20):
        server.ask("SCRIPT", "FLUSH")
        hold = hold_id()
        assert isinstance(await reserve(store, [account], 2, hold=hold), Granted)
        server.ask("SCRIPT", "FLUSH")
        store.post(hold, (1,))
    await used(store, account, 20)


async def test_f25_a_script_that_fails_has_written_nothing(server: Valkey, join: Any) -> None:
    """F25: Lua is not rolled back, so a corrupted key is met before the first write; the others are served."""
    account, store = claim(), await join(server.url)
    server.ask("SET", "sg:{all}:x", "no sorted set")
    before = server.ask("HGETALL", "sg:{all}:b")
    assert await reserve(store, [account], 1) == Unavailable(0)
    assert server.ask("HGETALL", "sg:{all}:b") == before
    server.ask("DEL", "sg:{all}:x")
    assert isinstance(await reserve(store, [account], 1), Granted)


async def test_f25_one_bad_operation_does_not_spoil_those_it_travels_with(server: Valkey, join: Any) -> None:
    """F25: a call that fails is taken apart."""
    account, store = claim(), await join(server.url)
    server.ask("HSET", "sg:{all}:h", "f" * 32, "not packed")
    spoilt, fine = await asyncio.gather(
        reserve(store, [account], 1, hold="f" * 32), reserve(store, [account], 1, hold="e" * 32)
    )
    assert spoilt == Unavailable(0)
    assert isinstance(fine, Granted)


async def test_f26_a_reservation_whose_reply_is_lost_is_sent_again_and_held_once(server: Valkey, join: Any) -> None:
    """F26: under the same id, on a new connection, within the deadline."""
    async with deaf_line(server.port) as line:
        account, store = claim(), await join(server.url.replace(str(server.port), str(line.port)))
        line.losing = True
        reply = await reserve(store, [account], 10)
        assert isinstance(reply, Granted)
        assert line.lost == 1
        await used(store, account, 0, 10)


async def test_f26_a_settlement_whose_reply_is_lost_is_charged_once(server: Valkey, join: Any) -> None:
    """F26: it is sent until it was answered."""
    async with deaf_line(server.port) as line:
        account, store, hold = claim(), await join(server.url.replace(str(server.port), str(line.port))), hold_id()
        assert isinstance(await reserve(store, [account], 10, hold=hold), Granted)
        line.losing = True
        store.post(hold, (7,))
        await used(store, account, 7)
        assert line.lost == 1


async def test_f26_a_reservation_that_nobody_waits_for_any_more_is_given_up(server: Valkey, join: Any) -> None:
    """F26: its client has gone while it was on its way."""
    account, store = claim(), await join(server.url)
    asked = asyncio.ensure_future(reserve(store, [account], 10))
    await asyncio.sleep(0)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    assert isinstance(await reserve(store, [account], 1), Granted)  # behind it
    await used(store, account, 0, 1)


async def test_f26_a_void_that_overtakes_its_reservation_refuses_it(server: Valkey, join: Any) -> None:
    """F26: the tombstone keeps a late reservation from taking money."""
    account, store, hold = claim(), await join(server.url), hold_id()
    store.void(hold)
    assert not isinstance(await reserve(store, [account], 10, hold=hold), Granted)
    await used(store, account, 0)


async def test_f29_the_stores_clock_decides_which_window_is_open(server: Valkey, join: Any) -> None:
    """F29: a worker whose clock is an hour off is told the time, and asks for the window that is open."""
    account, store = claim(), await join(server.url)
    store._calls.ahead += 40 * 86400.0
    store.places.forget()
    reply = await reserve(store, [account], 10)
    assert isinstance(reply, Granted)
    assert reply.standings[0].window == time.strftime("%Y-%m", time.gmtime())


async def test_h6_strict_reserves_only_what_a_replica_has(join: Any) -> None:
    """H6: with ``strict`` a reservation that no replica confirms is given up."""
    with pair() as (primary, replica):
        account, store = claim(), await join(primary.url, strict=True)
        hold = hold_id()
        assert isinstance(await reserve(store, [account], 10, hold=hold), Granted)
        replica.freeze()
        assert await reserve(store, [account], 10) == Unavailable(0)
        replica.thaw()
        await used(store, account, 0, 10)
        assert isinstance(await reserve(store, [account], 10), Granted)
