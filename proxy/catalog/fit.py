"""A target with what is known of its model."""

from dataclasses import fields, replace
from typing import Any

from policies.base import Target
from proxy.catalog.snapshot import look_up
from proxy.catalog.wishes import wishes
from translators.facts import Capabilities, Price

_NAMED_BY_OPERATORS = frozenset({"azure"})
"""A model's name there is that of a deployment, which may be any: it may tell what to expect, but rule nothing out
(https://learn.microsoft.com/azure/ai-services/openai/how-to/create-resource, 2026-11)."""

_FREE = frozenset({"demo"})
"""It answers by itself."""
_NOTHING = Price(0, 0, version="demo")


def fit(target: Target, *, native: bool) -> Target:
    """The target with its model's capabilities and price, and what follows from these for a request's parameters.

    Args:
        target: as the configuration has it: what the operator says is in it, and goes first. One whose model is yet to
            be named stays as it is.
        native: its upstream speaks OpenAI's wire.
    """
    said = target.capabilities
    known = None if target.model.endswith("*") else look_up(target.provider, target.model)
    capabilities = said if known is None else _over(said, known.capabilities)
    certain = said if target.provider in _NAMED_BY_OPERATORS else capabilities
    parameters = {**wishes(certain, native=native), **target.parameters}
    price = target.price if target.model.endswith("*") else price_of(target.provider, target.model, target.price)
    return replace(target, capabilities=capabilities, price=price, parameters=parameters)


def price_of(provider: str, model: str, written: Price | None = None) -> Price | None:
    """What a model costs; None where nobody knows.

    Args:
        provider: as the YAML names it.
        model: as the upstream spells it.
        written: what the operator says, which goes first, as a whole: rates of two sources do not add up.
    """
    if written is not None or provider in _FREE:
        return written or _NOTHING
    known = look_up(provider, model)
    return None if known is None else known.price


def _over(said: Capabilities, known: Capabilities) -> Capabilities:
    both: dict[str, Any] = {}
    for field in fields(Capabilities):
        value = getattr(said, field.name)
        both[field.name] = getattr(known, field.name) if value is None else value
    return Capabilities(**both)
