"""What a policy is, what it may know, and how it answers.

A policy implements any subset of five verbs; the chain compiler drops the rest, so an absent verb costs nothing.
Two scopes: ``admit`` and ``settle`` happen once per call, ``route`` and ``observe`` once per attempt. Policies never
see a wire format, an HTTP status or a socket; time and dice are handed in. Decisions are values, exceptions are faults.

Only ``admit`` has an order. The edits of ``route`` commute (a drop is a drop, the longest wait wins, ``stop`` beats
``again``, there is one scorer), so the order of a YAML chain cannot be got wrong there.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from policies.claims import Reserve
from translators.facts import Capabilities, Endpoint, Failure, FailureKind, Price, Usage
from translators.value import Word, value

if TYPE_CHECKING:
    from policies.ports import World

UNAUTHORIZED = 401
"""The one refusal that is a key's own fault: a 403 is the account's, and another key of it would not help."""

# How YAML writes a value. ``proxy.config.units`` reads the second element of each annotation.
Seconds = Annotated[float, "duration"]
"""``10s``, ``500ms``, ``2m``; seconds as a float."""
Span = Annotated[tuple[float, float], "duration..duration"]
"""``200ms..2s``; both ends in seconds."""
CountIn = Annotated[tuple[int, float], "count in duration"]
"""``5 in 30s``; a count and its window in seconds."""
Kinds = Annotated[tuple[FailureKind, ...], "failure kinds"]
"""A failure kind or a list of them."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """The deadlines of one attempt in seconds; ``total`` is the whole request's."""

    connect: float = 5.0
    """Until the connection stands, TLS included."""
    headers: float = 60.0
    """From the request's last byte to the answer's head."""
    first_token: float = 60.0
    """From the answer's head to the first content; pings and comments do not count."""
    gap: float = 30.0
    """Between two events of a stream; pings and comments do not count."""
    total: float = 600.0
    """From the request's arrival to its end, over all attempts."""


@dataclass(slots=True)
class Live:
    """What is known of a target at this moment. Kept by the engine, carried across reloads by the target's name."""

    in_flight: int = 0
    """Attempts under way in this worker."""
    first_byte: dict[bool, tuple[float, float]] = field(default_factory=dict)
    """By ``stream``: smoothed seconds to the first content, and when (monotonic) it was last measured."""
    keys: int = 1
    """Credentials of its upstream that were in service after the last attempt that failed, or that succeeded while one
    of them was distrusted. Other successes leave it as it is: it matters to whoever judges a failure."""
    keys_back_at: float = 0.0
    """Monotonic time at which the next quarantined credential is tried again; only of interest while ``keys`` is 0."""


@dataclass(frozen=True, slots=True)
class Target:
    """One place where a request can be served: a model at an upstream, as one of our model names lists it."""

    name: str
    """``upstream/model``; unique within a model's list, stable across reloads."""
    upstream: str
    provider: str
    model: str
    """The model's name as the upstream spells it."""
    tier: int = 0
    """Lower tiers are used up before a higher one is looked at."""
    weight: float = 1.0
    """Share of the traffic under ``strategy: weighted`` and ``least_busy``; > 0."""
    timeouts: Timeouts = Timeouts()
    api_version: str | None = None
    parameters: Mapping[str, Literal["drop", "refuse", "pass"]] = field(default_factory=dict, hash=False)
    """What becomes of single parameters of a request there: what the operator says, and what the model cannot take."""
    capabilities: Capabilities = field(default_factory=Capabilities)
    """What is known of the model; what the operator says goes first."""
    price: Price | None = None
    """None: nobody knows."""
    output_limit: int | None = None
    """Tokens of output that the operator lets a request ask for; None: the operator says nothing."""
    live: Live = field(default_factory=Live, compare=False)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks."""

    key: str
    """The id of the key in the YAML; ``anonymous`` where none are declared. Never the secret."""
    team: str | None = None
    user: str | None = None
    org: str | None = None
    models: tuple[str, ...] = ("*",)
    """Patterns of the model names it may ask for (``*`` matches any run of characters)."""
    chain: str | None = None
    """The named chain its requests use, unless the model names one."""
    priority: int = 0
    """Where requests wait for a slot, those of a higher one go first."""

    @property
    def tenant(self) -> str:
        """Whose things are: a team's, or the key's own where it has no team. Clients choose ids, so two tenants may
        choose the same one, and each only ever finds its own."""
        return f"team {self.team}" if self.team else f"key {self.key}"


@value
class Call:
    """All that a policy may know of a request. No open dict."""

    id: str
    """Request id, as in ``x-request-id`` and ``GET /v1/requests/{id}``."""
    model: str
    """As the client named it."""
    targets: tuple[Target, ...]
    principal: Principal
    started: float
    """Monotonic seconds."""
    deadline: float
    """Monotonic seconds; nothing of this request goes on after it."""
    endpoint: Endpoint = Endpoint.CHAT
    stream: bool = False
    user: str | None = None
    """End user, from ``x-switchgear-user`` or the body's ``user``: attacker's text."""
    session: str | None = None
    tags: frozenset[str] = frozenset()
    strategy: str | None = None
    """The client's wish for another scorer of the chain's strategy policy."""
    ip: str | None = None
    """The client's address, where the edge knows it."""


