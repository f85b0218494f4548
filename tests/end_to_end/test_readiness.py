"""What load balancers are told where limits or books let nothing pass: the real server, a Valkey that is killed."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.rig.server import Gateway
from tests.rig.valkey import Valkey, valkey
from tests.rig.waiting import until

READY = (200, {"status": "ready"})
REFUSED = {"status": "store_unavailable", "policies": [{"policy": "budget", "per": "key"}]}
BUDGET = {"budget": "$5/day"}


@pytest.fixture
def store() -> Iterator[Valkey]:
    """It keeps nothing on its disk: whenever it comes back it is empty."""
    with valkey() as server:
        yield server


def config(*chain: Any, **more: Any) -> dict[str, Any]:
    """The demo provider behind these policies."""
    demo = {"upstreams": {"demo": {"provider": "demo"}}, "models": {"m": "demo/echo"}, "server": {"grace": "0s"}}
    return demo | {"chain": [*chain]} | more


def readiness(gateway: Gateway) -> tuple[int, Any]:
    """What a probe is told, which has no key."""
    answer = gateway.http.get("/health/readiness")
    return answer.status_code, answer.json()


def ask(gateway: Gateway) -> httpx2.Response:
    """One request."""
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "user": "u" * 256}
    return gateway.http.post("/v1/chat/completions", json=body)


def figure(gateway: Gateway, name: str) -> float:
    """One without labels, of ``/metrics``."""
    (line,) = re.findall(rf"^switchgear_{name} (.+)$", gateway.http.get("/metrics").text, re.MULTILINE)
    return float(line)


def rows(ledger: sqlite3.Connection) -> int:
    """How many requests are in it."""
    with suppress(sqlite3.OperationalError):  # there are no tables yet
        return int(ledger.execute("SELECT count(*) FROM requests").fetchone()[0])
    return 0


def test_readiness_falls_while_a_hard_limit_lets_nothing_pass(store: Valkey, tmp_path: Path) -> None:
    """F20, F21, H7: it names policy and subject kind; the process lives; it comes back with the store, empty or not."""
    exact = {"state": {"url": store.url, "leases": False}}
    with Gateway(tmp_path, config(BUDGET, **exact)) as server:
        assert ask(server).status_code == 200
        store.kill()
        until(lambda: readiness(server) == (503, REFUSED), "readiness fell")
        assert server.http.get("/health/liveness").status_code == 200
        assert ask(server).json()["error"]["code"] == "budget_store_unavailable"
        health = server.http.get("/health").json()
        assert (health["status"], health["state"]["mode"]) == ("ok", "down")
        assert health["state"]["refuses"] == REFUSED["policies"]
        metrics = server.http.get("/metrics").text
        assert 'switchgear_state_mode{mode="down"} 1.0' in metrics

        server.rewrite(config({"rate": "600/min"}, **exact))
        until(lambda: readiness(server) == READY, "readiness was there again")
        assert ask(server).status_code == 200
        assert server.http.get("/health").json()["state"]["mode"] == "down"

        server.rewrite(config({"rate": "600/min"}, BUDGET, **exact))
        until(lambda: readiness(server) == (503, REFUSED), "readiness fell")
        store.start()
        until(lambda: readiness(server) == READY, "readiness was there again")
        assert ask(server).status_code == 200


def test_what_is_leased_keeps_an_instance_in_service(store: Valkey, tmp_path: Path) -> None:
    """H7, leased_only: requests pass while there is anything of it, and readiness says the same as they do."""
    quota = {"quota": {"per": "model", "requests": "100/day"}}
    with Gateway(tmp_path, config(quota, state=store.url)) as server:
        until(lambda: ask(server).status_code == 200 and server.http.get("/health").json()["state"]["leases"], "leases")
        store.kill()
        until(lambda: server.http.get("/health").json()["state"]["mode"] == "down", "the store was away")
        assert readiness(server) == READY
        until(lambda: ask(server).status_code == 503, "what was leased was used up")
        assert readiness(server) == (503, REFUSED | {"policies": [{"policy": "quota", "per": "model"}]})


def test_readiness_falls_while_nothing_can_be_written_down(tmp_path: Path) -> None:
    """F27, F28: the database is locked until the journal is full; once it is not any more requests pass again."""
    small = {"ledger": {"url": "sqlite:///ledger.db", "journal_size": "1MiB"}}
    with Gateway(tmp_path, config(**small)) as server:
        assert ask(server).status_code == 200
        with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as other:
            until(lambda: rows(other) == 1, "the ledger was in use")
            other.execute("BEGIN IMMEDIATE")
            until(lambda: 503 in [ask(server).status_code for _ in range(50)], "the journal was full")
            assert readiness(server) == (503, {"status": "ledger_full"})
            assert ask(server).json()["error"]["code"] == "ledger_unavailable"
            assert figure(server, "journal_bytes") > 500_000
            until(lambda: figure(server, "ledger_lag_seconds") > 0, "the ledger lagged")
            ledger = server.http.get("/health").json()["ledger"]
            assert (ledger["mode"], ledger["lost"]) == ("full", 0)
            assert ledger["unnoted"] > 0
            other.execute("COMMIT")
        until(lambda: readiness(server) == READY, "readiness was there again")
        assert ask(server).status_code == 200
