"""The quiet routes, behind the hot ones: Starlette's router, with OpenAI's errors."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proxy.edge import answers, health, intake, models, requests, usage
from proxy.edge.gateway import Gateway
from proxy.edge.reply import reply
from proxy.edge.route import route_endpoint
from proxy.engine.engine import CLIENT_CLOSED_REQUEST
from proxy.engine.ports import ClientGone
from translators.base import Dialect, Malformed
from translators.dialects import errors

_log = structlog.get_logger("switchgear")


def build(gateway: Gateway, chat: Dialect[Any], embeddings: Dialect[Any]) -> Starlette:
    """All routes but the hot ones.

    Args:
        gateway: the application.
        chat: one dialect of ``POST /v1/route``.
        embeddings: the other one.
    """
    both = [
        ("/models", models.list_models, "GET"),
        ("/models/{model:path}", models.get_model, "GET"),
        ("/route", route_endpoint(chat, embeddings), "POST"),
        ("/requests/{id}", requests.get_request, "GET"),
        ("/usage", usage.get_usage, "GET"),
    ]
    plain = [
        ("/health/liveness", health.liveness),
        ("/health/liveliness", health.liveness),  # LiteLLM's spelling, which many probes in the field use
        ("/health/readiness", health.readiness),
        ("/health", health.health),
        ("/metrics", health.metrics),
    ]
    routes = [
        Route(prefix + path, _guarded(call), methods=[method]) for prefix in ("", "/v1") for path, call, method in both
    ]
    routes += [Route(path, _guarded(call), methods=["GET"]) for path, call in plain]
    app = Starlette(routes=routes, exception_handlers={Malformed: _malformed, HTTPException: _http})
    app.router.redirect_slashes = False
    app.state.gateway = gateway
    return app


Endpoint = Callable[[Request], Awaitable[Response]]


def _guarded(call: Endpoint) -> Endpoint:
    """An endpoint whose own faults are one answer without detail (D36); Starlette would raise them to the server."""

    async def guarded(request: Request) -> Response:
        try:
            return await call(request)
        except (Malformed, HTTPException):
            raise
        except ClientGone:  # nobody is left to read this
            return Response(status_code=CLIENT_CLOSED_REQUEST)
        except Exception:  # noqa: BLE001
            _log.exception("internal_error", path=request.url.path)
            return await _malformed(request, answers.internal_error())

    return guarded


async def _malformed(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, Malformed)
    status, head, body = answers.malformed(fault, intake.request_id(request.scope["headers"]))
    return Response(body, status, {name.decode(): value.decode() for name, value in head})


async def _http(request: Request, fault: Exception) -> Response:
    """Unknown paths and wrong methods (D3)."""
    assert isinstance(fault, HTTPException)
    if fault.status_code == 405:
        return wrong_method(request, dict(fault.headers or {}).get("Allow", "GET"))
    return reply(request, _error("Unknown request URL.", "unknown_url"), 404)


def wrong_method(request: Request, allow: str) -> Response:
    """405 with the methods that would do."""
    return reply(request, _error(f"Method not allowed: use {allow}.", "method_not_supported"), 405, {"allow": allow})


def unknown_url(request: Request) -> Response:
    """404 for a path that no client of ours would write: ``//``, ``/..``, an escaped slash."""
    return reply(request, _error("Unknown request URL.", "unknown_url"), 404)


def _error(message: str, code: str) -> dict[str, Any]:
    return {"error": errors.error_object(message, "invalid_request_error", code, None)}
