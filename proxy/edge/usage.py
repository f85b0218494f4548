"""``GET /v1/usage``: what a key's own tenant has used, summed up as it wishes. Never another tenant's (B8).

``by`` is a list (``model,day``), ``since`` and ``until`` are moments (``7d`` ago, a date, a date with a time; UTC).
Money is text, exact to the pico-dollar.
"""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from proxy.edge.gateway import Gateway
from proxy.edge.keys import ANONYMOUS
from proxy.edge.reply import reply
from proxy.ledger.reader import Unknown, Unreadable
from proxy.ledger.written import MOMENT, moment
from translators.base import Malformed
from translators.dialects import errors

DEFAULT_SINCE = "30d"
MOST_ROWS = 10_000
"""Of an answer; sessions and users are as many as clients like."""
_PARAMETERS = ("by", "since", "until")
_MOST_LABELS = 8
_RETRY_SECONDS = "5"


class Question(NamedTuple):
    """What is asked."""

    by: tuple[str, ...]
    since: float
    """Unix seconds, as is ``until``."""
    until: float


async def get_usage(request: Request) -> Response:
    """The sums, dearest first."""
    gateway: Gateway = request.app.state.gateway
    principal = gateway.snapshot.keys.authenticate(request.scope["headers"])
    question = _question(request.query_params.multi_items())
    ledger = gateway.ledger
    if ledger is None:
        raise Malformed("This gateway keeps no ledger.", "ledger_off", status=404)
    tenant = None if principal is ANONYMOUS else principal  # where no key is declared everything is everybody's
    try:
        rows = await ledger.usage(question.by, question.since, question.until, tenant)
    except Unknown as fault:
        name = errors.quoted(fault.args[0])
        raise Malformed(f"Usage cannot be summed up by '{name}'.", "invalid_value", "by") from None
    except Unreadable:
        error = errors.error_object("The ledger cannot be read now.", "server_error", "ledger_unavailable", None)
        return reply(request, {"error": error}, 503, {"retry-after": _RETRY_SECONDS})
    return reply(request, _content(question, rows))


def _content(question: Question, rows: list[dict[str, Any]]) -> Mapping[str, Any]:
    return {
        "object": "usage",
        "by": question.by,
        "since": int(question.since),
        "until": int(question.until),
        "data": rows[:MOST_ROWS],
        "has_more": len(rows) > MOST_ROWS,
    }


def _question(parameters: list[tuple[str, str]]) -> Question:
    """What the query asks.

    Raises:
        Malformed: 400, with the parameter at fault.
    """
    now, said = time.time(), {"by": "", "since": DEFAULT_SINCE, "until": ""}
    for name, text in parameters:
        if name not in _PARAMETERS:
            message = f"Unknown parameter: '{errors.quoted(name)}'. Known are {', '.join(_PARAMETERS)}."
            raise Malformed(message, "unknown_parameter", errors.quoted(name))
        said[name] = f"{said[name]},{text}" if name == "by" else text
    by = tuple(dict.fromkeys(name.strip() for name in said["by"].split(",") if name.strip()))
    if len(by) > _MOST_LABELS:
        raise Malformed(f"At most {_MOST_LABELS} labels can be summed up by.", "invalid_value", "by")
    since = _moment("since", said["since"], now)
    until = _moment("until", said["until"], now) if said["until"] else now
    if until <= since:
        raise Malformed("'until' has to be later than 'since'.", "invalid_value", "until")
    return Question(by, since, until)


def _moment(name: str, text: str, now: float) -> float:
    try:
        return moment(text, now)
    except ValueError:
        message = f"'{name}' is no moment: expected {MOMENT}, got '{errors.quoted(text)}'."
        raise Malformed(message, "invalid_value", name) from None
