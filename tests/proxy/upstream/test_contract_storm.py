"""The transports' contract: clients that leave at any moment cost the pool nothing (K1).

The long form is ``python -m tests.soak.cancel``.
"""

import asyncio
import random
import ssl

import pytest

from policies.base import Timeouts
from proxy.upstream.port import TransportFault
from tests.proxy.upstream.raw_server import RawServer, gate
from tests.proxy.upstream.transports import LONG, Transport, send
from tests.soak.cancel import CONNECTIONS, PHASES, Stalling, is_as_new, soak, use
from translators.base import WireRequest

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("again", [1, 3], ids=["cancelled once", "cancelled again and again"])
async def test_a_storm_of_cancellations_leaves_the_pool_as_new(transport: Transport, again: int) -> None:
    """1,500 requests left at random moments, against a server that stalls in every phase."""
    assert await soak(transport, 1500, 20261121, again) >= PHASES.keys()


async def test_cancellations_while_connecting_leave_the_pool_as_new(
    transport: Transport, tls: ssl.SSLContext, trust: ssl.SSLContext
) -> None:
    """Handshakes that hang: who leaves is let go at once, and what was connecting carries no request of theirs."""
    opened = asyncio.Event()
    async with (
        RawServer(Stalling(), tls) as server,
        RawServer(gate(server.port, opened)) as held,
        transport.upstream(f"https://127.0.0.1:{held.port}", connections=CONNECTIONS, verify=trust) as upstream,
    ):
        tasks = [asyncio.ensure_future(use(upstream, "/ok", 1)) for _ in range(200)]
        await held.until(lambda held: held.accepted == CONNECTIONS)
        for task in tasks:
            task.cancel()
            task.cancel()
        await asyncio.wait(tasks)
        assert all(task.cancelled() for task in tasks)
        opened.set()
        await is_as_new(upstream, server)
        assert {received.body for received in server.requests} == {b"new"}
        await held.until(lambda held: held.open == 0)


async def test_deadlines_and_cancellations_together_leave_the_pool_as_new(transport: Transport) -> None:
    """Both may stop an exchange in the same turn of the loop."""
    hasty = Timeouts(connect=LONG, headers=0.01)

    async def client(dice: random.Random) -> None:
        for _ in range(20):
            request = WireRequest("/stalls-before-the-head", b"")
            within = dice.choice([LONG, 0.009, 0.01])
            sending = asyncio.ensure_future(send(upstream, request, timeouts=hasty, within=within))
            await asyncio.wait([sending], timeout=dice.choice([0.009, 0.01, 0.011]))
            sending.cancel()
            await asyncio.wait([sending])
            assert sending.cancelled() or isinstance(sending.exception(), TransportFault | TimeoutError)

    async with (
        RawServer(Stalling()) as server,
        transport.upstream(server.url, connections=CONNECTIONS) as upstream,
    ):
        async with asyncio.TaskGroup() as clients:
            for seed in range(12):
                clients.create_task(client(random.Random(seed)))
        await is_as_new(upstream, server)
