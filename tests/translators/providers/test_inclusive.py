"""Usage as a client reads it."""

from translators.facts import Usage
from translators.providers.inclusive import counted, counted_with_cache

USAGE = Usage(10, 4, cached_tokens=3, cache_write_tokens=2)


def test_every_client_finds_openais_counts() -> None:
    """The total is of both."""
    assert counted(USAGE) == {"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14}


def test_a_cache_is_shown_by_openais_names_and_the_common_ones() -> None:
    """Its tokens are part of the prompt's, and stay there."""
    shown = counted_with_cache(USAGE)

    assert counted(USAGE).items() <= shown.items()
    assert shown["prompt_tokens_details"] == {"cached_tokens": 3, "cache_write_tokens": 2}
    assert (shown["cache_read_input_tokens"], shown["cache_creation_input_tokens"]) == (3, 2)
