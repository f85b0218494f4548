"""A Valkey of each test's own, and stores that are joined to it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from proxy.config.schema import StateConfig
from proxy.state.redis import RedisStore
from tests.rig.valkey import Valkey, valkey

Join = Callable[..., Awaitable[RedisStore]]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The one loop there is."""
    return "asyncio"


@pytest.fixture
def server() -> Iterator[Valkey]:
    """A server whose data survive a ``kill -9``."""
    with valkey(appendonly="yes") as one:
        yield one


@pytest.fixture(autouse=True)
def log() -> Iterator[list[Any]]:
    """What is logged."""
    with structlog.testing.capture_logs() as entries:
        yield entries


@pytest.fixture
async def join() -> AsyncIterator[Join]:
    """Makes stores: ``await join(url)``; with ``empty=True`` one whose books nobody has begun yet."""
    stores = []

    async def joined(url: str, *, empty: bool = False, alarm: Any = None, **config: Any) -> RedisStore:
        store = RedisStore(replace(StateConfig(SecretStr(url)), **config), alarm or (lambda claim, standing: None))
        stores.append(store)
        await store.start()
        if not empty:
            await store.rebuild([], [])
        return store

    yield joined
    for store in stores:
        await store.close()
