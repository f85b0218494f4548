"""``GET /v1/usage`` through the real server: what was used, by whom, and never another tenant's (B8)."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.rig.server import Gateway, closed_port
from tests.rig.upstream import FakeUpstream
from tests.rig.waiting import until
from tests.rig.wires import openai_answer

TEAMS = {"web": "growth", "app": "growth", "lab": "research", "solo": None}
"""Team by key. One key has none: it is a tenant by itself."""
PRICE = {"input": "$1/M", "output": "$10/M"}
COST = "0.000037"
"""Of an answer of 7 and 3 tokens."""


def secret(key: str) -> str:
    """Of a key of these tests."""
    return f"sg-for-usage-{key}-0123456789"


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeUpstream]:
    """It answers whatever it is asked."""
    with FakeUpstream() as fake:
        fake.always(openai_answer("Hello"))
        yield fake


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A server after two requests of each key, of which the ledger has all rows."""
    config = {
        "upstreams": {"one": {"provider": "openai", "base_url": f"{upstream.url}/v1", "api_key": "sk-upstream"}},
        "models": {"m": {"targets": [{"to": "one/gpt", "price": PRICE}]}},
        "keys": [{"id": key, "secret": secret(key)} | ({"team": team} if team else {}) for key, team in TEAMS.items()],
    }
    with Gateway(tmp_path_factory.mktemp("usage"), config) as server:
        for key in [*TEAMS, *TEAMS]:
            body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "user": key}
            server.http.post("/v1/chat/completions", json=body, headers=bearer(key)).raise_for_status()
        for key, requests in {"web": 4, "lab": 2, "solo": 2}.items():
            until(lambda key=key, requests=requests: total(server, key)["requests"] == requests, f"rows of {key}")
        yield server


def bearer(key: str) -> dict[str, str]:
    """A key, as clients send it."""
    return {"authorization": f"Bearer {secret(key)}"}


def ask(gateway: Gateway, key: str, **query: str) -> httpx2.Response:
    """The endpoint's answer."""
    return gateway.http.get("/v1/usage", params=query, headers=bearer(key))


def total(gateway: Gateway, key: str) -> dict[str, Any]:
    """All that a key's tenant has used, or nothing as long as there is no ledger."""
    answer = ask(gateway, key)
    found: dict[str, Any] = answer.json()["data"][0] if answer.status_code == 200 else {"requests": None}
    return found


@pytest.mark.parametrize(("key", "sees"), [("web", {"web", "app"}), ("lab", {"lab"}), ("solo", {"solo"})])
def test_each_tenant_sees_its_own_and_no_other(gateway: Gateway, key: str, sees: set[str]) -> None:
    """B8: a team's keys see the team's, a key without a team its own; whichever label is asked for."""
    for label in ("key", "user"):
        rows = ask(gateway, key, by=label).json()["data"]
        assert {row[label] for row in rows} == sees
    assert {row["team"] for row in ask(gateway, key, by="team").json()["data"]} == {TEAMS[key]}


def test_figures_are_exact(gateway: Gateway) -> None:
    """Tokens as the provider counted them, money as text: two answers of 7 and 3 tokens each."""
    (row,) = ask(gateway, "lab", by="model,target,day").json()["data"]

    assert (row["model"], row["target"], row["requests"], row["failed"]) == ("m", "one/gpt", 2, 0)
    assert (row["input_tokens"], row["output_tokens"], row["unpriced"]) == (14, 6, 0)
    assert (row["cost"], row["held_cost"], row["estimated_requests"]) == ("0.000074", "0", 0)


def test_a_span_leaves_out_what_is_not_in_it(gateway: Gateway) -> None:
    """``until`` before the first request: one row, with nothing in it."""
    answer = ask(gateway, "web", since="2000-01-01", until="2001-01-01T12:00Z").json()

    assert (answer["since"], answer["until"]) == (946684800, 978350400)
    assert [(row["requests"], row["cost"]) for row in answer["data"]] == [(0, "0")]
    assert answer["has_more"] is False


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"by": "secret"}, "by"),
        ({"by": ",".join("abcdefghi")}, "by"),
        ({"since": "yesterday"}, "since"),
        ({"until": "\0"}, "until"),
        ({"since": "1d", "until": "2d"}, "until"),
        ({"tenant": "research"}, "tenant"),
        ({"by": "key'; DROP TABLE requests; --"}, "by"),
    ],
)
def test_a_wrong_query_is_refused_by_name(gateway: Gateway, query: dict[str, str], param: str) -> None:
    """400 in OpenAI's shape, with the parameter; nobody names a tenant."""
    answer = ask(gateway, "web", **query)
    error = answer.json()["error"]

    assert answer.status_code == 400
    assert (error["type"], error["param"]) == ("invalid_request_error", param)


def test_who_has_no_key_learns_nothing(gateway: Gateway) -> None:
    """401, before the query is looked at."""
    assert gateway.http.get("/v1/usage", params={"by": "nonsense"}).status_code == 401


def test_without_a_ledger_there_is_nothing_to_ask_for(upstream: FakeUpstream, tmp_path: Any) -> None:
    """404 ``ledger_off``, whoever asks."""
    config = {"upstreams": {"demo": {"provider": "demo"}}, "models": {"demo": "demo/echo"}, "ledger": "off"}
    with Gateway(tmp_path, config) as server:
        answer = server.http.get("/v1/usage")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ledger_off")


def test_a_database_that_is_away_is_a_503_that_says_when_to_come_back(tmp_path: Any) -> None:
    """D32: ``ledger_unavailable``; nothing of the database's own words."""
    with closed_port() as port:
        ledger = f"postgresql://switchgear:not-a-secret@127.0.0.1:{port}/ledger"
        config = {"upstreams": {"demo": {"provider": "demo"}}, "models": {"demo": "demo/echo"}, "ledger": ledger}
        with Gateway(tmp_path, config) as server:
            answer = server.http.get("/v1/usage")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["error"] == {
        "message": "The ledger cannot be read now.",
        "type": "server_error",
        "param": None,
        "code": "ledger_unavailable",
    }
