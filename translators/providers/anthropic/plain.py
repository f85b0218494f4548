"""A plain conversation, user and assistant in turn, in Anthropic's words: what ``messages.py`` makes of it, for less.

Most conversations are plain, and in a long one nothing costs more than three objects for each message that are only
made to be written. Here all texts are quoted in one call, and what stands before each is one of two constants.
"""

from operator import itemgetter

import orjson

from translators.base import JsonObject
from translators.providers.anthropic.draft import Draft
from translators.providers.anthropic.messages import INSTRUCTIONS

_SPEAKERS = ["user", "assistant"]
_HEADS = [b'}]},{"role":"%b","content":[{"type":"text","text":' % role.encode() for role in _SPEAKERS]
"""The end of one turn and the head of the next."""
_FIRST_HEAD = _HEADS[0].replace(b"}]},", b"[")
_BETWEEN = b",\n  "
"""What orjson writes between the entries of a list that it indents. No entry can hold it: in JSON, a string has no line
feed (RFC 8259, 7)."""


def set_plain_messages(draft: Draft, messages: list[JsonObject]) -> bool:
    """Set ``system`` and ``messages``, the latter as JSON. False, and nothing set, where it takes a closer look.

    It does where a text is blank, or speakers do not take turns behind the instructions.

    Args:
        draft: under construction.
        messages: each has a role, of a speaker or of instructions, and a text.
    """
    roles, texts = list(map(itemgetter("role"), messages)), list(map(itemgetter("content"), messages))
    first = next((position for position, role in enumerate(roles) if role not in INSTRUCTIONS), 0)
    said, count = texts[first:], len(roles) - first
    if roles[first:] != (_SPEAKERS * count)[:count] or not all(texts) or any(map(str.isspace, texts)):
        return False
    if roles[-1] == "assistant":
        said[-1] = said[-1].rstrip()
    pieces = [_FIRST_HEAD] * (2 * count)
    pieces[2::2] = (_HEADS * count)[1:count]
    pieces[1::2] = orjson.dumps(said, option=orjson.OPT_INDENT_2)[4:-2].split(_BETWEEN)
    pieces.append(b"}]}]")
    draft.body["messages"] = orjson.Fragment(b"".join(pieces))
    if first:
        draft.body["system"] = [{"type": "text", "text": text} for text in texts[:first]]
    return True
