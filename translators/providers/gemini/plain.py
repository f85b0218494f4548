"""A plain conversation in Gemini's words: what ``messages.py`` makes of it, for less."""

from translators.base import JsonObject
from translators.providers.gemini.draft import Draft
from translators.providers.plain import Turns, told_and_said

_TURNS = Turns(b'{"role":"%b","parts":[{"text":%b}]}', assistant=b"model")


def set_plain_contents(draft: Draft, messages: list[JsonObject]) -> bool:
    """Set ``systemInstruction`` and ``contents``, the latter as JSON. False, and nothing set, where it takes more.

    It does where a text is empty, or speakers do not take turns behind the instructions.

    Args:
        draft: under construction.
        messages: each has a role, of a speaker or of instructions, and a text.
    """
    found = told_and_said(messages)
    if found is None:
        return False
    told, said = found
    draft.body["contents"] = _TURNS.written(said)
    if told:
        draft.body["systemInstruction"] = {"parts": [{"text": text} for text in told]}
    return True
