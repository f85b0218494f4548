"""The workers of a running server, one by one: killed, frozen and thawed, as a machine would do it to them."""

import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.rig.server import Gateway
from tests.rig.waiting import until


class Fleet(Gateway):
    """A server whose processes can be got at. A context manager, like the one that it is.

    One worker is the server's own process: killed it is gone, and :meth:`revive` starts it again on the same port.
    """

    @property
    def workers(self) -> list[int]:
        """Process ids of those that live, in order."""
        try:
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text("ascii").split()
        except OSError:
            return []
        workers = [int(child) for child in children if _is_worker(int(child))]
        return sorted(workers) if workers else [self.pid] if _lives(self.pid) else []

    def full(self, count: int) -> None:
        """Wait until so many workers live."""
        until(lambda: len(self.workers) == count, f"{count} workers lived", 30)

    def kill(self, pid: int) -> None:
        """SIGKILL to one of them; the supervisor will start another one."""
        _send(pid, signal.SIGKILL)
        if pid == self.pid:
            self.wait()

    def freeze(self, pid: int) -> None:
        """SIGSTOP: it does nothing more, and does not know of it."""
        _send(pid, signal.SIGSTOP)

    def thaw(self, pid: int) -> None:
        """SIGCONT: it goes on where it was, late."""
        _send(pid, signal.SIGCONT)

    @contextmanager
    def frozen(self, pid: int) -> Iterator[int]:
        """Frozen for as long as this lasts."""
        self.freeze(pid)
        try:
            yield pid
        finally:
            self.thaw(pid)

    def any(self, dice: random.Random) -> int | None:
        """One of the workers; None where none lives at this moment."""
        workers = self.workers
        return dice.choice(workers) if workers else None

    def revive(self) -> None:
        """Start a server again that was killed as a whole; what it had logged until then is kept."""
        for name in ("stdout", "stderr"):
            log = self.folder / f"{name}.log"
            with (self.folder / f"{name}.before.log").open("ab") as before:
                before.write(log.read_bytes())
        self.http.close()
        self.__enter__()

    def stop(self) -> int:
        for pid in self.workers:
            self.thaw(pid)
        return super().stop()


def _is_worker(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"worker" in command and _lives(pid)


def _lives(pid: int) -> bool:
    """Running or stopped; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
