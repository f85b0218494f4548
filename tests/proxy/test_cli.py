"""The command line as its users see it: output, exit codes, and how little ``--help`` loads."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy import __version__

GOOD = """
upstreams:
  demo: {provider: demo}
  own: {provider: vllm, base_url: http://127.0.0.1:9/v1}
  openai: {provider: openai, api_key: "${OPENAI_API_KEY:-}"}
models:
  demo: demo/echo
  pair: [own/llama, demo/echo]
  paid: openai/gpt-5
  careful: {targets: [demo/echo], chain: careful}
keys:
  - {id: web, secret: "sg-secret-of-web-0123456789", team: growth}
  - {id: few, secret: "sg-secret-of-few-0123456789", models: [demo]}
chains:
  careful:
    - strategy: {by: weighted, when: {tag: vip}}
    - retry: {attempts: 2, shadow: true}
"""
WRONG = """
server: {prot: 4000}
timeouts: {gap: 30}
upstreams:
  demo: {provider: dmeo}
  own: {provider: vllm, base_url: "file:///etc/passwd"}
  demo2: {provider: demo, api_kye: x}
models:
  a: nowhere/echo
  b: demo2
  c: {targets: [demo2/echo], chain: missing}
keys:
  - {id: web, secret: ""}
chain:
  - breker
"""
MISTAKES = (
    (2, "server.prot", 'did you mean "port"'),
    (3, "timeouts.gap", "10s"),
    (5, "upstreams.demo.provider", 'did you mean "demo"'),
    (6, "upstreams.own.base_url", "http"),
    (7, "upstreams.demo2.api_kye", 'did you mean "api_key"'),
    (9, "models.a", "unknown upstream"),
    (10, "models.b", "upstream/model"),
    (11, "models.c.chain", "unknown chain"),
    (13, "keys[0]", "empty"),
    (15, "chain[0]", 'did you mean "breaker"'),
)


def run(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The command as a process of its own; a wide terminal without colours."""
    plain = {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200", "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [sys.executable, "-m", "proxy.cli", *map(str, arguments)],
        env={"PATH": os.environ["PATH"]} | plain | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A file without a mistake."""
    return _file(tmp_path, GOOD)


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """A file with ten mistakes."""
    return _file(tmp_path, WRONG)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def _file(folder: Path, text: str) -> Path:
    path = folder / "proxy.yaml"
    path.write_text(text)
    return path


def test_help_names_the_commands_and_none_of_the_hidden_ones():
    """What a person can do; workers are started by ``serve``."""
    done = run("--help")

    assert done.returncode == 0
    assert all(command in done.stdout for command in ("serve", "check", "explain", "usage", "limits", "ledger"))
    assert "--version" in done.stdout
    assert "worker" not in done.stdout


def test_no_argument_is_help():
    """And not a server."""
    assert "Usage" in run().stdout + run().stderr


def test_help_loads_none_of_the_heavy_libraries():
    """``switchgear --help`` answers at once: what serves is imported by the commands that serve."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "proxy.cli", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines() if "|" in line}

    assert "typer" in loaded
    assert loaded & {"pydantic", "pydantic_core", "uvicorn", "starlette", "httpx2", "ruamel", "structlog"} == set()
    assert loaded & {"policies", "translators", "prometheus_client", "watchfiles", "sqlalchemy"} == set()


def test_version_is_the_packages():
    """One line."""
    assert run("--version").stdout == f"switchgear {__version__}\n"


@pytest.mark.parametrize("arguments", [("check",), ("explain", "x.yaml"), ("nonsense",), ("serve", "--workers", "0")])
def test_a_command_line_that_is_wrong_has_the_shells_exit_code(arguments):
    """2, and usage on stderr."""
    done = run(*arguments)

    assert done.returncode == 2
    assert "Usage" in done.stderr
    assert done.stdout == ""


def test_check_prints_what_a_file_means(good):
    """Exit code 0; upstreams, targets, chains with every option, keys without their secrets."""
    done = run("check", good)

    assert done.returncode == 0
    assert "own/llama" in done.stdout
    assert "access" in done.stdout
    assert re.search(r"strategy \{by: weighted.*\} when \{tag: \[vip\]\}", done.stdout)
    assert re.search(r"retry \{attempts: 2.*\} \(shadow\)", done.stdout)
    assert "web (team growth)" in done.stdout
    assert "sg-secret" not in done.stdout + done.stderr


def test_check_warns_of_what_is_off(good):
    """A warning has its place, goes to stderr, and is no failure."""
    done = run("check", good)

    assert re.search(rf"warning: {re.escape(str(good))}:\d+:\d+: upstreams\.openai: off", done.stderr)
    assert "OFF" in done.stdout
    assert run("check", good, OPENAI_API_KEY="sk-1").stderr == ""


def test_check_reports_ten_mistakes_at_once(wrong):
    """Exit code 1; each with file, line, column, path and, where there is one, a suggestion."""
    done = run("check", wrong)
    lines = done.stderr.splitlines()

    assert done.returncode == 1
    assert done.stdout == ""
    assert len(lines) == len(MISTAKES)
    for line, (number, path, words) in zip(lines, MISTAKES, strict=True):
        assert re.match(rf"{re.escape(str(wrong))}:{number}:\d+: {re.escape(path)}", line), line
        assert words in line


@pytest.mark.parametrize("text", ["upstreams: [", "- a\n- b\n", "", "a: &a [*a]", "\x00"], ids=ascii)
def test_check_of_what_is_no_configuration_is_one_line(text, tmp_path):
    """Exit code 1, a place, and no traceback."""
    path = _file(tmp_path, text)
    done = run("check", path)

    assert done.returncode == 1
    assert re.match(rf"{re.escape(str(path))}:\d+:\d+: ", done.stderr)
    assert "Traceback" not in done.stderr


def test_check_shows_no_secret_that_is_wrong(tmp_path):
    """What a variable holds is never repeated."""
    text = GOOD.replace('"sg-secret-of-web-0123456789"', '"${WEB_KEY}"')
    done = run("check", _file(tmp_path, text), WEB_KEY="a secret with blanks")

    assert done.returncode == 1
    assert "keys[0].secret" in done.stderr
    assert "blanks" not in done.stderr


@pytest.mark.parametrize("command", [("check",), ("explain", "--model", "demo"), ("serve", "--port", "0", "--config")])
@pytest.mark.parametrize("missing", [True, False], ids=["missing", "folder"])
def test_a_file_that_cannot_be_read_has_an_exit_code_of_its_own(command, missing, tmp_path):
    """2, and one line that names it."""
    path = tmp_path / "missing.yaml" if missing else tmp_path
    done = run(*command, path)

    assert done.returncode == 2
    assert str(path) in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_explain_says_where_a_request_would_go_and_why(good):
    """Exit code 0; the decision first."""
    done = run("explain", good, "--model", "pair")

    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "pair -> own/llama"
    assert "access  pass" in done.stdout
    assert "chain default" in done.stdout


def test_explain_takes_key_stream_and_tags(good):
    """They decide which policies have a say."""
    plain = run("explain", good, "--model", "careful", "--stream")
    tagged = run("explain", good, "--model", "careful", "--tag", "x", "--tag", "vip", "--key", "web")

    assert "strategy" not in plain.stdout
    assert "strategy  score  demo/echo" in tagged.stdout
    assert (plain.returncode, tagged.returncode) == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--model", "no-such"), "no such model"),
        (("--model", "demo", "--key", "nobody"), "no such key"),
        (("--model", "pair", "--key", "few"), "pair -> nowhere"),
        (("--model", "paid"), "no such model"),
    ],
    ids=["model", "key", "denied", "off"],
)
def test_explain_of_what_would_not_be_sent_fails(arguments, words, good):
    """Exit code 1, so that a script can ask; and why."""
    done = run("explain", good, *arguments)

    assert done.returncode == 1
    assert words in done.stdout


