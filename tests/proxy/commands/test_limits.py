"""``switchgear limits``: how accounts stand, whoever knows it; and changes of them, written down with a name."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from policies.claims import Standing
from proxy.commands.adjusting import who
from proxy.ledger import audit
from proxy.ledger.accounts import claim_of
from proxy.ledger.queries import adjustments_since, sums
from proxy.ledger.schema import standings
from proxy.state.windows import bucket_length
from tests.proxy.commands.accounts import FILE, KEY, SESSION, TEAM, TOKENS, charge, now_of, spent, used
from tests.proxy.commands.rows import run, url_of, write
from tests.rig.valkey import Valkey, valkey

WHY = ("--why", "a refund, ticket 7")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with limits in memory, whose ledger has nothing in it."""
    path = tmp_path / "proxy.yaml"
    path.write_text(FILE)
    write(url_of(tmp_path), lambda connection: None)
    return path


@pytest.fixture(scope="module")
def server() -> Iterator[Valkey]:
    """A store of accounts for the tests of this file."""
    with valkey() as running:
        yield running


@pytest.fixture
def shared(file: Path, server: Valkey) -> Path:
    """The same file with accounts in that store, which is empty."""
    server.ask("FLUSHALL")
    file.write_text(FILE + f"state: {server.url}\n")
    return file


def _shown(file: Path, *arguments: str) -> dict[str, dict[str, Any]]:
    done = run("limits", "--config", file, "--json", *arguments)
    assert done.exit_code == 0, done.stderr
    return {row["account"]: row for row in json.loads(done.stdout)["data"]}


def _audit(file: Path) -> list[dict[str, Any]]:
    return write(url_of(file.parent), lambda connection: adjustments_since(connection, 0))


def test_every_subject_of_the_file_has_its_accounts(file: Path) -> None:
    """Keys, teams and all together, in the unit and the window of each limit; nothing is used yet."""
    shown = _shown(file)

    assert set(shown) == {
        KEY,
        KEY.replace("web", "app"),
        TEAM,
        TOKENS,
        TOKENS.replace("web", "app"),
        "concurrency:global:all:slots:ever",
    }
    assert {name: shown[KEY][name] for name in ("limit", "used", "held", "left", "subject", "window")} == {
        "limit": "10",
        "used": "0",
        "held": "0",
        "left": "10",
        "subject": "key web",
        "window": time.strftime("%Y-%m", time.gmtime()),
    }
    assert shown[TOKENS]["limit"] == 200_000
    assert shown["concurrency:global:all:slots:ever"]["resets"] is None


def test_without_a_server_the_ledgers_sums_stand(file: Path) -> None:
    """All buckets of a rolling window that count still; subjects that only clients name are found in the ledger."""

    def spend(connection: Connection) -> None:
        bucket = int(now_of(TOKENS))
        charge(connection, KEY, 2_500_001)
        charge(connection, TOKENS, 700, str(bucket))
        charge(connection, TOKENS, 300, str(bucket - 20))
        charge(connection, TOKENS, 999, str(bucket - 500))
        charge(connection, SESSION, 3)

    write(url_of(file.parent), spend)
    shown = _shown(file)

    assert (shown[KEY]["used"], shown[KEY]["left"], shown[KEY]["source"]) == ("2.500001", "7.499999", "ledger")
    assert shown[TOKENS]["used"] == 1000
    assert (shown[SESSION]["used"], shown[SESSION]["left"], shown[SESSION]["shadow"]) == (3, 47, True)


def test_a_running_server_in_memory_mode_says_how_its_accounts_stand(file: Path) -> None:
    """What it noted in the last seconds stands, holds too; what it noted long ago does not."""
    month = now_of(KEY)
    known = [(claim_of(account), Standing(4_000_000, 1_500_000, 10_000_000, month, 60.0)) for account in (KEY, TEAM)]

    def note(connection: Connection) -> None:
        audit.note_standings(connection, known)
        old = standings.c.account == TEAM
        connection.execute(standings.update().where(old).values(at=standings.c.at - 90_000_000))

    write(url_of(file.parent), note)
    shown = _shown(file)

    assert [shown[KEY][name] for name in ("used", "held", "left", "source")] == ["4", "1.5", "4.5", "server"]
    assert [shown[TEAM][name] for name in ("used", "source")] == ["0", "ledger"]


def test_a_shared_store_is_asked_itself(shared: Path, server: Valkey) -> None:
    """Settled and held as it has them, also where there is no ledger."""
    spent(server, {KEY: 3_000_000, TOKENS: 1200}, held=250_000)
    (shared.parent / "switchgear.db").unlink()
    shown = _shown(shared)

    assert [shown[KEY][name] for name in ("used", "held", "left", "source")] == ["3", "0.25", "6.75", "store"]
    assert shown[TOKENS]["used"] == 1200


def test_a_store_that_is_away_is_one_line(file: Path, server: Valkey) -> None:
    """Exit code 1; nothing is made up instead."""
    file.write_text(FILE + "state: redis://127.0.0.1:1/0\n")
    done = run("limits", "--config", file)

    assert (done.exit_code, done.stdout) == (1, "")
    assert "the store cannot be asked" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "accounts"),
    [
        (("--key", "web"), {KEY, TOKENS}),
        (("--team", "growth"), {TEAM}),
        (("--key", "web", "--policy", "budget"), {KEY}),
        (("--unit", "slots"), {"concurrency:global:all:slots:ever"}),
        (("--account", TEAM), {TEAM}),
    ],
)
def test_options_say_which_accounts_are_meant(arguments: tuple[str, ...], accounts: set[str], file: Path) -> None:
    """One subject, one policy, one unit, one account."""
    assert set(_shown(file, *arguments)) == accounts


