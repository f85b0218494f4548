"""HTTP/2 connections whose upstream says goodbye: it may still answer what it was asked before (RFC 9113, 6.8).

h2 4.4 takes GOAWAY for the connection's end and refuses what comes after it (python-hyper/h2#1181, open since 2019);
httpcore2 2.16 reads no further. But nginx 1.22 says it *before* the last answer of a connection, which is every
thousandth (``keepalive_requests``, ngx_http_core_module): work that was done would be lost. So what is reached into
here is private, and the tests of HTTP/2 say when a new version has moved it. It relies on each connection carrying one
exchange at a time.
"""

from collections.abc import Callable, Iterator
from typing import Any


def wait_for_answer(transport: Any) -> None:
    """See to it that a goodbye ends no exchange that it promises to answer, and that none follows it.

    Args:
        transport: httpx2's, when a request of its HTTP/2 connection is about to be sent.
    """
    for connection in _connections(transport):
        table = connection._h2_state._frame_dispatch_table
        for frame, known in table.items():
            if frame.__name__ == "GoAwayFrame" and not isinstance(known, _Goodbye):
                table[frame] = _Goodbye(connection, known)


def is_quiet(transport: Any) -> bool:
    """Whether nothing has come over its idle connection: a goodbye, or its end, would cost the next request."""
    return not any(connection._network_stream.get_extra_info("is_readable") for connection in _connections(transport))


class _Goodbye:
    """Takes GOAWAY frames for one connection."""

    def __init__(self, connection: Any, known: Callable[[Any], Any]) -> None:
        self._connection, self._known = connection, known

    def __call__(self, frame: Any) -> Any:
        if frame.error_code or frame.last_stream_id < self._connection._h2_state.highest_outbound_stream_id:
            return self._known(frame)
        self._connection._used_all_stream_ids = True  # httpcore2's word for: to be closed after this one
        return [], []


def _connections(transport: Any) -> Iterator[Any]:
    """Those that speak HTTP/2; a proxy's tunnel has one more layer around them."""
    for connection in transport._pool.connections:
        inner = connection
        while (below := getattr(inner, "_connection", None)) is not None:
            inner = below
        if hasattr(inner, "_h2_state"):
            yield inner