def test_explain_of_a_wrong_file_reports_its_mistakes(wrong):
    """As ``check`` does."""
    done = run("explain", wrong, "--model", "a")

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == len(MISTAKES)


def test_serve_on_a_taken_port_says_so_in_one_line(good, taken):
    """Exit code 1, no traceback, and nobody believes it listens."""
    done = run("serve", "--config", good, "--port", taken, OPENAI_API_KEY="sk-1")

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert f"cannot bind 127.0.0.1:{taken}" in done.stderr
    assert "listening" not in done.stdout


def test_serve_on_an_address_of_somebody_else_says_so_in_one_line(good):
    """192.0.2.0/24 is for documentation (RFC 5737): no machine has it."""
    done = run("serve", "--config", good, "--host", "192.0.2.1", "--port", "0", OPENAI_API_KEY="sk-1")

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "cannot bind 192.0.2.1:0" in done.stderr


@pytest.mark.parametrize("workers", [1, 2])
def test_serve_that_could_write_nothing_down_says_so_in_one_line(workers, tmp_path):
    """Exit code 2 and the key of the file, no traceback: here something else has the folder's name."""
    journal = tmp_path / "a-file" / "journal"
    journal.parent.write_text("")
    demo = "upstreams: {demo: {provider: demo}}\nmodels: {demo: demo/echo}\n"
    path = _file(tmp_path, f"{demo}ledger: {{url: 'sqlite:///ledger.db', journal: {journal}}}\n")
    done = run("serve", "--config", path, "--port", "0", "--workers", workers)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"ledger.journal: {journal} cannot be written: Not a directory\n"


def test_serve_with_a_wrong_file_reports_its_mistakes_and_does_not_start(wrong):
    """All of them, as ``check`` does."""
    done = run("serve", "--config", wrong, "--port", "0")

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == len(MISTAKES)
    assert done.stdout == ""


def test_serve_refuses_to_be_open_to_everybody(tmp_path):
    """``--host`` counts as if it were written in the file: without keys only this machine may ask."""
    path = _file(tmp_path, "upstreams: {demo: {provider: demo}}\nmodels: {demo: demo/echo}\n")
    done = run("serve", "--config", path, "--host", "0.0.0.0", "--port", "0")

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "server.host: " in done.stderr
    assert "keys" in done.stderr


def test_the_file_may_be_named_by_the_environment(wrong):
    """``$SWITCHGEAR_CONFIG`` where no ``--config`` is given."""
    done = run("serve", "--port", "0", SWITCHGEAR_CONFIG=str(wrong))

    assert done.returncode == 1
    assert done.stderr.startswith(str(wrong))


def test_a_log_level_that_is_none_is_refused_in_one_line(good):
    """Before anything is bound."""
    done = run("serve", "--config", good, "--port", "0", "--log-level", "loud")

    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "loud" in done.stderr
