"""One file on either pair of parts: its lines ``state`` and ``ledger`` differ, and nobody can tell from outside."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.proxy.commands.rows import run
from tests.rig.postgres import Postgres
from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream, Request
from tests.rig.valkey import valkey
from tests.rig.waiting import until
from tests.rig.wires import openai_answer, openai_error, openai_stream

KEYS = {"web": "sk-web-0000000000000000", "app": "sk-app-0000000000000000"}
PRICE = {"input": "$1/M", "output": "$10/M"}
CHAINS: dict[str, list[Any]] = {
    "rate": [{"rate": {"per": ["key", "team"], "requests": "3/min"}}],
    "tokens": [{"quota": {"per": "org", "tokens": "1500/month", "output": 100}}],
    "budget": [{"budget": {"per": ["key", "team"], "limit": "$0.0022/year", "output": 100}}],
    "rolling": [{"budget": {"per": "session", "limit": "$0.0012 in 24h", "output": 100, "without": "together"}}],
    "clamp": [{"budget": {"per": "tag:job", "limit": "$0.001/month", "on_insufficient": "clamp"}}],
    "each": [{"budget": {"per": "global", "max_cost": "$0.002"}}],
    "shadow": [{"budget": {"per": "key", "limit": "$0.0001/month", "output": 100, "shadow": True}}],
    "place": [{"quota": {"per": "target", "requests": "1/month"}}],
    "slots": [{"concurrency": {"per": "user", "limit": 1, "without": "refuse"}}],
}
ASKED: list[tuple[str, str, dict[str, Any]]] = [
    *[("rate", "web", {})] * 4,
    ("rate", "app", {}),
    *[("tokens", "web", {})] * 2,
    ("tokens", "web", {"max_tokens": 1480}),
    *[("budget", "web", {"max_tokens": tokens}) for tokens in (10, 150, 200, 5000)],
    ("budget", "app", {"stream": True}),
    *[("rolling", "app", {"switchgear": {"session": session}}) for session in ("one", "two", "one")],
    ("rolling", "app", {}),
    ("clamp", "web", {"max_tokens": 5000, "switchgear": {"tags": ["job=night"]}}),
    ("each", "web", {"max_tokens": 500}),
    ("each", "web", {"max_tokens": 50, "switchgear": {"max_cost": "$0.0001"}}),
    *[("shadow", "web", {})] * 3,
    *[("place", "web", {})] * 3,
    ("slots", "web", {}),
    ("slots", "web", {"user": "ann"}),
]
SHOWN = re.compile("x-switchgear-(target|attempts|cost)|x-should-retry|x-ratelimit-(limit|remaining)-.*|content-type")


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeUpstream]:
    """It answers by what it is asked; one model of it fails."""

    def answer(request: Request) -> Any:
        if request.json["model"] == "failing":
            return openai_error(500, "boom")
        return openai_stream(["Hel", "lo"]) if request.json.get("stream") else openai_answer("Hello")

    with FakeUpstream() as fake:
        fake.always(answer)
        yield fake


def _config(upstream: str, state: str, ledger: str) -> dict[str, Any]:
    places = [{"to": f"one/{model}", "price": PRICE} for model in ("failing", "gpt", "gpt-other")]
    ending = ["strategy", {"retry": {"attempts": 3, "backoff": "5ms..10ms"}}]
    return {
        "state": state,
        "ledger": ledger,
        "upstreams": {"one": {"provider": "openai", "base_url": f"{upstream}/v1", "api_key": "sk-upstream"}},
        "models": {name: {"chain": name, "targets": places} for name in CHAINS},
        "chains": {name: [*chain, *ending] for name, chain in CHAINS.items()},
        "keys": [{"id": key, "secret": secret, "team": "growth", "org": "acme"} for key, secret in KEYS.items()],
    }


def _told(folder: Path, config: dict[str, Any]) -> dict[str, Any]:
    """All that a server says of the same requests: to who asks, and to who looks at the books."""
    with Gateway(folder, config) as server:
        head = {key: {"authorization": f"Bearer {secret}"} for key, secret in KEYS.items()}
        until(lambda: server.http.get("/health", headers=head["web"]).json()["state"]["mode"] == "ok", "it could count")
        answers = []
        for model, key, more in ASKED:
            body = {"model": model, "messages": [{"role": "user", "content": "Say hello."}], **more}
            answer = server.http.post("/v1/chat/completions", json=body, headers=head[key])
            headers = {name: text for name, text in answer.headers.items() if SHOWN.fullmatch(name)}
            answers.append((model, answer.status_code, headers, _timeless(answer.text)))

        def usage() -> Any:
            found = server.http.get("/v1/usage", params={"by": "key,model"}, headers=head["web"]).json()["data"]
            return found if sum(row["requests"] for row in found) == len(ASKED) else None

        used = until(usage, "all rows were there")

        def verified() -> bool:
            return run("ledger", "verify", "--config", server.config).exit_code == 0

        until(verified, "store and ledger agreed", 30)
        listed = json.loads(run("limits", "--config", server.config, "--json").stdout)["data"]
        limits = {
            row["account"]: (row["limit"], row["used"], row["left"]) for row in listed if row["used"] not in (0, "0")
        }
        return {"answers": answers, "usage": used, "limits": {n: x for n, x in limits.items() if ":60s" not in n}}


def _timeless(text: str) -> str:
    """Without ids and times, which differ from one second to the next."""
    return re.sub(r'"(id|created)": ?("[^"]*"|\d+)|room again in [^."]*', "", text)


def test_the_same_requests_are_told_the_same(provider: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Answers, headers, usage and limits of memory with SQLite are those of Redis with PostgreSQL, to the letter."""
    one = _told(tmp_path_factory.mktemp("one"), _config(provider.url, "memory", "sqlite:///ledger.db"))
    with valkey(appendonly="yes") as store, Postgres() as postgres:
        url = postgres.url(asyncio.run(postgres.create()))
        other = _told(tmp_path_factory.mktemp("other"), _config(provider.url, store.url, url))

    assert one["answers"] == other["answers"]
    assert one["usage"] == other["usage"]
    assert one["limits"] == other["limits"]
    assert {status for _, status, _, _ in one["answers"]} == {200, 400, 429, 503}
    assert len(one["limits"]) > len(CHAINS) - 2
