"""What a vendor wants back in the next turn, collected from an answer: whole, or delta by delta.

DeepSeek, Z.ai and Fireworks want ``reasoning_content``, OpenRouter and Mistral ``reasoning_details``: the vendor's row
says which, and from where. Kept only beside tool calls, where a client goes on at once.
"""

from typing import Any

from translators.base import JsonObject, Memento
from translators.providers.reasoning_details import whole

_TEXT = "reasoning_content"


class Keeping:
    """One answer's first choice."""

    __slots__ = ("_calls", "_field", "_pieces")

    def __init__(self, field: str) -> None:
        self._field = field
        self._calls: dict[str, None] = {}
        self._pieces: list[Any] = []

    def add(self, message: JsonObject) -> None:
        """Take a message, or a delta of one, that has been mended."""
        piece: Any = message.get(self._field)
        if self._field == _TEXT:
            if type(piece) is str:
                self._pieces.append(piece)
        elif type(piece) is list:
            self._pieces += piece
        calls: Any = message.get("tool_calls")
        for call in calls if type(calls) is list else ():
            name = call.get("id") if type(call) is dict else None
            if name and type(name) is str:
                self._calls[name] = None

    def memento(self) -> Memento | None:
        """What is to be kept; None if there is nothing, or no call to keep it by."""
        kept: Any = "".join(self._pieces) if self._field == _TEXT else whole(self._pieces)
        return Memento(tuple(self._calls), {self._field: kept}) if kept and self._calls else None
