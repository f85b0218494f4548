"""From a request's bytes to a job."""

from typing import Any

import orjson
import pytest

from policies.base import Principal, Timeouts
from proxy.edge import intake
from proxy.edge.gateway import Snapshot
from proxy.edge.keys import KeyTable
from proxy.engine.chain import Chain
from proxy.engine.ports import Job
from proxy.models import Model, Models
from tests.playbook import policy
from tests.policies.scene import call, target, world
from translators.base import Malformed
from translators.dialects.chat import ChatDialect
from translators.dialects.embeddings import EmbeddingsDialect
from translators.facts import Endpoint

pytestmark = pytest.mark.anyio

A, B = target("a/m", timeouts=Timeouts(total=30.0)), target("b/m", timeouts=Timeouts(total=90.0))
WEB = Principal("web")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The one loop there is."""
    return "asyncio"


def snapshot() -> Snapshot:
    """Two models and three chains."""
    models = [Model("fast", (A, B)), Model("smart", (A,), chain="careful")]
    return Snapshot(
        version="v1",
        keys=KeyTable([]),
        models=Models(models, lambda name: target(name).live),
        chains={name: Chain(name, []) for name in ("default", "careful", "thrifty")},
        lanes={endpoint: {} for endpoint in Endpoint},
        strategies=frozenset({"latency"}),
        max_body=1000,
        created=0,
    )


async def take_in(
    body: dict[str, Any] | None = None, principal: Principal = WEB, headers: intake.Headers | None = None
) -> intake.Intake:
    raw = orjson.dumps({"model": "fast", "messages": [{"role": "user", "content": "Hi"}]} | (body or {}))

    head = [(b"content-type", b"application/json"), *(headers or [])]
    return intake.take_in(intake.Arrival("req_1", head, raw, 100.0), snapshot(), principal, ChatDialect())


async def job(body: dict[str, Any] | None = None, principal: Principal = WEB, **headers: str) -> Job:
    wishes = [(f"x-switchgear-{name}".encode(), value.encode()) for name, value in headers.items()]
    return (await take_in(body, principal, wishes)).job


async def refusal(body: dict[str, Any], principal: Principal = WEB) -> tuple[int, str, str | None, str]:
    with pytest.raises(Malformed) as fault:
        await take_in(body, principal)
    return fault.value.status, fault.value.code, fault.value.param, fault.value.message


async def test_a_request_becomes_a_call() -> None:
    """Who asks for what, where that can be served, and until when."""
    asked = (await job({"stream": True})).call

    assert (asked.id, asked.model, asked.targets, asked.principal) == ("req_1", "fast", (A, B), WEB)
    assert (asked.started, asked.deadline, asked.endpoint, asked.stream) == (100.0, 190.0, Endpoint.CHAT, True)


@pytest.mark.parametrize(("client", "ip"), [(("192.0.2.1", 5555), "192.0.2.1"), (None, None)])
async def test_a_call_has_the_address_of_whoever_is_at_the_other_end(
    client: tuple[str, int] | None, ip: str | None
) -> None:
    """Limits may count by it; a socket of this machine has none."""
    raw = orjson.dumps({"model": "fast", "messages": [{"role": "user", "content": "Hi"}]})
    arrival = intake.Arrival("req_1", [], raw, 100.0, client)

    assert intake.take_in(arrival, snapshot(), WEB, ChatDialect()).job.call.ip == ip


async def test_a_request_takes_the_lanes_of_what_it_asks_for() -> None:
    """The dialect says what that is."""
    arrival = intake.Arrival("req_1", [], orjson.dumps({"model": "fast", "input": "Hi", "user": "u1"}), 100.0)
    there = snapshot()

    taken = intake.take_in(arrival, there, WEB, EmbeddingsDialect()).job

    assert taken.lanes is there.lanes[Endpoint.EMBEDDINGS]
    assert (taken.call.endpoint, taken.call.stream, taken.call.user) == (Endpoint.EMBEDDINGS, False, "u1")


async def test_a_request_sees_one_configuration() -> None:
    """I17: chain, lanes and version are the snapshot's, and stay with the job."""
    taken = await job()

    assert (taken.story.version, taken.story.chain, taken.chain.name, taken.story.call) == (
        "v1",
        "default",
        "default",
        taken.call,
    )


