"""The engine's ports, scripted: upstreams and a client that do what a playbook tells them, and tell what they see."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from policies.base import Attempt, Call, Outcome, Policy, Timeouts
from policies.ports import World
from proxy.edge import answers
from proxy.engine.ports import ClientGone
from proxy.engine.story import Story
from proxy.upstream.port import Credential, TransportFault
from translators.base import ChatResponse, WireRequest
from translators.dialects import errors
from translators.dialects.chat import ChatDialect
from translators.facts import Failure, FailureKind

Tell = Callable[[str], None]
ROLE, FINISH, USAGE, DONE, PING = "<role>", "<finish>", "<usage>", "<done>", "<ping>"


class ScriptedExchange:
    """An answer under way, given piece by piece. What nobody has read yet stays here."""

    def __init__(self, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.status, self.headers = status, headers or {}
        self.unread: deque[bytes | TransportFault] = deque()
        self.closed = False
        self._news = asyncio.Event()

    def give(self, *pieces: bytes | TransportFault) -> None:
        self.unread.extend(pieces)
        self._news.set()

    async def read(self, within: float) -> bytes:
        async with asyncio.timeout(within):
            while not self.unread:
                self._news.clear()
                await self._news.wait()
        await asyncio.sleep(0)
        piece = self.unread[0]
        if isinstance(piece, TransportFault):
            raise piece
        return self.unread.popleft() if piece else b""

    def close(self) -> None:
        self.closed = True


class ScriptedUpstream:
    """One upstream. It keeps ``timeouts.headers`` itself, as the port asks of all."""

    def __init__(self, name: str, tell: Tell) -> None:
        self.name, self._tell = name, tell
        self.asked: asyncio.Future[ScriptedExchange] | None = None
        self.exchanges: list[ScriptedExchange] = []
        self.requests: list[WireRequest] = []

    async def send(
        self, request: WireRequest, timeouts: Timeouts, credential: Credential | None, within: float
    ) -> ScriptedExchange:
        await asyncio.sleep(0)
        self.requests.append(request)
        model = orjson.loads(request.body)["model"]
        self._tell(sends(f"{self.name}/{model}", credential.label if credential else None))
        self.asked = asked = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(min(timeouts.headers, within)):
                return await asked
        except TimeoutError:
            if within <= timeouts.headers:
                raise
            raise TransportFault(Failure(FailureKind.TIMEOUT, "No answer's head.", reached_model=True)) from None
        except asyncio.CancelledError:
            for exchange in self.exchanges[-1:]:  # it may have come at this very moment: no connection is lost
                exchange.close()
            raise
        finally:
            self.asked = None

    def respond(self, exchange: ScriptedExchange) -> None:
        assert self.asked is not None
        self.exchanges.append(exchange)
        self.asked.set_result(exchange)

    def fail(self, fault: TransportFault) -> None:
        assert self.asked is not None
        self.asked.set_exception(fault)

    async def aclose(self) -> None:
        return


class ScriptedClient:
    """The one who asked. What must never be sent to a client is told as a violation."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self.opened = self.gone = self.done = self.vanished = False
        self.reading = asyncio.Event()
        self.reading.set()
        self.task: asyncio.Task[None] | None = None
        self.quiet_since: float | None = 0.0

    def leave(self) -> None:
        """As the edge does it: the request's task is cancelled, once, unless the answer is complete."""
        if not self.done and not self.gone:
            self.gone = True
            assert self.task is not None
            self.task.cancel()

    def cancel(self) -> None:
        """As the edge does it."""
        assert self.task is not None
        self.task.cancel()

    def vanish(self) -> None:
        """Not there any more, and nobody has said so: whoever sends to it finds out."""
        self.vanished = True
        self.reading.set()

    async def answer(self, story: Story, response: ChatResponse) -> None:
        story.status = 200
        text = orjson.loads(response.body)["choices"][0]["message"]["content"]
        await self._whole(replies(text))

    async def refuse(self, story: Story, failure: Failure) -> None:
        story.status, head, body = answers.refusal(failure, ChatDialect.prompt)
        code = orjson.loads(body)["error"]["code"]
        retry_after = dict(head).get(b"retry-after")
        await self._whole(refuses(story.status, code, int(retry_after) if retry_after else None))

    async def open(self, story: Story) -> None:
        self._check(not self.opened, "opened twice")
        self.opened, story.status = True, 200
        await self._put(opens(named=story.target if story.rounds[-1].decided else None))

    async def send(self, data: bytes, *, last: bool = False) -> None:
        self._check(self.opened, "sent to before the head")
        self._check(not self.done, "sent to after the end")
        self.done = last
        await self._put(gives(*_parts(data), last=last))

    def error(self, failure: Failure) -> dict[str, object]:
        return errors.error_of(failure, midstream=True)

    async def _whole(self, deed: str) -> None:
        self._check(not self.opened, "answered twice")
        self.opened = self.done = True
        await self._put(deed)

    async def _put(self, deed: str) -> None:
        if self.gone or self.vanished:
            raise ClientGone
        self._tell(deed)
        self.quiet_since = None
        await asyncio.sleep(0)
        await self.reading.wait()
        self.quiet_since = asyncio.get_running_loop().time()
        if self.vanished:
            raise ClientGone

    def _check(self, right: bool, wrong: str) -> None:
        if not right:
            self._tell(f"VIOLATION: the client is {wrong}")


