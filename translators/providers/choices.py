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
    names: tuple[str, ...] | None = None
    """The tools it is among; None: all that are declared."""
    demanded: str | None = None
    """The one that has to be called, asked for by its name: the others may be declared all the same."""

    @property
    def narrowed(self) -> bool:
        """It is among some of the tools (``allowed_tools``)."""
        return self.names is not None and self.demanded is None

    def admits(self, name: Any) -> bool:
        """Whether the tool of this name is among them."""
        return self.names is None or name in self.names


def choice_of(asked: JsonObject) -> Choice:
    """A request's choice; ``auto`` where it says nothing."""
    choice = asked.get("tool_choice") or asked.get("function_call") or "auto"
    if not isinstance(choice, dict):
        return Choice(choice if isinstance(choice, str) else "auto")
    kind, name = choice.get("type", "function"), name_of(choice)
    if kind == "allowed_tools":
        allowed = obj(choice.get("allowed_tools")) or choice
        names = [name_of(tool) for tool in objs(allowed.get("tools"))]
        return Choice(str(allowed.get("mode") or "auto"), tuple(name for name in names if name))
    if kind != "function" or not name:
        return Choice(str(kind) if kind != "function" else "auto")
    return Choice("required", (name,), name)


def parameter_of(asked: JsonObject) -> str:
    """The choice as ``translators.parameters`` calls it, where one was made: for a model that cannot be held to it."""
    choice = asked.get("tool_choice")
    if not choice:
        return "function_call"
    return f"tool_choice.{choice if isinstance(choice, str) else obj(choice).get('type', 'function')}"


def tools_of(asked: JsonObject) -> list[JsonObject]:
    """All tools that a request declares, of whatever type; functions in the form of old are tools like the others."""
    legacy = [{"type": "function", "function": function} for function in objs(asked.get("functions"))]
    return objs(asked.get("tools")) + [tool for tool in legacy if name_of(tool)]


def functions_of(asked: JsonObject) -> list[JsonObject]:
    """The functions that a request declares and its choice leaves, each as its ``function`` object."""
    choice = choice_of(asked)
    return [function for function in declared_of(asked) if choice.admits(function["name"])]


def declared_of(asked: JsonObject) -> list[JsonObject]:
    """The functions that a request declares, whatever it says of the choice, each as its ``function`` object."""
    functions = [obj(tool.get("function")) for tool in tools_of(asked)]
    return [function for function in functions if function.get("name")]


def name_of(tool: JsonObject) -> str | None:
    """Name of the function that a tool is, or a choice is of; at its root, where that has no object of its own."""
    name: Any = (obj(tool.get("function")) or tool).get("name")
    return name if isinstance(name, str) else None
