"""Tool calls of an answer.

They have no ids on older servers, and some models repeat one: such a call gets an id of ours, one of a kind and the
same whenever it is asked for. Arguments are objects here, and text in OpenAI's form.
"""

from typing import Any

import orjson

from translators.base import ChatRequest, JsonObject


class Calls:
    """The tool calls of one answer: numbered in the order that they come in, whichever line they are on."""

    __slots__ = ("_ours", "ids")

    def __init__(self, ask: ChatRequest) -> None:
        self.ids: list[str] = []
        self._ours = f"call_{ask.id.removeprefix('chatcmpl-')}"

    def take(self, call: JsonObject) -> JsonObject:
        """The next one in OpenAI's form.

        Raises:
            KeyError, TypeError: it is of another shape.
        """
        function = call["function"]
        given, name = call.get("id"), function["name"]
        if type(name) is not str:
            raise TypeError
        if not isinstance(given, str) or not given or given in self.ids:
            given = f"{self._ours}_{len(self.ids)}"
        self.ids.append(given)
        said = {"name": name, "arguments": _text(function.get("arguments"))}
        return {"id": self.ids[-1], "type": "function", "function": said}


def _text(arguments: Any) -> str:
    return arguments if type(arguments) is str and arguments else orjson.dumps(arguments or {}).decode()
