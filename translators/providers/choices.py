"""Which tools a request declares, and what it says of the choice among them, in whichever of OpenAI's forms.

For wire formats that know a mode and a list of tools, and no more: a choice of some tools is a list of those alone.
Source: https://platform.openai.com/docs/api-reference/chat/create (``tool_choice``, ``functions``), 2026-11.
"""

from typing import Any, NamedTuple

from translators.base import JsonObject
from translators.providers.loose import obj, objs


class Choice(NamedTuple):
    """What may be called, and whether something has to be."""

    mode: str
    """``auto``, ``none`` or ``required``; another word where OpenAI has no such choice."""
    names: frozenset[str] | None = None
    """The tools it is among; None: all that are declared."""


def choice_of(asked: JsonObject) -> Choice:
    """A request's choice; ``auto`` where it says nothing."""
    choice = asked.get("tool_choice") or asked.get("function_call") or "auto"
    if isinstance(choice, str):
        return Choice(choice)
    if not isinstance(choice, dict):
        return Choice("auto")
    kind = choice.get("type", "function")
    if kind == "allowed_tools":
        allowed = obj(choice.get("allowed_tools")) or choice
        names = frozenset(_name(tool) for tool in objs(allowed.get("tools")))
        return Choice(str(allowed.get("mode") or "auto"), names)
    return Choice("required" if kind == "function" else str(kind), frozenset({_name(choice)}))


def functions_of(asked: JsonObject) -> list[JsonObject]:
    """The functions that a request declares and its choice leaves, each as its ``function`` object."""
    declared = [obj(tool.get("function")) for tool in objs(asked.get("tools"))] + objs(asked.get("functions"))
    names = choice_of(asked).names
    return [function for function in declared if function.get("name") and (names is None or function["name"] in names)]


def _name(tool: JsonObject) -> Any:
    return (obj(tool.get("function")) or tool).get("name")
