"""``switchgear serve``: one worker in this process, or a supervisor and several."""

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from proxy.observe import log

if TYPE_CHECKING:
    from proxy.app import Switchgear
    from proxy.config.schema import Config

SHARED = "SWITCHGEAR_SHARED"
"""Environment variable: the directory that all workers of one server share."""
UNWRITABLE = 2
"""Exit code where the configuration names a folder that cannot be written."""
METRICS = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus_client's own: it reads it at import."""


def serve(config: "Config", path: Path, overrides: Mapping[str, object], log_level: str) -> int:
    """Serve until told to stop.

    Args:
        config: loaded and checked, the command line's overrides in it.
        path: where it came from; watched for edits.
        overrides: what the command line said instead of keys of ``server``.
        log_level: of the event log.

    Returns:
        The exit code.
    """
    from proxy.server import bind

    log.configure(log_level)
    trouble = _unwritable(config)
    if trouble is not None:
        print(trouble, file=sys.stderr)  # noqa: T201
        return UNWRITABLE
    try:
        listener = bind(config.server.host, config.server.port)
    except OSError as fault:
        print(f"cannot bind {config.server.host}:{config.server.port}: {fault.strerror}", file=sys.stderr)  # noqa: T201
        return 1
    host, port = listener.getsockname()[:2]
    log.event("listening", url=f"http://{f'[{host}]' if ':' in host else host}:{port}", workers=config.server.workers)
    if config.server.workers > 1:
        return _supervise(config, path, log_level, listener)
    from proxy.app import Switchgear

    _run(Switchgear(config, path, overrides), config.server.drain, listener, None)
    return 0


def _unwritable(config: "Config") -> str | None:
    """Why nothing could be written down, in words that name the key of the file; None: it can be."""
    if config.ledger.url is None:
        return None
    from proxy.ledger import journal, segments

    folder, size = Path(config.ledger.journal), min(config.ledger.journal_size, journal.SEGMENT_SIZE)
    try:
        segments.prove(folder, size * config.server.workers)
    except OSError as fault:
        return f"ledger.journal: {folder} cannot be written: {fault.strerror}"
    return None


def work(path: Path, host: str, listener: int, heartbeat: int, log_level: str) -> None:
    """Serve as one worker of several.

    Args:
        path: the configuration file.
        host: what the listening socket is bound to.
        listener: descriptor of the shared listening socket.
        heartbeat: descriptor that proves this worker alive to its supervisor.
        log_level: of the event log.
    """
    from proxy.app import Switchgear
    from proxy.config import last_good

    log.configure(log_level)
    shared, overrides = Path(os.environ[SHARED]), {"host": host}
    config, problems = last_good.load(path, shared, os.environ, overrides)
    app = Switchgear(config, path, overrides, shared, problems)
    _run(app, config.server.drain, socket.socket(fileno=listener), heartbeat)


def _run(app: "Switchgear", drain: float, listener: socket.socket, heartbeat: int | None) -> None:
    import uvloop

    from proxy.server import Server

    server = Server(app, drain)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if heartbeat is not None:
            runner.get_loop().call_soon(_beat, runner.get_loop(), heartbeat)
        runner.run(server.serve([listener]))


def _beat(loop: asyncio.AbstractEventLoop, heartbeat: int) -> None:
    """Prove that the event loop turns; end when nobody is left to hear it."""
    from proxy.supervisor import HEARTBEAT_SECONDS

    try:
        os.write(heartbeat, b".")
    except BlockingIOError:
        pass
    except OSError:  # the supervisor is gone: an orphan would serve on, and nobody could stop it
        os.kill(os.getpid(), signal.SIGTERM)
        return
    loop.call_later(HEARTBEAT_SECONDS, _beat, loop, heartbeat)


def _supervise(config: "Config", path: Path, log_level: str, listener: socket.socket) -> int:
    from proxy.config import last_good
    from proxy.config.load import read_bytes
    from proxy.observe.records import RECORDS, SharedRecords
    from proxy.state.mementos import shared as shared_state
    from proxy.supervisor import Supervisor, worker_command

    shared = Path(tempfile.mkdtemp(prefix="switchgear-"))
    try:
        metrics = shared / "metrics"  # prometheus_client takes every *.db in there for one of its own
        metrics.mkdir()
        SharedRecords(shared / RECORDS).close()  # made before the workers, which would fight over making them
        shared_state.prepare(shared / shared_state.MEMENTOS)
        last_good.keep(shared, read_bytes(path))
        os.environ[SHARED], os.environ[METRICS] = str(shared), str(metrics)
        command = worker_command(path, config.server.host, log_level)
        return Supervisor(command, listener, config.server.workers, _buried).run()
    finally:
        with suppress(OSError):
            shutil.rmtree(shared)


def _buried(pid: int) -> None:
    """Forget the gauges of a worker that has ended."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid)  # type: ignore[no-untyped-call]
