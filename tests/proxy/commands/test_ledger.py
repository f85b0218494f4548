"""``switchgear ledger verify`` finds whatever does not add up, names it, and sets a store right (I4, H6)."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete

from policies.claims import Standing
from proxy.ledger import audit
from proxy.ledger.accounts import claim_of
from proxy.ledger.journal import Journal
from proxy.ledger.queries import adjustments_since
from proxy.ledger.schema import tries
from tests.proxy.commands.accounts import FILE, KEY, TEAM, TOKENS, charge, now_of, spent, used
from tests.proxy.commands.rows import add, request, run, url_of, write
from tests.proxy.ledger.stories import Desk
from tests.rig.valkey import Valkey, valkey

MICRO = 1_000_000
"""Pico-dollars of a micro-dollar."""


@pytest.fixture(scope="module")
def server() -> Iterator[Valkey]:
    """A store of accounts for the tests of this file."""
    with valkey() as running:
        yield running


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with nothing in it: making one takes longer than copying it."""
    folder = tmp_path_factory.mktemp("empty")
    write(url_of(folder), lambda connection: None)
    return folder / "switchgear.db"


@pytest.fixture
def file(tmp_path: Path, empty: Path) -> Path:
    """A file with limits in memory, and its ledger."""
    shutil.copy(empty, tmp_path)
    path = tmp_path / "proxy.yaml"
    path.write_text(FILE)
    return path


@pytest.fixture
def shared(file: Path, server: Valkey) -> Path:
    """The same with accounts in a store, which is empty."""
    server.ask("FLUSHALL")
    file.write_text(FILE + f"state: {server.url}\n")
    return file


def _verdict(file: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = run("ledger", "verify", "--config", file, "--json", *arguments)
    assert done.stdout, done.stderr
    return done.exit_code, json.loads(done.stdout)


def _paid(connection: Connection) -> None:
    """Two requests of 2.5 dollars together, and what they were charged to."""
    add(connection, request("a", 1_000_000 * MICRO), request("b", 1_500_000 * MICRO))
    for account in (KEY, TEAM):
        charge(connection, account, 2_500_000)


def test_books_that_add_up_are_good(shared: Path, server: Valkey) -> None:
    """Exit code 0; what the store has is what the ledger has, and what the rows come to."""
    write(url_of(shared.parent), lambda connection: (_paid(connection), charge(connection, TOKENS, 120)))
    spent(server, {KEY: 2_500_000, TEAM: 2_500_000, TOKENS: 120}, held=700)
    code, verdict = _verdict(shared)

    assert (code, verdict["good"], verdict["drifts"]) == (0, True, [])
    assert verdict["compared"] >= 5


def test_a_drift_is_shown_by_account_and_can_be_fixed_once(shared: Path, server: Valkey) -> None:
    """The ledger is right: the store is set to it, with a row in the audit that leaves the ledger's sum as it is."""
    write(url_of(shared.parent), _paid)
    spent(server, {KEY: 3_000_000, TEAM: 2_500_000})

    code, verdict = _verdict(shared)
    (drift,) = verdict["drifts"]
    assert (code, drift["account"]) == (1, KEY)
    assert [drift[name] for name in ("store", "ledger", "drift", "steady", "fixed")] == ["3", "2.5", "0.5", True, False]

    code, verdict = _verdict(shared, "--fix")
    assert (code, [each["fixed"] for each in verdict["drifts"]]) == (0, [True])
    assert used(server, KEY) == 2_500_000
    (row,) = write(url_of(shared.parent), lambda connection: adjustments_since(connection, 0))
    assert (row["account"], row["amount"]) == (KEY, 0)

    assert _verdict(shared)[0] == 0


def test_what_only_the_store_knows_is_a_drift_too(shared: Path, server: Valkey) -> None:
    """An account that no limit of the file claims any more, and of which the ledger has heard nothing."""
    gone = KEY.replace("web", "gone")
    spent(server, {gone: 7})
    code, verdict = _verdict(shared)

    assert code == 1
    assert [(each["account"], each["drift"]) for each in verdict["drifts"]] == [(gone, "0.000007")]


def test_a_store_that_is_empty_has_no_drift(shared: Path) -> None:
    """The next server fills it from the ledger: that is no fault of the books."""
    write(url_of(shared.parent), _paid)
    done = run("ledger", "verify", "--config", shared)

    assert done.exit_code == 0
    assert "fills it from the ledger" in done.stderr


def test_a_server_in_memory_mode_is_held_to_the_ledger(file: Path) -> None:
    """As it said last; a restart sets it right."""

    def note(connection: Connection) -> None:
        _paid(connection)
        said = [(KEY, 2_500_000), (TEAM, 9)]
        standings = [(claim_of(name), Standing(amount, 0, 10**7, now_of(name))) for name, amount in said]
        audit.note_standings(connection, standings)

    write(url_of(file.parent), note)
    code, verdict = _verdict(file, "--fix")

    assert (code, verdict["compared"]) == (1, 2)
    assert [(each["account"], each["drift"], each["fixed"]) for each in verdict["drifts"]] == [
        (TEAM, "-2.499991", False)
    ]


def test_a_charge_without_a_row_is_found(file: Path) -> None:
    """No row is lost in silence: an account was charged more than all rows of its subject come to."""

    def lose(connection: Connection) -> None:
        _paid(connection)
        charge(connection, KEY, 1_000)

    write(url_of(file.parent), lose)
    code, verdict = _verdict(file)

    assert code == 1
    assert verdict["charged_without_row"] == [{"account": KEY, "charged": "2.501", "rows": "2.500002"}]


def test_rows_that_disagree_with_each_other_are_named(file: Path) -> None:
    """I4: a request whose attempt is missing."""
    write(url_of(file.parent), _paid)
    write(url_of(file.parent), lambda connection: connection.execute(delete(tries).where(tries.c.uid == "b")))
    code, verdict = _verdict(file)

    assert (code, verdict["rows"]) == (1, [{"uid": "b", "what": "attempts", "expected": 1, "found": 0}])


def test_a_journal_that_nobody_has_brought_in_is_named(file: Path) -> None:
    """H5: one request over, one under way when the worker went; looking at it changes nothing."""
    folder = file.parent / "switchgear.journal"
    desk = Desk(Journal(folder, 2 * 2**20))
    desk.serve()
    desk.send()
    desk.journal.close(consumed=False)
    before = sorted((path, path.stat().st_size) for path in folder.rglob("*"))

    for _ in range(2):
        code, verdict = _verdict(file)
        assert (code, [(each["rows"], each["crashed"]) for each in verdict["journals"]]) == (1, [(1, 1)])
    assert sorted((path, path.stat().st_size) for path in folder.rglob("*")) == before


def test_it_is_said_in_words(file: Path) -> None:
    """For people, one line at the end that says it."""
    write(url_of(file.parent), lambda connection: (_paid(connection), charge(connection, KEY, 1_000)))
    done = run("ledger", "verify", "--config", file)

    assert f"{KEY}: charged $2.501, but all rows come to $2.500002 at most" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("it does not add up")
    assert run("ledger", "verify", "--config", file, "--since", "nonsense").exit_code == 2
