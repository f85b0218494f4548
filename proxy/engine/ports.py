"""What the engine needs of the world: a client on one side, lanes to upstreams on the other, sinks for the end."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from policies.base import Call
from proxy.engine.chain import Chain
from proxy.engine.story import Held, Story
from proxy.upstream.port import Credential, Upstream
from translators.base import Encoder, JsonObject, Memento, Request, Response, Translator
from translators.facts import Failure
from translators.value import value


class ClientGone(Exception):
    """The client left, or does not read: there is nobody to send to."""


class Client(Protocol):
    """The one who asked. The edge implements it; a scripted one narrates the engine's tests."""

    def cancel(self) -> object:
        """Cancel the task that serves it: the server has to go."""

    @property
    def opened(self) -> bool:
        """True once a status line has gone out: what comes after can only be more of the same answer."""

    @property
    def done(self) -> bool:
        """True from the moment the last piece of its answer is handed over: nothing can follow it."""

    @property
    def quiet_since(self) -> float | None:
        """When it was last sent something, or came (monotonic); None while something is on its way to it."""

    @property
    def gone(self) -> bool:
        """True once the client has left. Its request's task is cancelled at that moment, and this says why."""

    async def answer(self, story: Story, response: Response) -> None:
        """Send a whole answer."""

    async def refuse(self, story: Story, failure: Failure) -> None:
        """Send a whole error instead of an answer. Only while not ``opened``."""

    async def open(self, story: Story) -> None:
        """Send the head of a stream."""

    async def send(self, data: bytes, *, last: bool = False) -> None:
        """Send a piece of the stream; waits while the client is slow.

        Raises:
            ClientGone: the client has left, or has not read for too long.
        """

    def error(self, failure: Failure) -> dict[str, object]:
        """OpenAI's four-field error object for a failure in mid-stream."""


class Keys(Protocol):
    """The credentials of one upstream: rotated, and quarantined one by one."""

    def pick(self, now: float) -> Credential | None:
        """The next one in service; None while none is."""

    def refused(self, credential: Credential, now: float) -> None:
        """The upstream said 401 to it."""

    def accepted(self, credential: Credential, started: float) -> None:
        """It worked, in an attempt that began then."""

    @property
    def untroubled(self) -> bool:
        """All are in service, and none has been refused since it worked last: a success changes nothing."""

    def in_service(self, now: float) -> int:
        """How many are not quarantined."""

    def back_at(self, now: float) -> float:
        """When the next quarantined one is tried again (monotonic)."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The way to an upstream: who translates, who carries, with which credentials."""

    translator: Translator[Any]
    upstream: Upstream
    keys: Keys | None
    """None where the upstream asks for no credential."""


@value
class Job:
    """One request, ready for the engine. Everything in it stays what it is, whatever is reloaded meanwhile."""

    call: Call
    ask: Request
    chain: Chain
    lanes: dict[str, Lane]
    """By upstream name."""
    encoder: Encoder
    story: Story
    serial: int = 0
    """Of the configuration: a later one has a higher one. The newest limits are in force (RELIABILITY F34)."""
    max_cost: int | None = None
    """Micro-dollars that the client allows at most."""
    show_cost: bool = False
    """It wants to know what it cost, in the answer's usage."""


class Sink(Protocol):
    """Somebody who wants to know how every request ended: log, metrics, records."""

    def record(self, story: Story) -> None:
        """Take note of a finished request. Sync and quick; off the client's path."""


class Books(Protocol):
    """The journal: what is written down, synchronously, so that no crash and no cancellation loses it (H5).

    None of these wait or fail; where there is no room left :attr:`full` says so before anything is begun.
    """

    full: bool
    """No further request could be written down: admission stops, or rows are lost, as the operator has said."""

    def intend(self, story: Story, held: Held) -> None:
        """A hold is about to be asked for from a shared store (``I``)."""

    def dispatch(self, story: Story, target: str, held: Held | None, bound: int | None) -> None:
        """An attempt is about to be sent (``D``): from now on a crash costs what it holds.

        Args:
            story: the request's.
            target: where to.
            held: what it is charged to; None where no policy claims anything.
            bound: micro-dollars that it costs at most; None where nobody knows.
        """

    def settle(self, story: Story, line: bytes) -> None:
        """A request is over (``S``): its rows, and what each hold came to (``story.held``).

        Args:
            story: finished.
            line: its decision record as JSON, as the log has it.
        """

    def common(self, example: Story) -> bytes:
        """What is written down of every plain request that goes like this one (:func:`proxy.observe.plain.kind_of`)."""

    def settle_plain(self, story: Story, common: bytes, moments: tuple[int, int, int, int, int]) -> None:
        """A plain request is over, as :meth:`settle`.

        Args:
            story: finished.
            common: what it has in common with others.
            moments: in microseconds after it came in: its attempt began, its first byte came, its attempt ended, it
                ended itself; and for how long it was here rather than upstream.
        """


class Mementos(Protocol):
    """What providers want to see again beside their tool calls, until the next turn. Bounded; never raises.

    A call that is not known any more, or not for certain, is as good as one that never had any: the request goes on.
    """

    async def keep(self, scope: str, memento: Memento) -> None:
        """Keep a memento: once this returns, whoever serves the next turn finds it.

        Args:
            scope: whose it is; nobody else ever finds it.
            memento: may be too large to be kept.
        """

    async def recall(self, scope: str, calls: Iterable[str]) -> dict[str, JsonObject]:
        """The fields kept for these calls, by call; what is not known is not in it."""
