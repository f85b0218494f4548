"""A playbook narrates the engine: ``>>`` is what the world does, ``<<`` what the engine does about it.

    with Playbook("a/m", "b/m") as book:
        book >> asks() << sends("a/m") >> fails(500) << observes("a/m", "overloaded") << sends("b/m") ...

The engine, the chain's policies, the translator and the encoder are the real ones; network, client and clock are
scripted. Each line is played as it is read. Whatever the engine does must be in the script, in this order: a deed that
is not there fails, and so does one that never comes. At the end nothing may be left over: no task, no open exchange, no
attempt in flight, no request that was not settled exactly once.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any

import orjson

from policies import POLICIES
from policies.base import Call, Principal, Target
from policies.ports import World
from proxy.engine.accounting import Accounting
from proxy.engine.after import After
from proxy.engine.chain import Chain, Link
from proxy.engine.engine import Engine
from proxy.engine.ports import Job, Lane, Mementos
from proxy.engine.story import Story
from proxy.upstream.keys import KeyRing
from tests.policies.scene import Loaded, target
from tests.proxy.engine.stage import (
    ScriptedClient,
    ScriptedExchange,
    ScriptedUpstream,
    Witness,
    settles,
)
from tests.virtual_time import VirtualLoop
from translators.base import Translator
from translators.dialects.chat import ChatDialect
from translators.providers.openai import OpenAI
from translators.providers.vendors import VENDORS

Play = Callable[["Playbook"], None]


@dataclass(frozen=True)
class Happening:
    """A line ``>>``: something the world does."""

    text: str
    act: Play
    needs: str = ""
    """What must be there for it: an upstream that is ``asked``, or one that is ``answering``."""


@dataclass(frozen=True)
class Wait:
    """A line ``<<``: the engine does nothing for so long, and time passes."""

    seconds: float


@dataclass(frozen=True)
class Scene:
    """Several lines of both kinds, written as one ``>>``."""

    play: Callable[["Playbook"], object]


class Playbook:
    """One server, and what happens to it.

    Args:
        targets: of the model ``fast``, in order.
        links: the chain; a breaker (3 failures in 30 s), ``strategy: priority`` and a retry of 3 attempts if None.
        keys: secrets of each upstream, by its name; none: it asks for no key.
        translators: of upstreams, by name; else the one of the target's provider.
        retry: options of the default chain's retry.
        keep_alive: seconds.
        mementos: what the engine keeps between turns, made with what tells of a deed; None: nothing.
        accounting: limits, for links that claim something; None: nothing is limited.
        interrupt: done to the first request at its ``at``-th await; the script is then played, and not checked.
        at: counted from 1.
    """

    def __init__(
        self,
        *targets: str | Target,
        links: Sequence[Link] | None = None,
        keys: dict[str, Sequence[str]] | None = None,
        translators: dict[str, Translator] | None = None,
        retry: dict[str, Any] | None = None,
        keep_alive: float = 15.0,
        mementos: Callable[[Callable[[str], None]], Mementos] | None = None,
        accounting: Accounting | None = None,
        interrupt: Play | None = None,
        at: int = 0,
    ) -> None:
        self.loop = VirtualLoop()
        self.targets = tuple(target(entry) if isinstance(entry, str) else entry for entry in targets)
        self.world = World(Loaded(0.5))
        self.witness = Witness(None, self.world, self._tell)
        own = default_links(self.world, retry or {}) if links is None else links
        self.chain = Chain("default", [Link("witness", self.witness), *own])
        self.upstreams = {t.upstream: ScriptedUpstream(t.upstream, self._tell) for t in self.targets}
        self.rings = {name: KeyRing(secrets) for name, secrets in (keys or {}).items()}
        self._translators = {t.upstream: OpenAI(VENDORS[t.provider]) for t in self.targets} | (translators or {})
        self.after = After([self])
        kept = mementos(self._tell) if mementos else None
        self.engine = Engine(self.after, self.loop.time, keep_alive, kept, accounting)
        self.stories: list[Story] = []
        self.clients: list[ScriptedClient] = []
        self.awaits = 0
        self._interrupt, self._at, self._checked = interrupt, at, interrupt is None
        self._done: deque[str] = deque()
        self._script: list[str] = []

    # What tests look at

    @property
    def client(self) -> ScriptedClient:
        """The last one that asked."""
        return self.clients[-1]

    @property
    def story(self) -> Story:
        """Of the last request."""
        return self.stories[-1]

    @property
    def exchange(self) -> ScriptedExchange:
        """The last one."""
        return [exchange for upstream in self.upstreams.values() for exchange in upstream.exchanges][-1]

    # The language

    def __rshift__(self, happening: Happening | Scene) -> "Playbook":
        if isinstance(happening, Scene):
            happening.play(self)
            return self
        self._script.append(f"  >> {happening.text}")
        if self._done and self._checked:
            self._fail("The engine did what is not in the script.", unexpected=list(self._done))
        there = self._has(happening.needs)
        if self._checked:
            assert there, self._report(f"Nobody is {happening.needs}.")
        if there:
            happening.act(self)
            self.loop.settle()
        return self

    def __lshift__(self, deed: "str | Wait") -> "Playbook":
        if isinstance(deed, Wait):
            return self._wait(deed.seconds)
        if not self._checked:
            return self
        if not self._done or self._done[0] != deed:
            self._fail("The engine did something else.", expected=deed, unexpected=list(self._done))
        self._script.append(f"  << {self._done.popleft()}")
        return self

    def __enter__(self) -> "Playbook":
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, _: TracebackType | None) -> None:
        try:
            if kind is None:
                self._over()
        finally:
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.settle()
            self.loop.close()

    # How it is played

    def ask(self, body: dict[str, Any], facts: dict[str, Any]) -> None:
        """A client asks."""
        job = self.job(body, facts)
        client = ScriptedClient(self._tell)
        self.clients.append(client)
        self.stories.append(job.story)
        serving = self.engine.serve(job, client)
        client.task = self.loop.create_task(_stepwise(serving, self._stepped))

    def job(self, body: dict[str, Any], facts: dict[str, Any]) -> Job:
        """A request as the edge would hand it to the engine."""
        dialect, now, number = ChatDialect(), self.loop.time(), len(self.stories) + 1
        ask = dialect.parse(orjson.dumps(body), request_id=f"chatcmpl-{number}", created=1_700_000_000)
        known: dict[str, Any] = {"principal": Principal("web"), "stream": ask.stream} | facts
        total = max(each.timeouts.total for each in self.targets)
        call = Call(f"req_{number}", ask.model, self.targets, started=now, deadline=now + total, **known)
        story = Story(call, self.chain.name, "v1", ask.created, uid=f"{number:032x}")
        return Job(call, ask, self.chain, self._lanes(), dialect.encoder(ask), story)

    def record(self, story: Story) -> None:
        """The playbook is its engine's sink."""
        assert story.outcome is not None
        self._tell(settles(story.outcome.kind, story.status))

    def asked(self) -> ScriptedUpstream | None:
        """The upstream that is waited for."""
        return next((u for u in self.upstreams.values() if u.asked is not None and not u.asked.done()), None)

    def answering(self) -> ScriptedExchange | None:
        """The exchange that is open."""
        return next((e for u in self.upstreams.values() for e in u.exchanges if not e.closed), None)

    def _has(self, needs: str) -> bool:
        return {"": True, "asked": self.asked() is not None, "answering": self.answering() is not None}[needs]

    def _lanes(self) -> dict[str, Lane]:
        return {
            name: Lane(self._translators[name], upstream, self.rings.get(name))
            for name, upstream in self.upstreams.items()
        }

    def _tell(self, deed: str) -> None:
        self._done.append(deed)

    def _stepped(self) -> None:
        self.awaits += 1
        if self._interrupt is not None and self.awaits == self._at:
            self.loop.call_soon(self._interrupt, self)

    def _wait(self, seconds: float) -> "Playbook":
        if self._checked:
            ahead = self.loop.next_timer
            if self._done or ahead is None or abs(ahead - seconds) > 1e-6:
                happened = list(self._done) or [f"waits {ahead:g}s" if ahead is not None else "waits for ever"]
                self._fail("The engine did something else.", expected=f"waits {seconds:g}s", unexpected=happened)
        self._script.append(f"  << waits {seconds:g}s")
        self.loop.advance(seconds)
        return self

    def _over(self) -> None:
        left = [] if self._checked else self._violations()
        left += list(self._done) if self._checked else []
        left += [f"{each.name} is still in flight" for each in self.targets if each.live.in_flight]
        left += [f"an exchange of {u.name} is open" for u in self.upstreams.values() if self._open(u)]
        left += [
            f"a request of the engine's is not over ({self.engine.in_flight})" for _ in [1] if self.engine.in_flight
        ]
        left += [f"task {task.get_name()} is running" for task in asyncio.all_tasks(self.loop)]
        left += self._unsettled()
        left += [f"{_owed(client.task)} cancellations are unanswered" for client in self.clients if _owed(client.task)]
        left += [f"serve raised {fault!r}" for client in self.clients if (fault := _fault(client.task)) is not None]
        if left:
            self._fail("Something is left over.", unexpected=left)

    def _open(self, upstream: ScriptedUpstream) -> bool:
        return any(not exchange.closed for exchange in upstream.exchanges)

    def _unsettled(self) -> list[str]:
        times = Counter(call.id for call, _ in self.witness.settled)
        return [f"{s.call.id} was settled {times[s.call.id]} times" for s in self.stories if times[s.call.id] != 1]

    def _violations(self) -> list[str]:
        return [deed for deed in self._done if deed.startswith("VIOLATION")]

    def _fail(self, why: str, expected: str | None = None, unexpected: Iterable[str] = ()) -> None:
        raise AssertionError(self._report(why, expected, unexpected))

    def _report(self, why: str, expected: str | None = None, unexpected: Iterable[str] = ()) -> str:
        lines = [why, *self._script]
        if expected is not None:
            lines.append(f"-  << {expected}")
        lines += [f"+  << {deed}" for deed in unexpected] or (["+  << (nothing)"] if expected is not None else [])
        return "\n".join([*lines, "(- expected, + happened)"])


