"""What limits come to, as ``switchgear check`` says it."""

import pytest

from policies.claims import Unit
from proxy.config.load import load
from proxy.limits_in_words import amount, limits, store
from proxy.report import describe

BASE = "upstreams: {demo: {provider: demo}}\nmodels: {demo: demo/echo}\n"
SHARED = "state: redis://canary:canary@127.0.0.1/0\nserver: {workers: 4}\n"


def told(entry: str, head: str = "") -> list[str]:
    """The lines of one entry of a chain."""
    config = load(f"{head}{BASE}chain:\n  - {entry}\n", "f", {})
    return list(limits(config, config.chains["default"][0]))


def test_every_account_has_a_line_with_its_limit_and_its_window() -> None:
    """For each subject and each unit; the star stands for whoever asks."""
    assert told("rate: {per: [key, team], requests: 600/min, burst: 5 in 10s}") == [
        "rate:key:*:requests:60s: at most 600 requests in any 60s",
        "rate:key:*:requests:10s: at most 5 requests in any 10s",
        "rate:team:*:requests:60s: at most 600 requests in any 60s",
        "rate:team:*:requests:10s: at most 5 requests in any 10s",
    ]


def test_money_alerts_zones_and_single_requests_are_told() -> None:
    """As people write them."""
    assert told("budget: {limit: $1500/month, max_cost: $0.505, zone: Europe/Berlin, alert: [80%, 99.5%]}") == [
        "each request: at most $0.505",
        "budget:key:*:cost:month@Europe/Berlin: at most $1,500.00 a month (Europe/Berlin); alerts at 80%, 99.5%",
    ]


def test_a_queue_is_told() -> None:
    """How many wait, and for how long."""
    assert told("concurrency: {limit: 1, queue: {max: 7, wait: 2s}}") == [
        "concurrency:key:*:slots:ever: at most 1 slot; 7 may wait in each worker, for 2s at most"
    ]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("budget: $5/day", "in an outage leased_only, $0.00 over the limit at worst"),
        ("budget: {limit: $5/day, outage: closed}", "in an outage closed, $0.00 over the limit at worst"),
        ("budget: {limit: $5/day, outage: open $2 for 60s}", "in an outage open, $2.00 over the limit at worst"),
        ("rate: 600/min", "in an outage local, 600 requests over the limit at worst"),
        ("rate: {requests: 600/min, shadow: true}", "in an outage local, no bound"),
    ],
)
def test_with_a_shared_store_the_worst_of_an_outage_is_told(entry: str, words: str) -> None:
    """H7: nobody overspends by surprise. Without one there is no such outage."""
    (shared,), (alone,) = told(entry, SHARED), told(entry)

    assert f"; {words} (" in shared
    assert "outage" not in alone


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("budget: {limit: $5/day, outage: open $2 for 60s}", "($0.50 for each of 4 workers, for 60s at most)"),
        ("budget: {limit: $5/day, outage: local}", "($1.25 for each of 4 workers and window, if all was used before"),
        ("rate: 600/min", "(150 requests for each of 4 workers and window, if all was used before"),
    ],
)
def test_a_workers_share_in_an_outage_is_written_as_people_write_it(entry: str, words: str) -> None:
    """Dollars, not their millionths."""
    assert words in told(entry, SHARED)[0]


def test_other_policies_have_no_lines() -> None:
    """They limit nothing."""
    assert told("breaker") == []


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("", "in this process's memory"),
        ("server: {workers: 2}\n", "in each worker's memory"),
        (SHARED, "in a store that workers share, leased"),
        ("state: {url: redis://h/0, leases: false}\n", "in a store that workers share, asked at each request"),
    ],
)
def test_where_accounts_are_kept_is_told_without_its_password(head: str, words: str) -> None:
    """S9."""
    config = load(f"{head}{BASE}", "f", {})

    assert store(config) == words
    assert f"accounts are {words}" in describe(config)
    assert "canary" not in describe(config)


@pytest.mark.parametrize(
    ("unit", "count", "words"),
    [
        (Unit.COST, 0, "$0.00"),
        (Unit.COST, 1, "$0.000001"),
        (Unit.COST, 10**13, "$10,000,000.00"),
        (Unit.TOKENS, 200_000, "200,000 tokens"),
        (Unit.SLOTS, 1, "1 slot"),
    ],
)
def test_an_amount_is_exact(unit: Unit, count: int, words: str) -> None:
    """To the millionth of a dollar."""
    assert amount(unit, count) == words


def test_a_report_has_the_accounts_below_their_policy_and_repeats_no_option() -> None:
    """What the lines say is not among the options; what they do not say is."""
    config = load(f"{BASE}chain:\n  - budget: {{limit: $5/day, output: 4k, when: {{team: x}}}}\n  - breaker\n", "f", {})
    rows = [row.strip() for row in describe(config).split("chains\n")[1].splitlines()]

    assert rows[2].startswith("budget {per: [key], without: pass, bound: sound, output: 4000, on_insufficient: refuse")
    assert rows[2].endswith("when {team: [x]}")
    assert rows[3].startswith("budget-")
    assert rows[4].startswith("breaker {")
