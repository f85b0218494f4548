"""How many at a time: slots, given back at the end of each request, or when the hold of a dead worker expires (I15)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from policies.base import Seconds
from policies.claims import EVER, Outage, Queue, Unit
from policies.limit import Draft, Limit
from policies.options import (
    OUTAGE,
    PER,
    WITHOUT,
    Count,
    CountOutage,
    Per,
    Without,
)
from policies.subjects import PLACES


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """Where requests wait for a slot: by priority of their keys, then each tenant in turn."""

    max: int = field(
        default=100, metadata={"help": "How many may wait at a time, in each worker. Example: 100.", "ge": 1}
    )
    wait: Seconds = field(default=5.0, metadata={"help": "How long one waits at most. Example: 5s.", "gt": 0})


class Concurrency(Limit):
    """Limits the requests that are under way at a time; more may wait for their turn."""

    @dataclass(frozen=True, slots=True)
    class Options:
        """How many, and who may wait."""

        limit: Count = field(metadata={"help": "Requests under way at a time. Example: 10."})
        per: Per = field(default=("key",), metadata=PER)
        queue: QueueOptions | None = field(
            default=None,
            metadata={
                "help": "Let requests wait for a slot, instead of refusing them at once. Example: {max: 100, wait: 5s}."
            },
        )
        without: Without = field(default="pass", metadata=WITHOUT)
        outage: CountOutage = field(default=Outage("local"), metadata={"help": f"{OUTAGE}open 5 for 60s."})

        def __post_init__(self) -> None:
            if self.queue is not None and not PLACES.isdisjoint(self.per):
                raise ValueError("queue is not for a limit per upstream or target: that asks another one")

    kind: ClassVar[str] = "concurrency"
    shorthand: ClassVar[str | None] = "limit"
    options: Options

    @classmethod
    def drafts(cls, options: Any) -> Iterable[Draft]:
        """Slots, without a window: they are given back."""
        queue = Queue(options.queue.max, options.queue.wait) if options.queue else None
        yield Draft(Unit.SLOTS, options.limit, EVER, {"outage": options.outage, "queue": queue})
