"""Everything that becomes an event, composed: the application has one of these and calls one line of it at each place.

The sinks are the log, the metrics and the webhooks.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from policies.circuit import Circuit, CircuitKey
from proxy.config.schema import WebhookConfig
from proxy.engine.ports import Lane
from proxy.engine.story import Story
from proxy.observe.anomalies import Anomalies
from proxy.observe.events import Bus, EventName, log
from proxy.observe.limits import MINUTE, Alerts, Claimed, Exceeded
from proxy.observe.lookout import Lookout
from proxy.observe.metrics import Metrics
from proxy.observe.once import Once
from proxy.observe.receiver import PACE, Dial, Pace, dial
from proxy.observe.webhooks import Webhooks


class Happenings:
    """What happens in one worker. No method waits or fails, but for ``close``.

    Args:
        metrics: counts the events, and what becomes of those that are sent.
        claimed: see :class:`proxy.observe.limits.Alerts`; of a store that several workers share.
        clock: Unix seconds.
        pace: how hard webhooks are tried.
        way: how their receivers are reached.
    """

    def __init__(
        self,
        metrics: Metrics,
        claimed: Claimed | None = None,
        clock: Callable[[], float] = time.time,
        pace: Pace = PACE,
        way: Dial = dial,
    ) -> None:
        self._clock = clock
        self._webhooks = Webhooks(metrics.webhook, pace, way)
        self.bus = Bus((log, metrics.event, self._webhooks.take), clock)
        """For whoever has something of his own to tell."""
        self.alarm = Alerts(self.bus, clock, claimed)
        """The store's :data:`proxy.state.store.Alarm`."""
        self.exceeded = Exceeded(self.bus, clock)
        """Called with the claim and the standing of each :class:`policies.claims.Refused`."""
        self._anomalies, self._lookout = Anomalies(self.bus, clock), Lookout(self.bus)
        self._once = Once()
        self._mode = "ok"

    def configure(self, webhooks: Iterable[WebhookConfig]) -> None:
        """These receivers are told from now on."""
        self._webhooks.configure(webhooks)

    def record(self, story: Story) -> None:
        """A sink of the engine's: what every request cost."""
        self._anomalies.record(story)

    def look(
        self,
        circuits: Iterable[tuple[CircuitKey, Circuit]],
        lanes: Mapping[str, Lane],
        targets: Iterable[str],
        now: float,
        mode: str = "ok",
    ) -> None:
        """Every other second: see what has changed. The first four are :meth:`proxy.observe.lookout.Lookout.look`'s.

        Args:
            circuits: those that act.
            lanes: by upstream name.
            targets: those that the configuration names.
            now: monotonic seconds.
            mode: the store's.
        """
        self._lookout.look(circuits, lanes, targets, now)
        self._anomalies.look()
        if mode != self._mode:
            was, self._mode = self._mode, mode
            self.bus.tell(EventName.STATE_MODE, "state", mode=mode, was=was)

    def reloaded(self, version: str, warnings: int) -> None:
        """Another configuration is in force."""
        self.bus.tell(EventName.CONFIG_RELOADED, version, warnings=warnings)

    def refused(self, kept: str, problems: int) -> None:
        """The file has changed and is wrong: what was in force stays so. Its mistakes are in the log and in health;
        here they are only counted, for what is written there may be a secret."""
        self.bus.tell(EventName.CONFIG_REFUSED, kept, problems=problems)

    def implausible(self, request: str, target: str, input_tokens: int, output_tokens: int) -> None:
        """A provider's count that cannot be (F11); of each target one a minute is told."""
        counts = {"input_tokens": input_tokens, "output_tokens": output_tokens}
        self._once_a_minute(EventName.USAGE_IMPLAUSIBLE, target, request=request, **counts)

    def behind(self, journal_bytes: int, seconds: float) -> None:
        """The ledger lags: its oldest row waits for so long, in a journal of this size; told once a minute."""
        self._once_a_minute(EventName.LEDGER_BEHIND, "ledger", bytes=journal_bytes, seconds=seconds)

    def health(self) -> list[Mapping[str, Any]]:
        """The webhooks' receivers, for ``/health``."""
        return self._webhooks.health()

    async def close(self) -> None:
        """Have the last webhooks delivered, for two seconds at most."""
        self._anomalies.look()
        await self._webhooks.close()

    def _once_a_minute(self, name: EventName, subject: str, **facts: Any) -> None:
        key, minute = f"{name} {subject}", int(self._clock() // MINUTE)
        if self._once.is_new(key, minute):
            self.bus.tell(name, subject, **facts, suppressed=self._once.told(key, minute))
