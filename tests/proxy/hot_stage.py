"""The stage of the hot path: the real application behind the real protocol, a client and a provider, on one loop.

Everything a request has set going is over before the next one is asked, and each read of a stream is one of the
provider's pieces: the next comes only when the client has the last. So whatever is counted over some requests is the
same number for each.
"""

import asyncio
import io
from collections import deque
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from proxy.app import Switchgear
from proxy.config.load import load
from proxy.edge.cycle import Cycle
from proxy.server import Server
from tests.counting import Loop, Seen, Tally, loop

WARM_UP, REQUESTS, TURNS = 5, 20, 6
KEY = "sk-switchgear-client-0123456789"
MARK = b"|"
"""Ends each piece of a stream but the last, so that the client knows that it has it."""
CONFIG = """
upstreams:
  openai: {{provider: openai, base_url: "http://127.0.0.1:{port}/v1", api_key: sk-upstream}}
  anthropic: {{provider: anthropic, base_url: "http://127.0.0.1:{port}", api_key: sk-upstream}}
models:
  native: openai/gpt-4o
  anthropic: anthropic/claude-sonnet-4-5
  unchained: {{targets: [openai/gpt-4o], chain: empty}}
  limited: {{targets: [openai/gpt-4o], chain: limits}}
keys:
  - {{id: web, secret: {key}}}
chains:
  empty: []
  limits:
    - rate: {{per: key, requests: 100000/min}}
    - budget: {{per: key, limit: $100000/day}}
    - quota: {{per: key, tokens: 100B/month}}
    - concurrency: {{per: key, limit: 1000}}
    - breaker
    - strategy: priority
    - retry
ledger: off
"""
HEAD = """POST /v1/chat/completions HTTP/1.1
Host: 127.0.0.1:4000
Accept-Encoding: gzip, deflate
Connection: keep-alive
Accept: application/json
Content-Type: application/json
User-Agent: OpenAI/Python 3.40.0
X-Stainless-Lang: python
X-Stainless-Package-Version: 3.40.0
X-Stainless-OS: Linux
X-Stainless-Arch: x64
X-Stainless-Runtime: CPython
X-Stainless-Runtime-Version: 3.11.7
Authorization: Bearer {key}
X-Stainless-Async: false
x-stainless-retry-count: 0
x-stainless-read-timeout: 600
Content-Length: {length}

"""
"""As OpenAI's library for Python sends it (3.40)."""


@dataclass(frozen=True)
class Case:
    """One kind of request.

    Args:
        model: whom it asks.
        pieces: the provider's answer as it is written, piece by piece; the first has the head.
        stream: whether it asks for a stream.
        status: of the gateway's answer.
        key: of the client.
        apart: whether its body comes in a read of its own, as most libraries send it.
    """

    model: str
    pieces: tuple[bytes, ...] = ()
    stream: bool = False
    status: int = 200
    key: str = KEY
    apart: bool = False

    @property
    def request(self) -> tuple[bytes, bytes]:
        """Head and body."""
        asked: dict[str, Any] = {"model": self.model, "temperature": 0.7, "max_tokens": 256}
        asked["messages"] = [
            {"role": "system", "content": "You are a careful engineer of switchgear."},
            {"role": "user", "content": "When would I combine a load break switch with fuses? " * 12},
        ]
        if self.stream:
            asked |= {"stream": True, "stream_options": {"include_usage": True}}
        body = orjson.dumps(asked)
        return HEAD.replace("\n", "\r\n").format(key=self.key, length=len(body)).encode(), body


