"""Which names are the same model's, and which only begin alike."""

import pytest

from proxy.catalog.names import own_name, siblings


@pytest.mark.parametrize(
    ("provider", "model", "name"),
    [
        ("openai", "GPT-4o", "gpt-4o"),
        ("google", "models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("vertex", "publishers/google/models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("vertex", "projects/p/locations/global/publishers/anthropic/models/claude-opus-5", "claude-opus-5"),
        ("bedrock", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
        ("bedrock", "arn:aws-us-gov:bedrock:us-gov-west-1:1:inference-profile/us-gov.a.b-v1:0", "us-gov.a.b-v1:0"),
        ("bedrock", "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc", None),
        ("groq", "openai/gpt-oss-20b", "openai/gpt-oss-20b"),
        ("openai", "models/gpt-4o", "models/gpt-4o"),
    ],
)
def test_a_models_own_name_has_no_path(provider: str, model: str, name: str | None) -> None:
    """None: it stays as it is, for it says nothing of a model."""
    assert own_name(provider, model) == (name or model)


@pytest.mark.parametrize(
    ("provider", "name", "others"),
    [
        ("openai", "gpt-4o", []),
        ("openai", "gpt-4o-mini", []),
        ("openai", "gpt-4o-2031-01-31", ["gpt-4o"]),
        ("openai", "gpt-4-0613", []),
        ("openai", "gpt-4-turbo-preview", []),
        ("openai", "ft:gpt-4o-2024-08-06:acme::a1b2", ["ft:gpt-4o-2024-08-06"]),
        ("anthropic", "claude-opus-4-8-latest", ["claude-opus-4-8"]),
        ("anthropic", "claude-opus-4-8-20310131", ["claude-opus-4-8"]),
        ("mistral", "mistral-large-2411", []),
        ("google", "gemini-2.5-flash-001", ["gemini-2.5-flash"]),
        ("google", "gemini-2.5-flash-lite", []),
        ("vertex", "claude-opus-5@20310131", ["claude-opus-5"]),
        ("vertex", "claude-opus-5@default", ["claude-opus-5"]),
        ("bedrock", "us.a.b-20250929-v1:0", ["a.b-20250929-v1:0", "us.a.b-20250929", "a.b-20250929", "us.a.b", "a.b"]),
        ("bedrock", "a.b-v1:0:24k", []),
        ("azure", "gpt-4o-2031-01-31", ["gpt-4o"]),
    ],
)
def test_an_edition_is_cut_and_nothing_else(provider: str, name: str, others: list[str]) -> None:
    """A date, ``latest``, a version, a region; never what makes a model another one."""
    assert list(siblings(provider, name)) == others
