"""What Prometheus reads: the right counts, under labels that no client can choose."""

import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from policies.base import Attempt, Call, Note, Outcome, OutcomeKind, Principal, Target, Verdict
from policies.claims import Claim, Unit, Window
from proxy.engine.story import Round, Story
from proxy.observe.metrics import STORE_MODES, Metrics
from translators.facts import Failure, FailureKind, Usage

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
SAID = {"outcome": "ok", "endpoint": "chat"}
USAGE = Usage(11, 7, cached_tokens=5, cache_write_tokens=2, reasoning_tokens=3)


def story(model: str = "gpt", target: str = "up/gpt", *, stream: bool = False, failed: Iterable[str] = ()) -> Story:
    """A request that took 2 s in all, 1.5 of them the upstream's, and ``failed`` elsewhere before."""
    call = Call("req_1", model, (), Principal("web"), 10.0, 99.0, stream=stream)
    told = Story(call, "default", "v1", 0, upstream_seconds=1.5)
    told.admission = [Note("access", Verdict.PASS)]
    for name in failed:
        failure = Failure(FailureKind.TIMEOUT, "late")
        told.rounds.append(Round([], name, Attempt(_target(name), 10.0, 10.5, failure=failure)))
    attempt = Attempt(_target(target), 10.5, 12.0, first_byte=10.8, usage=USAGE)
    told.rounds.append(Round([Note("strategy", Verdict.SCORE, target)], target, attempt))
    told.outcome = Outcome(OutcomeKind.OK, told.attempts, 12.0, USAGE)
    return told


def _target(name: str) -> Target:
    upstream, _, model = name.partition("/")
    return Target(name, upstream, "openai", model)


def read(metrics: Metrics) -> Samples:
    """The exposition, as a Prometheus would understand it."""
    return parsed(metrics.render()[0].decode())


def parsed(text: str) -> Samples:
    """Samples by name and labels."""
    families = text_string_to_metric_families(text)
    return {(sample.name, frozenset(sample.labels.items())): sample.value for one in families for sample in one.samples}


def value(samples: Samples, name: str, **labels: str) -> float | None:
    """One sample."""
    return samples.get((f"switchgear_{name}", frozenset(labels.items())))


@pytest.fixture
def metrics() -> Metrics:
    """Of a configuration with one model, one wildcard and three targets."""
    return Metrics(["gpt", "wild/*"], ["up/gpt", "spare/gpt", "up/*"])


def test_a_request_is_counted_with_its_times(metrics):
    """Whole duration; and apart from it the part that was ours."""
    metrics.record(story(stream=True))
    samples = read(metrics)

    assert value(samples, "requests_total", **SAID, model="gpt", target="up/gpt", stream="true") == 1
    assert value(samples, "request_seconds_sum", endpoint="chat", model="gpt", stream="true") == 2.0
    assert value(samples, "overhead_seconds_sum") == 0.5
    first = value(samples, "first_content_seconds_sum", target="up/gpt", stream="true")
    assert first == pytest.approx(0.3)


def test_every_attempt_is_counted_by_how_it_ended(metrics):
    """``none``: it did not fail."""
    metrics.record(story(failed=["spare/gpt", "spare/gpt"]))
    samples = read(metrics)

    assert value(samples, "attempts_total", target="spare/gpt", failure="timeout") == 2
    assert value(samples, "attempts_total", target="up/gpt", failure="none") == 1
    assert value(samples, "first_content_seconds_count", target="spare/gpt", stream="false") is None


@pytest.mark.parametrize(("direction", "tokens"), [("input", 11), ("output", 7), ("cached", 5), ("reasoning", 3)])
def test_tokens_are_counted_as_the_provider_reports_them(direction, tokens, metrics):
    """By model, target and direction."""
    metrics.record(story())
    metrics.record(story())

    assert value(read(metrics), "tokens_total", model="gpt", target="up/gpt", direction=direction) == 2 * tokens


def test_verdicts_are_counted_by_policy(metrics):
    """Those of the admission and those of each round."""
    metrics.record(story())
    samples = read(metrics)

    assert value(samples, "policy_verdicts_total", policy="access", verdict="pass") == 1
    assert value(samples, "policy_verdicts_total", policy="strategy", verdict="score") == 1


