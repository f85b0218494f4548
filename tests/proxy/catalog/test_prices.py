"""Prices of the catalogue: each comes to what its source comes to, and some to what the providers' own pages say."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import genai_prices
import pytest

from proxy.catalog import Known, load, look_up
from proxy.money import compiled, cost
from tests.proxy.catalog.make import SOURCES, TIERS, _match, _priced
from translators.facts import Usage

NOW = datetime.now(UTC)
TIERED_FAR = 1_000_001
"""Tokens beyond every step, where the window is as large."""


def usages(window: int | None) -> Iterator[Usage]:
    """Plain, with caches, beyond the steps that the window reaches, with sound and pictures."""
    far = min(window or TIERED_FAR, TIERED_FAR)
    yield Usage(1000, 500)
    yield Usage(1000, 500, 400, 300, 200, cache_write_1h_tokens=100)
    yield Usage(far, 500, far // 2, far // 4, 200, cache_write_1h_tokens=far // 8)
    yield Usage(1000, 500, 0, 0, 0, 400, 100, 200, 50)


def test_every_price_comes_to_what_its_source_comes_to() -> None:
    """For each model of each provider in each tier: exactly, or less than a pico-dollar a token above."""
    compared = [*_compared()]

    assert [where for where, ours, theirs, more in compared if not theirs <= ours <= more] == []
    assert len(compared) > 5000
    assert sum(ours == theirs for _, ours, theirs, _ in compared) > 0.9 * len(compared)


def _compared() -> Iterator[tuple[str, Decimal, Decimal, Decimal]]:
    """Where, what it costs by us, by genai-prices, and what its rounding up may come to: in pico-dollars."""
    for source in SOURCES:
        priced = _priced(source.prices)
        for name in load().get(source.provider, {}):
            known, model = look_up(source.provider, name), _match(priced, name)
            if known is None or known.price is None or _changes_by_the_hour(model):
                continue
            for tier, context in [(None, None), *((word, each) for each in TIERS for word in each.values())]:
                if context is None or any(each.when == context for each in model.price_variants or ()):
                    where = f"{source.provider}/{name} {tier}"
                    yield from _of_model(where, known, tier, model.get_prices(NOW, context))


def _of_model(
    where: str, known: Known, tier: str | None, theirs: Any
) -> Iterator[tuple[str, Decimal, Decimal, Decimal]]:
    rates = compiled(known.price)
    assert rates is not None
    for usage in usages(known.capabilities.context_window):
        price = theirs.calc_price(_as_theirs(usage))["total_price"].scaleb(12)
        yield f"{where} {usage}", Decimal(cost(rates, usage, tier)), price, price + usage.total_tokens


def _changes_by_the_hour(model: Any) -> bool:
    """The dearest hour is taken, so that a budget holds at all of them."""
    hours = [model.get_prices(NOW.replace(minute=30) + timedelta(hours=hour)) for hour in range(24)]
    return any(each != hours[0] for each in hours)


def _as_theirs(usage: Usage) -> genai_prices.Usage:
    return genai_prices.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        cache_write_1h_tokens=usage.cache_write_1h_tokens,
        output_reasoning_tokens=usage.reasoning_tokens,
        input_audio_tokens=usage.input_audio_tokens,
        input_image_tokens=usage.input_image_tokens,
        output_audio_tokens=usage.output_audio_tokens,
        output_image_tokens=usage.output_image_tokens,
    )


@pytest.mark.parametrize(
    ("provider", "model", "usage", "tier", "dollars"),
    [
        ("openai", "gpt-4o", Usage(1_000_000, 100_000), None, "3.50"),
        ("openai", "gpt-4o", Usage(1_000_000, 100_000, 1_000_000), None, "2.25"),
        ("openai", "gpt-4o-mini", Usage(1_000_000, 1_000_000), None, "0.75"),
        ("openai", "gpt-5", Usage(100_000, 100_000), None, "1.125"),
        ("openai", "gpt-5", Usage(100_000, 100_000), "priority", "2.25"),
        ("openai", "gpt-5", Usage(100_000, 100_000), "flex", "0.5625"),
        ("openai", "o3-mini", Usage(1_000_000, 1_000_000), None, "5.50"),
        ("openai", "text-embedding-3-small", Usage(1_000_000, 0), None, "0.02"),
        ("anthropic", "claude-sonnet-4-5", Usage(100_000, 10_000), None, "0.45"),
        ("anthropic", "claude-opus-4-6", Usage(100_000, 10_000, 50_000, 40_000), None, "0.575"),
        ("anthropic", "claude-opus-4-6", Usage(100_000, 0, 0, 100_000, cache_write_1h_tokens=40_000), None, "0.775"),
        ("anthropic", "claude-haiku-4-5", Usage(1_000_000, 1_000_000), None, "6"),
        ("google", "gemini-2.5-pro", Usage(200_000, 1000), None, "0.26"),
        ("google", "gemini-2.5-pro", Usage(200_001, 1000), None, "0.5150025"),
        ("google", "gemini-2.5-flash", Usage(10_000, 0, input_audio_tokens=10_000), None, "0.01"),
        ("perplexity", "sonar", Usage(1000, 1000), None, "0.014"),
        ("deepseek", "deepseek-chat", Usage(0, 0), None, "0"),
    ],
)
def test_known_prices_by_hand(provider: str, model: str, usage: Usage, tier: str | None, dollars: str) -> None:
    """The providers' own pages, 2026-11, reckoned on paper."""
    known = look_up(provider, model)
    rates = compiled(known.price if known else None)

    assert rates is not None
    assert Decimal(cost(rates, usage, tier)).scaleb(-12) == Decimal(dollars)


def test_prices_say_who_says_so() -> None:
    """Kept on each row of the ledger."""
    known = look_up("openai", "gpt-4o")
    rates = compiled(known.price if known else None)

    assert rates is not None
    assert rates.version.startswith("catalog 20")
