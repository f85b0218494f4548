"""What several targets promise together: what a request gets whichever of them serves it."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from translators.facts import Capabilities, Price


def common(several: Sequence[Capabilities]) -> Capabilities:
    """What all of them can do. What one is not known for, nobody can promise; what one cannot do, is said."""
    promised: dict[str, Any] = {}
    for field in fields(Capabilities):
        values = [getattr(each, field.name) for each in several]
        if False in values:
            promised[field.name] = False
        elif None not in values:
            promised[field.name] = _together(field.name, values)
    return Capabilities(**promised)


def _together(name: str, values: list[Any]) -> Any:
    return max(values) if name == "deprecation" else min(values)  # as long as one is there, the name is


def dearest(prices: Sequence[Price | None]) -> Price | None:
    """What a request costs at most, rate by rate; None where it is not known of all."""
    known = [price for price in prices if price is not None]
    if len(known) < len(prices):
        return None
    starts = sorted({start for price in known for start, _ in price.above})
    return Price(
        *_rates(known), tuple([(start, Price(*_rates([_at(each, start) for each in known]))) for start in starts])
    )


def _rates(prices: list[Price]) -> tuple[int, int | None, int | None, int | None]:
    outputs = [price.output for price in prices]
    output = None if None in outputs else max(filter(None, outputs), default=0)
    cached, written = ([getattr(price, name) for price in prices] for name in ("cached", "cache_write"))
    return max(price.input for price in prices), output, _dearer(cached, prices), _dearer(written, prices)


def _dearer(rates: list[int | None], prices: list[Price]) -> int | None:
    """A rate that nobody names is left out; where one is not named, it is the input's."""
    if not any(rate is not None for rate in rates):
        return None
    return max(price.input if rate is None else rate for rate, price in zip(rates, prices, strict=True))


def _at(price: Price, tokens: int) -> Price:
    return next((dearer for start, dearer in reversed(price.above) if start <= tokens), price)
