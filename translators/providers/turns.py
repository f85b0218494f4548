"""Who speaks when: roles of OpenAI's messages, for wire formats that have fewer, and turns that have to alternate."""

from translators.base import JsonObject

INSTRUCTIONS = frozenset({"system", "developer"})
RESULTS = frozenset({"tool", "function"})


def add_turn(turns: list[JsonObject], role: str, blocks: list[JsonObject], place: str = "content") -> None:
    """Add what somebody says: to the last turn where that is theirs, else as a turn of its own; nothing is no turn.

    Args:
        turns: so far.
        role: as the wire format calls it.
        blocks: what is said.
        place: where a turn has its blocks.
    """
    if not blocks:
        return
    if turns and turns[-1]["role"] == role:
        turns[-1][place] += blocks
    else:
        turns.append({"role": role, place: [*blocks]})


def tagged(text: str) -> str:
    """An instruction that stands where the API takes none: a user's text, and told from one by its tags."""
    return f"<system>\n{text}\n</system>"
