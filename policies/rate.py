"""How fast: requests, tokens and money over rolling windows, so that no interval of that length admits more (I14)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from policies.base import CountIn
from policies.claims import Outage, Unit, Window
from policies.limit import Draft, Limit
from policies.options import (
    BOUND,
    EXCEED,
    INSUFFICIENT,
    OUTAGE,
    OUTPUT,
    PER,
    WITHOUT,
    Bound,
    Count,
    CountOutage,
    CountRate,
    Exceed,
    Insufficient,
    MoneyRate,
    Per,
    Without,
    check_open,
    check_terms,
    terms,
)


class Rate(Limit):
    """Limits how fast requests, tokens or money go, over rolling windows; refuses with the time to wait."""

    @dataclass(frozen=True, slots=True)
    class Options:
        """How much in which time; at least one of requests, tokens, cost and burst."""

        per: Per = field(default=("key",), metadata=PER)
        requests: CountRate | None = field(default=None, metadata={"help": "Requests per time. Example: 600/min."})
        tokens: CountRate | None = field(
            default=None, metadata={"help": "Tokens, read and written, per time. Example: 200k/min."}
        )
        cost: MoneyRate | None = field(default=None, metadata={"help": "Money per time. Example: $1/min."})
        burst: CountIn | None = field(
            default=None, metadata={"help": "Requests in a second, shorter window. Example: 5 in 10s."}
        )
        without: Without = field(default="pass", metadata=WITHOUT)
        outage: CountOutage = field(default=Outage("local"), metadata={"help": f"{OUTAGE}open 500 for 60s."})
        bound: Bound = field(default="sound", metadata=BOUND)
        output: Count | None = field(default=None, metadata=OUTPUT)
        on_insufficient: Insufficient = field(default="refuse", metadata=INSUFFICIENT)
        on_exceed: Exceed = field(default="error", metadata=EXCEED)

        def __post_init__(self) -> None:
            limits = [limit for limit in (self.requests, self.tokens, self.cost, self.burst) if limit is not None]
            if not limits:
                raise ValueError("nothing is limited: write requests, tokens, cost or burst, e.g. requests: 600/min")
            if self.burst and self.requests and self.burst[1] >= self.requests[1]:
                raise ValueError("burst needs a shorter window than requests has")
            check_terms(self, sized=bool(self.tokens or self.cost))
            check_open(self.outage, len(limits) + (self.cost is not None))

    kind: ClassVar[str] = "rate"
    shorthand: ClassVar[str | None] = "requests"
    options: Options

    @classmethod
    def drafts(cls, options: Any) -> Iterable[Draft]:
        """One for each rate, and one for the burst."""
        units = (Unit.REQUESTS, options.requests), (Unit.TOKENS, options.tokens), (Unit.COST, options.cost)
        facts = {"outage": options.outage, "terms": terms(options)}
        for unit, limit in (*units, (Unit.REQUESTS, options.burst)):
            if limit is not None:
                yield Draft(unit, limit[0], Window(rolling=limit[1]), facts)
