"""Gemini's counts in inclusive buckets (F11)."""

from typing import Any

import pytest

from translators.facts import Usage
from translators.providers.gemini.usage import openai_usage, read_usage


def usage(**fields: Any) -> dict[str, Any]:
    """Ten tokens read, five written, two of them thought."""
    return {"promptTokenCount": 10, "candidatesTokenCount": 3, "thoughtsTokenCount": 2} | fields


def tokens(modality: Any, count: Any) -> dict[str, Any]:
    """An entry of a list by modality."""
    return {"modality": modality, "tokenCount": count}


@pytest.mark.parametrize(
    ("details", "media"),
    [
        ({}, {}),
        ({"promptTokensDetails": [tokens("TEXT", 10)]}, {}),
        ({"promptTokensDetails": [tokens("TEXT", 2), tokens("IMAGE", 8)]}, {"input_image_tokens": 8}),
        ({"promptTokensDetails": [tokens("AUDIO", 9)]}, {"input_audio_tokens": 9}),
        ({"promptTokensDetails": [tokens("VIDEO", 9), tokens("DOCUMENT", 1)]}, {}),
        ({"candidatesTokensDetails": [tokens("IMAGE", 3)]}, {"output_image_tokens": 3}),
        ({"candidatesTokensDetails": [tokens("TEXT", 1), tokens("AUDIO", 2)]}, {"output_audio_tokens": 2}),
        ({"promptTokensDetails": [tokens("IMAGE", 99)]}, {"input_image_tokens": 10}),
        ({"promptTokensDetails": [tokens("IMAGE", 4), tokens("IMAGE", 5)]}, {"input_image_tokens": 9}),
        ({"candidatesTokensDetails": [tokens("AUDIO", 99)]}, {"output_audio_tokens": 5}),
    ],
)
def test_sound_and_pictures_are_told_by_modality(details: dict[str, Any], media: dict[str, int]) -> None:
    """They are part of the whole, and never more than it."""
    assert read_usage(usage(**details)) == Usage(10, 5, reasoning_tokens=2, **media)


@pytest.mark.parametrize(
    "odd", [5, "TEXT", {"modality": "IMAGE"}, [5], [tokens([], 1)], [tokens("IMAGE", -1)], [tokens("AUDIO", "3"), 1]]
)
def test_details_that_are_none_take_nothing_away(odd: Any) -> None:
    """The main counts hold."""
    assert read_usage(usage(promptTokensDetails=odd, candidatesTokensDetails=odd)) == Usage(10, 5, reasoning_tokens=2)


@pytest.mark.parametrize("bad", [None, -1, True, "10", 1.5, 10**10, []])
@pytest.mark.parametrize("name", ["promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount"])
def test_a_main_count_that_is_none_makes_the_usage_none(name: str, bad: Any) -> None:
    """Half a number is worse than an estimate."""
    assert read_usage(usage(**{name: bad})) is None


def test_a_client_sees_the_modalities_beside_openais_fields() -> None:
    """Under the names that OpenAI has for two of them."""
    raw = usage(promptTokensDetails=[tokens("TEXT", 2), tokens("AUDIO", 8)], toolUsePromptTokenCount=1)
    read = read_usage(raw)
    assert read is not None

    shown = openai_usage(raw, read)

    assert shown["prompt_tokens_details"] == {"cached_tokens": 0, "text_tokens": 2, "audio_tokens": 8}
    assert (shown["prompt_tokens"], shown["completion_tokens"], shown["total_tokens"]) == (11, 5, 16)


@pytest.mark.parametrize(("tier", "known"), [("standard", "default"), ("flex", "flex"), (None, None), ("odd", None)])
def test_the_tier_that_served_it_is_kept(tier: Any, known: str | None) -> None:
    """It sets the price."""
    found = read_usage(usage(serviceTier=tier))

    assert found is not None
    assert found.service_tier == known
