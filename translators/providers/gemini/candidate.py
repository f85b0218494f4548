"""One candidate of an answer, part by part, in OpenAI's words: the same for a whole answer and for a stream.

Parts of Google's own tools are no tool calls, for the client has nothing to run: they go to ``extra_content``, from
where a history brings them back.
"""

from typing import Any

import orjson

from translators.base import ChatRequest, JsonObject, Memento
from translators.providers.gemini.ends import finish_of, own_facts
from translators.providers.gemini.grounding import annotations_of
from translators.providers.gemini.reasoning import signature_of, thought_of

ODD_SHAPE = (KeyError, TypeError, AttributeError)
"""What reading an answer of another shape than the documented one raises, and writing one that is nested too deeply."""


_MOST = 128


def index_of(candidate: JsonObject, position: int) -> int:
    """The number of a candidate; its place where it says none."""
    index = candidate.get("index", position)
    if type(index) is not int or not 0 <= index < _MOST:
        raise TypeError
    return index


class Candidate:
    """What has been said so far. Methods raise one of ``ODD_SHAPE`` where something is of an unknown shape."""

    __slots__ = ("_ask", "_details", "_facts", "_thoughts", "_told", "calls", "index", "native", "texts")

    def __init__(self, ask: ChatRequest, index: int) -> None:
        self._ask, self.index = ask, index
        self.texts: list[str] = []
        self.calls: list[str] = []
        """Ids."""
        self.native: Any = None
        """Why it ended; None: it has not."""
        self._thoughts: list[str] = []
        self._details: list[JsonObject] = []
        self._told = 0
        self._facts: JsonObject = {}

    def take(self, part: JsonObject) -> JsonObject:
        """The delta that a part comes to; empty where there is nothing to say."""
        signature = part.get("thoughtSignature")
        signed = signature if type(signature) is str else ""
        if part.get("thought") is True and "text" in part:
            delta = self._think(part["text"], signed)
        else:
            self._close_thought()
            delta = self._say(part, signed)
        return self._with_details(delta)

    def note(self, candidate: JsonObject) -> None:
        """Keep what an answer, or an event, says of the candidate beside its parts: the last word counts."""
        facts = own_facts(candidate)
        if facts:
            self._facts |= facts
        if candidate.get("finishReason"):
            self.native = candidate["finishReason"]

    def finish(self) -> tuple[JsonObject, JsonObject]:
        """The last delta, and the fields of the choice that name the reason."""
        self._close_thought()
        delta = self._with_details({})
        annotations = annotations_of(self._facts.get("groundingMetadata"), "".join(self.texts))
        if annotations:
            delta["annotations"] = annotations
        if self._facts:
            delta["extra_content"] = {"google": self._facts}
        return delta, finish_of(self.native, calls=bool(self.calls))

    @property
    def memento(self) -> Memento | None:
        """What the model wants to see again with its calls."""
        if not self.calls or not self._details:
            return None
        return Memento(tuple(self.calls), {"reasoning_details": self._details})

    def _think(self, text: Any, signature: str) -> JsonObject:
        if type(text) is not str:
            raise TypeError
        self._thoughts.append(text)
        if signature:
            self._close_thought(signature)
        return {"reasoning_content": text} if text else {}

    def _close_thought(self, signature: str = "") -> None:
        """Thought that comes in pieces is one."""
        if self._thoughts:
            text, self._thoughts = "".join(self._thoughts), []
            if text or signature:
                self._details.append(thought_of(text, signature, len(self._details)))

    def _with_details(self, delta: JsonObject) -> JsonObject:
        """The delta, with the details that it has brought."""
        if len(self._details) > self._told:
            delta["reasoning_details"] = self._details[self._told :]
            self._told = len(self._details)
        return delta

    def _say(self, part: JsonObject, signature: str) -> JsonObject:
        if "functionCall" in part:
            return self._call(part["functionCall"], signature)
        if "inlineData" in part:
            return self._file(part, signature)
        if "text" not in part:
            return {"extra_content": {"google": {"content": [part]}}}
        text = part["text"]
        if type(text) is not str:
            raise TypeError
        self.texts.append(text)
        if signature:
            self._details.append(signature_of(signature, len(self._details)))
        return {"content": text} if text else {}

    def _call(self, call: JsonObject, signature: str) -> JsonObject:
        name, given, number = call["name"], call.get("id"), len(self.calls)
        if type(name) is not str:
            raise TypeError
        call_id = given if isinstance(given, str) and given else self._made_up(number)
        self.calls.append(call_id)
        arguments = orjson.dumps(call.get("args") or {}).decode()
        entry: JsonObject = {"index": number, "id": call_id, "type": "function"}
        entry["function"] = {"name": name, "arguments": arguments}
        if signature:
            entry["extra_content"] = {"google": {"thought_signature": signature}}
            self._details.append(signature_of(signature, len(self._details), call_id))
        return {"tool_calls": [entry]}

    def _made_up(self, number: int) -> str:
        """An id for a call that has none: the same whenever this answer is read, and no other call's."""
        return f"call_{self._ask.id.rpartition('-')[2]}_{self.index}_{number}"

    def _file(self, part: JsonObject, signature: str) -> JsonObject:
        """An image in OpenRouter's form, speech in OpenAI's; anything else as it came."""
        media, data = part["inlineData"]["mimeType"], part["inlineData"]["data"]
        if type(data) is not str:
            raise TypeError
        if media.startswith("image/"):
            image: JsonObject = {"type": "image_url", "image_url": {"url": f"data:{media};base64,{data}"}}
            if signature:
                image["extra_content"] = {"google": {"thought_signature": signature}}
            return {"images": [image]}
        if not media.startswith("audio/"):
            return {"extra_content": {"google": {"content": [part]}}}
        name = f"audio_{self._ask.id.rpartition('-')[2]}_{self.index}"
        return {"audio": {"id": name, "data": data, "mime_type": media}}
