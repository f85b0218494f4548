"""Which target goes first: the chain's single scorer. Scores rank targets within their tier, the lowest goes first."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from math import log
from typing import Any, ClassVar, Literal, get_args

from policies.base import Attempt, Call, Policy, Route, Target
from policies.ports import World
from translators.facts import FailureKind

StrategyName = Literal["priority", "weighted", "round_robin", "latency", "least_busy"]

_NAMES = frozenset(get_args(StrategyName))

SMOOTHING = 0.3
"""Share of the newest measurement in the smoothed one."""
HALF_LIFE = 60.0
"""Seconds after which a measurement counts half: a slow target is looked at again, seldom, and not never."""
LEAST_PENALTY, MOST_PENALTY = 1.0, 60.0
"""Seconds that a failure comes to: a target that fails at once must not look quick, nor stay out for hours."""
TURNS_LIMIT = 4096
"""Lists of targets whose turn is kept. Only a wildcard can name more, and whoever asks chooses those names."""

_REFUSALS = frozenset({FailureKind.BAD_REQUEST, FailureKind.CONTENT_FILTER, FailureKind.CONTEXT_LENGTH})


class Strategy(Policy):
    """Ranks the targets of a call within their tiers.

    - priority: by position in the list.
    - weighted: by chance, each target's share being its weight's; the order in which it fails over is weighted as well.
    - round_robin: each in turn, one step per call and tier.
    - latency: the smallest (smoothed seconds to the first content, halved each minute without news) x (requests under
      way + 1). A target nobody has measured goes first while it is idle; busy, it counts as the others' mean. A failure
      that is the target's own doubles what is believed of it (at least 1 s, at most 60 s); refusals say nothing.
    - least_busy: the fewest requests under way for its weight.
    """

    @dataclass(frozen=True, slots=True)
    class Options:
        """How to rank."""

        by: StrategyName = field(
            default="priority",
            metadata={
                "help": "What decides which target goes first: priority (the order of the list), weighted (chance, by "
                "the targets' weights), round_robin (each in turn), latency (the quickest to its first content) or "
                "least_busy (the fewest requests under way). Example: weighted."
            },
        )

    shorthand: ClassVar[str | None] = "by"
    options: Options

    def __init__(self, options: Any, world: World) -> None:
        super().__init__(options, world)
        self._turns: dict[tuple[str, ...], int] = {}
        self._scorers: dict[str | None, Callable[[Call, Route], Iterable[float]]] = {
            "weighted": _weighted,
            "round_robin": self._round_robin,
            "latency": _latency,
            "least_busy": _least_busy,
        }

    def route(self, call: Call, route: Route) -> None:
        """Score every target, by the client's wish where it named a strategy there is."""
        scorer = self._scorers.get(call.strategy if call.strategy in _NAMES else self.options.by)
        if scorer is not None:  # else the order of the list, which decides between equals anyway
            for target, score in zip(route.candidates, scorer(call, route), strict=True):
                route.score(target, score)

    def observe(self, call: Call, attempt: Attempt) -> None:
        """Learn from an attempt how quick its target is."""
        measured, failure = attempt.target.live.first_byte, attempt.failure
        before = _believed(attempt.target, call.stream, attempt.ended) if measured else None
        if failure is not None:
            if attempt.own_fault and failure.kind not in _REFUSALS:
                penalty = max(2 * (before or 0.0), attempt.ended - attempt.started, LEAST_PENALTY)
                measured[call.stream] = min(penalty, MOST_PENALTY), attempt.ended
        elif attempt.first_byte is not None:
            seconds = attempt.first_byte - attempt.started
            smoothed = seconds if before is None else before + SMOOTHING * (seconds - before)
            measured[call.stream] = smoothed, attempt.ended

    def _round_robin(self, call: Call, route: Route) -> Iterable[float]:
        """How many turns each target still has to wait in its tier."""
        tiers: dict[int, list[Target]] = {}
        for target in route.candidates:
            tiers.setdefault(target.tier, []).append(target)
        waits: dict[str, int] = {}
        for members in tiers.values():
            waits |= self._turn(call, route, members)
        return [waits[target.name] for target in route.candidates]

    def _turn(self, call: Call, route: Route, members: list[Target]) -> dict[str, int]:
        names = [target.name for target in members]
        key = (call.model, *names)
        turn = next((names.index(attempt.target.name) for attempt in route.tried if attempt.target.name in names), None)
        if turn is None:  # the first attempt in this tier: the next call starts behind whoever gets it
            turn = self._turns.get(key, 0)
            for index, target in enumerate(members):
                route.when_chosen(target, partial(self._pass_on, key, index + 1))
        return {name: (index - turn) % len(names) for index, name in enumerate(names)}

    def _pass_on(self, key: tuple[str, ...], turn: int) -> None:
        if len(self._turns) >= TURNS_LIMIT:
            self._turns.clear()
        self._turns[key] = turn


def _weighted(call: Call, route: Route) -> Iterable[float]:
    """An exponential race: of arrival times -ln(u) / w the first is the target's with chance w / sum, and so on down.

    Efraimidis and Spirakis, "Weighted random sampling with a reservoir" (2006). ``u`` is drawn from the call's own
    name, so that all attempts of a call see one order without anything being kept.
    """
    return [-log(_chance(f"{call.id} {call.started} {target.name}")) / target.weight for target in route.candidates]


def _chance(name: str) -> float:
    """A number in (0, 1], evenly spread over names."""
    return (int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) + 1) / 2**64


def _latency(call: Call, route: Route) -> Iterable[float]:
    beliefs = [_believed(target, call.stream, route.now) for target in route.candidates]
    known = [belief for belief in beliefs if belief is not None]
    usual = sum(known) / len(known) if known else 1.0
    return [
        usual * target.live.in_flight if belief is None else belief * (target.live.in_flight + 1)
        for target, belief in zip(route.candidates, beliefs, strict=True)
    ]


def _least_busy(_call: Call, route: Route) -> Iterable[float]:
    return [target.live.in_flight / target.weight for target in route.candidates]


def _believed(target: Target, stream: bool, now: float) -> float | None:
    """Seconds to the first content, as far as they are still believed; None where nobody has measured them."""
    if stream not in target.live.first_byte:
        return None
    smoothed, at = target.live.first_byte[stream]
    return smoothed * float(0.5 ** (max(now - at, 0.0) / HALF_LIFE))
