"""Usage in inclusive buckets, whatever the vendor's way (F11)."""

from typing import Any

import pytest

from translators.facts import Usage
from translators.providers.openai.usage import mend_usage, read_usage


def usage(**fields: Any) -> dict[str, Any]:
    """A usage object of ten and five tokens."""
    return {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15} | fields


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (usage(), Usage(10, 5)),
        (usage(prompt_tokens_details={"cached_tokens": 4}), Usage(10, 5, cached_tokens=4)),
        (usage(prompt_cache_hit_tokens=4), Usage(10, 5, cached_tokens=4)),
        (usage(cached_tokens=4), Usage(10, 5, cached_tokens=4)),
        (usage(num_cached_tokens=4), Usage(10, 5, cached_tokens=4)),
        (usage(prompt_tokens_details={"cached_tokens": 0}, num_cached_tokens=4), Usage(10, 5)),
        (usage(prompt_tokens_details={"cached_tokens": 99}), Usage(10, 5, cached_tokens=10)),
        (
            usage(prompt_tokens_details={"cached_tokens": 4, "cache_write_tokens": 9}),
            Usage(10, 5, cached_tokens=4, cache_write_tokens=6),
        ),
        (usage(completion_tokens_details={"reasoning_tokens": 3}), Usage(10, 5, reasoning_tokens=3)),
        (usage(reasoning_tokens=3), Usage(10, 5, reasoning_tokens=3)),
        (usage(prompt_tokens_details=None, completion_tokens_details=[]), Usage(10, 5)),
        (
            usage(
                prompt_tokens_details={"audio_tokens": 3, "image_tokens": 2},
                completion_tokens_details={"audio_tokens": 4, "image_tokens": 1},
            ),
            Usage(10, 5, input_audio_tokens=3, input_image_tokens=2, output_audio_tokens=4, output_image_tokens=1),
        ),
        (usage(prompt_tokens_details={"audio_tokens": 99}), Usage(10, 5, input_audio_tokens=10)),
        (usage(completion_tokens_details={"audio_tokens": 99}), Usage(10, 5, output_audio_tokens=5)),
        (usage(completion_tokens_details={"image_tokens": -3}), Usage(10, 5)),
    ],
)
def test_buckets_are_found_where_vendors_put_them(raw: dict[str, Any], expected: Usage) -> None:
    """Cached and written tokens are part of the input, reasoning of the output."""
    assert read_usage(raw) == expected


@pytest.mark.parametrize("total", [22, 15])
def test_reasoning_beside_the_output_is_added_to_it(total: int) -> None:
    """xAI's way: seen by its total, or by reasoning alone being more than the output."""
    raw = usage(completion_tokens_details={"reasoning_tokens": 7}, total_tokens=total)

    assert read_usage(raw) == Usage(10, 12, reasoning_tokens=7)
    assert mend_usage(raw, read_usage(raw))
    assert raw["completion_tokens"] == 12
    assert not mend_usage(raw, read_usage(raw))
    assert read_usage(raw) == Usage(10, 12, reasoning_tokens=7)


@pytest.mark.parametrize("raw", [usage(), usage(reasoning_tokens=3), None, {}, usage(prompt_tokens=None)])
def test_usage_that_is_openais_is_left_alone(raw: Any) -> None:
    """So is what cannot be read."""
    before = raw and dict(raw)

    assert not mend_usage(raw, read_usage(raw))
    assert raw == before


@pytest.mark.parametrize("bad", [None, -1, True, "10", 1.5, 10**10, float("inf"), [], {}])
@pytest.mark.parametrize("field", ["prompt_tokens", "completion_tokens"])
def test_a_main_count_that_is_none_makes_the_usage_none(field: str, bad: Any) -> None:
    """Half a number is worse than an estimate."""
    assert read_usage(usage(**{field: bad})) is None


@pytest.mark.parametrize("bad", [None, -1, True, "10", 10**10, []])
def test_a_detail_that_is_none_is_as_good_as_missing(bad: Any) -> None:
    """It takes nothing from the main counts."""
    raw = usage(prompt_tokens_details={"cached_tokens": bad}, completion_tokens_details={"reasoning_tokens": bad})

    assert read_usage(raw) == Usage(10, 5)


@pytest.mark.parametrize("raw", [None, [], "10", 10, True, {}])
def test_what_is_no_usage_is_none(raw: Any) -> None:
    """Providers send null until they know."""
    assert read_usage(raw) is None


@pytest.mark.parametrize(("tier", "known"), [("priority", "priority"), (None, None), (7, None)])
def test_the_tier_that_served_it_is_kept(tier: Any, known: str | None) -> None:
    """It stands beside the usage, and sets the price."""
    found = read_usage(usage(), tier)

    assert found is not None
    assert found.service_tier == known
