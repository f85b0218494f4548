"""From a request's bytes to a job for the engine: who asks, for what, where can that be served."""

import re
import time
from collections.abc import Iterable
from random import getrandbits  # ids are no secrets: a record is its tenant's alone, whoever knows its id
from typing import Any

from policies.base import Call, Principal
from policies.patterns import matches_any
from proxy.edge import hints
from proxy.edge.gateway import Snapshot
from proxy.edge.keys import CREDENTIAL_HEADERS
from proxy.engine.ports import Job
from proxy.engine.story import Story
from proxy.models import Model, too_much
from translators.base import Dialect, Malformed, Request
from translators.dialects import checks, errors
from translators.value import value

Headers = list[tuple[bytes, bytes]]

_HEARD = frozenset({b"x-request-id", b"content-type", b"content-length", b"content-encoding", *CREDENTIAL_HEADERS})
_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
DEFAULT_CHAIN = "default"


def heard(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The header lines that say something to us. SDKs send twice as many that do not."""
    return [line for line in headers if line[0] in _HEARD or line[0].startswith(hints.PREFIX)]


def request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The caller's ``x-request-id`` if it is a sane one, else a new one (D25)."""
    for name, text in headers:
        if name == b"x-request-id" and _SANE_ID.fullmatch(text):
            return text.decode("ascii")
    return f"req_{getrandbits(96):024x}"


@value
class Arrival:
    """A request that has just come in."""

    id: str
    headers: Headers
    """Those that are :func:`heard`."""
    body: bytes
    started: float
    """Monotonic seconds."""
    client: tuple[str, int] | None = None
    """Address and port of whoever is at the other end of the connection; None where it has none."""


@value
class Intake:
    """A request understood."""

    job: Job
    hints: hints.Hints


def take_in(arrival: Arrival, snapshot: Snapshot, principal: Principal, dialect: Dialect[Any]) -> Intake:
    """Check and place a request.

    Raises:
        Malformed: what is wrong with it, in OpenAI's words.
    """
    created = int(time.time())
    ask = dialect.parse(arrival.body, request_id=f"chatcmpl-{getrandbits(112):028x}", created=created)
    wishes = hints.read(arrival.headers, ask.hints, snapshot.strategies)
    allowed = matches_any(principal.models, ask.model)  # before any answer that differs for the two
    model = snapshot.models.find(ask.model) if allowed else None
    if model is None:
        raise errors.unknown_model(ask.model)
    narrowed = _narrow(model, wishes) if wishes.upstreams else model
    if narrowed.output_limit is not None:
        _check_output(ask, narrowed.output_limit)
    call = _call(arrival, ask, principal, narrowed, wishes, dialect)
    chain = snapshot.chains[model.chain or principal.chain or DEFAULT_CHAIN]
    story = Story(call, chain.name, snapshot.version, created, uid=f"{getrandbits(128):032x}")
    lanes = snapshot.lanes[dialect.endpoint]
    encoder, wish = dialect.encoder(ask), (wishes.max_cost, wishes.cost)
    return Intake(Job(call, ask, chain, lanes, encoder, story, snapshot.serial, *wish), wishes)


def _narrow(model: Model, wishes: hints.Hints) -> Model:
    """Only the upstreams that the client asks for."""
    targets = tuple(target for target in model.targets if target.upstream in wishes.upstreams)
    if not targets:
        raise Malformed("None of these upstreams serves this model.", "invalid_value", "switchgear.upstreams")
    return Model(model.name, targets, model.chain)


def _check_output(ask: Request, limit: int) -> None:
    """D15, where operators say how much may be asked for."""
    for name in too_much(ask.body, limit):
        checks.integer(high=limit)(ask.body[name], name)


def _call(
    arrival: Arrival, ask: Request, principal: Principal, model: Model, wishes: hints.Hints, dialect: Dialect[Any]
) -> Call:
    started, user = arrival.started, wishes.user or ask.body.get("user")
    deadline, endpoint, tags = started + model.total, dialect.endpoint, wishes.tags
    who = user, wishes.session, tags, wishes.strategy, arrival.client[0] if arrival.client else None
    return Call(arrival.id, model.name, model.targets, principal, started, deadline, endpoint, ask.stream, *who)
