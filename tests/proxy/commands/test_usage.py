"""``switchgear usage`` as its users see it: figures that add up, exact money, and help where there is no ledger."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from tests.proxy.commands.rows import NOON, PICO, add, request, run, url_of, write

FILE = "upstreams: {demo: {provider: demo}}\nmodels: {demo: demo/echo}\n"
NOVEMBER = ("--since", "2026-11-01", "--until", "2026-12-01")


def _rows(connection: Connection) -> None:
    add(
        connection,
        request("a", 3 * PICO + 1, NOON),
        request("b", PICO, NOON + 86_400, source="estimated"),
        request("c", 2 * PICO, NOON, key="app", source="held", input_tokens=None, output_tokens=None),
        request("d", None, NOON, key="app", outcome="failed", source=None),
        request("e", 10**18, NOON - 86_400 * 40),
    )


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file whose ledger has four requests of November 2026, and one from before."""
    path = _file(tmp_path_factory.mktemp("usage"))
    write(url_of(path.parent), _rows)
    return path


def _file(folder: Path, more: str = "") -> Path:
    path = folder / "proxy.yaml"
    path.write_text(FILE + more)
    return path


def _json(file: Path, *arguments: str) -> dict[str, Any]:
    done = run("usage", "--config", file, "--json", *NOVEMBER, *arguments)
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_json_is_exact_and_says_how_much_of_it_nobody_counted(file: Path) -> None:
    """Dearest first, to the pico-dollar; what was estimated and what was charged as it was held stand apart."""
    found = _json(file, "--by", "key")

    assert [(row["key"], row["requests"], row["cost"]) for row in found["data"]] == [
        ("web", 2, "4.000000000001"),
        ("app", 2, "2"),
    ]
    web, app = found["data"]
    assert (web["estimated_requests"], web["estimated_cost"], web["held_cost"]) == (1, "1", "0")
    assert (app["held_requests"], app["held_cost"], app["unpriced"], app["failed"]) == (1, "2", 1, 1)
    assert (found["total"]["requests"], found["total"]["cost"]) == (4, "6.000000000001")
    assert found["total"]["input_tokens"] == 300


def test_days_and_targets_are_labels_like_others(file: Path) -> None:
    """Several at once; by target the attempts there count."""
    found = _json(file, "--by", "day,target")

    assert [(row["day"], row["target"], row["requests"]) for row in found["data"]] == [
        ("2026-11-01", "one/gpt", 3),
        ("2026-11-02", "one/gpt", 1),
    ]


def test_a_table_is_for_people(file: Path) -> None:
    """Six decimals at most, doubt as a share of the cost that is never rounded down to none, a row of sums."""
    done = run("usage", "--config", file, *NOVEMBER, "--by", "key")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]

    assert done.exit_code == 0
    assert lines[0] == "2026-11-01T00:00:00Z to 2026-12-01T00:00:00Z"
    assert "web 2 0 200 60 0 40 0 $4.00 25.0 %" in lines
    assert "app 2 1 100 60 0 20 0 $2.00 100.0 %" in lines
    assert "total 4 1 300 120 0 60 0 $6.00 16.7 % 33.4 %" in lines
    assert lines[-1] == "1 without a price are not in the cost"


def test_csv_has_a_line_for_each_group_and_no_formula(tmp_path: Path) -> None:
    """Clients choose the names of users: a spreadsheet takes none of them for a formula."""
    file = _file(tmp_path)
    user = "=HYPERLINK(1),\n\x07"
    write(url_of(tmp_path), lambda connection: add(connection, request("a", 1, NOON, end_user=user)))
    done = run("usage", "--config", file, *NOVEMBER, "--by", "user", "--csv")
    (row,) = csv.DictReader(io.StringIO(done.stdout))

    assert (row["user"], row["requests"], row["cost"]) == (f"'{user}", "1", "0.000000000001")
    assert "\x07" not in run("usage", "--config", file, *NOVEMBER, "--by", "user").stdout


def test_an_empty_span_is_no_fault(file: Path) -> None:
    """Exit code 0, and nothing."""
    found = json.loads(
        run("usage", "--config", file, "--json", "--until", "2020-01-01", "--since", "2019-01-01").stdout
    )

    assert (found["data"], found["total"]["requests"], found["total"]["cost"]) == ([], 0, "0")


@pytest.mark.parametrize(
    "arguments",
    [("--by", "secret"), ("--since", "yesterday"), ("--since", "1d", "--until", "2d"), ("--json", "--csv")],
    ids=["label", "moment", "backwards", "two forms"],
)
def test_what_makes_no_sense_is_refused_with_what_would(arguments: tuple[str, ...], file: Path) -> None:
    """The shell's exit code, usage on stderr."""
    done = run("usage", "--config", file, *arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("", "no ledger yet at"),
        ("ledger: off\n", "ledger: off"),
        ("ledger: postgresql://switchgear:not-a-secret@127.0.0.1:1/ledger\n", "cannot be opened"),
    ],
    ids=["none yet", "off", "away"],
)
def test_where_there_is_no_ledger_it_says_so_in_one_line(more: str, words: str, tmp_path: Path) -> None:
    """Exit code 1; and no database is made by asking."""
    done = run("usage", "--config", _file(tmp_path, more))

    assert (done.exit_code, done.stdout) == (1, "")
    assert words in done.stderr
    assert "not-a-secret" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["proxy.yaml"]


def test_a_file_that_is_no_ledger_is_told_from_one(tmp_path: Path) -> None:
    """It is not overwritten either."""
    (tmp_path / "switchgear.db").write_bytes(b"something else entirely" * 100)
    done = run("usage", "--config", _file(tmp_path))

    assert done.exit_code == 1
    assert "not a database" in done.stderr