async def test_wishes_reach_the_call() -> None:
    """From headers and body alike."""
    asked = (await job({"switchgear": {"tags": ["x"]}}, user="u1", session="s1", strategy="latency")).call

    assert (asked.user, asked.session, asked.strategy, asked.tags) == ("u1", "s1", "latency", frozenset({"x"}))


async def test_wishes_reach_no_upstream() -> None:
    """The body's own object is taken out of it."""
    taken = await job({"switchgear": {"tags": ["x"]}})

    assert "switchgear" not in taken.ask.body


async def test_the_end_user_is_the_bodys_unless_the_hint_names_one() -> None:
    """OpenAI's own ``user`` field says the same."""
    assert (await job({"user": "theirs"})).call.user == "theirs"
    assert (await job({"user": "theirs"}, user="ours")).call.user == "ours"


@pytest.mark.parametrize(
    ("model", "key", "chain"),
    [
        ("fast", None, "default"),
        ("smart", None, "careful"),
        ("fast", "thrifty", "thrifty"),
        ("smart", "thrifty", "careful"),
    ],
)
async def test_the_models_chain_goes_before_the_keys(model: str, key: str | None, chain: str) -> None:
    """And the default is for all others."""
    assert (await job({"model": model}, Principal("web", chain=key))).chain.name == chain


async def test_a_client_may_ask_for_some_upstreams_only() -> None:
    """The others are no candidates, and the deadline is that of those that are left."""
    asked = (await job(upstreams="a")).call

    assert (asked.targets, asked.deadline) == ((A,), 130.0)


async def test_upstreams_that_do_not_serve_the_model_are_refused() -> None:
    """B6: a client narrows the operator's choice and never widens it."""
    status, code, param, _ = await refusal({"model": "smart", "switchgear": {"upstreams": ["b"]}})

    assert (status, code, param) == (400, "invalid_value", "switchgear.upstreams")


@pytest.mark.parametrize("name", ["unknown", "Fast", "é", "x" * 200])
async def test_an_unknown_model_is_refused(name: str) -> None:
    """D13."""
    status, code, param, _ = await refusal({"model": name})

    assert (status, code, param) == (404, "model_not_found", None)


@pytest.mark.parametrize("name", ["gpt-9", "modèle", "x" * 100])
async def test_an_unknown_model_reads_like_a_forbidden_one(name: str) -> None:
    """D13: the words of the intake are the words of the access policy."""
    access = policy("access", world())
    denial = access.admit(call(A, model=name, principal=Principal("web", models=())))

    _, code, param, message = await refusal({"model": name})

    assert (message, code, param) == (denial.message, denial.code, denial.param)


async def test_a_forbidden_models_upstreams_are_nobodys_business() -> None:
    """D13: a hint that would be refused for a model that exists must not tell that it does."""
    body = {"model": "fast", "switchgear": {"upstreams": ["nowhere"]}}

    assert (await refusal(body, Principal("web", models=("smart",))))[:2] == (404, "model_not_found")


async def test_each_request_has_an_id_of_its_own_for_its_answer() -> None:
    """``chatcmpl-…``, for providers that give none."""
    first, second = (await job()).ask, (await job()).ask

    assert first.id.startswith("chatcmpl-")
    assert first.id != second.id


@pytest.mark.parametrize("value", [b"abc", b"a" * 64, b"A.b_c-9"])
def test_a_sane_request_id_is_kept(value: bytes) -> None:
    """D25: the caller can then find its own request."""
    assert intake.request_id([(b"host", b"x"), (b"x-request-id", value)]) == value.decode()


@pytest.mark.parametrize("value", [b"", b"a" * 65, b"a b", b"a\r\nb", b"abc\n", b"\xc3\xa9", b"../x", b"a;b"])
def test_any_other_request_id_is_replaced(value: bytes) -> None:
    """D25: it goes into logs, headers and paths."""
    ours = intake.request_id([(b"x-request-id", value)])

    assert ours.startswith("req_")
    assert len(ours) == len("req_") + 24


def test_requests_without_an_id_get_different_ones() -> None:
    """They name records."""
    assert intake.request_id([]) != intake.request_id([])
