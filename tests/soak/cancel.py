"""Clients that leave at any moment: what a transport has left afterwards (RELIABILITY K1).

``python -m tests.soak.cancel --transport fast --cancels 100000``
"""

import argparse
import asyncio
import gc
import random
import time
from collections.abc import Callable
from typing import Any

import uvloop

from policies.base import Timeouts
from proxy.upstream.port import Upstream
from tests.proxy.upstream.raw_server import OK, Line, RawServer
from tests.proxy.upstream.transports import LONG, PATIENT, TRANSPORTS, Transport, whole
from translators.base import WireRequest

CONNECTIONS = 16
CLIENTS = 32
HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
CHUNK = b"3e8\r\n" + bytes(1000) + b"\r\n"
PHASES = {
    "/ok": [OK],
    "/ok-and-no-keep-alive": [b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok"],
    "/stalls-before-the-head": [b""],
    "/stalls-in-the-head": [b"HTTP/1.1 200 OK\r\nconte"],
    "/stalls-after-the-head": [HEAD],
    "/stalls-in-a-chunk": [HEAD + CHUNK[:500]],
    "/streams": [HEAD, CHUNK * 100, CHUNK * 100, b"0\r\n\r\n"],
    "/stalls-at-the-last-chunk": [HEAD + CHUNK, CHUNK],
    "/floods": [HEAD, *[CHUNK * 60] * 30, b"0\r\n\r\n"],
}
"""By path, what an upstream says before it waits for the next request."""


class Stalling:
    """An upstream that stalls where the path says; ``/together`` is answered once ``CONNECTIONS`` ask for it."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._together = asyncio.Barrier(CONNECTIONS)

    async def __call__(self, line: Line) -> None:
        while True:
            path = (await line.request()).line.split()[1]
            self.seen.add(path)
            if path == "/together":
                await self._together.wait()
                await line.write(OK)
            for piece in PHASES.get(path, ()):
                await line.write(piece)


async def use(upstream: Upstream, path: str, reads: int, timeouts: Timeouts = PATIENT) -> None:
    """What a request does, up to a number of reads; then it has had enough and closes."""
    exchange = await upstream.send(WireRequest(path, bytes(100)), timeouts, None, LONG)
    try:
        for _ in range(reads):
            if not await exchange.read(LONG):
                break
    finally:
        exchange.close()


async def storm(upstream: Upstream, cancels: int, dice: random.Random, again: int = 1) -> None:
    """Leave so many requests after a random number of the loop's turns, each up to ``again`` times."""

    async def client(times: int) -> None:
        for _ in range(times):
            task = asyncio.ensure_future(use(upstream, dice.choice(list(PHASES)), dice.randrange(4)))
            for _ in range(dice.randint(1, again)):
                for _ in range(dice.randrange(40)):
                    await asyncio.sleep(0)
                task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.result()

    shares = [cancels // CLIENTS + (number < cancels % CLIENTS) for number in range(CLIENTS)]
    async with asyncio.TaskGroup() as clients:
        for share in shares:
            clients.create_task(client(share))


async def is_as_new(upstream: Upstream, server: RawServer) -> None:
    """Every place of the pool serves, all at once; no connection is open beside those; all close at the end."""
    asks = [asyncio.ensure_future(_together(upstream)) for _ in range(CONNECTIONS)]
    async with asyncio.timeout(LONG):
        assert await asyncio.gather(*asks) == [b"ok"] * CONNECTIONS
    await server.until(lambda server: server.open == CONNECTIONS)
    await upstream.aclose()
    await server.until(lambda server: server.open == 0)


async def _together(upstream: Upstream) -> bytes:
    exchange = await upstream.send(WireRequest("/together", b"new"), PATIENT, None, LONG)
    try:
        return await whole(exchange)
    finally:
        exchange.close()


async def soak(transport: Transport, cancels: int, seed: int, again: int = 1) -> set[str]:
    """A storm, and a look at what is left: also no task, and nothing that the loop complains of.

    Returns:
        The paths that were asked for.
    """
    before, complaints = asyncio.all_tasks(), _complaints()
    stalling = Stalling()
    async with (
        RawServer(stalling) as server,
        transport.upstream(server.url, connections=CONNECTIONS) as upstream,
    ):
        await storm(upstream, cancels, random.Random(seed), again)
        await is_as_new(upstream, server)
    assert asyncio.all_tasks() <= before
    gc.collect()
    await asyncio.sleep(0)
    assert complaints() == []
    return stalling.seen


def _complaints() -> Callable[[], list[str]]:
    """What the loop would log: exceptions nobody retrieved, callbacks that failed."""
    loop, heard = asyncio.get_running_loop(), list[str]()
    previous = loop.get_exception_handler()

    def hear(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        heard.append(f"{context.get('message')}: {context.get('exception')!r}")

    def over() -> list[str]:
        loop.set_exception_handler(previous)
        return heard

    loop.set_exception_handler(hear)
    return over


def main() -> None:
    """Run one storm and say how it went."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--transport", choices=list(TRANSPORTS), required=True)
    options.add_argument("--cancels", type=int, default=100_000)
    options.add_argument("--again", type=int, default=2, help="how often each request is cancelled at most")
    options.add_argument("--seed", type=int, default=20261121)
    options.add_argument("--loop", choices=["asyncio", "uvloop"], default="uvloop")
    chosen = options.parse_args()
    factory = uvloop.new_event_loop if chosen.loop == "uvloop" else asyncio.new_event_loop
    began = time.monotonic()
    with asyncio.Runner(loop_factory=factory) as runner:
        seen = runner.run(soak(TRANSPORTS[chosen.transport], chosen.cancels, chosen.seed, chosen.again))
    assert seen >= PHASES.keys(), "not every phase was reached"
    print(f"{chosen.transport}: {chosen.cancels} requests left, as new after {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
