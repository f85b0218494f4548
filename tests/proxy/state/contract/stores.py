"""The stores that keep the contract of ``proxy.state.store``, as a table, each on a clock that the test moves."""

import asyncio
import atexit
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from inspect import isawaitable
from itertools import count
from unittest.mock import patch

from pydantic import SecretStr

from policies.claims import EVER, Claim, Granted, Reply, Standing, Unit, Window
from proxy.config.schema import StateConfig
from proxy.state.memory import MemoryStore
from proxy.state.redis import RedisStore
from proxy.state.redis import calls as redis_calls
from proxy.state.redis import store as redis_store
from proxy.state.redis.scripts import KEYS
from proxy.state.store import Leasing
from tests.rig.valkey import Valkey, cluster, owner_of, valkey

NOON = 1_893_499_200.0
"""2030-01-01T12:00Z, a Tuesday of the first week."""
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
TTL = 30.0
DEADLINE = 10.0

_ids = count(1)


def new_id() -> str:
    """A hold's."""
    return f"{next(_ids):032x}"


def claim(limit: int, **more: object) -> Claim:
    """A budget of this month, unless it says otherwise."""
    fields = {"unit": Unit.COST, "window": Window("month"), "policy": "budget", "subject": "team t"} | more
    name = f"budget:team:{fields.pop('name', 't')}:{fields['unit']}:{fields['window'].name}"  # type: ignore[attr-defined]
    return Claim(name, limit=limit, **fields)  # type: ignore[arg-type]


def rate(limit: int, seconds: float = 60.0, **more: object) -> Claim:
    """So many requests in a rolling window."""
    return claim(limit, unit=Unit.REQUESTS, window=Window(rolling=seconds), **more)


def slots(limit: int, **more: object) -> Claim:
    """So many requests at a time."""
    return claim(limit, unit=Unit.SLOTS, window=EVER, **more)


@dataclass
class Bench:
    """A store under test."""

    store: Leasing
    advance: Callable[[float], Awaitable[None]]
    """Seconds pass, by the store's clock; nothing is swept."""
    now: Callable[[], float]
    """Unix seconds by the store's clock."""
    rung: list[tuple[Claim, Standing]] = field(default_factory=list)
    """What the alarm was told."""
    overdue: Callable[[], bool] = lambda: False
    """Whether anything is due that has not expired: a reservation sees to four."""

    async def reserve(
        self,
        claims: Claim | Sequence[Claim],
        amounts: int | Sequence[int] = 1,
        hold: str = "",
        *,
        seconds: float = TTL,
        version: int = 1,
    ) -> Reply:
        """Reserve, and wait for the answer."""
        claims = (claims,) if isinstance(claims, Claim) else tuple(claims)
        amounts = (amounts,) * len(claims) if isinstance(amounts, int) else tuple(amounts)
        reply = self.store.reserve(hold or new_id(), claims, amounts, seconds, version)
        return await reply if isawaitable(reply) else reply

    async def held(self, claims: Claim | Sequence[Claim], amounts: int | Sequence[int] = 1, **more: float) -> str:
        """Id of a reservation that was granted."""
        hold = new_id()
        assert isinstance(await self.reserve(claims, amounts, hold, **more), Granted)  # type: ignore[arg-type]
        return hold

    async def spent(self, claims: Claim | Sequence[Claim], amount: int) -> str:
        """Id of one that was granted, and charged in full."""
        hold = await self.held(claims, amount)
        self.store.post(hold, [amount] * (1 if isinstance(claims, Claim) else len(claims)))
        return hold

    async def books(self, claim: Claim) -> tuple[int, int]:
        """What is settled and what is held on its account."""
        (standing,) = await self.store.standings([claim])
        return standing.used, standing.held

    async def sweep(self) -> None:
        """What is due expires: whoever reserves anything sees to it."""
        await self.reserve(claim(1, name="nobody"), 0)
        while self.overdue():
            await self.reserve(claim(1, name="nobody"), 0)


class Clock:
    """Says what the test says, to the store that asks: wall and monotonic alike."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        """Seconds."""
        return self.now

    async def advance(self, seconds: float) -> None:
        """Time passes."""
        self.now += seconds


@asynccontextmanager
async def in_memory(*, empty: bool = False) -> AsyncIterator[Bench]:
    """The store of one process."""
    clock = Clock()
    rung: list[tuple[Claim, Standing]] = []
    store = MemoryStore(lambda *told: rung.append(told), clock, clock)
    if not empty:
        await store.rebuild([], [])
    yield Bench(store, clock.advance, clock, rung)


@asynccontextmanager
async def on_valkey(*, empty: bool = False) -> AsyncIterator[Bench]:
    """A server of its own."""
    with valkey() as server:
        async with _joined(StateConfig(SecretStr(server.url)), server, empty=empty) as bench:
            yield bench


@asynccontextmanager
async def on_cluster(*, empty: bool = False) -> AsyncIterator[Bench]:
    """A cluster that all tests of this process share, and empty; the store is told of another node than the owner."""
    nodes = _cluster()
    owner = owner_of(nodes, KEYS[0])
    owner.ask("FLUSHALL")
    other = next(node for node in nodes if node is not owner)
    async with _joined(StateConfig(SecretStr(other.url), cluster=True), owner, empty=empty) as bench:
        yield bench


@cache
def _cluster() -> list[Valkey]:
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(cluster())


@asynccontextmanager
async def _joined(config: StateConfig, server: Valkey, *, empty: bool) -> AsyncIterator[Bench]:
    """A server that believes the clock in its books, which never goes back, rather than its own, which is behind.

    It is waited for: what an answer says is the contract's business, how late it may come that of the faults' tests.
    """
    with (
        server.client() as client,
        patch.object(redis_calls, "DEADLINE", DEADLINE),
        patch.object(redis_store, "DEADLINE", DEADLINE),
    ):
        rung: list[tuple[Claim, Standing]] = []
        store = RedisStore(config, lambda *told: rung.append(told))
        now = NOON

        async def advance(seconds: float) -> None:
            nonlocal now
            await asyncio.sleep(0)  # what was posted in this turn of the loop goes first
            await store.standings([claim(1, name="nobody")])
            now += seconds
            client.hset(KEYS[0], "#t", int(now * 1_000_000))
            await store.standings([claim(1, name="nobody")])

        def overdue() -> bool:
            return bool(client.zcount(KEYS[2], "-inf", int(now * 1_000_000)))

        client.hset(KEYS[0], "#t", int(now * 1_000_000))
        await store.start()
        if not empty:
            await store.rebuild([], [])
        try:
            yield Bench(store, advance, lambda: now, rung, overdue)
        finally:
            await store.close()


STORES: dict[str, Callable[..., AbstractAsyncContextManager[Bench]]] = {
    "memory": in_memory,
    "valkey": on_valkey,
    "cluster": on_cluster,
}
