"""Limits that are passed, and those that soon will be: ``*.exceeded`` and ``*.alert``, each once.

A client that goes on asking is refused a thousand times; of an account one event a window is told (of one that rolls,
or of slots: a minute, or as long as it is), with the number of those that were not. A new limit is a new story.
"""

from collections.abc import Awaitable, Callable, Hashable, Mapping

import structlog

from policies.claims import Claim, Standing, Unit
from proxy.observe.events import Bus, EventName
from proxy.observe.once import Once, Recent
from proxy.tasks import spawn

MINUTE = 60.0
MOST_A_MINUTE = 100
"""``*.exceeded`` events of one worker in a minute. Clients can have many names, and the next event counts the rest."""

Claimed = Callable[[str], Awaitable[bool]]
"""Whether this worker is the first to claim a name: of several that see an alert one tells it. A shared store answers
by ``SET NX`` with an expiry that is no shorter than the window."""

_EXCEEDED: Mapping[str, EventName] = {
    "rate": EventName.RATE_EXCEEDED,
    "quota": EventName.QUOTA_EXCEEDED,
    "budget": EventName.BUDGET_EXCEEDED,
    "concurrency": EventName.CONCURRENCY_EXCEEDED,
}
"""By policy; of a third party's it is what it counts that says which."""

_log = structlog.get_logger("switchgear")


def exceeded_name(claim: Claim) -> EventName:
    """What it is called when there is no room on a claim's account."""
    if (known := _EXCEEDED.get(claim.policy)) is not None:
        return known
    if claim.unit is Unit.SLOTS:
        return EventName.CONCURRENCY_EXCEEDED
    if claim.unit is Unit.COST:
        return EventName.BUDGET_EXCEEDED
    return EventName.RATE_EXCEEDED if claim.window.rolling else EventName.QUOTA_EXCEEDED


def episode(claim: Claim, standing: Standing, now: float) -> tuple[Hashable, int]:
    """What an account is told of once: a calendar's window, some span of time, or its life; under one limit."""
    window = claim.window
    if window.calendar is not None:
        return standing.window, standing.limit
    if window.rolling or claim.unit is Unit.SLOTS:  # a bucket's number is new every second or so
        return int(now // max(window.rolling, MINUTE)), standing.limit
    return "ever", standing.limit


class Exceeded:
    """Tells of refusals.

    Args:
        bus: where to.
        clock: Unix seconds.
    """

    def __init__(self, bus: Bus, clock: Callable[[], float]) -> None:
        self._bus, self._clock = bus, clock
        self._once = Once()
        self._minute, self._told = 0, 0

    def __call__(self, claim: Claim, standing: Standing) -> None:
        """There was no room on a claim's account, which stands like that. Once told it costs a microsecond."""
        now = self._clock()
        when = episode(claim, standing, now)
        if not self._once.is_new(claim.account, when):
            return
        if self._too_many(now):
            self._once.suppress(claim.account)
            return
        suppressed = self._once.told(claim.account, when)
        facts = _of_account(claim, standing)
        self._bus.tell(exceeded_name(claim), claim.subject, **facts, shadow=claim.shadow, suppressed=suppressed)

    def _too_many(self, now: float) -> bool:
        minute = int(now // MINUTE)
        if minute != self._minute:
            self._minute, self._told = minute, 0
        self._told += 1
        return self._told > MOST_A_MINUTE


class Alerts:
    """The store's :data:`proxy.state.store.Alarm`: tells of each share of a limit once, in rising order.

    Args:
        bus: where to.
        clock: Unix seconds.
        claimed: asked before an alert is told, so that of several workers one does; None: there are no others. Where
            it fails the alert is told all the same: twice is better than never.
    """

    def __init__(self, bus: Bus, clock: Callable[[], float], claimed: Claimed | None = None) -> None:
        self._bus, self._clock, self._claimed = bus, clock, claimed
        self._passed: Recent[tuple[Hashable, float]] = Recent()

    def __call__(self, claim: Claim, standing: Standing) -> None:
        """An account's settled sum has passed one of its claim's ``alerts``."""
        if standing.limit <= 0:
            return
        when, used = episode(claim, standing, self._clock()), standing.used / standing.limit
        known = self._passed.get(claim.account)
        told = known[1] if known is not None and known[0] == when else 0.0
        passed = [share for share in claim.alerts if told < share <= used]
        if not passed:
            return
        self._passed[claim.account] = (when, passed[-1])
        if self._claimed is None:
            for share in passed:
                self._tell(claim, standing, share)
        else:
            names = {share: f"alert:{claim.account}:{when[0]}:{when[1]}:{share:g}" for share in passed}
            spawn(self._ask(self._claimed, claim, standing, names), "alert")

    async def _ask(self, claimed: Claimed, claim: Claim, standing: Standing, names: Mapping[float, str]) -> None:
        for share, name in names.items():
            try:
                first = await claimed(name)
            except Exception as fault:  # noqa: BLE001 - a store that is not there, in whatever way
                _log.warning("alert_not_claimed", error=type(fault).__name__)
                first = True
            if first:
                self._tell(claim, standing, share)

    def _tell(self, claim: Claim, standing: Standing, share: float) -> None:
        name = EventName.BUDGET_ALERT if claim.unit is Unit.COST else EventName.QUOTA_ALERT
        self._bus.tell(name, claim.subject, **_of_account(claim, standing), share=share)


def _of_account(claim: Claim, standing: Standing) -> dict[str, object]:
    return {
        "account": claim.account,
        "unit": str(claim.unit),
        "limit": standing.limit,
        "used": standing.used,
        "held": standing.held,
        "window": standing.window,
        "resets_in": standing.resets_in,
    }
