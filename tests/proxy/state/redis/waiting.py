"""Waiting for what a store says."""

from typing import Any

from policies.claims import Granted
from tests.rig.holding import eventually, reserve, standing


async def up(store: Any) -> None:
    """It is joined."""

    async def ok() -> bool:
        return bool(store.mode == "ok")

    await eventually(ok, "the store is joined again")


async def used(store: Any, account: Any, used: int, held: int = 0) -> None:
    """So much is settled, and so much held."""

    async def so() -> bool:
        now = await standing(store, account)
        return (now.used, now.held) == (used, held)

    await eventually(so, f"{used} are settled and {held} held")


async def granted(store: Any, account: Any) -> None:
    """Something is held again."""

    async def so() -> bool:
        return isinstance(await reserve(store, [account], 1), Granted)

    await eventually(so, "something is held again")


async def until_mode(store: Any, mode: str) -> None:
    """It says so."""

    async def so() -> bool:
        return bool(store.mode == mode)

    await eventually(so, f"the mode is {mode}")
