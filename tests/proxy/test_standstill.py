"""Whether any request could pass while the store of accounts is away (RELIABILITY F20, H7)."""

import pytest

from proxy.config.load import load
from proxy.standstill import Standstill

BASE = """
state: redis://127.0.0.1/0
upstreams: {demo: {provider: demo}}
models: {plain: demo/echo, own: {targets: [demo/echo], chain: own}}
"""
KEY = "{id: %s, secret: sg-secret-of-a-client-%s-0123456789%s}"
TEAMS = f"keys: [{KEY % ('a', 'a', ', team: x')}, {KEY % ('b', 'b', ', team: y')}]\n"
MIXED = f"keys: [{KEY % ('a', 'a', ', team: x')}, {KEY % ('b', 'b', '')}]\n"
BUDGET = "{budget: $5/day}"


def _stands(default: str, own: str, keys: str = "") -> tuple[bool, set[tuple[str, str]]]:
    """Whether nothing passes where no claim does but those that are ``open``, and what is in the way."""
    config = load(f"{BASE}{keys}chain: [{default}]\nchains: {{own: [{own}]}}\n", "f", {})
    standstill = Standstill(config)
    refusing = standstill.refusing(lambda claim: claim.outage.mode != "local")
    return standstill.complete(refusing), {(each.policy, each.per) for each in refusing}


@pytest.mark.parametrize(
    ("entry", "keys", "stands"),
    [
        (BUDGET, "", True),
        ("{budget: {per: global, limit: $5/day}}", "", True),
        ("{quota: {per: upstream, requests: 5/day}}", "", True),
        ("{budget: {per: [team, model], limit: $5/day}}", "", True),
        ("{budget: {per: team, limit: $5/day}}", TEAMS, True),
        ("{budget: {per: team, limit: $5/day}}", MIXED, False),
        ("{budget: {per: team, limit: $5/day}}", "", False),
        ("{budget: {per: team, limit: $5/day, without: refuse}}", MIXED, True),
        ("{budget: {per: session, limit: $5 ever}}", "", False),
        ("{budget: {per: session, limit: $5 ever, without: together}}", "", True),
        ("{budget: {limit: $5/day, shadow: true}}", "", False),
        ("{budget: {limit: $5/day, when: {model: plain}}}", "", False),
        ("{budget: {limit: $5/day, outage: local}}", "", False),
        ("{rate: 600/min}", "", False),
        ("retry", "", False),
    ],
)
def test_a_limit_stops_a_chain_if_each_request_claims_it(entry: str, keys: str, stands: bool) -> None:
    """Whom it counts by, which requests it applies to, and what becomes of those without such a subject decide."""
    assert _stands(entry, BUDGET, keys)[0] is stands


def test_an_instance_is_gone_only_where_each_chain_in_use_is() -> None:
    """One that models of its own go by keeps it in service; what is refused is known all the same."""
    assert _stands(BUDGET, "{rate: 600/min}") == (False, {("budget", "key")})
    assert _stands("{rate: 600/min}", BUDGET) == (False, {("budget", "key")})
    assert _stands(BUDGET, BUDGET) == (True, {("budget", "key")})


def test_a_chain_that_nobody_goes_by_does_not_count() -> None:
    """All keys have another one, and so has the other model."""
    keys = f"keys: [{KEY % ('a', 'a', ', chain: own')}]\n"

    assert _stands("{rate: 600/min}", BUDGET, keys) == (True, {("budget", "key")})
