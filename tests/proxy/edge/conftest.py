"""Servers with the guarded protocol, which the tests of one file share."""

from collections.abc import Iterator

import pytest

from tests.proxy.edge.guarded_server import GuardedServer, Quick


@pytest.fixture(scope="module")
def server() -> Iterator[GuardedServer]:
    """With the deadlines it has in production."""
    with GuardedServer() as running:
        yield running


@pytest.fixture(scope="module")
def quick() -> Iterator[GuardedServer]:
    """With short deadlines."""
    with GuardedServer(Quick) as running:
        yield running