def default_links(
    world: World, retry: dict[str, Any] | None = None, breaker: dict[str, Any] | None = None
) -> list[Link]:
    """The chain of a config that names none."""
    options = {"breaker": {"failures": (3, 30.0)} | (breaker or {}), "strategy": {}, "retry": retry or {}}
    return [Link(name, policy(name, world, **facts)) for name, facts in options.items()]


def policy(name: str, world: World, **options: Any) -> Any:
    """One of the real policies."""
    kind = POLICIES[name]
    return kind(kind.Options(**options), world)


def at_every_await(play: Play, interrupt: Play, make: Callable[..., Playbook]) -> int:
    """Play a script over and over, the interruption coming one await later each time; say how many there were.

    Each run has to leave nothing behind, as ``Playbook`` promises; ``play`` itself may look at what it left.
    """
    with make() as whole:
        play(whole)
    for at in range(1, whole.awaits + 1):
        with make(interrupt=interrupt, at=at) as book:
            play(book)
    return whole.awaits


async def _stepwise(work: Any, step: Callable[[], None]) -> None:
    """Await ``work`` and tell of every await in it: the moments at which a cancellation can strike."""
    await _Steps(work, step)


class _Steps:
    def __init__(self, work: Any, step: Callable[[], None]) -> None:
        self._work, self._step = work, step

    def __await__(self) -> Generator[Any, Any, None]:
        go = partial(self._work.send, None)
        while True:
            try:
                waiting = go()
            except StopIteration:
                return
            self._step()
            try:
                yield waiting
            except BaseException as fault:
                go = partial(self._work.throw, fault)
            else:
                go = partial(self._work.send, None)


def _owed(task: "asyncio.Task[None] | None") -> int:
    """Cancellations that were swallowed and not taken back: asyncio counts them, and a timeout around would misread."""
    assert task is not None
    return task.cancelling()


def _fault(task: "asyncio.Task[None] | None") -> BaseException | None:
    assert task is not None
    if not task.done():
        return None
    return asyncio.CancelledError() if task.cancelled() else task.exception()