def test_a_request_that_went_nowhere_has_no_target(metrics):
    """Denied, or nothing was available."""
    told = story()
    told.rounds.clear()
    told.outcome = Outcome(OutcomeKind.DENIED, (), 12.0)
    metrics.record(told)

    labels = {"model": "gpt", "target": "none", "outcome": "denied", "stream": "false", "endpoint": "chat"}
    assert value(read(metrics), "requests_total", **labels) == 1


def test_names_that_the_configuration_does_not_have_are_one_label(metrics):
    """S11: a wildcard lets any name through, and each label value is memory here and in Prometheus."""
    for number in range(50):
        metrics.record(story(f"wild/made-up-{number}", f"up/made-up-{number}", failed=[f"up/other-{number}"]))
    text = metrics.render()[0].decode()

    assert "made-up" not in text
    assert "up/other" not in text
    samples = parsed(text)
    assert value(samples, "requests_total", **SAID, model="other", target="other", stream="false") == 50
    assert value(samples, "attempts_total", target="other", failure="timeout") == 50


def test_a_reload_changes_which_names_are_known(metrics):
    """The new model has a label of its own, one that has gone none any more."""
    metrics.known(["new"], ["up/new"])
    metrics.record(story("new", "up/new"))
    metrics.record(story())
    samples = read(metrics)

    assert value(samples, "requests_total", **SAID, model="new", target="up/new", stream="false") == 1
    assert value(samples, "requests_total", **SAID, model="other", target="other", stream="false") == 1


@pytest.mark.parametrize(("state", "number"), [("closed", 0), ("half_open", 1), ("open", 2)])
def test_circuits_are_numbers(state, number, metrics):
    """Of targets, and of whole upstreams where a breaker judges those."""
    metrics.circuits([("up/gpt", state), ("up", state)])
    samples = read(metrics)

    assert value(samples, "circuit_state", subject="up/gpt") == number
    assert value(samples, "circuit_state", subject="up") == number


def test_of_several_rules_for_a_subject_the_worst_counts(metrics):
    """Two breakers may judge one target; and one that has left the configuration is no trouble any more."""
    metrics.circuits([("up/gpt", "open"), ("up/gpt", "closed")])
    assert value(read(metrics), "circuit_state", subject="up/gpt") == 2

    metrics.circuits([])
    assert value(read(metrics), "circuit_state", subject="up/gpt") == 0


def test_a_circuit_of_a_made_up_name_has_no_label(metrics):
    """It would be one for each name that somebody tries."""
    metrics.circuits([("up/made-up", "open")])

    assert "made-up" not in metrics.render()[0].decode()


def test_refusals_are_counted_by_status(metrics):
    """What never became a call."""
    metrics.refused(401)
    metrics.refused(400)
    metrics.refused(400)
    samples = read(metrics)

    assert value(samples, "requests_refused_total", status="400") == 2
    assert value(samples, "requests_refused_total", status="401") == 1


def test_keys_and_configuration_are_gauges(metrics):
    """The latest word counts, and one version alone is in force."""
    metrics.keys_in_service("up", 2)
    metrics.keys_in_service("up", 1)
    metrics.config(valid=True, version="aaa")
    metrics.config(valid=False, version="bbb")
    samples = read(metrics)

    assert value(samples, "keys_in_service", upstream="up") == 1
    assert value(samples, "config_valid") == 0
    assert value(samples, "config_version", version="bbb") == 1
    assert not value(samples, "config_version", version="aaa")


CLAIM = Claim("budget:key:web:cost:month@UTC", Unit.COST, 100, Window("month"), "budget", "key web")


def test_refused_claims_are_counted_by_policy_and_unit(metrics):
    """Those in shadow apart; no account and no subject is a label (S11)."""
    metrics.claim_refused(CLAIM)
    metrics.claim_refused(CLAIM)
    metrics.claim_refused(replace(CLAIM, shadow=True))
    samples = read(metrics)

    assert value(samples, "claims_refused_total", policy="budget", unit="cost", shadow="false") == 2
    assert value(samples, "claims_refused_total", policy="budget", unit="cost", shadow="true") == 1
    assert "key web" not in metrics.render()[0].decode()


