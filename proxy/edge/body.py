"""Reads a request's body under its cap, and refuses what is not JSON before reading any of it."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from proxy.engine.ports import ClientGone
from translators.base import Malformed

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


async def read(headers: Iterable[tuple[bytes, bytes]], receive: Receive, limit: int) -> bytes:
    """The whole body.

    Args:
        headers: the request's, names in lower case.
        receive: ASGI's.
        limit: bytes.

    Raises:
        Malformed: 413 too large (D5), 415 not JSON or encoded (D6).
        ClientGone: the client left before its body was complete.
    """
    _check(headers, limit)
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        body: bytes = message.get("body", b"")
        return body if len(body) <= limit else _too_large(limit)
    pieces: list[bytes] = []
    size = 0
    while True:
        if message["type"] != "http.request":
            raise ClientGone
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > limit:
            _too_large(limit)
        if not message.get("more_body"):
            return b"".join(pieces)
        message = await receive()


def _check(headers: Iterable[tuple[bytes, bytes]], limit: int) -> None:
    content_type = b""
    for name, value in headers:
        if name == b"content-type":
            content_type = value
        elif name == b"content-length" and int(value) > limit:
            _too_large(limit)
        elif name == b"content-encoding" and value.lower() != b"identity":
            raise Malformed("Encoded bodies are not accepted.", "unsupported_content_type", status=415)
    if content_type != b"application/json" and content_type.split(b";", 1)[0].strip().lower() != b"application/json":
        message = "The content type must be 'application/json'."
        raise Malformed(message, "unsupported_content_type", status=415)


def _too_large(limit: int) -> bytes:
    raise Malformed(f"The request is larger than {limit} bytes.", "request_too_large", status=413)
