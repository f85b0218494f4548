"""A plain conversation in Anthropic's words: what ``messages.py`` makes of it, for less."""

from translators.base import JsonObject
from translators.providers.anthropic.draft import Draft
from translators.providers.plain import Turns, told_and_said

_TURNS = Turns(b'{"role":"%b","content":[{"type":"text","text":%b}]}')


def set_plain_messages(draft: Draft, messages: list[JsonObject]) -> bool:
    """Set ``system`` and ``messages``, the latter as JSON. False, and nothing set, where it takes a closer look.

    It does where a text is blank, or speakers do not take turns behind the instructions.

    Args:
        draft: under construction.
        messages: each has a role, of a speaker or of instructions, and a text.
    """
    found = told_and_said(messages)
    if found is None:
        return False
    told, said = found
    if any(map(str.isspace, told)) or any(map(str.isspace, said)):
        return False
    if len(said) % 2 == 0:  # the assistant's is last: it is continued, and must not end in white space (a 400)
        said[-1] = said[-1].rstrip()
    draft.body["messages"] = _TURNS.written(said)
    if told:
        draft.body["system"] = [{"type": "text", "text": text} for text in told]
    return True
