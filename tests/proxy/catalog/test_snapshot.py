"""What the committed snapshot says, and what it does not pretend to know."""

import subprocess
import sys
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

import proxy.catalog
from proxy.catalog.snapshot import load, look_up
from translators.facts import Capabilities, Price
from translators.registry import PROVIDERS

FOLDER = Path(proxy.catalog.__file__).parent
NUMBERS = {"context_window", "max_output"}
FLAGS = {field.name for field in fields(Capabilities)} - NUMBERS - {"deprecation"}


def known(provider: str, model: str) -> Any:
    """What is known of a model that is in there."""
    found = look_up(provider, model)
    assert found is not None
    return found


def test_a_model_is_known_with_all_that_its_sources_say() -> None:
    """One of each kind of fact."""
    gpt = known("openai", "gpt-4o")
    o3 = known("openai", "o3-mini")

    assert (gpt.capabilities.context_window, gpt.capabilities.max_output) == (128_000, 16_384)
    assert (gpt.capabilities.tools, gpt.capabilities.vision, gpt.capabilities.audio_input) == (True, True, None)
    assert replace(gpt.price, tiers=()) == Price(input=2_500_000, output=10_000_000, cached=1_250_000)
    assert o3.capabilities.vision is False
    assert o3.capabilities.deprecation == "2026-10-23"


def test_a_price_that_depends_on_the_input_is_known_in_steps() -> None:
    """B13: a request of 200,001 tokens costs twice as much a token."""
    price = known("google", "gemini-2.5-pro").price

    dearer = Price(input=2_500_000, output=15_000_000, cached=250_000)
    assert replace(price, tiers=()) == Price(1_250_000, 10_000_000, 125_000, above=((200_000, dearer),))


@pytest.mark.parametrize(
    ("provider", "model", "like"),
    [
        ("openai", "GPT-4o", "gpt-4o"),
        ("openai", "gpt-4o-2031-01-31", "gpt-4o"),
        ("google", "models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("vertex", "claude-haiku-4-5@20310131", "claude-haiku-4-5"),
        ("bedrock", "sa.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
        ("bedrock", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
    ],
)
def test_another_edition_of_a_model_can_do_the_same(provider: str, model: str, like: str) -> None:
    """Providers add dates and regions faster than snapshots are made."""
    assert known(provider, model).capabilities == known(provider, like).capabilities


def test_another_edition_has_no_price() -> None:
    """It may cost more: nobody is charged by a guess."""
    assert known("openai", "gpt-4o-2031-01-31").price is None
    assert known("bedrock", "sa.amazon.nova-lite-v1:0").price is None
    assert replace(known("openai", "gpt-4o-2024-05-13").price, tiers=()) == Price(input=5_000_000, output=15_000_000)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4o-nano"),
        ("openai", "gpt-4"[:-1]),
        ("openai", "gpt-4o-mini-2031-01-31-preview"),
        ("openai", ""),
        ("openai", "claude-sonnet-4-5"),
        ("anthropic", "gpt-4o"),
        ("bedrock", "amazon.nova-lite-v1:0:24k"),
        ("vllm", "gpt-4o"),
        ("demo", "echo"),
    ],
)
def test_what_only_looks_like_a_known_model_is_unknown(provider: str, model: str) -> None:
    """A wrong family would refuse what works."""
    assert look_up(provider, model) is None


def rates_of(entry: dict[str, Any]) -> list[Any]:
    """All rates of an entry, its steps' and its tiers' too."""
    found = [*entry.get("price", ()), *entry.get("rare", {}).values()]
    for _, *rates in entry.get("above", ()):
        found += [*rates[:4], *(rate for rare in rates[4:] for rate in rare.values())]
    return found + [rate for tier in entry.get("tiers", {}).values() for rate in rates_of(tier)]


def test_every_entry_of_the_snapshot_can_be_read() -> None:
    """Providers are ours, flags have a name, numbers are positive, prices whole."""
    for provider, models in load().items():
        for name, entry in models.items():
            facts = known(provider, name)
            flags = [*entry.get("can", "").split(), *entry.get("cannot", "").split()]
            rates = rates_of(entry)
            assert set(flags) <= FLAGS
            assert len(set(flags)) == len(flags)
            assert all(getattr(facts.capabilities, number) != 0 for number in NUMBERS)
            assert all(rate is None or (type(rate) is int and rate >= 0) for rate in rates)
            assert name == name.lower()


def test_the_snapshots_providers_are_providers() -> None:
    """A row for nobody would be dead weight."""
    assert load().keys() <= PROVIDERS.keys()


def test_the_snapshot_says_where_it_is_from_and_is_small() -> None:
    """Its sources with their versions, the day it was made, and their licences beside it."""
    raw = (FOLDER / "models.json").read_bytes()
    about = orjson.loads(raw)["about"]
    notice = (FOLDER / "NOTICE").read_text()

    assert len(raw) < 512 * 1024
    assert date.fromisoformat(about["made"])
    assert "litellm 1." in about["capabilities"]
    assert "genai-prices 0." in about["prices"]
    assert notice.count("Permission is hereby granted, free of charge") == 2


def test_nothing_is_read_before_it_is_needed() -> None:
    """``switchgear --help`` and the like never pay for it."""
    code = "import proxy.catalog; print(proxy.catalog.load.cache_info().currsize)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "0"
