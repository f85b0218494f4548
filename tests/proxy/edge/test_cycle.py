"""One request and its answer: what is written, when, and what becomes of an application's mistakes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from uvicorn.protocols.http.flow_control import FlowControl

from proxy.edge.cycle import Cycle

pytestmark = pytest.mark.anyio

App = Callable[[Any, Any, Any], Awaitable[None]]
JSON = (b"content-type", b"application/json")
EMPTY_500 = b"HTTP/1.1 500 Internal Server Error\r\n"


class Wire(asyncio.Transport):
    """The connection a cycle is on, as its transport sees it, and what the cycle tells it."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closed = False
        self.completed = 0
        self.transport: asyncio.Transport = self
        self.flow = FlowControl(self)
        self.tasks: set[asyncio.Task[None]] = set()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed, "written to after its end"
        self.writes.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def on_response_complete(self) -> None:
        self.completed += 1

    def read_on(self) -> None:
        raise AssertionError("nothing was held back")

    @property
    def written(self) -> bytes:
        return b"".join(self.writes)


@pytest.fixture
def anyio_backend() -> str:
    """The one loop there is."""
    return "asyncio"


@pytest.fixture
def wire() -> Wire:
    """A connection that is kept."""
    return Wire()


def cycle(wire: Wire, method: str = "POST", *, keep_alive: bool = True, until_close: bool = False) -> Cycle:
    """A request whose head has come."""
    scope = {"type": "http", "method": method}
    return Cycle(scope, wire, expect_100_continue=False, keep_alive=keep_alive, until_close=until_close)


def saying(*messages: tuple[int, list[tuple[bytes, bytes]]] | tuple[bytes, bool]) -> App:
    """An application that sends heads ``(status, headers)`` and pieces of body ``(bytes, whether more comes)``."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        for first, second in messages:
            if isinstance(first, int):
                await send({"type": "http.response.start", "status": first, "headers": second})
            else:
                await send({"type": "http.response.body", "body": first, "more_body": second})

    return app


def length(of: int) -> tuple[bytes, bytes]:
    return b"content-length", b"%d" % of


async def test_a_whole_answer_is_one_write(wire: Wire) -> None:
    """Head and body together, whichever way it is sent."""
    await cycle(wire).run_asgi(saying((200, [JSON, length(2)]), (b"{}", False)))
    await cycle(wire).answer(200, [JSON, length(2)], b"{}")

    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n"
    assert wire.writes == [head + b"{}"] * 2
    assert (wire.completed, wire.closed) == (2, False)


async def test_a_stream_is_a_write_for_each_piece(wire: Wire) -> None:
    """The head goes out with the first one; a piece of nothing is not the end."""
    await cycle(wire).run_asgi(saying((200, []), (b"one", True), (b"", True), (b"four", True), (b"", False)))

    assert wire.writes == [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n",
        b"4\r\nfour\r\n",
        b"0\r\n\r\n",
    ]
    assert (wire.completed, wire.closed) == (1, False)


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
@pytest.mark.parametrize("headers", [[JSON], [JSON, length(2)]], ids=["no length", "a length"])
async def test_an_answer_without_a_body_is_its_head(wire: Wire, method: str, status: int, headers: Any) -> None:
    """RFC 9110, 9.3.2 and 15.3.5: whatever an application gives for one, and nothing says that chunks come."""
    await cycle(wire, method).run_asgi(saying((status, headers), (b"{}", False)))

    assert wire.written.startswith(b"HTTP/1.1 %d " % status)
    assert wire.written.endswith(b"\r\n\r\n")
    assert wire.written.count(b"\r\n") == len(headers) + 2
    assert (wire.completed, wire.closed) == (1, False)


@pytest.mark.parametrize(
    ("said", "options"),
    [
        pytest.param([length(2)], {"keep_alive": False}, id="the client wants it"),
        pytest.param([length(2), (b"connection", b"Close")], {}, id="the application wants it"),
        pytest.param([length(2), (b"connection", b"close")], {"keep_alive": False}, id="both want it"),
        pytest.param([], {"until_close": True}, id="nothing else ends the body"),
    ],
)
async def test_a_connection_that_ends_with_its_answer_says_so_once(wire: Wire, said: Any, options: Any) -> None:
    """RFC 9112, 9.6."""
    await cycle(wire, **options).run_asgi(saying((200, said), (b"{}", False)))

    assert wire.written.lower().count(b"connection: close\r\n") == 1
    assert wire.written.endswith(b"\r\n\r\n{}")
    assert (wire.completed, wire.closed) == (1, True)


@pytest.mark.parametrize(
    "header",
    [
        (b"x-bad", b"a\r\nset-cookie: b"),
        (b"x-bad", b"a\nset-cookie: b"),
        (b"x-bad", b"a\rset-cookie: b"),
        (b"x-bad: a\r\nset-cookie", b"b"),
        (b"x-bad", b"a\r\n\r\n<html>"),
    ],
)
async def test_a_header_with_a_line_break_is_never_written(wire: Wire, header: Any, caplog: Any) -> None:
    """It would be a header, or a whole answer, of somebody else's making."""
    await cycle(wire).run_asgi(saying((200, [JSON, header]), (b"{}", False)))

    assert (wire.writes, wire.closed, wire.completed) == ([], True, 0)
    assert "Invalid HTTP header." in caplog.text


