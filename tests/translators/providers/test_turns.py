"""Turns that alternate."""

from typing import Any

from translators.providers.turns import add_turn, tagged


def test_what_one_speaker_says_is_one_turn() -> None:
    """However many messages it came in; nothing is no turn."""
    turns: list[dict[str, Any]] = []

    for role, blocks in (("user", [1]), ("user", [2, 3]), ("model", []), ("user", [4]), ("model", [5])):
        add_turn(turns, role, blocks, "parts")

    assert turns == [{"role": "user", "parts": [1, 2, 3, 4]}, {"role": "model", "parts": [5]}]


def test_a_turn_is_a_list_of_its_own() -> None:
    """What was handed in stays as it is."""
    blocks: list[dict[str, Any]] = [{"text": "a"}]
    turns: list[dict[str, Any]] = []

    add_turn(turns, "user", blocks)
    add_turn(turns, "user", [{"text": "b"}])

    assert blocks == [{"text": "a"}]


def test_a_late_instruction_is_told_from_a_users_text() -> None:
    """By tags."""
    assert tagged("Be brief.") == "<system>\nBe brief.\n</system>"
