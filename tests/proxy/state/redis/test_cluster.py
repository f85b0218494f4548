"""The books on a cluster of three: one slot, whichever node has it."""

from collections.abc import Iterator
from typing import Any

import pytest
from redis.crc import key_slot

from policies.claims import Granted
from tests.rig.holding import claim, eventually, hold_id, reserve, standing
from tests.rig.valkey import Valkey, cluster, owner_of

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def nodes() -> Iterator[list[Valkey]]:
    """Three primaries."""
    with cluster() as three:
        yield three


async def test_any_node_leads_to_the_one_that_has_the_books(nodes: list[Valkey], join: Any) -> None:
    """The slot's owner is asked for; what one store reserves by one node another one sees by the next."""
    account = claim("everybody")
    for position, node in enumerate(nodes, 1):
        store = await join(node.url, cluster=True)
        assert isinstance(await reserve(store, [account, claim("else")], 10, 1), Granted)
        assert (await standing(store, account)).held == 10 * position


async def test_f24_a_slot_that_moves_is_followed(nodes: list[Valkey], join: Any) -> None:
    """F24: MOVED, ASK and TRYAGAIN: it is found where it is now, and nothing is lost or counted twice."""
    slot = key_slot(b"sg:{all}:b")
    here = owner_of(nodes, "sg:{all}:b")
    there = next(node for node in nodes if node is not here)
    account, hold = claim("moving"), hold_id()
    store = await join(nodes[0].url, cluster=True)
    assert isinstance(await reserve(store, [account], 10, hold=hold), Granted)
    names = {node: node.ask("CLUSTER", "MYID") for node in (here, there)}
    there.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", names[here])
    here.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", names[there])
    keys = here.ask("CLUSTER", "GETKEYSINSLOT", slot, 10)
    here.ask("MIGRATE", "127.0.0.1", there.port, "", 0, 5000, "KEYS", *keys)
    for node in (there, here):
        node.ask("CLUSTER", "SETSLOT", slot, "NODE", names[there])
    store.post(hold, (7,))

    async def settled() -> bool:
        now = await standing(store, account)
        return (now.used, now.held) == (7, 0)

    await eventually(settled, "it is charged at the new place")
    assert there.ask("HGET", "sg:{all}:b", f"s|{account.account}|{(await standing(store, account)).window}") == "7"
