"""A client's line on another ASGI server than our own: told by a task that waits in ``receive``."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from proxy import tasks
from proxy.app import Switchgear
from proxy.config.load import load
from proxy.edge.line import LINE, line_of

pytestmark = pytest.mark.anyio

PATIENCE = 10.0
"""Seconds after which what has not come never will."""
CONFIG = """
upstreams: {demo: {provider: demo}}
models: {"*": demo/*}
ledger: off
"""


@pytest.fixture
def anyio_backend() -> str:
    """The one loop there is."""
    return "asyncio"


class Asgi:
    """What any server hands an application: a way to receive, and one to send."""

    def __init__(self) -> None:
        self.coming: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self.sent: list[MutableMapping[str, Any]] = []

    async def receive(self) -> MutableMapping[str, Any]:
        return await self.coming.get()

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.sent.append(message)


async def watchers_end() -> None:
    """Wait for the tasks that were started here."""
    here = asyncio.get_running_loop()
    if left := [task for task in tasks._running if task.get_loop() is here]:
        await asyncio.wait(left, timeout=PATIENCE)
        assert all(task.done() for task in left)


async def test_our_own_servers_line_is_taken_where_there_is_one() -> None:
    """It needs no task to watch it."""
    server, own = Asgi(), object()

    assert line_of({LINE: own}, server.receive, server.send) is own


async def test_a_whole_answer_is_a_head_and_a_body() -> None:
    """As ASGI has it."""
    server = Asgi()
    await line_of({}, server.receive, server.send).answer(404, [(b"content-length", b"2")], b"{}")

    assert server.sent == [
        {"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"2")]},
        {"type": "http.response.body", "body": b"{}"},
    ]


async def test_whoever_listens_is_told_once_that_the_client_has_left() -> None:
    """What else is received does not mean that."""
    server, told = Asgi(), list[str]()
    line_of({}, server.receive, server.send).listen(lambda: told.append("lost"))
    server.coming.put_nowait({"type": "http.request", "body": b"", "more_body": False})
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert told == []

    server.coming.put_nowait({"type": "http.disconnect"})
    server.coming.put_nowait({"type": "http.disconnect"})
    await watchers_end()
    assert told == ["lost"]


async def test_whoever_does_not_listen_any_more_is_not_told_and_nothing_is_left_running() -> None:
    """Also where nobody listened at all."""
    server, told = Asgi(), list[str]()
    line = line_of({}, server.receive, server.send)
    line.ignore()
    line.listen(lambda: told.append("lost"))
    await asyncio.sleep(0)
    line.ignore()
    server.coming.put_nowait({"type": "http.disconnect"})
    await watchers_end()

    assert told == []


async def test_cancelling_it_cancels_the_task_that_serves_the_request() -> None:
    """Not the one that watches, from which it is called."""
    server = Asgi()

    async def serve() -> None:
        line = line_of({}, server.receive, server.send)
        line.listen(line.cancel)
        try:
            await asyncio.Event().wait()
        finally:
            line.ignore()

    serving = asyncio.ensure_future(serve())
    await asyncio.sleep(0)
    server.coming.put_nowait({"type": "http.disconnect"})
    async with asyncio.timeout(PATIENCE):
        await asyncio.wait([serving])
    assert serving.cancelled()
    await watchers_end()


# The application on such a server


class Watched:
    """The application, with a word when a request of it is over."""

    def __init__(self) -> None:
        self.app = Switchgear(load(CONFIG, "proxy.yaml", {}), None, {})
        self.over = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            if scope["type"] == "http":
                self.over.set()


@asynccontextmanager
async def served(http: Any) -> AsyncIterator[tuple[Watched, int]]:
    """The application on uvicorn with a protocol of its own; and the port."""
    app = Watched()
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, http=http, ws="none", lifespan="on", interface="asgi3", log_config=None)
    )
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()
    try:
        yield app, server.servers[0].sockets[0].getsockname()[1]
    finally:
        await server.shutdown()
        await watchers_end()


HEAD = """POST /v1/chat/completions HTTP/1.1
Host: gateway.test
Connection: close
Content-Type: application/json
Content-Length: {length}

"""


@asynccontextmanager
async def asking(port: int, model: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A streamed request, on a connection of its own."""
    body = b'{"model":"%b","stream":true,"messages":[{"role":"user","content":"one two three"}]}' % model.encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD.replace("\n", "\r\n").format(length=len(body)).encode() + body)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


@pytest.mark.parametrize("http", ["h11", "httptools"])
async def test_a_client_is_served_by_any_asgi_server(http: Any) -> None:
    """To the last event."""
    async with asyncio.timeout(PATIENCE), served(http) as (app, port), asking(port, "echo") as (reader, _):
        answer = await reader.read()
        await app.over.wait()

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"data: [DONE]" in answer


@pytest.mark.parametrize("http", ["h11", "httptools"])
async def test_a_client_that_leaves_is_noticed_on_any_asgi_server(http: Any) -> None:
    """F15: in the middle of a stream, while nothing comes that could be sent to it."""
    async with asyncio.timeout(PATIENCE), served(http) as (app, port), asking(port, "stall") as (reader, writer):
        await reader.readuntil(b"one")
        assert app.app.engine.in_flight == 1
        writer.transport.abort()
        await app.over.wait()

        assert app.app.engine.in_flight == 0
