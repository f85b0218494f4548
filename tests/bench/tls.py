"""The stub behind TLS: takes what comes to the first port, encrypted, to the second one, plain, and back.

``python -m tests.bench.tls PORT STUB_PORT CERTIFICATE``; the certificate's file holds its key as well. It runs on the
core of the load, so what it costs is in no figure.
"""

import asyncio
import ssl
import sys
from typing import Any

import uvloop


class End(asyncio.Protocol):
    """One end of a relayed connection; what comes in here goes out at the other."""

    def __init__(self, other: "End | None" = None) -> None:
        self.other, self.early, self.transport = other, b"", None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        if self.other is None:
            self.dialling = asyncio.get_running_loop().create_task(self._dial())
        else:
            transport.write(self.other.early)

    def data_received(self, data: bytes) -> None:
        if self.other is None or self.other.transport is None:
            self.early += data
        else:
            self.other.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()

    async def _dial(self) -> None:
        loop = asyncio.get_running_loop()
        _, self.other = await loop.create_connection(lambda: End(self), "127.0.0.1", int(sys.argv[2]))


async def main() -> None:
    """Relay until killed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3])
    server = await asyncio.get_running_loop().create_server(End, "127.0.0.1", int(sys.argv[1]), ssl=context)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