@pytest.mark.parametrize(
    ("promised", "pieces", "gone_out"),
    [
        pytest.param(3, [(b"ab", False)], b"", id="too short, in one piece"),
        pytest.param(3, [(b"ab", True), (b"", False)], b"ab", id="too short"),
        pytest.param(3, [(b"abcd", False)], b"", id="too long, in one piece"),
        pytest.param(3, [(b"ab", True), (b"cd", False)], b"ab", id="too long"),
        pytest.param(0, [(b"a", False)], b"", id="nothing was promised"),
    ],
)
async def test_an_answer_of_another_length_than_it_says_is_cut(
    wire: Wire, promised: int, pieces: Any, gone_out: bytes, caplog: Any
) -> None:
    """The client must not take what comes next on the connection for the rest, nor the rest for what comes next."""
    await cycle(wire).run_asgi(saying((200, [length(promised)]), *pieces))

    assert wire.written.partition(b"\r\n\r\n")[2] == gone_out
    assert (wire.closed, wire.completed) == (True, 0)
    assert "not as long as its content-length says" in caplog.text


@pytest.mark.parametrize("messages", [[], [(b"{}", False)]], ids=["nothing", "a body without a head"])
async def test_an_application_that_sends_no_head_is_a_500(wire: Wire, messages: Any) -> None:
    """Whatever it did, the client has an answer."""
    await cycle(wire).run_asgi(saying(*messages))

    assert wire.written.startswith(EMPTY_500)
    assert (wire.closed, wire.completed) == (True, 1)


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([(200, []), (b"one", True), (200, []), (b"two", False)], id="another head"),
        pytest.param([(200, []), (b"one", True)], id="no end"),
    ],
)
async def test_an_answer_that_is_not_brought_to_its_end_is_cut(wire: Wire, messages: Any) -> None:
    """Without a last chunk, so that the client sees it."""
    await cycle(wire).run_asgi(saying(*messages))

    assert wire.written.endswith(b"\r\n\r\n3\r\none\r\n")
    assert (wire.closed, wire.completed) == (True, 0)


async def test_what_comes_after_the_end_is_not_written(wire: Wire, caplog: Any) -> None:
    """The answer stands; what is on the connection behind it would be taken for the next one."""
    await cycle(wire).run_asgi(saying((200, [length(2)]), (b"{}", False), (b"more", False)))

    assert wire.written.endswith(b"\r\n\r\n{}")
    assert (wire.closed, wire.completed) == (True, 1)
    assert "Unexpected ASGI message" in caplog.text


async def test_an_applications_fault_is_logged_and_never_shown(wire: Wire, caplog: Any) -> None:
    """Before the head it is a 500 without a word of it."""

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise LookupError("canary")

    with caplog.at_level(logging.ERROR):
        await cycle(wire).run_asgi(app)

    assert wire.written.startswith(EMPTY_500)
    assert b"canary" not in wire.written
    assert "canary" in caplog.text


async def test_to_a_client_that_has_left_nothing_is_written(wire: Wire) -> None:
    """Neither is it a mistake of the application's: who listens is told, and so is who receives."""
    request, told = cycle(wire), list[str]()
    request.listen(lambda: told.append("while it was there"))
    request.lose()
    request.listen(lambda: told.append("afterwards"))
    await request.answer(200, [length(2)], b"{}")
    await request.run_asgi(saying((200, [length(2)]), (b"{}", False)))

    assert told == ["while it was there", "afterwards"]
    assert await request.receive() == {"type": "http.disconnect"}
    assert (wire.writes, wire.completed) == ([], 0)


async def test_who_does_not_listen_any_more_is_not_told(wire: Wire) -> None:
    """The request is over."""
    request, told = cycle(wire), list[str]()
    request.listen(lambda: told.append("lost"))
    request.ignore()
    request.lose()

    assert told == []


async def test_an_answer_waits_while_the_client_is_slow(wire: Wire) -> None:
    """F16: what the connection does not take is not piled up."""
    wire.flow.pause_writing()
    answering = asyncio.ensure_future(cycle(wire).answer(200, [length(2)], b"{}"))
    for _ in range(3):
        await asyncio.sleep(0)
    assert (wire.writes, answering.done()) == ([], False)

    wire.flow.resume_writing()
    await answering
    assert (len(wire.writes), wire.completed) == (1, 1)
