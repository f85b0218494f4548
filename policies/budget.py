"""How much money: held before a request is sent, settled once after it (RELIABILITY H)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from policies.claims import EVER, Claim, Outage, Unit
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
    Exceed,
    Insufficient,
    Money,
    MoneyOutage,
    MoneyPerWindow,
    Per,
    Shares,
    Without,
    Zone,
    check_terms,
    check_zone,
    in_zone,
    terms,
)
from policies.ports import Entry


class Budget(Limit):
    """Limits money: of a day, a month, any 24 hours or for ever, and of a single request."""

    @dataclass(frozen=True, slots=True)
    class Options:
        """How much; a limit, a max_cost, or both."""

        per: Per = field(default=("key",), metadata=PER)
        limit: MoneyPerWindow | None = field(
            default=None,
            metadata={"help": "Money: $500/month (calendar), $20 in 24h (rolling) or $100 ever. Example: $500/month."},
        )
        max_cost: Money | None = field(
            default=None, metadata={"help": "What a single request may cost. Example: $0.50."}
        )
        zone: Zone = field(default="UTC", metadata=ZONE)
        alert: Shares = field(default=ALERTS, metadata=ALERT)
        without: Without = field(default="pass", metadata=WITHOUT)
        outage: MoneyOutage = field(default=Outage("leased_only"), metadata={"help": f"{OUTAGE}open $5 for 60s."})
        bound: Bound = field(default="sound", metadata=BOUND)
        output: Count | None = field(default=None, metadata=OUTPUT)
        on_insufficient: Insufficient = field(default="refuse", metadata=INSUFFICIENT)
        on_exceed: Exceed = field(default="error", metadata=EXCEED)

        def __post_init__(self) -> None:
            if self.limit is None and self.max_cost is None:
                raise ValueError("nothing is limited: write limit or max_cost, e.g. limit: $500/month")
            check_zone(self.zone, [self.limit[1]] if self.limit else [])
            check_terms(self, sized=True)

    kind: ClassVar[str] = "budget"
    shorthand: ClassVar[str | None] = "limit"
    options: Options

    @classmethod
    def drafts(cls, options: Any) -> Iterable[Draft]:
        """The limit, if there is one."""
        if options.limit is not None:
            amount, window = options.limit
            facts = {"outage": options.outage, "alerts": options.alert, "terms": terms(options)}
            yield Draft(Unit.COST, amount, in_zone(window, options.zone), facts)

    @classmethod
    def claims_cost(cls, _options: Any) -> bool:
        """Always: the price of a request has to be known for its own limit, too."""
        return True

    @classmethod
    def each(cls, options: Any, entry: Entry) -> tuple[Claim, ...]:
        """What a single request may cost: on no account."""
        if options.max_cost is None:
            return ()
        claim = Claim(
            account="",
            unit=Unit.COST,
            limit=options.max_cost,
            window=EVER,
            policy=entry.name or cls.kind,
            subject="each request",
            shadow=entry.shadow,
            terms=terms(options),
            per_request=True,
        )
        return (claim,)
