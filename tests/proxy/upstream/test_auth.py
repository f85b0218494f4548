"""Which header carries the credential."""

import pytest

from proxy.upstream.auth import API_KEY, BEARER, SCHEMES, X_API_KEY, X_GOOG_API_KEY, Scheme, scheme
from proxy.upstream.port import Credential

# DESIGN 2.2, without demo, which is not on the network.
PROVIDERS = (
    "openai azure anthropic google vertex bedrock cohere mistral deepseek groq huggingface github copilot openrouter "
    "together fireworks xai perplexity cerebras zai ollama vllm llamacpp"
)


def test_every_provider_has_its_scheme() -> None:
    """No provider of the configuration is without a row, and no row without a provider."""
    assert set(SCHEMES) == set(PROVIDERS.split())


def test_an_api_may_take_the_key_in_another_way_than_its_providers_first() -> None:
    """Google's own takes a header of its own, the one that speaks OpenAI's wire what OpenAI's SDK sends."""
    assert (scheme("google", None), scheme("google", "openai")) == (X_GOOG_API_KEY, BEARER)
    assert (scheme("azure", "openai"), scheme("bedrock", "messages")) == (API_KEY, BEARER)


@pytest.mark.parametrize(
    ("way", "header", "value"),
    [
        (BEARER, "authorization", "Bearer s3cret"),
        (API_KEY, "api-key", "s3cret"),
        (X_API_KEY, "x-api-key", "s3cret"),
        (X_GOOG_API_KEY, "x-goog-api-key", "s3cret"),
    ],
)
def test_a_scheme_says_header_and_value(way: Scheme, header: str, value: str) -> None:
    """The four ways in which providers take a key."""
    assert (way.header, way.value(Credential("s3cret", "key 1"))) == (header, value)


@pytest.mark.parametrize("secret", ["s3cret\n", "s3\r\ncret", "s3cr\u00e9t", "s3\x00cret", "s3\x7fcret"])
def test_a_secret_that_no_header_can_carry_is_named_by_its_label_alone(secret: str) -> None:
    """The message holds nothing of the secret (S9)."""
    with pytest.raises(ValueError, match=r"^key 2 holds") as caught:
        BEARER.value(Credential(secret, "key 2"))

    assert "s3" not in str(caught.value)
