"""The servers that are measured: one row each. A new one is an entry in ``ROWS``."""

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.bench import KEY, answers, processes
from tests.bench.processes import Process
from tests.bench.traffic import MODEL, PATH, Load
from tests.rig.valkey import valkey

PLAIN = 'provider: openai, base_url: "http://127.0.0.1:{stub}/v1"'


@dataclass(frozen=True)
class Row:
    """One server: the proxy under a configuration, an application under uvicorn alone, or any other command."""

    name: str
    upstream: str = PLAIN
    """The proxy's only upstream, as YAML. ``{stub}`` and ``{tls}`` are the stub's ports; files are looked for in the
    bench's folder, where ``authority.pem`` is whom the stub's certificate is from."""
    config: str = ""
    """Further YAML of the proxy's file: a chain, limits, a store. ``{valkey}`` is the port of a Valkey."""
    app: str = ""
    """An ASGI application instead of the proxy."""
    command: str = ""
    """Any other server instead of the proxy, as one would start it; listens on ``port``."""
    port: int = 0
    """0: a free one."""
    workers: int = 1
    streams: bool = True
    """Whether it can answer with a stream."""


AFTER = "  - breaker\n  - strategy: priority\n  - retry\n"
ONE = "chain:\n  - budget: {per: key, limit: $100000/day}\n" + AFTER
FOUR = (
    "chain:\n  - rate: {per: key, requests: 60M/min}\n  - budget: {per: key, limit: $100000/day}\n"
    "  - quota: {per: key, tokens: 100B/month}\n  - concurrency: {per: key, limit: 1000}\n" + AFTER
)
"""Limits that nothing reaches: what counting costs, with one account of a request and with four."""
REDIS = "state: {url: redis://127.0.0.1:{valkey}/0, leases: %s}\n"

ROWS = [
    Row("floor", app="tests.bench.floor:app", streams=False),
    Row("bare proxy", app="tests.bench.bare:app"),
    Row("chain off", config="chain: []"),
    Row("default chain"),
    Row("transport httpx", upstream=PLAIN + ", transport: httpx"),
    Row("from anthropic", upstream='provider: anthropic, base_url: "http://127.0.0.1:{stub}"'),
    Row("from gemini", upstream='provider: google, base_url: "http://127.0.0.1:{stub}"'),
    Row("from bedrock", upstream='provider: bedrock, region: us-east-1, base_url: "http://127.0.0.1:{stub}"'),
    Row("from cohere", upstream='provider: cohere, base_url: "http://127.0.0.1:{stub}"'),
    Row("from ollama", upstream='provider: ollama, api: native, base_url: "http://127.0.0.1:{stub}"'),
    Row(
        "TLS upstream",
        upstream='provider: openai, base_url: "https://127.0.0.1:{tls}/v1", transport: {ca_file: authority.pem}',
    ),
    Row("two workers", workers=2),
    Row("limits off", config="ledger: off"),
    Row("memory 1 claim", config=ONE),
    Row("memory 4 claims", config=FOUR),
    Row("leased 1 claim", config=REDIS % "true" + ONE),
    Row("leased 4 claims", config=REDIS % "true" + FOUR),
    Row("exact 1 claim", config=REDIS % "false" + ONE),
    Row("exact 4 claims", config=REDIS % "false" + FOUR),
]

CONFIG = """
server: {{grace: 0s}}
upstreams:
  up: {{{upstream}, api_key: sk-upstream}}
models:
  {model}: {{targets: [{{to: up/claude-sonnet-4-5, price: {{input: $3/M, output: $15/M}}}}]}}
keys:
  - {{id: bench, secret: {key}}}
{ledger}
{config}
"""
LEDGER = "ledger: {{url: sqlite:///{name}.db, journal: {name}.journal}}"
"""Beside the configuration's file, in the bench's folder; one of its own for each row that says nothing of it."""
UVICORN = "--loop uvloop --http httptools --no-access-log --log-level warning"


@dataclass(frozen=True)
class Bench:
    """What stands around the servers: the stub, plain and behind TLS, a Valkey, and a folder for files."""

    folder: Path
    stub: int
    tls: int
    valkey: int

    @contextmanager
    def server(self, row: Row, prefix: tuple[str, ...] = (), cores: frozenset[int] = frozenset()) -> Iterator[Process]:
        """A row's server, running.

        Args:
            row: which one.
            prefix: what its command is put behind, such as ``valgrind``.
            cores: where it may run; none said: on the server's core, several workers on all there are.
        """
        port = row.port or processes.free_port()
        home = set(cores) or (set(processes.CORES) if row.workers > 1 else {processes.SERVER_CORE})
        command = [*prefix, *self._command(row, port)]
        up = _answers if row.app or row.command else _healthy
        with processes.running(command, port, up, cores=home, env=self._env()) as process:
            try:
                yield process
            except SystemExit as fault:
                sys.exit(f"{row.name}: {fault}")

    def fault(self, row: Row) -> str:
        """Why the proxy as it stands does not take the row's configuration; empty if it does."""
        if row.app or row.command:
            return ""
        command = [sys.executable, "-m", "proxy.cli", "check", str(self.file(row))]
        done = subprocess.run(command, cwd=processes.ROOT, env=self._env(), capture_output=True, text=True)
        return done.stderr.strip() if done.returncode else ""

    def _command(self, row: Row, port: int) -> list[str]:
        if row.command:
            return row.command.split()
        if row.app:
            return [sys.executable, "-m", "uvicorn", row.app, "--port", str(port), *UVICORN.split()]
        options = ["--config", str(self.file(row)), "--port", str(port), "--workers", str(row.workers)]
        return [sys.executable, "-m", "proxy.cli", "serve", *options]

    def file(self, row: Row) -> Path:
        """The configuration of a row that is the proxy."""
        upstream = row.upstream.replace("{stub}", str(self.stub)).replace("{tls}", str(self.tls))
        name = row.name.replace(" ", "_")
        file = self.folder / f"{name}.yaml"
        config = row.config.replace("{valkey}", str(self.valkey))
        ledger = "" if "ledger:" in config else LEDGER.format(name=name)
        file.write_text(CONFIG.format(upstream=upstream, model=MODEL, key=KEY, ledger=ledger, config=config))
        return file

    def _env(self) -> dict[str, str]:
        """The same for every server; what it hashes must not change from run to run."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return kept | {"MOCK_PORT": str(self.stub), "PYTHONHASHSEED": "0"}


@contextmanager
def surroundings(folder: Path) -> Iterator[Bench]:
    """The stub, on the load's core, and TLS before it."""
    (folder / "wires.h").write_text(answers.header(answers.WIRES))
    program, core = processes.compiled("stub", folder), {processes.LOAD_CORE}
    stub, tls = processes.free_port(), processes.free_port()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    pem = folder / "stub.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(pem)
    front = [sys.executable, "-m", "tests.bench.tls", str(tls), str(stub), str(pem)]
    with (
        valkey() as store,
        processes.running([str(program), str(stub)], stub, processes.listening, cores=core),
        processes.running(front, tls, processes.listening, cores=core),
    ):
        yield Bench(folder, stub, tls, store.port)


def _healthy(port: int) -> bool:
    return _status(port, "GET", "/health/readiness", b"") == 200


def _answers(port: int) -> bool:
    return _status(port, "POST", PATH, Load(1).body()) == 200


def _status(port: int, method: str, path: str, body: bytes) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        head = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
        connection.request(method, path, body, head)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
