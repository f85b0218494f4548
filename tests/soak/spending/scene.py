"""What the soak is played on: a server with limits of every kind, in front of an upstream that keeps its own bill."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.rig.bill import Rate

Mode = Literal["memory", "exact", "leased"]
"""Where accounts are kept: in one worker's memory; in Redis, asked for each request; in Redis, leased to workers."""
FIRST, SECOND = "m-first", "m-second"
"""The models as their upstreams call them; a request goes to the first, and to the second if that fails."""
RATES = {FIRST: Rate(input=1_100_000, output=4_300_000), SECOND: Rate(input=2_700_000, output=7_900_000)}
"""What a token costs; odd figures, so that sums have to be rounded."""
KEYS = {"web": "sk-soak-web-000000000000000000", "app": "sk-soak-app-000000000000000000"}
"""Secrets by the names of who asks; each has a team of its own."""
USER_LIMIT, TEAM_LIMIT, SLOTS = 10_000, 600_000, 40
"""Micro-dollars of a user's day and of a team's minute; requests of one key under way at a time."""
QUOTA = 400
"""Requests of one user in a day."""
TOTAL = 6.0
"""Seconds that a request may take; a hold expires half a minute later."""


@dataclass(frozen=True)
class Scene:
    """How one run is set up."""

    mode: Mode
    upstream: str
    """URL of the biller, without a path."""
    ledger: str
    state: str = "memory"
    workers: int = 1
    chain: Sequence[Any] = field(default_factory=lambda: CHAIN)

    @property
    def config(self) -> dict[str, Any]:
        """The configuration. Only ``state`` and ``ledger`` differ from mode to mode."""
        state: Any = self.state if self.mode == "memory" else {"url": self.state, "leases": self.mode == "leased"}
        return {
            "server": {"workers": self.workers, "drain": "10s"},
            "state": state,
            "ledger": self.ledger,
            "timeouts": {"connect": "2s", "headers": "2s", "first_token": "2s", "gap": "2s", "total": f"{TOTAL:g}s"},
            "upstreams": {
                "first": {"provider": "openai", "base_url": f"{self.upstream}/v1", "api_key": "sk-first"},
                "second": {"provider": "anthropic", "base_url": self.upstream, "api_key": "sk-second"},
            },
            "models": {"chat": [_target("first", FIRST), _target("second", SECOND)]},
            "keys": [{"id": key, "secret": secret, "team": f"team-{key}"} for key, secret in KEYS.items()],
            "chain": list(self.chain),
        }


def _target(upstream: str, model: str) -> dict[str, Any]:
    rate = RATES[model]
    price = {"input": _dollars(rate.input), "output": _dollars(rate.output)}
    return {"to": f"{upstream}/{model}", "price": price}


def _dollars(pico: int) -> str:
    return f"${pico / 1_000_000:g}/M"


CHAIN: list[Any] = [
    {"rate": {"per": "key", "requests": "100k/min", "burst": "20000 in 10s"}},
    {"quota": {"per": "user", "requests": f"{QUOTA}/day"}},
    {"budget": {"per": "user", "limit": f"${USER_LIMIT / 1e6:g}/day", "output": 64}},
    {"budget": {"per": "team", "limit": f"${TEAM_LIMIT / 1e6:g}/minute", "output": 64}},
    {"concurrency": {"per": "key", "limit": SLOTS, "queue": {"max": 400, "wait": "3s"}}},
    {"strategy": "priority"},
    {"retry": {"attempts": 3, "backoff": "10ms..50ms", "ambiguous": 2}},
]
