"""What models cost: as written, or as the catalogue has it; and which of them a budget cannot be kept for (D31)."""

from collections.abc import Iterable, Iterator
from typing import Any

from policies.patterns import matches_any
from proxy.catalog import price_of
from proxy.config.document import Rates, TierRates
from proxy.config.problems import Path
from proxy.config.reading import Reading
from proxy.config.schema import Config, PolicyConfig, TargetConfig
from translators.facts import Price

TIERS = ("flex", "priority")


def written_price(rates: Rates | None) -> Price | None:
    """A price as it is written; None where none is."""
    if rates is None:
        return None
    tiers = [(name, tier) for name in TIERS if (tier := getattr(rates, name)) is not None]
    return Price(
        **_rates(rates), request=rates.request, tiers=tuple([(name, Price(**_rates(tier))) for name, tier in tiers])
    )


def _rates(rates: TierRates) -> dict[str, Any]:
    return {name: getattr(rates, name) for name in TierRates.model_fields}


def unpriced(reading: Reading, targets: Iterable[tuple[Path, str, TargetConfig]], config: Config) -> None:
    """Report the targets that may be asked under a limit in money, and whose price nobody knows.

    What a wildcard stands for is known when it is asked for: such a request is refused then.

    Args:
        reading: the document.
        targets: each with its place, and the name of its model.
        config: the rest of it.
    """
    for path, model, target in targets:
        if target.model.endswith("*") or not any(_counts_money(entry, model) for entry in _entries(model, config)):
            continue
        if price_of(config.upstreams[target.upstream].provider, target.model, target.price) is None:
            reading.problem(path, f"{reading.quoted(path)} is under a limit in money: price unknown; write price:")


def _entries(model: str, config: Config) -> Iterator[PolicyConfig]:
    """The policies of all chains that requests for a model may have."""
    own = config.models[model].chain if model in config.models else None
    names = {own} if own is not None else {key.chain or "default" for key in config.keys} or {"default"}
    for name in names:
        yield from config.chains.get(name, ())


def _counts_money(entry: PolicyConfig, model: str) -> bool:
    counts = getattr(entry.cls, "claims_cost", None)
    if counts is None or entry.shadow or (entry.when and entry.when.model and not matches_any(entry.when.model, model)):
        return False
    return bool(counts(entry.options))
