"""Costs that somebody should look at: a request far above its bound, an hour far above what hours usually cost.

Whose hours: each subject with a claim on a cost (a key, a team, the whole): no claim, no anomaly. Each worker knows its
own share of the traffic and what that usually comes to.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from policies.claims import Claim, Unit
from proxy.engine.story import Held, Story
from proxy.observe.events import Bus, EventName
from proxy.observe.once import Recent

HOUR = 3600.0
TIMES_BOUND = 10
"""A request is told of that costs more than so many times what was held for it: a price or a count is wrong."""
TIMES_USUAL = 5
"""An hour is told of, once, as soon as it costs more than so many times the usual hour."""
LEAST = 1_000_000
"""Micro-dollars below which no hour is told of."""
LEARNED = 6
"""Hours that a subject is known before it has a usual one."""
MEMORY = 24
"""Hours over which the usual one is smoothed (EWMA with a weight of 1/24), so that one of a day before counts 1/e."""


@dataclass(slots=True)
class _Hours:
    """What a subject spends."""

    hour: int
    spent: int = 0
    """Micro-dollars, in this hour."""
    usual: float = 0.0
    known: int = 0
    """Hours that are over."""
    told: bool = False

    def turn(self, hour: int) -> None:
        """Another hour has begun: the last one, and all in between that cost nothing, become part of the usual."""
        self.known += 1
        self.usual += (self.spent - self.usual) / min(self.known, MEMORY)
        for _ in range(min(hour - self.hour - 1, MEMORY * MEMORY)):
            self.known += 1
            self.usual -= self.usual / min(self.known, MEMORY)
        self.hour, self.spent, self.told = hour, 0, False


class Anomalies:
    """A sink of the engine's that only keeps what was settled; ``look`` makes something of it every other second.

    Args:
        bus: where to.
        clock: Unix seconds.
    """

    def __init__(self, bus: Bus, clock: Callable[[], float]) -> None:
        self._bus, self._clock = bus, clock
        self._settled: list[tuple[str, list[Held]]] = []
        self._hours: Recent[_Hours] = Recent()

    def record(self, story: Story) -> None:
        """See :class:`proxy.engine.ports.Sink`."""
        if story.held:
            self._settled.append((story.call.id, story.held))

    def look(self) -> None:
        """Tell of what is strange in what was settled since the last look."""
        settled, self._settled = self._settled, []
        spent: dict[Claim, int] = {}
        for request, helds in settled:
            for held in helds:
                if held.posted is not None:
                    self._weigh(request, held, held.posted, spent)
        subjects: dict[str, int] = {}
        for claim, cost in spent.items():  # an account for the month and one for the day are the same spending
            subjects[claim.subject] = max(cost, subjects.get(claim.subject, 0))
        hour = int(self._clock() // HOUR)
        for subject, cost in subjects.items():
            self._add(subject, cost, hour)

    def _weigh(self, request: str, held: Held, posted: Iterable[int], spent: dict[Claim, int]) -> None:
        strange: Claim | None = None
        for claim, bound, cost in zip(held.claims, held.amounts, posted, strict=True):
            if cost and claim.unit is Unit.COST:
                spent[claim] = spent.get(claim, 0) + cost
                if cost > TIMES_BOUND * bound > 0 and strange is None:
                    strange = claim
                    self._tell(claim.subject, "request", cost, bound, request)

    def _add(self, subject: str, cost: int, hour: int) -> None:
        hours = self._hours.get(subject)
        if hours is None:
            hours = self._hours[subject] = _Hours(hour)
        elif hour > hours.hour:
            hours.turn(hour)
            self._hours.move_to_end(subject)
        hours.spent += cost
        if hours.told or hours.known < LEARNED or hours.spent <= max(TIMES_USUAL * hours.usual, LEAST):
            return
        hours.told = True
        self._tell(subject, "hour", hours.spent, round(hours.usual))

    def _tell(self, subject: str, of: str, cost: int, usual: int, request: str | None = None) -> None:
        self._bus.tell(EventName.COST_ANOMALY, subject, of=of, cost=cost, usual=usual, request=request)
