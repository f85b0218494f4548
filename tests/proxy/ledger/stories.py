"""Requests for the ledger's tests: begun, held for, sent, over."""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import orjson

from policies.base import Attempt, Call, Outcome, OutcomeKind, Principal, Target
from policies.claims import EVER, Claim, Standing, Unit, Window
from proxy.engine.story import Held, Round, Story
from proxy.ledger.journal import Journal
from proxy.state.windows import window_of
from translators.facts import Price, Usage

MONTH = Window("month")
COST = Claim("budget:team:growth:cost:month@UTC", Unit.COST, 10**12, MONTH, "budget", "team growth")
TOKENS = Claim("quota:key:app:tokens:60s", Unit.TOKENS, 10**12, Window(rolling=60.0), "quota", "key app")
SLOTS = Claim("concurrency:key:app:slots:ever", Unit.SLOTS, 100, EVER, "concurrency", "key app")
CLAIMS = (COST, TOKENS, SLOTS)
BOUND, SPENT = (1000, 500, 1), (123, 46, 0)
TARGET = "openai/gpt-5"
WHO = Principal("app", "growth")


def hold(amounts: tuple[int, ...] = BOUND) -> Held:
    """A hold on a budget, a quota and a slot, as it is granted now."""
    now = time.time()
    standings = [Standing(0, amount, claim.limit, window_of(claim.window, now).id)
                 for claim, amount in zip(CLAIMS, amounts, strict=True)]  # fmt: skip
    return Held(uuid.uuid4().hex, CLAIMS, amounts, tuple(standings))


def story(held: Held | None = None, who: Principal = WHO, request_id: str = "req-1") -> Story:
    """A request that came in now."""
    call = Call(request_id, "fast", (), who, 0.0, 60.0, tags=frozenset({"blue"}))
    begun = Story(call, "default", "c0ffee", int(time.time()), uid=uuid.uuid4().hex)
    if held is not None:
        begun.held.append(held)
    return begun


def record(begun: Story, **more: Any) -> dict[str, Any]:
    """Its decision record, as :mod:`proxy.observe.record` renders it."""
    usage = {
        "input_tokens": 12,
        "output_tokens": 34,
        "cached_tokens": 5,
        "cache_write_tokens": 0,
        "reasoning_tokens": 7,
        "source": "provider",
    }
    attempt = {"target": TARGET, "started_ms": 0.1, "first_byte_ms": 20.5, "ended_ms": 99.0, "key": "key 1"}
    return {
        "event": "request",
        "id": begun.call.id,
        "uid": begun.uid,
        "created": begun.created,
        "model": begun.call.model,
        "endpoint": "chat",
        "stream": False,
        "key": begun.call.principal.key,
        "team": begun.call.principal.team,
        "chain": begun.chain,
        "config": begun.version,
        "outcome": "ok",
        "status": 200,
        "target": TARGET,
        "policies": [{"policy": "budget", "verdict": "pass"}],
        "attempts": [attempt | {"failure": None, "usage": usage, "cost": 122_500_000, "policies": []}],
        "duration_ms": 99.2,
        "overhead_ms": 0.4,
        "usage": usage,
        "cost": 122_500_000,
        "price": "catalog 2026-11-21",
    } | more


def plain(request_id: str = "req-1") -> Story:
    """A request that went as nearly all do, over: as :func:`record` says."""
    call = Call(request_id, "fast", (), WHO, 0.0, 60.0)
    begun = Story(call, "default", "c0ffee", int(time.time()), uid=uuid.uuid4().hex, status=200)
    begun.held.append(hold())
    price = Price(3_000_000, 15_000_000, version="catalog 2026-11-21")
    target, usage = Target(TARGET, "openai", "openai", "gpt-5", price=price), Usage(12, 34, 5, 0, 7)
    attempt = Attempt(target, 0.0001, 0.099, 0.0205, None, usage, "key 1", cost=122_500_000)
    begun.rounds.append(Round([], TARGET, attempt))
    begun.outcome = Outcome(OutcomeKind.OK, begun.attempts, 0.0992, usage)
    return begun


@dataclass
class Desk:
    """Writes requests into a journal as the engine does."""

    journal: Journal
    shared: bool = False
    """Its holds are asked for from a shared store."""
    sent: list[Story] = field(default_factory=list)

    def send(self, begun: Story | None = None) -> Story:
        """Hold for a request and send it."""
        begun = begun or story(hold())
        if self.shared:
            self.journal.intend(begun, begun.held[-1])
        self.journal.dispatch(begun, TARGET, begun.held[-1], BOUND[0])
        self.sent.append(begun)
        return begun

    def settle(self, begun: Story, posted: tuple[int, ...] | None = SPENT, **more: Any) -> None:
        """It is over."""
        if begun.held:
            begun.held[-1].posted = posted
        self.journal.settle(begun, orjson.dumps(record(begun, **more)))

    def settle_plain(self, begun: Story) -> None:
        """It is over, and was a plain one."""
        begun.held[0].posted = SPENT
        self.journal.settle_plain(begun, self.journal.common(begun), (100, 20_500, 99_000, 99_200, 400))

    def serve(self, count: int = 1) -> list[Story]:
        """So many whole requests."""
        served = [self.send() for _ in range(count)]
        for begun in served:
            self.settle(begun)
        return served
