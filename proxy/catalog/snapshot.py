"""Reads ``models.json`` once, and looks models up in it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import orjson

from proxy.catalog.names import own_name, siblings
from translators.facts import Capabilities, Price
from translators.value import value

MOST_KEPT = 1024
"""Look-ups that are remembered. Only a wildcard can ask for more, and whoever asks chooses those names."""

_PATH = Path(__file__).with_name("models.json")


@value
class Known:
    """What the snapshot says of one model."""

    capabilities: Capabilities
    price: Price | None = None


@cache
def load() -> Mapping[str, Mapping[str, Any]]:
    """The snapshot's models by provider and name. The first call reads it, which takes some milliseconds."""
    models: Mapping[str, Mapping[str, Any]] = _read()["models"]
    return models


@cache
def _read() -> Mapping[str, Any]:
    read: Mapping[str, Any] = orjson.loads(_PATH.read_bytes())
    return read


@lru_cache(MOST_KEPT)
def look_up(provider: str, model: str) -> Known | None:
    """What is known of a model, or of another edition of it; None where nothing is.

    A price is that of the very name: another edition, or the same one in another region, may cost more.

    Args:
        provider: as the YAML names it.
        model: as the upstream spells it.
    """
    models = load().get(provider)
    if models is None:
        return None
    name = own_name(provider, model)
    if name in models:
        return _known(models[name])
    sibling = next((models[each] for each in siblings(provider, name) if each in models), None)
    return None if sibling is None else Known(_known(sibling).capabilities)


def _known(entry: Mapping[str, Any]) -> Known:
    facts = {name: entry[name] for name in ("context_window", "max_output", "deprecation") if name in entry}
    for flag, names in ((True, "can"), (False, "cannot")):
        facts |= dict.fromkeys(entry.get(names, "").split(), flag)
    return Known(Capabilities(**facts), _price(entry))


def _price(entry: Mapping[str, Any]) -> Price | None:
    if "price" not in entry:
        return None
    tiers = [(name, tier) for name, each in entry.get("tiers", {}).items() if (tier := _price(each)) is not None]
    above = tuple([(start, _flat(rates[:4], *rates[4:])) for start, *rates in entry.get("above", ())])
    return replace(_flat(entry["price"], entry.get("rare")), above=above, tiers=tuple(tiers))


def _flat(rates: Sequence[Any], rare: Mapping[str, Any] | None = None) -> Price:
    read, made, cached, written = rates
    return Price(read, made, cached, written, version=_version(), **(rare or {}))


def _version() -> str:
    return f"catalog {_read()['about']['made']}"
