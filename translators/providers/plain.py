"""Plain conversations, user and assistant in turn: what the careful way of each wire format makes of one, for less.

Most conversations are plain, and in a long one nothing costs more than three objects for each message that are only
made to be written. Here all texts are quoted in one call, and what stands between two of them is one of two constants.
"""

from operator import itemgetter

import orjson

from translators.base import JsonObject
from translators.providers.turns import INSTRUCTIONS

_TURNS = ["user", "assistant"]
_BETWEEN = b",\n  "
"""What orjson writes between the entries of a list that it indents. No entry can hold it: in JSON, a string has no line
feed (RFC 8259, 7)."""


def told_and_said(messages: list[JsonObject]) -> tuple[list[str], list[str]] | None:
    """The instructions in front, and what user and assistant say by turns behind them.

    None where it takes a closer look: a text is empty, somebody speaks twice in a row, or nobody does.

    Args:
        messages: each has a role, of a speaker or of instructions, and a text.
    """
    roles, texts = list(map(itemgetter("role"), messages)), list(map(itemgetter("content"), messages))
    first = next((position for position, role in enumerate(roles) if role not in INSTRUCTIONS), 0)
    count = len(roles) - first
    if roles[first:] != (_TURNS * count)[:count] or not all(texts):
        return None
    return texts[:first], texts[first:]


class Turns:
    """How a wire format writes a turn that is one text.

    Args:
        turn: a turn as JSON, with ``%b`` in the place of its speaker and of its text.
        assistant: what the assistant is called.
    """

    def __init__(self, turn: bytes, assistant: bytes = b"assistant") -> None:
        speaker, end = turn.split(b"%b")[0], turn.rpartition(b"%b")[2]
        between = turn[len(speaker) + 2 : -len(end) - 2]
        heads = [b"%b%b%b" % (speaker, name, between) for name in (b"user", assistant)]
        self._first, self._end = b"[" + heads[0], end + b"]"
        self._heads = [b"%b,%b" % (end, head) for head in heads]

    def written(self, said: list[str]) -> orjson.Fragment:
        """The list of turns as JSON, of user and assistant in turn."""
        count = len(said)
        pieces = [self._first] * (2 * count)
        pieces[2::2] = (self._heads * count)[1:count]
        pieces[1::2] = orjson.dumps(said, option=orjson.OPT_INDENT_2)[4:-2].split(_BETWEEN)
        pieces.append(self._end)
        return orjson.Fragment(b"".join(pieces))
