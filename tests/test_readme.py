"""The README is true: every line of code in it runs as written, and its tables are what the code says."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.config.load import load
from tests import features, readme
from tests.rig.server import Gateway

ROOT = readme.README.parent
WRITTEN = "127.0.0.1:4000"
PYTHON, CURL = readme.blocks("python"), readme.blocks("sh", "curl")
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GROQ_KEY_1", "GROQ_KEY_2")
CLOUD_KEYS = ("AWS_BEARER_TOKEN_BEDROCK", "VERTEX_TOKEN", "GROQ_KEY")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The repository's own ``proxy.yaml``, served as it is; from another folder, for a ledger comes beside it."""
    file = Path(shutil.copy(ROOT / "proxy.yaml", tmp_path_factory.mktemp("served")))
    silent = dict.fromkeys((name for name in os.environ if name.endswith("_API_KEY")), "")
    with Gateway(tmp_path_factory.mktemp("readme"), file, silent) as server:
        yield server


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _first_words(block: readme.Block) -> str:
    return re.sub(r"\W+", "-", block.text[-60:]).strip("-")


def test_there_is_code_to_run():
    """If the blocks' form changes, the tests below must not pass for want of any."""
    assert (len(PYTHON), len(CURL)) >= (3, 2)
    assert all(WRITTEN in block.text for block in (*PYTHON, *CURL))


@pytest.mark.parametrize("block", PYTHON, ids=_first_words)
def test_python_runs_as_written(block, gateway, tmp_path):
    """But for the port: this one is free."""
    script = tmp_path / "snippet.py"
    script.write_text(block.text.replace(WRITTEN, f"127.0.0.1:{gateway.port}"))

    assert _run([sys.executable, str(script)], tmp_path).strip()


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
@pytest.mark.parametrize("block", CURL, ids=_first_words)
def test_curl_runs_as_written(block, gateway, tmp_path):
    """And is answered with JSON: an answer, a decision, or the error that a rehearsed outage is."""
    command = block.text.replace(WRITTEN, f"127.0.0.1:{gateway.port}")

    answer = json.loads(_run(["sh", "-ec", command], tmp_path))

    if "flaky" not in command:
        assert answer["object"] in ("chat.completion", "route")
    else:
        assert answer.get("object") == "chat.completion" or answer["error"]["type"] in ("server_error", "requests")


@pytest.mark.parametrize("environment", [{}, dict.fromkeys(KEYS, "sk-1")], ids=["without-keys", "with-keys"])
def test_the_configuration_is_accepted(environment):
    """Not one mistake in it, whichever keys are set."""
    (block,) = readme.blocks("yaml")

    config = load(block.text, "README.md", environment)

    assert "demo" in config.upstreams
    assert {"default", "careful"} <= config.chains.keys()
    assert len(config.models) >= (4 if environment else 2)


@pytest.mark.parametrize("environment", [{}, dict.fromkeys(KEYS, "sk-1")], ids=["without-keys", "with-keys"])
def test_the_configuration_of_limits_is_accepted(environment):
    """Every limit is read; with two workers too, for they share a store."""
    (block,) = readme.blocks("yaml", "money")

    config = load(block.text, "README.md", environment, overrides={"workers": 2})

    assert [entry.name for entry in config.chains["default"]][-1] == "retry"
    assert config.state.url is not None
    assert config.webhooks[0].events == ("budget.*", "upstream.*")


@pytest.mark.parametrize("environment", [{}, dict.fromkeys(CLOUD_KEYS, "sk-1")], ids=["without-keys", "with-keys"])
def test_the_configuration_of_clouds_is_accepted(environment):
    """Each account is in service as soon as its key is there."""
    (block,) = readme.blocks("yaml", "clouds")

    config = load(block.text, "README.md", environment)

    assert {name for name, upstream in config.upstreams.items() if upstream.off} == (
        set() if environment else {"bedrock", "claude-on-aws", "vertex", "careful"}
    )


def test_the_check_commands_run_as_written():
    """On the repository's own file, with the command that is installed there."""
    (block,) = readme.blocks("sh", "check")
    commands = [line.partition(" #")[0].split() for line in block.text.splitlines()]

    assert len(commands) >= 2
    for command in commands:
        assert command[0] == ".venv/bin/switchgear"
        assert _run([sys.executable, "-m", "proxy.cli", *command[1:]], ROOT).strip()


def test_the_generated_tables_are_up_to_date():
    """``python tests/readme.py write`` makes them so."""
    text = readme.README.read_text()

    assert readme.filled(text) == text
    assert all(len(table.splitlines()) > 3 for table in readme.tables().values())


def test_the_page_of_features_is_up_to_date():
    """Else run: python tests/features.py write."""
    assert features.PAGE.read_text() == features.page()


def test_filling_in_finds_every_table():
    """A marker that is lost would leave its table as it was for ever."""
    text = readme.README.read_text()

    assert set(re.findall(r"^<!-- (\w+): generated", text, re.MULTILINE)) == readme.tables().keys()


@pytest.mark.parametrize("role", ["start", "test"])
def test_starting_and_testing_are_one_line_each(role):
    """One to copy, and nothing to think of; both begin on a fresh machine."""
    command = readme.command(role)

    assert len(command.splitlines()) == 1
    assert command.startswith("python3 -m venv .venv && ")


@pytest.mark.parametrize("path", re.findall(r"\]\(([^):]+)\)", readme.README.read_text()))
def test_links_lead_somewhere(path):
    """Within the repository."""
    assert (ROOT / path).exists()
