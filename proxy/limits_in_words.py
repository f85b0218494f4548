"""What the limits of a chain come to, in words: for ``switchgear check``."""

from collections.abc import Iterator
from decimal import Decimal

from policies.claims import Claim, Unit, Window
from policies.limit import Limit
from proxy.config.limits import claims, entry_of
from proxy.config.schema import Config, PolicyConfig
from proxy.state.leases.purses import LEASE
from proxy.state.outage import worst_case

TOLD = frozenset({"requests", "tokens", "cost", "burst", "limit", "max_cost", "queue", "zone", "alert", "outage"})
"""Options that are not repeated beside the accounts that they make."""
_MICRO = 10**6


def limits(config: Config, entry: PolicyConfig) -> Iterator[str]:
    """A line for each account that an entry makes, and for what bounds each request; none for other policies."""
    if not issubclass(entry.cls, Limit):
        return
    for claim in entry.cls.each(entry.options, entry_of(entry)):
        yield f"each request: at most {amount(claim.unit, claim.limit)}"
    for claim in claims(entry):
        parts = [f"at most {amount(claim.unit, claim.limit)}{_window(claim.window)}"]
        if claim.queue is not None:
            parts.append(f"{claim.queue.most} may wait in each worker, for {claim.queue.wait:g}s at most")
        if claim.alerts:
            parts.append(f"alerts at {', '.join(f'{100 * share:g}%' for share in claim.alerts)}")
        if config.state.url is not None:
            parts.append(_outage(claim, config.server.workers))
        yield f"{claim.account}: {'; '.join(parts)}"


def store(config: Config) -> str:
    """Where accounts are kept."""
    if config.state.url is None:
        return "in this process's memory" if config.server.workers == 1 else "in each worker's memory"
    return "in a store that workers share" + (", leased" if config.state.leases else ", asked at each request")


def amount(unit: Unit, count: int) -> str:
    """``$500``, ``200,000 tokens``, ``1 request``."""
    if unit is Unit.COST:
        dollars = Decimal(count) / _MICRO
        return f"${dollars:,.2f}" if dollars == round(dollars, 2) else f"${dollars.normalize():,f}"
    word = unit.value if count != 1 else unit.value.removesuffix("s")
    return f"{count:,} {word}"


def _window(window: Window) -> str:
    if window.calendar is not None:
        return f" a {window.calendar} ({window.zone})"
    if window.rolling:
        return f" in any {window.rolling:g}s"
    return ""


def _outage(claim: Claim, workers: int) -> str:
    (exposure,) = worst_case([claim], workers, LEASE, amount)
    worst = "no bound" if exposure.amount is None else f"{amount(claim.unit, exposure.amount)} over the limit at worst"
    return f"in an outage {claim.outage.mode}, {worst} ({exposure.words})"
