"""``/health/liveness``, ``/health/readiness``, ``/health``, ``/metrics``. None of them asks a paid model anything."""

from starlette.requests import Request
from starlette.responses import Response

from proxy.edge.gateway import Gateway
from proxy.edge.reply import reply


async def liveness(request: Request) -> Response:
    """The process answers; it says nothing else, and needs no key."""
    return reply(request, {"status": "alive"})


async def readiness(request: Request) -> Response:
    """Whether new requests are welcome and any of them could pass; needs no key, and names no key, team or model."""
    gateway: Gateway = request.app.state.gateway
    obstacle = gateway.obstacle()
    return reply(request, {"status": "ready"}) if obstacle is None else reply(request, obstacle, 503)


async def health(request: Request) -> Response:
    """How configuration, targets and keys are."""
    gateway: Gateway = request.app.state.gateway
    gateway.snapshot.keys.authenticate(request.scope["headers"])
    return reply(request, gateway.health())


async def metrics(request: Request) -> Response:
    """Prometheus' exposition. Needs a key where keys are declared."""
    gateway: Gateway = request.app.state.gateway
    gateway.snapshot.keys.authenticate(request.scope["headers"])
    body, content_type = gateway.metrics()
    return Response(body, headers={"content-type": content_type, "cache-control": "no-store"})
