"""How these tests ask, and whom: keys of two teams and of none, and models of two wire formats."""

from typing import Any

import httpx2

from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream

CHAT, ROUTE = "/v1/chat/completions", "/v1/route"
MESSAGES = [{"role": "user", "content": "a prompt that nobody keeps"}]
KEYS = {"red-1": "red", "red-2": "red", "blue": "blue", "solo-1": None, "solo-2": None}
BACKUPS = 40
"""Targets of the model whose trace is too long for a header."""


def secret(key: str) -> str:
    """What the client of that key sends."""
    return f"sg-secret-of-{key}-0123456789"


def config(first: FakeUpstream, second: FakeUpstream) -> dict[str, Any]:
    """Models and chains before these upstreams."""
    account = {"provider": "openai", "base_url": f"{first.url}/v1", "api_key": "sk-first"}
    names = ["one", "two", "tripping", *(f"spare-{number:02}-with-a-long-name" for number in range(BACKUPS))]
    keys = [{"id": key, "secret": secret(key)} | ({"team": team} if team else {}) for key, team in KEYS.items()]
    return {
        "upstreams": {
            **dict.fromkeys(names, account),
            "claude": {"provider": "anthropic", "base_url": second.url, "api_key": "sk-second"},
            "off": {"provider": "openai", "api_key": "${NOT_SET_ANYWHERE:-}"},
        },
        "models": {
            "pair": ["one/gpt", "two/gpt"],
            "claude": "claude/claude-sonnet-4-5",
            "either": ["one/gpt", "claude/claude-sonnet-4-5"],
            "many": [f"{name}/gpt" for name in names[3:]],
            "tripping": {"targets": ["tripping/gpt"], "chain": "tripping"},
            "wild/*": "one/*",
        },
        "keys": [*keys, {"id": "few", "secret": secret("few"), "models": ["claude"]}],
        "chain": [
            {"strategy": {"by": "priority"}},
            {"retry": {"attempts": 2, "backoff": "1ms..2ms", "when": {"tag": ["twice*", "vip"]}}},
            {"breaker": {"failures": "1 in 30s", "open": "60s", "shadow": True}},
        ],
        "chains": {"tripping": [{"breaker": {"failures": "1 in 30s", "open": "60s"}}, "strategy"]},
    }


def ask(gateway: Gateway, model: str = "pair", path: str = CHAT, key: str = "red-1", **more: Any) -> httpx2.Response:
    """One request; ``headers`` are headers, the rest goes into the body."""
    headers = {"authorization": f"Bearer {secret(key)}"} | more.pop("headers", {})
    return gateway.http.post(path, json={"model": model, "messages": MESSAGES} | more, headers=headers)


def get_record(gateway: Gateway, name: str, key: str) -> httpx2.Response:
    """A record as a key sees it."""
    return gateway.http.get(f"/v1/requests/{name}", headers={"authorization": f"Bearer {secret(key)}"})
