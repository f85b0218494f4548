"""What of a conversation a wire format has no place for: fields of messages, of their parts and calls, and of tools.

Clients send back what they were answered, by any provider, and what they were told to write for another one: marks for
a cache, annotations, signatures. What is not read is named as a parameter is, so that nothing vanishes in silence.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from translators.base import JsonObject
from translators.providers.loose import obj, objs

_MESSAGE = frozenset({"role", "content", "name", "tool_calls", "function_call", "refusal", "tool_call_id"})
"""Of OpenAI's own fields; a ``name`` is a parameter. ``audio`` is the id of what OpenAI alone keeps."""
_CALL = frozenset({"id", "index", "type", "function", "custom"})
_TOOL = frozenset({"type", "function"})
_FUNCTION = frozenset({"name", "description", "parameters", "strict"})


@dataclass(frozen=True, slots=True)
class Said:
    """What a wire format reads beside OpenAI's own fields, or names by itself."""

    messages: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()
    """Types of parts that pass as they are."""
    calls: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()
    """Of a tool, and of the function in it."""
    own: str = ""
    """The provider's own name in ``extra_content``."""


def unsaid(asked: JsonObject, said: Said) -> Iterator[str]:
    """The names of fields that hold something and are not said, maybe more than once.

    Args:
        asked: the body of a request, checked by the dialect.
        said: by the wire format.
    """
    messages = _MESSAGE | said.messages
    for message in asked["messages"]:
        if len(message) > 2:
            yield from _rest("messages[]", message, messages)
            yield from _foreign("messages[]", message, said)
            for call in objs(message.get("tool_calls")):
                yield from _rest("messages[].tool_calls[]", call, _CALL | said.calls)
                yield from _foreign("messages[].tool_calls[]", call, said)
        content: Any = message.get("content")
        for part in content if type(content) is list else ():
            if len(part) > 2 and part["type"] not in said.whole:
                yield from _rest("messages[].content[]", part, said.parts | {"type", part["type"]})
    for tool in objs(asked.get("tools")):
        function = obj(tool.get("function"))
        if function:
            yield from _rest("tools[]", tool, _TOOL | said.tools)
            yield from _rest("tools[].function", function, _FUNCTION | said.tools)


def _rest(path: str, given: JsonObject, said: frozenset[str]) -> Iterator[str]:
    return (f"{path}.{name[:64]}" for name in sorted(given.keys() - said) if given[name])


def _foreign(path: str, given: JsonObject, said: Said) -> Iterator[str]:
    """What another provider made."""
    if obj(given.get("extra_content")).keys() - {said.own}:
        yield f"{path}.extra_content"
