"""``GET /v1/models`` and ``GET /v1/models/{id}``: what this key may ask for, and what it can expect of it.

OpenAI's four fields, and more that its SDK passes on. ``context_window`` is Groq's name for it
(https://console.groq.com/docs/api-reference#models, 2026-11); ``pricing`` is in OpenRouter's form, dollars per token as
strings (https://openrouter.ai/docs/api-reference/list-available-models, 2026-11). Of a model with several targets it
says what holds whichever of them serves a request; ``targets`` has each one's own.
"""

import time
from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from policies.base import Principal, Target
from policies.patterns import matches_any
from proxy.catalog.common import common, dearest
from proxy.edge.gateway import Gateway, Snapshot
from proxy.edge.reply import reply
from proxy.models import Model
from translators.dialects import errors
from translators.facts import Capabilities, Price

_PRICING = {"input": "prompt", "output": "completion", "cached": "input_cache_read", "cache_write": "input_cache_write"}
_NO_FLAGS = frozenset({"context_window", "max_output", "deprecation"})


async def list_models(request: Request) -> Response:
    """All models of the key, in OpenAI's shape. A wildcard is listed as it is written."""
    gateway: Gateway = request.app.state.gateway
    snapshot = gateway.snapshot
    principal = snapshot.keys.authenticate(request.scope["headers"])
    visible = [model for model in snapshot.models if _may(principal, model.name)]
    return reply(request, {"object": "list", "data": [_card(model, snapshot) for model in visible]})


async def get_model(request: Request) -> Response:
    """One model of the key."""
    gateway: Gateway = request.app.state.gateway
    snapshot = gateway.snapshot
    principal = snapshot.keys.authenticate(request.scope["headers"])
    name: str = request.path_params["model"]
    model = snapshot.models.find(name) if _may(principal, name) else None
    if model is None:
        raise errors.unknown_model(name)
    return reply(request, _card(model, snapshot))


def _may(principal: Principal, name: str) -> bool:
    return matches_any(principal.models, name)


def _card(model: Model, snapshot: Snapshot) -> dict[str, Any]:
    return {
        "id": model.name,
        "object": "model",
        "created": snapshot.created,
        "owned_by": model.targets[0].provider if len(model.targets) == 1 else "switchgear",
        **_facts(model.targets),
        "targets": [{"id": each.name, "owned_by": each.provider, **_facts([each])} for each in model.targets],
    }


def _facts(targets: Sequence[Target]) -> dict[str, Any]:
    """What is known; null where nobody knows, and a capability of which nobody knows is left out."""
    capabilities = common([target.capabilities for target in targets])
    price = dearest([target.price for target in targets])
    deprecation = capabilities.deprecation
    return {
        "context_window": capabilities.context_window,
        "max_output_tokens": capabilities.max_output,
        "capabilities": _flags(capabilities),
        "pricing": None if price is None else _pricing(price),
        "deprecated": deprecation is not None and deprecation <= time.strftime("%Y-%m-%d", time.gmtime()),
        "deprecation_date": deprecation,
    }


def _flags(capabilities: Capabilities) -> dict[str, bool]:
    flags = {field.name: getattr(capabilities, field.name) for field in fields(Capabilities)}
    return {name: flag for name, flag in flags.items() if name not in _NO_FLAGS and flag is not None}


def _pricing(price: Price) -> dict[str, Any]:
    """OpenRouter has no form for rates that change with the length of the input: these are in ``above``."""
    rates = {theirs: getattr(price, ours) for ours, theirs in _PRICING.items()}
    shown: dict[str, Any] = {name: _dollars(rate) for name, rate in rates.items() if rate is not None}
    above = [{"input_tokens": start, **_pricing(dearer)} for start, dearer in price.above]
    return shown | ({"above": above} if above else {})


def _dollars(pico: int) -> str:
    return f"{Decimal(pico).scaleb(-12).normalize():f}"
