"""A server that keeps its accounts in memory, and the command line beside it: they meet in the ledger."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.proxy.commands.rows import run
from tests.rig.answers import Gate
from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream
from tests.rig.waiting import until
from tests.rig.wires import openai_answer, openai_stream

SECRET = "sg-secret-of-a-client-0123456789"
PRICE = {"input": "$0/M", "output": "$10/M"}
"""An answer of 3 tokens costs 30 micro-dollars; a request for 190 of them may cost 1900."""
WHY = ("--why", "a refund, ticket 7")


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeUpstream]:
    """The upstream."""
    with FakeUpstream() as fake:
        yield fake


@pytest.fixture
def gateway(fake: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One worker, accounts in memory, a ledger in SQLite: what an empty file gives."""
    fake.clear()
    fake.always(openai_answer("Hello"))
    with Gateway(tmp_path_factory.mktemp("books"), config(fake)) as server:
        server.http.headers["authorization"] = f"Bearer {SECRET}"
        yield server


def config(fake: FakeUpstream, limit: str = "$0.0019/month") -> dict[str, Any]:
    """A budget that one request passes, and none after it."""
    return {
        "upstreams": {"one": {"provider": "openai", "base_url": f"{fake.url}/v1", "api_key": "sk-upstream"}},
        "models": {"m": {"targets": [{"to": "one/gpt", "price": PRICE}]}},
        "keys": [{"id": "web", "secret": SECRET}],
        "chain": [{"budget": {"limit": limit}}],
        "server": {"grace": "0s"},
    }


def ask(gateway: Gateway, model: str = "m") -> int:
    """The status of one request."""
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 190}
    return gateway.http.post("/v1/chat/completions", json=body).status_code


def shown(gateway: Gateway) -> dict[str, Any]:
    """The account, as ``switchgear limits`` shows it."""
    done = run("limits", "--config", gateway.config, "--key", "web", "--json")
    rows: list[dict[str, Any]] = json.loads(done.stdout)["data"] if done.exit_code == 0 else [{}]
    return rows[0]


def test_the_command_line_sees_and_changes_what_a_running_server_counts(gateway: Gateway) -> None:
    """What is used is shown, a reset frees a spent budget within seconds, and the audit says by whom and why."""
    assert [ask(gateway), ask(gateway)] == [200, 429]
    says = {"used": "0.00003", "source": "server"}.items()
    until(lambda: says <= shown(gateway).items(), "the server said what is used")
    refused = 'switchgear_claims_refused_total{policy="budget",shadow="false",unit="cost"} '
    assert refused in gateway.http.get("/metrics").text

    done = run("limits", "reset", "--config", gateway.config, "--key", "web", "--json", *WHY)
    (changed,) = json.loads(done.stdout)["data"]
    assert (changed["before"], changed["after"]) == ("0.00003", "0")
    until(lambda: ask(gateway) == 200, "the budget was free again")
    (told,) = [line for line in gateway.logs() if line["event"] == "account_adjusted"]
    assert (told["amount"], told["why"]) == (-30, "a refund, ticket 7")
    assert told["account"] == changed["account"]


def test_what_is_held_is_shown_for_as_long_as_it_is(gateway: Gateway, fake: FakeUpstream) -> None:
    """A stream that says nothing for a while is not forgotten: what it may cost is held."""
    gate = Gate()
    fake.always(openai_stream(["Hel", "lo"], gate_after=1, gate=gate))
    with gateway.raw() as raw:
        body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True}
        raw.post("/v1/chat/completions", body, {"authorization": f"Bearer {SECRET}"})
        raw.head()
        until(lambda: shown(gateway).get("held", "0") != "0", "what is held was shown")
        gate.open()
        raw.body_until(b"[DONE]")
    until(lambda: shown(gateway).get("held") == "0", "nothing was held any more")


def test_a_ledger_that_is_away_at_the_start_keeps_nobody_from_what_is_not_limited(
    fake: FakeUpstream, tmp_path: Path
) -> None:
    """F27, H6: what was spent before is not known yet, so nobody passes a budget; once it is, it counts."""
    free = {"models": {"m": config(fake)["models"]["m"], "free": {"chain": "free", "targets": ["one/gpt"]}}}
    both = config(fake) | free | {"chains": {"free": ["retry"]}}
    fake.clear()
    fake.always(openai_answer("Hello"))
    with Gateway(tmp_path, both) as server:
        server.http.headers["authorization"] = f"Bearer {SECRET}"
        assert [ask(server), ask(server)] == [200, 429]
    with closing(sqlite3.connect(tmp_path / "switchgear.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with Gateway(tmp_path, both) as server:
            server.http.headers["authorization"] = f"Bearer {SECRET}"
            assert [ask(server), ask(server, "free")] == [503, 200]
            assert server.http.get("/health").json()["state"]["mode"] == "rebuilding"
            other.execute("COMMIT")
            until(lambda: ask(server) == 429, "what was spent before was known")
            assert server.http.get("/health").json()["state"]["mode"] == "ok"


def test_limits_that_come_by_an_edit_know_what_was_adjusted(fake: FakeUpstream, tmp_path) -> None:
    """A server that began without limits takes over what the command line writes down, too."""
    fake.clear()
    fake.always(openai_answer("Hello"))
    with Gateway(tmp_path, config(fake) | {"chain": []}) as server:
        server.http.headers["authorization"] = f"Bearer {SECRET}"
        assert ask(server) == 200
        server.rewrite(config(fake, "$1/month"))
        until(lambda: ask(server) == 200 and shown(server).get("source") == "server", "the limit was in force")
        done = run("limits", "adjust", "--config", server.config, "--key", "web", "--by", "+$1", *WHY)
        assert done.exit_code == 0, done.stderr
        until(lambda: ask(server) == 429, "the budget was spent")
