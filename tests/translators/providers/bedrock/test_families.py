"""What each family of models takes, by any of the names that Bedrock has for it."""

import pytest

from translators.providers.bedrock.families import Thinking, bare, family_of, vendor_of
from translators.providers.bedrock.reasoning import format_of

PROFILE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("anthropic.claude-3-haiku-20240307-v1:0", "anthropic.claude-3-haiku-20240307-v1:0"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("us-gov.anthropic.claude-3-haiku-20240307-v1:0", "anthropic.claude-3-haiku-20240307-v1:0"),
        ("global.amazon.nova-2-lite-v1:0", "amazon.nova-2-lite-v1:0"),
        ("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0"),
        ("arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.deepseek.r1-v1:0", "deepseek.r1-v1:0"),
    ],
)
def test_a_name_is_found_behind_place_and_arn(model: str, name: str) -> None:
    """The vendor begins it."""
    assert bare(model) == name
    assert vendor_of(model) == name.partition(".")[0]
    assert family_of(model) == family_of(name)


@pytest.mark.parametrize(
    ("model", "schemas"),
    [
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", True),
        ("anthropic.claude-opus-4-8", False),
        ("anthropic.claude-sonnet-4-20250514-v1:0", False),
        ("mistral.mistral-large-2407-v1:0", False),
        ("mistral.mistral-large-3-675b-instruct", True),
        ("amazon.nova-2-lite-v1:0", False),
        ("zai.glm-5", True),
    ],
)
def test_the_longest_prefix_is_the_row(model: str, schemas: bool) -> None:
    """A newer model of a family is not taken for an older one."""
    assert family_of(model).schemas is schemas


def test_a_model_behind_an_arn_may_be_any() -> None:
    """So what most take is sent to it, and nothing that is one vendor's own."""
    hidden = family_of(PROFILE)

    assert vendor_of(PROFILE) == ""
    assert hidden.choices == {"any", "tool"}
    assert (hidden.thinking, hidden.schemas) == (Thinking.NONE, False)


def test_a_vendor_that_is_new_is_sent_what_all_take() -> None:
    """Nothing that may be a 400."""
    assert family_of("newcomer.model-v1:0").choices == frozenset()


def test_who_can_read_a_signature() -> None:
    """Claude's are read by Claude anywhere; another vendor's here; a profile's by that profile."""
    assert format_of("eu.anthropic.claude-sonnet-4-5-20250929-v1:0") == "anthropic-claude-v1"
    assert format_of("us.deepseek.r1-v1:0") == "bedrock-deepseek-v1"
    assert format_of(PROFILE) == "bedrock-profile-v1"
