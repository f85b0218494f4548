"""How much: requests and tokens of a day, a month or for ever. An upstream's, too: once it is out others are asked."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from policies.claims import Outage, Unit
from policies.limit import Draft, Limit
from policies.options import (
    ALERT,
    ALERTS,
    BOUND,
    EXCEED,
    INSUFFICIENT,
    OUTAGE,
    OUTPUT,
    PER,
    WITHOUT,
    ZONE,
    Bound,
    Count,
    CountOutage,
    CountPerWindow,
    Exceed,
    Insufficient,
    Per,
    Shares,
    Without,
    Zone,
    check_open,
    check_terms,
    check_zone,
    in_zone,
    terms,
)


class Quota(Limit):
    """Limits requests or tokens of a day, a month, any 24 hours or for ever; waiting a little does not help."""

    @dataclass(frozen=True, slots=True)
    class Options:
        """How much of what; at least one of requests and tokens."""

        per: Per = field(default=("key",), metadata=PER)
        requests: CountPerWindow | None = field(
            default=None,
            metadata={"help": "Requests: 1000/day (calendar), 1000 in 24h (rolling), 1000 ever. Example: 1000/day."},
        )
        tokens: CountPerWindow | None = field(
            default=None, metadata={"help": "Tokens, read and written, likewise. Example: 5M/month."}
        )
        zone: Zone = field(default="UTC", metadata=ZONE)
        alert: Shares = field(default=ALERTS, metadata=ALERT)
        without: Without = field(default="pass", metadata=WITHOUT)
        outage: CountOutage = field(default=Outage("leased_only"), metadata={"help": f"{OUTAGE}open 500 for 60s."})
        bound: Bound = field(default="sound", metadata=BOUND)
        output: Count | None = field(default=None, metadata=OUTPUT)
        on_insufficient: Insufficient = field(default="refuse", metadata=INSUFFICIENT)
        on_exceed: Exceed = field(default="error", metadata=EXCEED)

        def __post_init__(self) -> None:
            limits = [limit for limit in (self.requests, self.tokens) if limit is not None]
            if not limits:
                raise ValueError("nothing is limited: write requests or tokens, e.g. requests: 1000/day")
            check_zone(self.zone, [window for _, window in limits])
            check_terms(self, sized=self.tokens is not None)
            check_open(self.outage, len(limits))

    kind: ClassVar[str] = "quota"
    options: Options

    @classmethod
    def drafts(cls, options: Any) -> Iterable[Draft]:
        """One for each unit."""
        facts = {"outage": options.outage, "alerts": options.alert, "terms": terms(options)}
        for unit, limit in ((Unit.REQUESTS, options.requests), (Unit.TOKENS, options.tokens)):
            if limit is not None:
                yield Draft(unit, limit[0], in_zone(limit[1], options.zone), facts)