@value
class Deny:
    """The call may not pass. The answer's status follows from ``kind``."""

    kind: FailureKind
    message: str
    retry_after: float | None = None
    """Seconds until it makes sense to ask again; None where waiting a little cannot help."""
    code: str | None = None
    param: str | None = None


Decision = Deny | Reserve | None
"""What ``admit`` answers; None lets the call pass, ``Reserve`` if there is room on all its accounts."""


@value
class Attempt:
    """One try at one target, over."""

    target: Target
    started: float
    ended: float
    first_byte: float | None = None
    """Monotonic time of the first content, None where none came."""
    failure: Failure | None = None
    usage: Usage | None = None
    credential: str | None = None
    """Which of the upstream's keys was used: its place in the list (``key 2``), never the key."""
    waited: float = 0.0
    """Seconds of back-off before it."""
    cost: int | None = None
    """Pico-dollars that it is charged with: what its usage comes to, its bound where nobody can know (then the usage's
    source is ``held``), 0 where nothing reached a model; None where nobody knows the price."""

    @property
    def own_fault(self) -> bool:
        """Whether the target failed by itself: not by one bad key among several, nor by a client that left."""
        if self.failure is None or self.failure.kind is FailureKind.CANCELLED:
            return False
        one_bad_key = self.failure.kind is FailureKind.AUTH and self.failure.status == UNAUTHORIZED
        return not (one_bad_key and self.credential is not None and self.target.live.keys > 0)


class OutcomeKind(Word):
    """How a call ended."""

    OK = "ok"
    DENIED = "denied"
    """A policy said no."""
    FAILED = "failed"
    """No attempt succeeded; the client got an error and no content."""
    BROKEN = "broken"
    """Content had gone out when the stream failed; the client got an error frame, last."""
    CANCELLED = "cancelled"
    """The client left."""


@value
class Outcome:
    """How a call ended, for ``settle`` and for the sinks."""

    kind: OutcomeKind
    attempts: tuple[Attempt, ...]
    ended: float
    usage: Usage | None = None
    """Of the attempt whose answer the client got."""
    failure: Failure | None = None
    denial: Deny | None = None


class Verdict(Word):
    """What a policy said, for the decision record."""

    PASS = "pass"  # noqa: S105
    DENY = "deny"
    DROP = "drop"
    SCORE = "score"
    AGAIN = "again"
    WAIT = "wait"
    STOP = "stop"


@value
class Note:
    """One verdict of one policy, with its numbers."""

    policy: str
    verdict: Verdict
    target: str | None = None
    why: str | None = None
    value: float | None = None
    shadow: bool = False
    """True if the policy only watches: the verdict was noted and not acted on."""


