"""What is left out is named, once."""

from translators.providers.draft import Draft


def test_a_name_stands_once() -> None:
    """However often it is left out."""
    draft = Draft()

    draft.drop("a")
    draft.drop("b")
    draft.drop("a")

    assert draft.dropped == ["a", "b"]


def test_what_was_not_said_is_named_if_it_holds_anything() -> None:
    """In a stable order; a stranger's name is cut."""
    draft = Draft()

    draft.drop_rest("messages[]", {"role": "user", "content": "x", "z": 1, "b": True, "none": None, "no": []}, ["role"])
    draft.drop_rest("x", {"type": "text", "text": "x", "y" * 99: 1}, ("type", "text"))
    draft.drop_rest("y", {"role": "user", "content": "x"}, ())

    assert draft.dropped == ["messages[].b", "messages[].content", "messages[].z", f"x.{'y' * 64}"]
