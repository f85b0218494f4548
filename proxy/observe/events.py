"""What has happened that somebody may want to know of: one closed table of events, and the bus that hands them on.

Events are rare. What could make them many (a client that is refused a thousand times a second) is counted by whoever
publishes them and told once: see ``limits.py``. No event holds a secret, a prompt, or the text of an exception.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import structlog

from translators.value import Word, value

_log = structlog.get_logger("switchgear")


class EventName(Word):
    """All there are. ``webhooks: [{events: [...]}]`` chooses among them by pattern."""

    QUOTA_EXCEEDED = "quota.exceeded"
    RATE_EXCEEDED = "rate.exceeded"
    BUDGET_EXCEEDED = "budget.exceeded"
    CONCURRENCY_EXCEEDED = "concurrency.exceeded"
    QUOTA_ALERT = "quota.alert"
    BUDGET_ALERT = "budget.alert"
    BREAKER_OPENED = "breaker.opened"
    BREAKER_CLOSED = "breaker.closed"
    UPSTREAM_DOWN = "upstream.down"
    UPSTREAM_UP = "upstream.up"
    KEY_QUARANTINED = "key.quarantined"
    KEY_RESTORED = "key.restored"
    CONFIG_RELOADED = "config.reloaded"
    CONFIG_REFUSED = "config.refused"
    COST_ANOMALY = "cost.anomaly"
    USAGE_IMPLAUSIBLE = "usage.implausible"
    LEDGER_BEHIND = "ledger.behind"
    STATE_MODE = "state.mode"


@dataclass(frozen=True, slots=True)
class Kind:
    """What is to be known of an event by its name."""

    facts: tuple[str, ...]
    """What it carries beside its subject, in order; always all of them."""
    good: bool = False
    """Nobody need do anything: it is logged as ``info``, the others as ``warning``."""


_ACCOUNT = ("account", "unit", "limit", "used", "held", "window", "resets_in")
_EXCEEDED = Kind((*_ACCOUNT, "shadow", "suppressed"))
_ALERT = Kind((*_ACCOUNT, "share"))

KINDS: Mapping[EventName, Kind] = MappingProxyType(
    {
        EventName.QUOTA_EXCEEDED: _EXCEEDED,
        EventName.RATE_EXCEEDED: _EXCEEDED,
        EventName.BUDGET_EXCEEDED: _EXCEEDED,
        EventName.CONCURRENCY_EXCEEDED: _EXCEEDED,
        EventName.QUOTA_ALERT: _ALERT,
        EventName.BUDGET_ALERT: _ALERT,
        EventName.BREAKER_OPENED: Kind(("cause", "rules", "times")),
        EventName.BREAKER_CLOSED: Kind(("cause", "rules", "open_for"), good=True),
        EventName.UPSTREAM_DOWN: Kind(("cause",)),
        EventName.UPSTREAM_UP: Kind(("cause", "down_for"), good=True),
        EventName.KEY_QUARANTINED: Kind(("key", "seconds", "keys_in_service")),
        EventName.KEY_RESTORED: Kind(("key", "keys_in_service"), good=True),
        EventName.CONFIG_RELOADED: Kind(("warnings",), good=True),
        EventName.CONFIG_REFUSED: Kind(("problems",)),
        EventName.COST_ANOMALY: Kind(("of", "cost", "usual", "request")),
        EventName.USAGE_IMPLAUSIBLE: Kind(("request", "input_tokens", "output_tokens", "suppressed")),
        EventName.LEDGER_BEHIND: Kind(("bytes", "seconds", "suppressed")),
        EventName.STATE_MODE: Kind(("mode", "was")),
    }
)
"""The table. Amounts are in the account's unit, costs in micro-dollars, all times in seconds.

- ``*.exceeded``: subject: whose account (``team growth``). ``suppressed``: refusals since the last such event of it.
- ``*.alert``: ``share`` of the limit that has been passed.
- ``breaker.*``: subject: a target or an upstream. ``times`` it has opened since the last look, ``cause`` of the last.
- ``upstream.*``: subject: its name. ``key.*``: too; ``key`` is its place in the list.
- ``config.*``: subject: the version in force from now on; how many warnings, or problems, the file has.
- ``cost.anomaly``: ``of`` a ``request`` (``usual``: its bound; subject: whose) or an ``hour`` (``request`` is None).
- ``usage.implausible``: subject: the target. ``state.mode``, ``ledger.behind``: subject: ``state``, ``ledger``.
"""


@value
class Event:
    """Something that has happened."""

    name: EventName
    at: float
    """Unix seconds."""
    subject: str
    """What it happened to. May hold a name that a client chose: text, to be escaped wherever it is shown."""
    facts: Mapping[str, Any]
    """As :data:`KINDS` has them: text, numbers, truths, None."""


Sink = Callable[[Event], object]
"""Is told of each event. Sync and quick."""


class Bus:
    """Hands events on, in this worker.

    Args:
        sinks: who is told.
        clock: Unix seconds.
    """

    def __init__(self, sinks: Sequence[Sink], clock: Callable[[], float]) -> None:
        self._sinks, self._clock = tuple(sinks), clock

    def tell(self, name: EventName, subject: str, **facts: Any) -> None:
        """Publish what has happened just now."""
        self.publish(Event(name, self._clock(), subject, facts))

    def publish(self, event: Event) -> None:
        """Hand an event on. Never waits, never fails: a sink's fault loses its own copy, not the other sinks'."""
        for sink in self._sinks:
            try:
                sink(event)
            except Exception:  # noqa: BLE001 - whatever it is, a request must not end with it
                _log.exception("event_sink_failed", name=event.name)


def log(event: Event) -> None:
    """The log's sink: one line each."""
    say = _log.info if KINDS[event.name].good else _log.warning
    say(str(event.name), subject=event.subject, **event.facts)
