"""What Prometheus reads. Labels come from the configuration or from closed sets, never from a client (RELIABILITY S11).

With several workers prometheus_client's multiprocess mode adds the workers up (``PROMETHEUS_MULTIPROC_DIR``, set before
the workers start); its ``Info`` vanishes there, so the config's version is a gauge.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from policies.base import Attempt
from policies.claims import Claim
from proxy.engine.story import Story
from proxy.observe.events import Event
from proxy.observe.tally import Counts, Spans, Tally

OTHER = "other"
"""The label of a name that the configuration does not have: a wildcard lets any name through."""
SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
OVERHEAD = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25)
STORE_MODES = ("ok", "rebuilding", "down")
CIRCUIT_STATES = {"closed": 0, "half_open": 1, "open": 2}


class Metrics:
    """One worker's figures.

    Args:
        models: the names of the configuration.
        targets: the targets of the configuration.
    """

    def __init__(self, models: Iterable[str], targets: Iterable[str]) -> None:
        self._registry = registry = CollectorRegistry()
        self._last_version: str | None = None
        self._subjects: set[str] = set()
        self._tallies: list[tuple[Story, Tally]] = []
        self._models, self._targets = frozenset(models), frozenset(targets)

        def counter(name: str, text: str, *labels: str) -> Counts:
            return Counts(Counter(f"switchgear_{name}", text, labels, registry=registry))

        def seconds(name: str, text: str, *labels: str, buckets: tuple[float, ...] = SECONDS) -> Spans:
            histogram = Histogram(f"switchgear_{name}_seconds", text, labels, registry=registry, buckets=buckets)
            return Spans(histogram, buckets)

        def gauge(name: str, text: str, *labels: str, mode: str = "livemostrecent") -> Gauge:
            return Gauge(f"switchgear_{name}", text, labels, registry=registry, multiprocess_mode=mode)  # type: ignore[arg-type]

        self._requests = counter(
            "requests", "Requests by how they ended.", "model", "target", "outcome", "stream", "endpoint"
        )
        self._refused = counter("requests_refused", "Requests refused before they became calls.", "status")
        self._attempts = counter("attempts", "Attempts by how they failed; none: they did not.", "target", "failure")
        self._tokens = counter("tokens", "Tokens, estimated where nobody counts.", "model", "target", "direction")
        self._verdicts = counter("policy_verdicts", "What policies said.", "policy", "verdict")
        self._events = counter("events", "Events told.", "event")
        self._webhooks = counter("webhooks", "Events by what became of them; failed: attempts.", "receiver", "result")
        self._claims = counter(
            "claims_refused",
            "Times that an account had no room; in shadow: would have had.",
            "policy",
            "unit",
            "shadow",
        )
        self._rows = counter("ledger_rows_lost", "Not written down: no room there, or refused.", "by")
        self._expired = counter("holds_expired", "Held by requests that nobody settled, and charged.")
        self._mode = gauge("state_mode", "Workers by how they find the store of accounts.", "mode", mode="livesum")
        self._lag = gauge("ledger_lag_seconds", "Since when a finished request waits for its rows.", mode="livemax")
        self._journal = gauge("journal_bytes", "What is not in the database yet, or kept with it.", mode="livesum")
        self._whole = seconds("request", "From arrival to end.", "model", "stream", "endpoint")
        self._first = seconds("first_content", "From an attempt's start to its first content.", "target", "stream")
        self._overhead = seconds("overhead", "Time of a request that was not the upstream's.", buckets=OVERHEAD)
        self._circuits = gauge("circuit_state", "0 closed, 1 half-open, 2 open.", "subject", mode="livemax")
        self._keys = gauge("keys_in_service", "Keys that are not quarantined.", "upstream", mode="livemin")
        self._valid = gauge("config_valid", "1: the file in force is the file on disk; 0: it is wrong.", mode="livemin")
        self._version = gauge("config_version", "1 for the version in force, 0 for earlier ones.", "version")

    def known(self, models: Iterable[str], targets: Iterable[str]) -> None:
        """The names that may be labels from now on. What was counted until now has the labels it had."""
        self.carry()
        self._models, self._targets = frozenset(models), frozenset(targets)

    def record(self, story: Story) -> None:
        """Count a finished request."""
        outcome, call = story.outcome, story.call
        assert outcome is not None
        model, target = self._model(call.model), self._target(story.target)
        stream = "true" if call.stream else "false"
        self._requests.due[model, target, outcome.kind, stream, call.endpoint] += 1
        self._whole.add((model, stream, call.endpoint), outcome.ended - call.started)
        self._overhead.add((), story.overhead(outcome.ended))
        for attempt in outcome.attempts:
            self._attempt(attempt, model, stream)
        verdicts = self._verdicts.due
        for note in story.admission:
            verdicts[note.policy, note.verdict] += 1
        for turn in story.rounds:
            for note in turn.notes:
                verdicts[note.policy, note.verdict] += 1

    def refused(self, status: int) -> None:
        """Count a request that was refused before it became a call."""
        self._refused.due[(str(status),)] += 1

    def event(self, event: Event) -> None:
        """Count an event."""
        self._events.due[(event.name,)] += 1

    def webhook(self, receiver: str, result: str) -> None:
        """Count what became of an event, or of an attempt to deliver one; receivers are hosts of the configuration."""
        self._webhooks.due[receiver, result] += 1

    def claim_refused(self, claim: Claim) -> None:
        """Count a claim that there was no room for; policies have the configuration's names."""
        self._claims.due[claim.policy, claim.unit.value, "true" if claim.shadow else "false"] += 1

    def state(self, mode: str, expired: int) -> None:
        """How the store of accounts is.

        Args:
            mode: ``ok``, ``rebuilding`` or ``down``.
            expired: holds so far that this worker has seen expire.
        """
        for known in STORE_MODES:
            self._mode.labels(known).set(known == mode)
        self._expired.reach((), expired)

    def ledger(self, health: Mapping[str, Any]) -> None:
        """How the ledger's writer is: what :meth:`proxy.ledger.writer.Writer.health` says."""
        self._lag.set(health["lag_seconds"])
        self._journal.set(health["journal_bytes"])
        self._rows.reach(("journal",), health["lost"])
        self._rows.reach(("database",), health["refused"])

    def tally(self, story: Story) -> Tally:
        """Where requests like this one are counted together: the same labels, one attempt that succeeded."""
        tally = Tally(self._whole.span(), self._first.span(), self._overhead.span())
        self._tallies.append((story, tally))
        return tally

    def forget_tallies(self) -> None:
        """Those given out so far are not used any more."""
        self.carry()
        self._tallies.clear()

    def carry(self) -> None:
        """Hand over what was counted. Whoever scrapes may ask another worker, so this cannot wait for it."""
        for story, tally in self._tallies:
            if tally.count:
                self._carry_tally(story, tally)
        for counts in (
            *(self._requests, self._refused, self._attempts, self._tokens, self._verdicts),
            *(self._events, self._webhooks, self._claims, self._rows, self._expired),
        ):
            counts.carry()
        for spans in (self._whole, self._first, self._overhead):
            spans.carry()

    def circuits(self, states: Iterable[tuple[str, str]]) -> None:
        """All breakers' subjects with their states, ``closed``, ``half_open`` or ``open``; of several rules the worst.

        A subject that is not among them any more counts as closed: multiprocess mode cannot remove it.
        """
        worst = dict.fromkeys(self._subjects, 0)
        for subject, state in states:
            if subject in self._targets or "/" not in subject:
                worst[subject] = max(worst.get(subject, 0), CIRCUIT_STATES[state])
        for subject, number in worst.items():
            self._circuits.labels(subject).set(number)
        self._subjects = set(worst)

    def keys_in_service(self, upstream: str, count: int) -> None:
        """How many of an upstream's keys are not quarantined."""
        self._keys.labels(upstream).set(count)

    def config(self, *, valid: bool, version: str) -> None:
        """Which configuration is in force, and whether the file on disk is it."""
        self._valid.set(valid)
        if self._last_version not in (None, version):  # multiprocess mode cannot remove a label
            self._version.labels(self._last_version).set(0)
        self._last_version = version
        self._version.labels(version).set(1)

    def render(self) -> tuple[bytes, str]:
        """The exposition and its content type."""
        self.carry()
        registry = self._registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST

    def _carry_tally(self, example: Story, tally: Tally) -> None:
        assert example.outcome is not None
        model, target = self._model(example.call.model), self._target(example.target)
        stream = "true" if example.call.stream else "false"
        endpoint = example.call.endpoint
        self._requests.due[model, target, example.outcome.kind, stream, endpoint] += tally.count
        self._attempts.due[target, "none"] += tally.count
        if example.outcome.usage is not None:
            for direction in ("input", "output", "cached", "reasoning"):
                self._tokens.due[model, target, direction] += getattr(tally, direction)
                setattr(tally, direction, 0)
        for note in (*example.admission, *example.rounds[0].notes):
            self._verdicts.due[note.policy, note.verdict] += tally.count
        self._whole.fill((model, stream, endpoint), tally.whole)
        self._first.fill((target, stream), tally.first)
        self._overhead.fill((), tally.overhead)
        tally.count = 0

    def _attempt(self, attempt: Attempt, model: str, stream: str) -> None:
        target, failure, usage = self._target(attempt.target.name), attempt.failure, attempt.usage
        self._attempts.due[target, failure.kind if failure else "none"] += 1
        if attempt.first_byte is not None:
            self._first.add((target, stream), attempt.first_byte - attempt.started)
        if usage is not None:
            tokens = self._tokens.due
            tokens[model, target, "input"] += usage.input_tokens
            tokens[model, target, "output"] += usage.output_tokens
            tokens[model, target, "cached"] += usage.cached_tokens
            tokens[model, target, "reasoning"] += usage.reasoning_tokens

    def _model(self, name: str) -> str:
        return name if name in self._models else OTHER

    def _target(self, name: str | None) -> str:
        if name is None:
            return "none"
        return name if name in self._targets else OTHER