@pytest.mark.parametrize("mode", STORE_MODES)
def test_the_store_is_in_one_mode_and_its_expired_holds_are_counted_once(mode, metrics):
    """H7: the gauge has all modes; what the store counts from its start is taken over as it grows."""
    metrics.state("ok", 2)
    metrics.state(mode, 3)
    samples = read(metrics)

    assert {name: value(samples, "state_mode", mode=name) for name in STORE_MODES} == {
        name: float(name == mode) for name in STORE_MODES
    }
    assert value(samples, "holds_expired_total") == 3


def test_the_ledgers_lag_its_journal_and_its_lost_rows_are_seen(metrics):
    """F27, F28: nothing lost is 0, and not absent: an alert has something to compare with."""
    ledger = {"lag_seconds": 0.0, "journal_bytes": 0, "lost": 0, "refused": 0}
    metrics.ledger(ledger)
    assert value(read(metrics), "ledger_rows_lost_total", by="journal") == 0

    metrics.ledger({"lag_seconds": 1.5, "journal_bytes": 4096, "lost": 2, "refused": 1})
    metrics.ledger({"lag_seconds": 2.5, "journal_bytes": 8192, "lost": 2, "refused": 5})
    samples = read(metrics)

    assert value(samples, "ledger_lag_seconds") == 2.5
    assert value(samples, "journal_bytes") == 8192
    assert value(samples, "ledger_rows_lost_total", by="journal") == 2
    assert value(samples, "ledger_rows_lost_total", by="database") == 5


_WORKER = """
from proxy.observe.metrics import Metrics
metrics = Metrics(["gpt"], ["up/gpt"])
metrics.refused(400)
metrics.keys_in_service("up", {keys})
metrics.circuits([("up/gpt", "{state}")])
metrics.config(valid=True, version="aaa")
metrics.config(valid={valid}, version="bbb")
metrics.state("{mode}", {expired})
metrics.ledger({{"lag_seconds": {expired}, "journal_bytes": 100, "lost": 0, "refused": {expired}}})
print(metrics.render()[0].decode())
input()
"""


class _Worker:
    """A process that has its own figures, and shares them."""

    def __init__(self, folder: Path, **facts: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _WORKER.format(**facts)],
            env={"PROMETHEUS_MULTIPROC_DIR": str(folder), "PYTHONPATH": ":".join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def text(self) -> str:
        """What it shows, while it still runs."""
        assert self._process.stdout is not None
        lines = []
        while (line := self._process.stdout.readline()) not in ("", "\n"):
            lines.append(line)
        return "".join(lines)

    def end(self) -> str:
        """Let it go; return what it complained of."""
        complaints: str = self._process.communicate("\n", timeout=30)[1]
        return complaints


def test_workers_add_up(tmp_path):
    """Whichever worker is asked shows the sum, the worst circuit and lag, the fewest keys, and any wrong file."""
    one = _Worker(tmp_path, keys=2, state="open", valid="True", mode="ok", expired=3)
    assert "switchgear" in one.text()
    two = _Worker(tmp_path, keys=1, state="closed", valid="False", mode="down", expired=1)
    samples = parsed(two.text())
    one.end()
    two.end()

    assert value(samples, "requests_refused_total", status="400") == 2
    assert value(samples, "keys_in_service", upstream="up") == 1
    assert value(samples, "circuit_state", subject="up/gpt") == 2
    assert value(samples, "config_valid") == 0
    assert [value(samples, "state_mode", mode=mode) for mode in STORE_MODES] == [1, 0, 1]
    assert [value(samples, name) for name in ("holds_expired_total", "ledger_lag_seconds", "journal_bytes")] == [
        4,
        3,
        200,
    ]
    assert value(samples, "ledger_rows_lost_total", by="database") == 4


def test_with_workers_too_one_version_alone_is_in_force(tmp_path):
    """What was in force before a reload is not."""
    worker = _Worker(tmp_path, keys=1, state="closed", valid="True", mode="ok", expired=0)
    samples = parsed(worker.text())
    complaints = worker.end()

    assert value(samples, "config_version", version="bbb") == 1
    assert not value(samples, "config_version", version="aaa")
    assert complaints == ""
