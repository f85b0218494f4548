"""Indexes of streamed tool calls, by which clients tell one call's pieces from another's.

Gemini's interface leaves them out, and Ollama's says 0 for each call (ollama/ollama#15457, seen up to 0.20; so did
ai-dynamo/dynamo#4723): clients would put all calls together into one. A call has begun where a new id comes with a
name; some servers repeat the id in each piece, or make up another, without the name.
"""

from typing import Any

from translators.base import JsonObject


class Numbers:
    """The tool calls of one choice."""

    __slots__ = ("_last", "_next", "_open", "_taken")

    def __init__(self) -> None:
        self._open: dict[int, tuple[int, str]] = {}  # by the vendor's own index: ours, and the id of the call
        self._last, self._next, self._taken = -1, 0, set[int]()

    def number(self, call: JsonObject) -> bool:
        """Give a piece of a call its call's index, in place; say whether that is not the one it had."""
        given, name = call.get("index"), call.get("id") or ""
        if type(given) is not int:
            self._last = self._new() if name or self._last < 0 else self._last
        else:
            self._last = self._of(given, name, call)
        if type(given) is int and given == self._last:
            return False
        call["index"] = self._last
        return True

    def _of(self, given: int, name: str, call: JsonObject) -> int:
        found = self._open.get(given)
        if found is not None and not (name and found[1] and name != found[1] and _is_named(call)):
            return found[0]
        index = self._take(given) if found is None and given not in self._taken else self._new()
        self._open[given] = index, name
        return index

    def _new(self) -> int:
        return self._take(self._next)

    def _take(self, index: int) -> int:
        self._taken.add(index)
        self._next = max(self._next, index + 1)
        return index


def _is_named(call: JsonObject) -> bool:
    function: Any = call.get("function")
    return type(function) is dict and bool(function.get("name"))
