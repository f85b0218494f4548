"""Claims and holds for tests of the stores."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Sequence
from secrets import token_hex
from typing import Any, cast

from policies.claims import Claim, Reply, Standing, Unit, Window
from proxy.state.store import Store
from tests.rig.waiting import DEADLINE

MONTH = Window("month")


def claim(name: str = "growth", limit: int = 100, window: Window = MONTH, unit: Unit = Unit.COST, **more: Any) -> Claim:
    """On an account of this name."""
    return Claim(f"budget:team:{name}:{unit}:{window.name}", unit, limit, window, "budget", f"team {name}", **more)


def hold_id() -> str:
    """A new one."""
    return token_hex(16)


async def reserve(
    store: Store, claims: Sequence[Claim], *amounts: int, hold: str = "", seconds: float = 30.0, version: int = 1
) -> Reply:
    """Reserve, whether the store answers at once or not."""
    reply = store.reserve(hold or hold_id(), claims, amounts, seconds, version)
    return await reply if inspect.isawaitable(reply) else cast(Reply, reply)


async def standing(store: Store, account: Claim) -> Standing:
    """How one account stands."""
    (found,) = await store.standings((account,))
    return found


async def eventually(probe: Callable[[], Awaitable[Any]], what: str) -> Any:
    """Ask again and again until the answer is true; meanwhile the loop goes on."""
    ends = time.monotonic() + DEADLINE
    while True:
        try:
            if answer := await probe():
                return answer
        except ConnectionError:
            pass
        assert time.monotonic() < ends, f"waited in vain until {what}"
        await asyncio.sleep(0.01)
