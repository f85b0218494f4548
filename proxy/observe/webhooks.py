"""Events by HTTP: signed POST requests to whoever the configuration names.

The body is Standard Webhooks' (``type``, ``timestamp``, ``data``), with the worker that says it.
"""

import os
import secrets
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from proxy.config.schema import WebhookConfig
from proxy.observe.events import Event
from proxy.observe.receiver import PACE, Count, Dial, Message, Pace, Receiver, dial
from proxy.tasks import spawn


class Webhooks:
    """The receivers of one worker.

    Args:
        count: is told what becomes of each event.
        pace: how hard it is tried.
        way: how receivers are reached.
    """

    def __init__(self, count: Count, pace: Pace = PACE, way: Dial = dial) -> None:
        self._count, self._pace, self._way = count, pace, way
        self._receivers: dict[WebhookConfig, Receiver] = {}

    def configure(self, configs: Iterable[WebhookConfig]) -> None:
        """These are to be told from now on. One that was there before keeps what waits for it; one that is not there
        any more gets what waits at once, or never. Needs a running loop if any goes."""
        before = self._receivers
        self._receivers = {
            config: before.get(config) or Receiver(config, self._count, self._pace, self._way) for config in configs
        }
        for config in before.keys() - self._receivers.keys():
            spawn(before[config].close(), f"close webhook {before[config].host}")

    def take(self, event: Event) -> None:
        """The bus's sink: hand it to each receiver that wants it. Never waits."""
        wanting = [receiver for receiver in self._receivers.values() if receiver.wants(event.name)]
        if wanting:
            message = Message(f"evt_{secrets.token_hex(16)}", event.name, _body(event), time.monotonic())
            for receiver in wanting:
                receiver.offer(message)

    def health(self) -> list[Mapping[str, Any]]:
        """For ``/health``: each receiver by its host."""
        return [receiver.health() for receiver in self._receivers.values()]

    async def close(self) -> None:
        """Deliver what waits, for a moment."""
        closing = [spawn(receiver.close(), f"close webhook {receiver.host}") for receiver in self._receivers.values()]
        self._receivers = {}
        for task in closing:
            await task


def _body(event: Event) -> bytes:
    return orjson.dumps(
        {
            "type": event.name,
            "timestamp": datetime.fromtimestamp(event.at, UTC),
            "worker": os.getpid(),
            "data": {"subject": event.subject, **event.facts},
        },
        option=orjson.OPT_UTC_Z,
        default=str,
    )
