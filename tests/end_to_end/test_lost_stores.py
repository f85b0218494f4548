"""A shared store that comes back empty while workers lease from it: the ledger fills it, when it has heard all."""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.proxy.commands.rows import run
from tests.rig.postgres import Postgres
from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream
from tests.rig.valkey import valkey
from tests.rig.waiting import until
from tests.rig.wires import openai_answer

SECRET = "sg-secret-of-a-client-0123456789"
PRICE = {"input": "$0/M", "output": "$10/M"}
"""An answer of 3 tokens costs 30 micro-dollars."""
ASKED = 30


def _config(upstream: str, store: str, ledger: str) -> dict[str, Any]:
    return {
        "state": store,
        "ledger": ledger,
        "upstreams": {"one": {"provider": "openai", "base_url": f"{upstream}/v1", "api_key": "sk-upstream"}},
        "models": {"m": {"targets": [{"to": "one/gpt", "price": PRICE}]}},
        "keys": [{"id": "web", "secret": SECRET}],
        "chain": [{"budget": {"limit": "$1/month", "output": 10}}],
        "server": {"grace": "0s"},
    }


def test_what_was_spent_out_of_leases_is_not_lost_with_the_store(tmp_path: Path) -> None:
    """H6: the ledger alone knows of it, so nothing is filled before it has heard all, however far it was behind."""
    loop = asyncio.new_event_loop()
    with FakeUpstream() as fake, valkey(appendonly="yes") as store, Postgres() as postgres:
        fake.always(openai_answer("Hello"))
        name = loop.run_until_complete(postgres.create())
        with Gateway(tmp_path, _config(fake.url, store.url, postgres.url(name))) as server:
            server.http.headers["authorization"] = f"Bearer {SECRET}"

            def state() -> dict[str, Any]:
                found: dict[str, Any] = server.http.get("/health").json()["state"]
                return found

            def lag() -> float:
                return float(server.http.get("/health").json()["ledger"]["lag_seconds"])

            until(lambda: state()["mode"] == "ok", "the store could be asked")
            other = loop.run_until_complete(postgres.connect(name))
            loop.run_until_complete(other.execute("BEGIN; LOCK TABLE requests IN EXCLUSIVE MODE"))
            body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
            asked = [server.http.post("/v1/chat/completions", json=body).status_code for _ in range(ASKED)]
            assert asked == [200] * ASKED
            assert state()["draws"] > ASKED / 2
            store.ask("FLUSHALL")
            until(lambda: state()["mode"] == "rebuilding", "it was seen to be empty")
            seen = lag()
            until(lambda: lag() > seen + 2, "there was time to fill it with too little")
            loop.run_until_complete(other.execute("COMMIT"))
            loop.run_until_complete(other.close())

            until(lambda: state()["mode"] == "ok", "it was filled")
            done = run("limits", "--config", server.config, "--key", "web", "--json")
            assert json.loads(done.stdout)["data"][0]["used"] == f"{ASKED * 30 / 1e6:.6f}".rstrip("0")
    loop.close()
