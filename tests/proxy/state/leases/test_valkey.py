"""Leases and outages on a real Valkey: several workers, one budget, a server that is killed and comes back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from policies.claims import Claim, Granted, Outage, Reply, Unavailable
from proxy.config.schema import StateConfig
from proxy.state.leases.store import LeasedStore
from proxy.state.memory import MemoryStore
from proxy.state.outage import OutageGuard
from proxy.state.redis import RedisStore
from tests.proxy.state.leases.fleet import budget, rate, slots
from tests.rig.valkey import Valkey, valkey

pytestmark = pytest.mark.anyio
WORKERS = 3
PATIENCE = 10.0


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Nothing here depends on the loop."""
    return "asyncio"


@pytest.fixture
def server() -> Iterator[Valkey]:
    """With its books on disk."""
    with valkey(appendonly="yes") as running:
        yield running


class Worker:
    """One of those that share the store."""

    def __init__(self, url: str) -> None:
        self.redis = RedisStore(StateConfig(SecretStr(url)), lambda claim, standing: None, WORKERS)
        self.leases = LeasedStore(self.redis, WORKERS)
        self.guard = OutageGuard(self.redis, self.leases, WORKERS, lambda: MemoryStore(lambda claim, standing: None))
        self.spent = 0

    async def ask(self, hold: str, claims: list[Claim], amounts: list[int]) -> Reply:
        """A request comes."""
        reply = self.guard.reserve(hold, claims, amounts, 60.0, 1)
        return await reply if isinstance(reply, Awaitable) else reply

    async def spend(self, name: str, claims: list[Claim], amounts: list[int], times: int) -> None:
        """Requests one after the other, each settled by half of what it holds of the first account."""
        for index in range(times):
            hold = f"{name}{index}".encode().hex().rjust(32, "0")
            if isinstance(await self.ask(hold, claims, amounts), Granted):
                await asyncio.sleep(0)
                self.spent += amounts[0] // 2
                self.guard.post(hold, [amounts[0] // 2, *[1, 0][: len(claims) - 1]])


@pytest.fixture
async def workers(server: Valkey) -> AsyncIterator[list[Worker]]:
    """On fresh books."""
    made = [Worker(server.url) for _ in range(WORKERS)]
    for worker in made:
        await worker.guard.start()
        if worker.redis.mode == "rebuilding":
            await worker.guard.rebuild([], [])
    yield made
    for worker in made:
        await worker.guard.close()


async def until(holds: Callable[[], bool]) -> None:
    """Wait for it."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - what changes is in many places
            await asyncio.sleep(0.01)


async def test_leases_never_overspend_and_all_comes_back(workers: list[Worker], server: Valkey) -> None:
    """I6, I12, G3: many requests at a time on three accounts; most ask nobody, and the books end as the truth."""
    claims = [budget(400_000), rate(2000, 600.0), slots(60)]
    await asyncio.gather(
        *[
            worker.spend(f"{number}.{line}.", claims, [100, 1, 1], 60)
            for number, worker in enumerate(workers)
            for line in range(5)
        ]
    )
    drawn = sum(worker.leases.draws for worker in workers)
    asked = sum(worker.leases.asked for worker in workers)
    for worker in workers[1:]:
        await worker.leases.close()
    await workers[0].leases._purses.end()
    money, requests, running = await workers[0].guard.standings(claims)

    assert drawn > asked
    assert money.used == sum(worker.spent for worker in workers)
    assert requests.used == money.used // 50
    assert (money.held, requests.held, running.used, running.held) == (0, 0, 0, 0)


async def test_the_limit_is_met_to_the_last_unit(workers: list[Worker]) -> None:
    """G1: whoever leases, no more than the limit is ever let pass; nearly all of it is."""
    claim = budget(20_000)
    await asyncio.gather(
        *[
            worker.spend(f"{number}.{line}.", [claim], [100], 60)
            for number, worker in enumerate(workers)
            for line in range(5)
        ]
    )

    assert sum(worker.spent for worker in workers) <= claim.limit


async def test_an_outage_is_survived_by_leases_and_shares(workers: list[Worker], server: Valkey) -> None:
    """F21, H7: killed with its books on disk; what passed meanwhile is in them afterwards."""
    worker = workers[0]
    money, requests = budget(10**9), replace(rate(3000, 600.0), outage=Outage("local"))
    await worker.spend("before", [money, requests], [100, 1], 40)
    await worker.leases.flush()
    server.kill()
    await until(lambda: worker.guard.mode == "down")
    await worker.spend("during", [money, requests], [100, 1], 400)
    end = await worker.ask("e" * 32, [money], [10**8])
    closed = await worker.ask("f" * 32, [replace(money, outage=Outage("closed"))], [1])
    during = worker.spent
    server.start()
    await until(lambda: worker.redis.mode == "ok")
    await until(lambda: worker.guard.mode == "ok" and worker.guard.health()["owed"] == 0)
    await worker.leases._purses.end()
    standing, used = await worker.guard.standings([money, requests])

    assert during > 40 * 50
    assert (end, closed) == (Unavailable(0), Unavailable(0))
    assert (standing.used, standing.held) == (during, 0)
    assert (used.used, used.held) == (during // 50, 0)
