"""What sets a price beside the tokens: how long a cache keeps them, and how they were served."""

from typing import Any

import pytest

from translators.providers.anthropic.usage import read_usage


@pytest.mark.parametrize(
    ("parts", "hour"),
    [
        ({"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 30}, 30),
        ({"ephemeral_1h_input_tokens": 99}, 50),
        ({"ephemeral_1h_input_tokens": -1}, 0),
        ({}, 0),
        (None, 0),
        ("odd", 0),
    ],
)
def test_what_is_kept_for_an_hour_is_part_of_what_was_written(parts: Any, hour: int) -> None:
    """It costs more; never more than there was (F11)."""
    raw = {"input_tokens": 1, "output_tokens": 1, "cache_creation_input_tokens": 50, "cache_creation": parts}
    usage = read_usage(raw)

    assert usage is not None
    assert usage.cache_write_1h_tokens == hour


@pytest.mark.parametrize(
    ("said", "tier"),
    [
        ({"service_tier": "priority"}, "priority"),
        ({"service_tier": "standard", "speed": "fast"}, "fast"),
        ({"service_tier": "standard", "speed": "standard"}, "default"),
        ({}, None),
    ],
)
def test_how_it_was_served_is_kept(said: dict[str, Any], tier: str | None) -> None:
    """Fast mode has a price of its own."""
    usage = read_usage({"input_tokens": 1, "output_tokens": 1, **said})

    assert usage is not None
    assert usage.service_tier == tier
