"""The commands on the other pair: a ledger in PostgreSQL, accounts in a store that workers share."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from tests.proxy.commands.accounts import FILE, KEY, TEAM, TOKENS, charge, spent, used
from tests.proxy.commands.rows import PICO, add, request, run, write
from tests.rig.postgres import Postgres
from tests.rig.valkey import Valkey, valkey


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """One server for the tests of this file."""
    with Postgres() as server:
        yield server


@pytest.fixture(scope="module")
def server() -> Iterator[Valkey]:
    """A store of accounts."""
    with valkey() as running:
        yield running


@pytest.fixture
def file(postgres: Postgres, server: Valkey, tmp_path: Path) -> Path:
    """A file that names an empty database, and an empty store."""
    server.ask("FLUSHALL")
    url = postgres.url(asyncio.run(postgres.create()))
    path = tmp_path / "proxy.yaml"
    path.write_text(FILE + f"state: {server.url}\nledger: '{url}'\n")
    return path


def _ledger(file: Path) -> str:
    return file.read_text().partition("ledger: '")[2].partition("'")[0]


def _paid(connection: Connection) -> None:
    add(connection, request("a", PICO), request("b", 3 * PICO // 2, source="held"))
    for account in (KEY, TEAM):
        charge(connection, account, 2_500_000)


def _json(*arguments: object) -> Any:
    done = run(*arguments, "--json")
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def test_figures_are_those_of_the_other_pair(file: Path, server: Valkey) -> None:
    """PostgreSQL's sums are decimals, and its groups its own: nothing of that shows."""
    write(_ledger(file), _paid)
    found = _json("usage", "--config", file, "--by", "day,target,upstream,key")

    assert [(row["upstream"], row["requests"], row["cost"], row["held_cost"]) for row in found["data"]] == [
        ("one", 2, "2.5", "1.5")
    ]


def test_an_adjustment_and_a_drift_are_found_and_fixed(file: Path, server: Valkey) -> None:
    """From the table to the store and back."""
    write(_ledger(file), lambda connection: (_paid(connection), charge(connection, TOKENS, 50)))
    spent(server, {KEY: 2_500_000, TEAM: 2_600_000, TOKENS: 50})

    (changed,) = _json("limits", "adjust", "--config", file, "--account", KEY, "--by", "-$1", "--why", "test")["data"]
    assert (changed["before"], changed["after"]) == ("2.5", "1.5")

    verdict = _json("ledger", "verify", "--config", file, "--fix")
    assert [(each["account"], each["drift"], each["fixed"]) for each in verdict["drifts"]] == [(TEAM, "0.1", True)]
    assert (verdict["good"], verdict["charged_without_row"]) == (True, [])
    assert (used(server, TEAM), used(server, KEY)) == (2_500_000, 1_500_000)


def test_an_empty_database_is_no_ledger_yet(file: Path) -> None:
    """And asking makes none."""
    for _ in range(2):
        done = run("usage", "--config", file)
        assert (done.exit_code, done.stdout) == (1, "")
        assert "no ledger yet in that database" in done.stderr
