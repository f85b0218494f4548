"""``POST /v1/route``: the body of a request; answers where it would go and why, without sending it."""

import time
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from policies.base import Deny
from proxy.edge import body, intake
from proxy.edge.gateway import Gateway
from proxy.edge.reply import reply
from proxy.engine.engine import Engine
from proxy.engine.ports import Job
from proxy.engine.story import Round
from proxy.observe.record import Record, render
from translators.base import Dialect

_KEPT = frozenset({"id", "model", "endpoint", "stream", "key", "team"}) | {
    *("chain", "config", "target", "policies", "attempts", "ended_by")
}
"""Of the decision record."""


def route_endpoint(chat: Dialect[Any], embeddings: Dialect[Any]) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """The endpoint for the requests of two dialects."""

    async def route(request: Request) -> Response:
        gateway: Gateway = request.app.state.gateway
        snapshot = gateway.snapshot
        headers = intake.heard(request.scope["headers"])
        principal = snapshot.keys.authenticate(headers)
        started, raw = time.monotonic(), await body.read(headers, request.receive, snapshot.max_body)
        arrival = intake.Arrival(intake.request_id(headers), headers, raw, started, request.scope["client"])
        dialect = embeddings if _asks_for_embeddings(raw) else chat
        taken = intake.take_in(arrival, snapshot, principal, dialect)
        return reply(request, await decide(gateway.engine, taken.job))

    return route


def _asks_for_embeddings(raw: bytes) -> bool:
    """What is asked for shows in the body: ``input`` and no ``messages``. What is no JSON, a dialect refuses."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return False
    return type(body) is dict and "input" in body and "messages" not in body


async def decide(engine: Engine, job: Job) -> Record:
    """The decision on a request that is not sent: admission, then the first attempt's route."""
    denial = job.chain.admit(job.call, job.story.admission, [])
    if denial is not None and not isinstance(denial, Deny):
        denial = await denial
    decision: Record = {"decision": "denied", "why": denial.message} if denial else {"decision": "no_target"}
    if denial is None:
        route, choice = engine.plan(job)
        job.story.rounds.append(Round(route.notes, choice.target.name if choice.target else None))
        if choice.target is not None:
            decision = {"decision": "send", "upstream": choice.target.upstream, "upstream_model": choice.target.model}
    record = render(job.story)
    kept = {name: value for name, value in record.items() if name in _KEPT}
    return {"object": "route", **decision, **kept}
