"""OpenAI's chunks from templates of bytes: a text delta costs half of what a dict would (PERFORMANCE.md).

The finish reason goes out with the last chunk alone; the usage, where the client asked for it, in one of its own.
"""

from typing import Any

import orjson

from translators.base import ChatRequest, JsonObject
from translators.estimate import said_in


class Chunks:
    """The chunks of one choice in a stream: all of one id, model and time; the first with content says the role."""

    __slots__ = ("_ask", "_head", "_index", "_next", "_plain", "_shut", "_tail", "produced")

    def __init__(self, ask: ChatRequest, index: int = 0) -> None:
        self._ask, self._index = ask, index
        self.produced = 0
        """Bytes of what was said so far, about: taken from the JSON, where that costs nothing."""
        self._tail = b"}\n\n"
        if ask.include_usage:  # OpenAI has it in every chunk then
            self._tail = b',"usage":null}\n\n'
        self._shut = b'},"finish_reason":null}]' + self._tail
        self._head = self._plain = self._next = b""
        self.open()

    def open(self, name: Any = None, model: Any = None, tier: str | None = None) -> None:
        """Take what the provider says of its answer; ours stands in for an id or a model that it does not say.

        Args:
            name: the answer's id.
            model: the model that gives it.
            tier: the service tier, in OpenAI's words.
        """
        head: JsonObject = {
            "id": _name(name) or self._ask.id,
            "object": "chat.completion.chunk",
            "created": self._ask.created,
            "model": _name(model) or self._ask.model,
        }
        if tier is not None:
            head["service_tier"] = tier
        self._head = b"data: " + orjson.dumps(head)[:-1] + b',"choices":['
        self._plain = self._head + b'{"index":%d,"delta":{' % self._index
        self._next = self._plain + b'"role":"assistant",'

    def text(self, text: str) -> bytes:
        """A chunk of text: the hot path."""
        quoted = orjson.dumps(text)
        self.produced += len(quoted) - 2
        out = self._next + b'"content":' + quoted + self._shut
        self._next = self._plain
        return out

    def delta(self, field: bytes, value: bytes) -> bytes:
        """A chunk whose delta has this one field, both as JSON."""
        if field in _SAID:
            self.produced += len(value) - _SAID[field]
        out = b"%b%b:%b%b" % (self._next, field, value, self._shut)
        self._next = self._plain
        return out

    def piece(self, delta: JsonObject, beside: JsonObject) -> bytes:
        """A chunk of several fields, and of fields of the choice: logprobs."""
        out, self._next = self.finish(delta, {**beside, "finish_reason": None}), self._plain
        return out

    def finish(self, delta: JsonObject, ending: JsonObject) -> bytes:
        """The last chunk: what else the end tells, and the fields of the choice that name its reason."""
        self.produced += said_in(delta)
        rest = orjson.dumps(delta)[1:-1]
        opening = self._next if rest else self._next.removesuffix(b",")
        return b"%b%b},%b}]%b" % (opening, rest, orjson.dumps(ending)[1:-1], self._tail)

    def usage(self, usage: JsonObject) -> bytes:
        """The chunk of the usage, which has no choices."""
        return b'%b],"usage":%b}\n\n' % (self._head, orjson.dumps(usage))


_SAID = {b'"content"': 2, b'"reasoning_content"': 2, b'"tool_calls"': 40}
"""Fields of a delta that the model says, and bytes around it: quotes, or what frames a piece of arguments."""


def string(value: Any) -> bytes:
    """A string as JSON.

    Raises:
        TypeError: it is none.
    """
    if type(value) is not str:
        raise TypeError
    return orjson.dumps(value)


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) else None
