"""Many clients, a server of several workers, and an upstream with a bill: the parts of a soak, without any money."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.rig.bill import Act, Script
from tests.rig.billing import Biller
from tests.rig.crowd import Told, Wish, crowd
from tests.rig.fleet import Fleet
from tests.rig.waiting import until

ACTS = {
    "whole": (Act(), False, None),
    "stream": (Act(pieces=3), True, None),
    "refused": (Act("refuse", status=400), False, None),
    "error_frame": (Act("cut"), True, None),
    "left": (Act("hang"), True, 0.2),
}
"""What the upstream does, whether it is to stream, and when the client goes; by how the client finds it ends."""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Fleet, Biller]]:
    """Two workers in front of an upstream that keeps its bill."""
    folder = tmp_path_factory.mktemp("fleet")
    with Biller(folder / "bill.jsonl") as biller:
        account = {"provider": "openai", "base_url": f"{biller.url}/v1", "api_key": "sk-fake"}
        config = {
            "server": {"workers": 2},
            "upstreams": {"one": account},
            "models": {"chat": "one/m"},
            "chain": ["strategy", {"retry": {"attempts": 1}}],
        }
        with Fleet(folder, config) as server:
            server.full(2)
            yield server, biller


def _ask(server: Fleet, wishes: list[Wish], clients: int = 20) -> list[Told]:
    left, heard = list(reversed(wishes)), list[Told]()
    asyncio.run(crowd(server.port, clients, lambda: left.pop() if left else None, heard.append))
    return heard


def test_each_client_is_told_what_the_script_said(fleet: tuple[Fleet, Biller]) -> None:
    """And the bill has one entry for each of them, under its name."""
    server, biller = fleet
    wishes = [
        Wish(Script(f"{name}-{number}", {"m": act}), stream=stream, leave_after=leave)
        for number in range(20)
        for name, (act, stream, leave) in ACTS.items()
    ]
    random.Random(1).shuffle(wishes)

    heard = _ask(server, wishes)

    assert Counter((told.wish.script.id.partition("-")[0], told.ending) for told in heard) == {
        (name, name): 20 for name in ACTS
    }
    until(lambda: len(biller.entries) == 100, "the bill was complete")
    assert Counter(entry.request for entry in biller.entries) == {wish.script.id: 1 for wish in wishes}


def test_workers_are_killed_and_frozen_one_by_one(fleet: tuple[Fleet, Biller]) -> None:
    """The other one serves on; a new one comes; one that is frozen goes on afterwards."""
    server, _ = fleet
    first, second = server.workers

    server.kill(first)
    until(lambda: first not in server.workers and len(server.workers) == 2, "a new worker was there", 30)
    with server.frozen(second):
        assert second in server.workers

    assert second in server.workers
    assert {told.ending for told in _ask(server, [Wish(Script(f"after-{n}")) for n in range(10)])} == {"whole"}


def test_a_server_of_one_worker_is_killed_and_started_again(fleet: tuple[Fleet, Biller], tmp_path) -> None:
    """On the same port, with the same configuration; until then nobody takes a connection."""
    config = {
        "upstreams": {"one": {"provider": "demo"}},
        "models": {"chat": "one/echo"},
    }
    with Fleet(tmp_path, config) as server:
        assert server.workers == [server.pid]

        server.kill(server.pid)

        assert server.wait() == -signal.SIGKILL
        left = [Wish(Script("lost"))]
        heard: list[Told] = []
        asyncio.run(crowd(server.port, 1, lambda: left.pop() if left else None, heard.append))
        assert [told.ending for told in heard] == ["unsent"]
        server.revive()
        assert [told.status for told in _ask(server, [Wish(Script("again"))])] == [200]