class Turn:
    """Lets the loop turn once; unlike ``asyncio.sleep`` it is no call of anybody else's."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class Provider(asyncio.Protocol):
    """One connection to the upstream."""

    def __init__(self, stage: "Stage") -> None:
        self._stage, self._heard = stage, b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._stage.tally.note("connections", "provider")

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if complete(self._heard):
            self._heard = b""
            self._stage.speaker = self._transport
            self._stage.say_more()


class Client(asyncio.Protocol):
    """One connection to the gateway, that is kept."""

    def __init__(self, stage: "Stage") -> None:
        self._stage, self._heard = stage, b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    async def ask(self, case: Case) -> bytes:
        """One request; the answer, once all that it has set going is over."""
        head, body = case.request
        self._heard, self._answer = b"", asyncio.Future[bytes]()
        if case.apart:
            self.transport.write(head)
            await turns()
            self.transport.write(body)
        else:
            self.transport.write(head + body)
        answer = await self._answer
        await turns()
        return answer

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if complete(self._heard):
            self._answer.set_result(self._heard)
        elif self._heard.count(MARK) == self._stage.said:
            self._stage.say_more()


class Stage:
    """What client and provider share: what is still to be said."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.speaker: Any = None
        self.said = 0
        self._pieces: deque[bytes] = deque()

    async def count(self, case: Case, client: Client) -> Seen:
        """What so many requests do, one after another."""
        await self._ask(case, client, WARM_UP)
        self.tally.open()
        try:
            await self._ask(case, client, REQUESTS)
        finally:
            self.tally.close()
        return self.tally.seen

    def say_more(self) -> None:
        """The provider's next piece, if there is one."""
        if self._pieces:
            self.said += 1
            self.speaker.write(self._pieces.popleft())

    async def _ask(self, case: Case, client: Client, times: int) -> None:
        for _ in range(times):
            self._pieces, self.said = deque(case.pieces), 0
            answer = await client.ask(case)
            assert answer.startswith(b"HTTP/1.1 %d" % case.status), answer
            assert not self._pieces, "the answer was over before the provider was"


async def turns() -> None:
    """Whatever has been set going comes to its end."""
    for _ in range(TURNS):
        await Turn()


def complete(message: bytes) -> bool:
    """Whether all of an HTTP message is here."""
    head, ended, body = message.partition(b"\r\n\r\n")
    _, _, length = head.lower().partition(b"content-length:")
    if not length:
        return ended != b"" and body.endswith(b"0\r\n\r\n")
    return ended != b"" and len(body) == int(length.split(b"\r\n")[0])


@asynccontextmanager
async def serving(shared: Path, port: int) -> AsyncIterator[int]:
    """The application, served as one of several workers; its port."""
    app = Switchgear(load(CONFIG.format(port=port, key=KEY), "proxy.yaml", {}), None, {}, shared)
    server = Server(app, drain=1.0)
    server.config.load()
    server.config.port = 0
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()  # all of ``serve`` but its signals and its tick, which is no request's
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        for each in server.servers:
            each.close()
        await server.lifespan.shutdown()


async def _play(tally: Tally, cases: dict[str, Case], shared: Path) -> dict[str, Seen]:
    here, stage = asyncio.get_running_loop(), Stage(tally)
    providers = await here.create_server(lambda: Provider(stage), "127.0.0.1", 0)
    async with providers, serving(shared, providers.sockets[0].getsockname()[1]) as port:
        _, client = await here.create_connection(lambda: Client(stage), "127.0.0.1", port)
        try:
            return {name: await stage.count(case, client) for name, case in cases.items()}
        finally:
            client.transport.close()
            await turns()


def play(kind: type[Loop], cases: dict[str, Case], shared: Path) -> tuple[dict[str, Seen], bytes]:
    """What each case does over its requests; and the log.

    Args:
        kind: of loop.
        cases: played one after another over one connection.
        shared: a folder for what workers share.
    """
    tally, log = Tally(Cycle.run_asgi.__code__, __file__), io.BytesIO()
    with redirect_stdout(io.TextIOWrapper(log)), asyncio.Runner(loop_factory=lambda: loop(kind, tally)) as runner:
        return runner.run(_play(tally, cases, shared)), log.getvalue()
