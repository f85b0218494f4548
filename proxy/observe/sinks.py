"""Every finished request is noted once: rendered once, then logged, kept and counted."""

from policies.base import Principal
from proxy.engine.ports import Books
from proxy.engine.story import Story
from proxy.observe.log import RecordLog, line
from proxy.observe.metrics import Metrics
from proxy.observe.plain import Kind, Plain, kind_of, moments_of, says_nothing
from proxy.observe.record import Record, render
from proxy.observe.records import Records

KINDS = 1024
"""Kinds of plain requests that are remembered; a wildcard lets clients choose how many there are."""


class Notebook:
    """The engine's sink.

    Args:
        log: one line per request.
        records: for ``GET /v1/requests/{id}``.
        metrics: what Prometheus reads.
        books: where rows of the ledger are written first; None: there is no ledger.
    """

    def __init__(self, log: RecordLog, records: Records, metrics: Metrics, books: Books | None = None) -> None:
        self._log, self._records, self._metrics, self._books = log, records, metrics, books
        self._plain: dict[Kind, Plain] = {}

    def record(self, story: Story) -> None:
        """Take note of a finished request."""
        kind = kind_of(story)
        plain = self._plain.get(kind) if kind is not None else None
        if plain is not None and plain.fits(story):
            moments = moments_of(story)
            if self._books is not None:  # before all else: nothing may be lost
                self._books.settle_plain(story, plain.common, moments)
            plain.tally.add(story)
            text = plain.line(story, moments)
        else:
            text = line(render(story))
            if self._books is not None:
                self._books.settle(story, text)
            self._metrics.record(story)
            if kind is not None and plain is None and says_nothing(story):
                self._learn(kind, story)
        self._log.write(text)
        self._records.put(story.call.principal, story.call.id, text)

    def refused(self, record: Record, principal: Principal | None) -> None:
        """Take note of a request that was refused before it became a call."""
        self._metrics.refused(record["status"])
        text = line(record)
        self._log.write(text)
        if principal is not None:  # else strangers could push out everybody else's
            self._records.put(principal, record["id"], text)

    async def find(self, request_id: str, principal: Principal) -> Record | None:
        """A record of the principal's own tenant, or None."""
        return await self._records.find(request_id, principal)

    def _learn(self, kind: Kind, example: Story) -> None:
        if len(self._plain) >= KINDS:
            self._metrics.forget_tallies()
            self._plain.clear()
        common = self._books.common(example) if self._books is not None else b""
        self._plain[kind] = Plain(example, self._metrics.tally(example), common)
