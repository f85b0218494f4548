"""The process: uvicorn around the application, and its signals.

SIGTERM: readiness falls at once; after ``server.grace`` (time for load balancers to notice) the port closes; what is
under way has ``server.drain`` to end, then it is ended with an error that says so. A second signal leaves five seconds.
SIGHUP reloads the configuration.
"""

import asyncio
import signal
import socket
from types import FrameType

import uvicorn

from proxy.app import Switchgear
from proxy.edge.guard import GuardedProtocol

IMPATIENT_SECONDS = 5.0
"""What a second SIGTERM or Ctrl-C leaves the requests under way."""
BACKLOG = 4096
"""Connections that wait to be accepted; a herd of reconnecting clients comes at once."""
SEND_BUFFER = 128 * 1024
"""Bytes the kernel holds for a client that reads slowly (F16); it would grow to megabytes by itself."""
KEEP_ALIVE_SECONDS = 75
"""Idle connections are kept longer than the usual load balancer's 60 s, so that it never writes to one just closed."""


def settings(app: Switchgear, drain: float) -> uvicorn.Config:
    """uvicorn's configuration; what is fixed here is not the operator's to change.

    Args:
        app: the application.
        drain: seconds that requests under way have at shutdown.
    """
    return uvicorn.Config(
        app,
        interface="asgi3",
        http=GuardedProtocol,
        loop="uvloop",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        # Ours ends the requests first, each with an error frame; uvicorn's own cancellation is the net below.
        timeout_graceful_shutdown=int(drain + IMPATIENT_SECONDS) + 1,
    )


def bind(host: str, port: int) -> socket.socket:
    """A listening socket.

    Args:
        host: address or name to bind.
        port: port to bind; 0 takes a free one.

    Raises:
        OSError: the port is taken, or the address is not ours.
    """
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)  # each connection inherits it
    listener.bind(address)
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


class Server(uvicorn.Server):
    """uvicorn's server with a shutdown that load balancers and streams can live with."""

    def __init__(self, app: Switchgear, drain: float) -> None:
        super().__init__(settings(app, drain))
        self._app = app

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._app.reload_soon)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})  # one that came while we started is heard now
        await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal starts the drain, the second one hurries it."""
        del frame
        asyncio.get_running_loop().call_soon_threadsafe(self._hurry if self._app.draining else self._begin, sig)

    def _begin(self, sig: int) -> None:
        grace = self._app.grace if sig == signal.SIGTERM else 0.0
        self._app.begin_drain(grace)
        asyncio.get_running_loop().call_later(grace, self._leave)

    def _hurry(self, _: int) -> None:
        self._leave()
        asyncio.get_running_loop().call_later(IMPATIENT_SECONDS, self._app.engine.break_off)

    def _leave(self) -> None:
        self.should_exit = True