def test_a_subject_that_nobody_knows_is_said_so(file: Path) -> None:
    """Exit code 1, and not an empty table that looks like no limit at all."""
    done = run("limits", "--config", file, "--key", "nobody")

    assert (done.exit_code, done.stdout) == (1, "")
    assert "no account" in done.stderr


def test_the_table_is_for_people(file: Path) -> None:
    """Dollars, thousands, and who it is."""
    write(url_of(file.parent), lambda connection: charge(connection, KEY, 1_250_000))
    done = run("limits", "--config", file, "--key", "web")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]

    assert any(line.startswith("budget key web cost $10 $1.25 $0 $8.75 ") for line in lines)
    assert any(line.startswith("rate key web tokens 200,000 0 0 200,000 60s ") for line in lines)


def test_an_adjustment_in_memory_mode_is_a_row_that_the_server_takes_over(file: Path) -> None:
    """Who, why, how much and in which window; the ledger's sums have it at once."""
    write(url_of(file.parent), lambda connection: charge(connection, KEY, 3_000_000))
    done = run("limits", "adjust", "--config", file, "--key", "web", "--policy", "budget", "--by", "-$1.5", *WHY)
    (row,) = _audit(file)

    assert done.exit_code == 0
    assert (row["account"], row["window_id"], row["amount"]) == (KEY, now_of(KEY), -1_500_000)
    assert (row["who"], row["why"]) == (who(), "a refund, ticket 7")
    assert _shown(file)[KEY]["used"] == "1.5"
    assert "$3" in done.stdout
    assert "$1.5" in done.stdout
    assert "a server that runs takes it over within seconds" in done.stderr


def test_nothing_falls_below_nothing(file: Path) -> None:
    """Taking back more than is used leaves 0, and the audit says what was really taken."""
    write(url_of(file.parent), lambda connection: charge(connection, KEY, 1_000_000))
    run("limits", "adjust", "--config", file, "--account", KEY, "--by", "-$5", *WHY)

    assert [row["amount"] for row in _audit(file)] == [-1_000_000]


def test_a_rolling_window_is_taken_from_where_it_is(file: Path) -> None:
    """The newest bucket first; no bucket's sum falls below 0, where it would count as 0."""
    bucket = int(now_of(TOKENS))
    tenth = bucket - 10

    def spend(connection: Connection) -> None:
        charge(connection, TOKENS, 100, str(bucket))
        charge(connection, TOKENS, 900, str(tenth))

    write(url_of(file.parent), spend)
    run("limits", "adjust", "--config", file, "--account", TOKENS, "--to", "250", *WHY)
    left = write(url_of(file.parent), sums)

    assert {each.window: each.amount for each in left} == {str(bucket): 0, str(tenth): 250}
    assert bucket_length(claim_of(TOKENS).window) == 1_000_000


def test_an_adjustment_of_a_shared_store_is_written_down_and_carried_out(shared: Path, server: Valkey) -> None:
    """Before and after are the store's own words."""
    spent(server, {KEY: 3_000_000})
    done = run("limits", "adjust", "--config", shared, "--account", KEY, "--to", "$0.5", "--json", *WHY)
    (changed,) = json.loads(done.stdout)["data"]
    (row,) = _audit(shared)

    assert (changed["before"], changed["amount"], changed["after"]) == ("3", "-2.5", "0.5")
    assert row["id"].startswith(changed["adjustment"])
    assert used(server, KEY) == 500_000


def test_reset_counts_nothing_as_used_on_all_that_fit(shared: Path, server: Valkey) -> None:
    """Of one key each account, slots aside; of others none."""
    spent(server, {KEY: 3_000_000, TOKENS: 500})
    done = run("limits", "reset", "--config", shared, "--key", "web", *WHY)

    assert done.exit_code == 0, done.stderr
    assert (used(server, KEY), used(server, TOKENS)) == (0, 0)
    assert {row["account"] for row in _audit(shared)} == {KEY, TOKENS}


def test_a_dry_run_changes_nothing(shared: Path, server: Valkey) -> None:
    """It says what it would do, and that it did not."""
    spent(server, {KEY: 3_000_000})
    done = run("limits", "reset", "--config", shared, "--key", "web", "--dry-run", *WHY)

    assert (done.exit_code, used(server, KEY), _audit(shared)) == (0, 3_000_000, [])
    assert "nothing was done" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("reset",), 2, "--why"),
        (("reset", *WHY), 2, "say which account"),
        (("adjust", "--key", "web", *WHY), 2, "--by"),
        (("adjust", "--key", "web", "--by", "+$1", "--why", " "), 2, "in words"),
        (("adjust", "--key", "web", "--by", "+$1", *WHY), 1, "several accounts fit"),
        (("adjust", "--account", KEY, "--by", "+5", *WHY), 1, "expected dollars"),
        (("adjust", "--account", KEY, "--by", "+$0.0000001", *WHY), 1, "expected dollars"),
        (("adjust", "--account", TOKENS, "--by", "1.5k", *WHY), 1, "expected a number"),
        (("adjust", "--account", TOKENS, "--to", "-5", *WHY), 1, "less than not at all"),
        (("adjust", "--unit", "slots", "--by", "1", *WHY), 1, "slots"),
    ],
)
def test_what_is_not_clear_is_not_done(arguments: tuple[str, ...], code: int, words: str, file: Path) -> None:
    """An exit code, a reason, and no row."""
    done = run("limits", arguments[0], "--config", file, *arguments[1:])

    assert done.exit_code == code
    assert words in done.stderr
    assert write(url_of(file.parent), lambda connection: connection.execute(select(standings)).all()) == []
    assert _audit(file) == []
