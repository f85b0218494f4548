"""The hot paths, ``POST /v1/chat/completions`` and its like: raw ASGI, found by an exact look-up before any router."""

import time
from collections.abc import MutableMapping
from typing import Any

import structlog

from policies.base import Principal
from proxy.edge import answers, body, intake
from proxy.edge.body import Receive
from proxy.edge.client import HttpClient
from proxy.edge.gateway import Gateway
from proxy.edge.line import Send, line_of
from proxy.engine.ports import ClientGone
from proxy.observe.record import refused
from translators.base import Dialect, Malformed

Scope = MutableMapping[str, Any]

_log = structlog.get_logger("switchgear")


class HotPath:
    """Serves one dialect's requests.

    Args:
        gateway: the application.
        dialect: what the clients of this path speak.
    """

    def __init__(self, gateway: Gateway, dialect: Dialect[Any]) -> None:
        self._gateway, self._dialect = gateway, dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as an ASGI application."""
        started, headers = time.monotonic(), intake.heard(scope["headers"])
        request_id = intake.request_id(headers)
        snapshot, principal = self._gateway.snapshot, None
        try:
            principal = snapshot.keys.authenticate(headers)
            raw = await body.read(headers, receive, snapshot.max_body)
            arrival = intake.Arrival(request_id, headers, raw, started, scope["client"])
            taken = intake.take_in(arrival, snapshot, principal, self._dialect)
        except Malformed as fault:
            return await self._refuse(request_id, principal, fault, send)
        except ClientGone:
            return None
        except Exception:  # noqa: BLE001 - ours: it is answered without detail (D36)
            _log.exception("internal_error", request=request_id)
            return await self._refuse(request_id, principal, answers.internal_error(), send)
        line = line_of(scope, receive, send)
        client = HttpClient(send, self._dialect, taken.job.ask, line, taken.hints)
        try:
            await self._gateway.engine.serve(taken.job, client)
        finally:
            line.ignore()

    async def _refuse(self, request_id: str, principal: Principal | None, fault: Malformed, send: Send) -> None:
        self._gateway.records.refused(refused(request_id, int(time.time()), principal, fault), principal)
        status, head, text = answers.malformed(fault, request_id)
        head.append((b"content-length", b"%d" % len(text)))
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": text})
