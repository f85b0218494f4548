"""Each test of the contract runs on each store."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from tests.proxy.state.contract.stores import STORES, Bench


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The one loop there is."""
    return "asyncio"


@pytest.fixture(params=STORES)
def place(request: pytest.FixtureRequest) -> Callable[..., AbstractAsyncContextManager[Bench]]:
    """Makes a store."""
    return STORES[request.param]


@pytest.fixture
async def bench(place: Callable[..., AbstractAsyncContextManager[Bench]], anyio_backend: str) -> AsyncIterator[Bench]:
    """A store whose books are empty."""
    async with place() as bench:
        yield bench
