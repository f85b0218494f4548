"""Bytes after the end of an answer, wherever httpcore2 and anyio keep them.

They would be taken for the answer to the next request on that connection, whoever's that is. httpcore2 2.16 polls the
socket before it uses a connection again, but it looks at no buffer above the socket, and shows none: so what is reached
into here is private, and the tests of the transports' contract say when a new version has moved it.
"""

from typing import Any


def spend_if_more_came(response: Any, network: Any) -> None:
    """See to it that a connection that holds more than the answer it was asked for goes no further than this.

    Args:
        response: httpx2's stream of an answer that was read to its end and is not closed yet.
        network: httpcore2's stream below it (the answer's extension ``network_stream``).
    """
    connection = getattr(response._httpcore_stream._stream, "_connection", None)
    parser = getattr(connection, "_h11_state", None)
    if parser is None:  # HTTP/2, where each frame says whose it is
        return
    waiting, stream = len(parser.trailing_data[0]), network._stream
    while (records := getattr(stream, "_read_bio", None)) is not None:  # TLS; twice through a proxy that has it too
        waiting += records.pending
        stream = stream.transport_stream
    if waiting or stream._protocol.read_queue:
        parser.send_failed()  # h11's word for: not to be used again