class Witness(Policy):
    """A policy that lets everything pass and tells what it sees. It waits, as one that asks a store would."""

    def __init__(self, options: Any, world: World, tell: Tell) -> None:
        super().__init__(options, world)
        self._tell = tell
        self.settled: list[tuple[Call, Outcome]] = []

    async def admit(self, call: Call) -> None:
        await asyncio.sleep(0)

    def observe(self, call: Call, attempt: Attempt) -> None:
        self._tell(observes(attempt.target.name, attempt.failure.kind if attempt.failure else None))

    async def settle(self, call: Call, outcome: Outcome) -> None:
        await asyncio.sleep(0)
        self.settled.append((call, outcome))


def sends(target: str, key: str | None = None) -> str:
    """The engine sends the request to a target."""
    return f"sends to {target}" + (f" with {key}" if key else "")


def observes(target: str, failure: FailureKind | str | None = None) -> str:
    """The engine tells the policies how an attempt ended."""
    return f"observes {target}: {failure or 'well'}"


def opens(named: str | None = None) -> str:
    """The engine opens the client's stream; its head names the target, if it is known who answers."""
    return f"opens the stream of {named or 'somebody'}"


def gives(*parts: str, last: bool = False) -> str:
    """The engine sends the client a piece of its stream."""
    return f"gives {' + '.join(parts)}" + (", and that is all" if last else "")


def error(code: str) -> str:
    """An error frame, as a part of what the client is given."""
    return f"<error {code}>"


def replies(text: str) -> str:
    """The engine sends a whole answer."""
    return f"replies '{text}'"


def refuses(status: int, code: str | None, retry_after: int | None = None) -> str:
    """The engine sends a whole error."""
    return f"refuses: {status} {code}" + (f", retry after {retry_after}s" if retry_after is not None else "")


def settles(kind: str, status: int = 200) -> str:
    """The request is over: settled by the policies, noted by the sinks."""
    return f"settles: {kind}, {status}"


def _parts(data: bytes) -> list[str]:
    return [_part(frame) for frame in data.split(b"\n\n") if frame]


def _part(frame: bytes) -> str:
    if frame.startswith(b":"):
        return PING
    payload = frame.removeprefix(b"data: ")
    if payload == b"[DONE]":
        return DONE
    event = orjson.loads(payload)
    if "error" in event:
        return error(event["error"]["code"])
    if not event["choices"]:
        return USAGE
    choice = event["choices"][0]
    return FINISH if choice.get("finish_reason") else choice["delta"].get("content") or ROLE