class Route:
    """The scratch pad of one attempt: policies edit it, then the engine reads off where to go. Sync, no I/O.

    The engine sets ``policy`` and ``shadow`` before each verb it calls; each edit is noted under that name, and a
    shadowed policy's edits are noted only.
    """

    __slots__ = (
        "_again",
        "_chosen",
        "_content",
        "_dropped",
        "_scores",
        "_stop",
        "_waits",
        "call",
        "notes",
        "now",
        "policy",
        "shadow",
        "tried",
    )

    def __init__(self, call: Call, tried: tuple[Attempt, ...], now: float) -> None:
        self.call, self.tried, self.now = call, tried, now
        self.policy, self.shadow = "engine", False
        self.notes: list[Note] = []
        self._dropped: dict[str, float | None] = {}
        self._scores: dict[str, float] = {}
        self._waits: dict[str | None, float] = {}
        self._chosen: list[tuple[str, Callable[[], None]]] = []
        self._content: list[tuple[str, Callable[[float], None]]] = []
        self._again, self._stop = False, False

    @property
    def candidates(self) -> tuple[Target, ...]:
        """All targets of the call, dropped or not: edits commute, so no policy may depend on another's drop."""
        return self.call.targets

    def drop(self, target: Target, why: str, until: float | None = None) -> None:
        """Take a target out of this attempt; ``until`` (monotonic) says when it may be back, if known.

        Dropped twice it is back when both let it: at the later moment, or nobody knows when.
        """
        self.notes.append(Note(self.policy, Verdict.DROP, target.name, why, until and until - self.now, self.shadow))
        if not self.shadow:
            other = self._dropped.get(target.name, until)
            self._dropped[target.name] = None if until is None or other is None else max(until, other)

    def score(self, target: Target, x: float) -> None:
        """Rank a target within its tier: the lowest score goes first, ties by position."""
        self.notes.append(Note(self.policy, Verdict.SCORE, target.name, None, x, self.shadow))
        if not self.shadow:
            self._scores[target.name] = x

    def again(self, why: str) -> None:
        """After a failure: another attempt is worth it. Without this nothing is ever tried twice."""
        self.notes.append(Note(self.policy, Verdict.AGAIN, None, why, None, self.shadow))
        self._again = self._again or not self.shadow

    def wait(self, seconds: float, target: Target | None = None) -> None:
        """Do not send before so many seconds have passed; to this target, or at all. The longest wait wins."""
        name = target.name if target else None
        self.notes.append(Note(self.policy, Verdict.WAIT, name, None, seconds, self.shadow))
        if not self.shadow:
            self._waits[name] = max(seconds, self._waits.get(name, 0.0))

    def stop(self, why: str) -> None:
        """No further attempt; the last failure stands."""
        self.notes.append(Note(self.policy, Verdict.STOP, None, why, None, self.shadow))
        self._stop = self._stop or not self.shadow

    def when_chosen(self, target: Target, then: Callable[[], None]) -> None:
        """Call ``then`` if this target gets the attempt; each such attempt is observed later, whatever happens."""
        if not self.shadow:
            self._chosen.append((target.name, then))

    def when_content(self, target: Target, then: Callable[[float], None]) -> None:
        """Call ``then`` with the time if this target gets the attempt, streams, and its first content comes."""
        if not self.shadow:
            self._content.append((target.name, then))

    def choose(self) -> "Choice":
        """Read the pad: the head of what is left, by (own failures in this call, tier, score, position)."""
        if self._stop or (self.tried and not self._again):
            return Choice(None)
        left = self.call.targets
        if self._dropped:
            left = tuple([target for target in left if target.name not in self._dropped])
        if not left:
            return Choice(None, self._back_at())
        target = left[0] if len(left) == 1 else min(left, key=self._rank)  # of several that are equal the first
        name = target.name
        wait = max(self._waits.get(None, 0.0), self._waits.get(name, 0.0)) if self._waits else 0.0
        taken = tuple([then for chosen, then in self._chosen if chosen == name]) if self._chosen else ()
        content = tuple([then for chosen, then in self._content if chosen == name]) if self._content else ()
        return Choice(target, None, wait, taken, content)

    def _rank(self, target: Target) -> tuple[int, int, float]:
        name, failures = target.name, 0
        for attempt in self.tried:
            failures += attempt.target.name == name and attempt.own_fault
        return failures, target.tier, self._scores.get(name, 0.0)

    def _back_at(self) -> float | None:
        return min((until for until in self._dropped.values() if until is not None), default=None)


@value
class Choice:
    """Where the next attempt goes."""

    target: Target | None
    """None: nowhere."""
    back_at: float | None = None
    """With no target: the soonest moment (monotonic) at which one may be back."""
    wait: float = 0.0
    """Seconds to wait before sending."""
    taken: tuple[Callable[[], None], ...] = ()
    """What policies asked to be told if this target gets the attempt."""
    content: tuple[Callable[[float], None], ...] = ()
    """What they asked to be told when its stream's first content comes."""

    def commit(self) -> None:
        """The attempt is made: tell them. A choice that is only looked at (``POST /v1/route``) is not committed."""
        for then in self.taken:
            then()


class Policy:
    """A behaviour in the chain. Override any subset of the verbs; leave out the rest.

    ``Options`` is a frozen dataclass whose fields are the policy's YAML options: name, type, default; each field's
    meaning stands in its ``metadata={"help": ...}``. Types are plain, or one of the unit annotations above.
    ``shorthand`` names the option that ``name: value`` sets, for policies that allow it (``strategy: priority``).
    """

    Options: ClassVar[type[Any]]
    shorthand: ClassVar[str | None] = None

    def __init__(self, options: Any, world: "World") -> None:
        self.options, self.world = options, world

    def admit(self, call: Call) -> Decision | Awaitable[Decision]:
        """Once per call, before any upstream; may be async."""

    def route(self, call: Call, route: Route) -> None:
        """Before every attempt, the first too. Sync, no I/O."""

    def observe(self, call: Call, attempt: Attempt) -> None:
        """After every attempt. Sync."""

    def settle(self, call: Call, outcome: Outcome) -> Awaitable[None] | None:
        """Always, exactly once, off the client's path; may be async."""
