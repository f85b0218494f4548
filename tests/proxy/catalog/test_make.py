"""How a snapshot is made of its sources: what is taken, and what is left where it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.proxy.catalog.make import Source, _price, models_of

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def entry(by: str = "groq", mode: str = "chat", **facts: Any) -> dict[str, Any]:
    """A row of LiteLLM's table."""
    return {"litellm_provider": by, "mode": mode, "max_input_tokens": 1000} | facts


def made(table: dict[str, Any], source: Source | None = None) -> dict[str, Any]:
    """The snapshot of one provider."""
    return models_of(source or Source("groq", ("groq",), ("groq/",)), table, NOW)


@dataclass
class Tier:
    """More than so many tokens cost so much."""

    start: int
    price: Decimal


@dataclass
class Tiered:
    """A price in steps, as genai-prices has it."""

    base: Decimal
    tiers: list[Tier]


@dataclass
class Rates:
    """Dollars per million tokens."""

    input_mtok: Any = Decimal("1.25")
    output_mtok: Any = Decimal(10)
    cache_read_mtok: Any = None
    cache_write_mtok: Any = None
    cache_write_1h_mtok: Any = None
    input_audio_mtok: Any = None
    cache_audio_read_mtok: Any = None
    input_image_mtok: Any = None
    output_audio_mtok: Any = None
    output_image_mtok: Any = None
    output_reasoning_mtok: Any = None
    requests_kcount: Any = None


@dataclass
class Variant:
    """Rates of requests of one kind."""

    when: dict[str, str]
    prices: Rates


@dataclass
class Model:
    """A model whose rates may change with the hour, and with the request."""

    by_hour: list[Rates] = field(default_factory=lambda: [Rates()])
    price_variants: list[Variant] | None = None

    def get_prices(self, when: datetime, context: Mapping[str, str] | None = None) -> Rates:
        special = [each.prices for each in self.price_variants or () if each.when == context]
        return special[0] if special else self.by_hour[when.hour % len(self.by_hour)]


def test_a_model_stands_under_its_own_name() -> None:
    """Without LiteLLM's prefix, in lower case; slashes of its own stay."""
    assert made({"groq/OpenAI/gpt-oss": entry(), "plain": entry()}) == {
        "openai/gpt-oss": {"context_window": 1000},
        "plain": {"context_window": 1000},
    }


@pytest.mark.parametrize("row", [entry(by="groqqy"), entry(mode="audio_speech"), {"mode": "chat"}, entry(by="")])
def test_what_is_another_providers_or_no_chat_is_left_out(row: dict[str, Any]) -> None:
    """Prefixes of names of providers, too: only a star stands for more."""
    assert made({"groq/x": row}) == {}


def test_regions_and_sizes_of_litellms_own_are_no_names() -> None:
    """``bedrock/us-east-1/…``: nobody calls a model so."""
    source = Source("bedrock", ("bedrock*",), ("bedrock/",))
    table = {"bedrock/us-east-1/a.b": entry("bedrock"), "a.b": entry("bedrock_converse")}

    assert list(made(table, source)) == ["a.b"]


def test_flags_are_said_or_listed_or_unknown() -> None:
    """A flag goes before a list of modalities; what neither says is not there."""
    row = entry(supports_vision=True, supports_function_calling=False, supported_modalities=["text"])

    assert made({"groq/x": row})["x"] == {
        "context_window": 1000,
        "can": "vision",
        "cannot": "audio_input tools",
    }


def test_what_traffic_has_proved_wrong_is_corrected() -> None:
    """DeepSeek's reasoner calls tools, whatever the table says."""
    row = entry("deepseek", supports_function_calling=False, supports_tool_choice=False)
    found = made({"deepseek/deepseek-reasoner": row}, Source("deepseek", ("deepseek",), ("deepseek/",)))

    assert found == {"deepseek-reasoner": {"context_window": 1000, "can": "tools"}}


def test_prices_are_whole_pico_dollars_a_token() -> None:
    """Rounded up, to the gateway's harm and not the budget's."""
    rates = Rates(cache_read_mtok=Decimal("0.0000015"))

    assert _price(Model([rates]), NOW, None) == {"price": [1_250_000, 10_000_000, 2, None]}
    assert _price(None, NOW, None) == {}
    assert _price(Model([Rates(input_mtok=None)]), NOW, None) == {}


def test_of_prices_that_change_within_a_day_the_dearest_is_taken() -> None:
    """A budget holds at every hour."""
    assert _price(Model([Rates(), Rates(Decimal(2), Decimal(3))]), NOW, None)["price"][:2] == [2_000_000, 10_000_000]


def test_steps_are_taken_as_far_as_the_window_reaches() -> None:
    """A step that no request can get to is history."""
    rates = Rates(Tiered(Decimal(1), [Tier(100, Decimal(2)), Tier(200, Decimal(4))]), Decimal(5))

    assert _price(Model([rates]), NOW, 200) == {
        "price": [1_000_000, 5_000_000, None, None],
        "above": [[100, 2_000_000, 5_000_000, None, None]],
    }


def test_what_few_models_have_stands_by_its_name() -> None:
    """Rates of sound, of an hour's cache, of each request; in steps too."""
    rates = Rates(
        Tiered(Decimal(1), [Tier(100, Decimal(2))]),
        cache_write_1h_mtok=Decimal(4),
        requests_kcount=Decimal(12),
        input_audio_mtok=Tiered(Decimal(3), [Tier(100, Decimal(6))]),
    )
    rare = {"cache_write_1h": 4_000_000, "input_audio": 3_000_000, "request": 12 * 10**9}

    assert _price(Model([rates]), NOW, None) == {
        "price": [1_000_000, 10_000_000, None, None],
        "rare": rare,
        "above": [[100, 2_000_000, 10_000_000, None, None, {**rare, "input_audio": 6_000_000}]],
    }


def test_service_tiers_are_whole_prices() -> None:
    """By the last word of what they are asked for with; one that costs what all do is none, nor is a route."""
    cheap, dear = Rates(Decimal(1), Decimal(2)), Rates(Decimal(3), Decimal(4))
    variants = [
        Variant({"service_tier": "flex"}, cheap),
        Variant({"service_tier": "priority"}, Rates()),
        Variant({"processing": "batch"}, cheap),
        Variant({"speed": "fast"}, dear),
        Variant({"route": "eu"}, dear),
    ]

    assert _price(Model(price_variants=variants), NOW, None)["tiers"] == {
        "flex": {"price": [1_000_000, 2_000_000, None, None]},
        "batch": {"price": [1_000_000, 2_000_000, None, None]},
        "fast": {"price": [3_000_000, 4_000_000, None, None]},
    }


def test_a_chat_model_without_a_price_of_its_output_has_none() -> None:
    """Half a price would be a free answer. What embeds has no output."""
    source = Source("openai", ("openai",), prices="openai")
    row = entry("openai")
    found = made({"text-embedding-3-small": row | {"mode": "embedding"}, "text-embedding-ada-002": row}, source)

    assert [("price" in found[name]) for name in sorted(found)] == [True, False]
