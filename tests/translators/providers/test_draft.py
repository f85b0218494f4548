"""What is left out is named, once."""

from translators.providers.draft import Draft


def test_a_name_stands_once() -> None:
    """However often it is left out."""
    draft = Draft()

    draft.drop("a")
    draft.drop("b")
    draft.drop("a")

    assert draft.dropped == ["a", "b"]
