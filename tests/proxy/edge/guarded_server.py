"""A real uvicorn server with the guarded protocol, in a thread, around an application that says what it was asked."""

import asyncio
import json
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import uvicorn

from proxy.edge.guard import GuardedProtocol
from tests.rig.raw import RawClient, RawResponse

HOST = b"Host: gateway.test\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
MUCH = 16 * 2**20
"""Bytes."""


class Quick(GuardedProtocol):
    """The same with deadlines that tests can wait for."""

    head_seconds = 0.15
    body_seconds = 0.15
    linger_seconds = 0.2
    unread_seconds = 0.5


class GuardedServer:
    """A context manager.

    Paths of its application: ``/deaf`` answers without reading the body; ``/late`` reads it only after several of the
    quick deadlines; ``/last`` closes the connection; ``/open`` begins an answer and ends it once ``/shut`` is asked
    for; ``/wait`` waits for its client to leave;
    ``/much`` answers with more than any buffer holds, ``/stream`` without a length; all others read and answer.
    """

    def __init__(self, protocol: type[GuardedProtocol] = GuardedProtocol, certificate: Path | None = None) -> None:
        self.served: list[tuple[str, bytes, dict[str, str]]] = []
        """Path, body and headers of each request whose body was complete."""
        self.disconnects: list[str] = []
        """Paths of those whose client left, as the application saw it."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._app,
                http=protocol,
                ws="none",
                lifespan="off",
                interface="asgi3",
                proxy_headers=False,
                log_config=None,
                access_log=False,
                ssl_certfile=certificate,
            )
        )
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._server.force_exit = self._server.should_exit = True
        self._thread.join(10)
        self._listener.close()
        assert not self._thread.is_alive()

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self._server.server_state.connections)

    @property
    def waiting(self) -> int:
        """Requests that wait behind others on their connections."""
        return sum(len(connection.pipeline) for connection in tuple(self._server.server_state.connections))  # type: ignore[union-attr]

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        if path == "/late":
            await asyncio.sleep(4 * Quick.body_seconds)
        if path == "/open":
            self._shut = asyncio.Event()
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"7")]})
            await send({"type": "http.response.body", "body": b"abc", "more_body": True})
            await self._shut.wait()
            await send({"type": "http.response.body", "body": b"defg"})
            return
        body = b""
        while path != "/deaf":
            message = await receive()
            if message["type"] == "http.disconnect":
                self.disconnects.append(path)
                return
            body += message["body"]
            if not message["more_body"]:
                break
        if path == "/wait":
            assert (await receive())["type"] == "http.disconnect"
            self.disconnects.append(path)
            return
        if path == "/shut":
            self._shut.set()
        if path == "/stream":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for piece in (b"one ", b"two ", b"three"):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
            return
        if path == "/much":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % MUCH)]})
            await send({"type": "http.response.body", "body": bytes(MUCH)})
            return
        self.served.append((path, body, {name.decode(): value.decode() for name, value in scope["headers"]}))
        answer = json.dumps({"path": path, "bytes": len(body)}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        if path == "/last":
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


def ended(client: RawClient) -> bool:
    """Whether nothing more comes: the connection ends, with nothing before that."""
    try:
        client.until(b"\n")
    except ConnectionError as end:
        return "b''" in str(end)
    return False


def refused(client: RawClient, status: int, code: str) -> RawResponse:
    """The next answer is a refusal in OpenAI's envelope, and the last thing on this connection."""
    response = client.response()
    error = response.json["error"]
    assert (response.status, error["code"]) == (status, code)
    assert (error["type"], error["param"]) == ("invalid_request_error", None)
    assert set(error) == {"message", "type", "param", "code"}
    assert response.headers["content-type"] == "application/json"
    assert response.headers["connection"] == "close"
    assert response.headers["x-request-id"]
    assert ended(client)
    return response
