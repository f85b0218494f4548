"""Recognises events that repeat an earlier one but for the text in it, so that they need not be parsed one by one.

The chunks of a stream differ in their text alone. Once one of them was read with care, another one with the same bytes
around its text means the same. The texts themselves are still parsed, all of a read at once, so nothing that is not
JSON and UTF-8 ever passes. It costs a third of reading each event for itself, a quarter where a read brings many
(OpenAI's decoder, measured).
"""

import re

import orjson

from translators.framing.sse import LONGEST_EVENT

LESSONS = 16
"""Events that are learnt from in one stream; where all events differ, more lessons would not help."""


class Splice:
    """What the last plain event of a stream looked like.

    Args:
        field: name of the string that is the text.
        noise: name of another string that may differ, behind it. OpenAI pads its chunks so ("obfuscation").
    """

    __slots__ = ("_cut", "_head", "_least", "_lessons", "_strings", "_tail")

    def __init__(self, field: bytes, noise: bytes = b"") -> None:
        self._strings = _strings(field, noise)
        self._head = self._cut = self._tail = b""
        self._least, self._lessons = 0, LESSONS

    def learn(self, data: bytes, name: str = "") -> None:
        """Take an event as the example of what is plain: it has been read, and says nothing but its text.

        Args:
            data: its data, legal JSON.
            name: its ``event:`` field.
        """
        if not self._lessons or b"\n" in data:
            return
        framed = f"event: {name}\ndata: ".encode() + data if name else b"data: " + data
        if self._is_known(framed):
            return  # it came in one read with the event that taught this
        self._lessons -= 1
        found = [(match.lastgroup, *match.span(match.lastgroup or 0)) for match in self._strings.finditer(framed)]
        if [kind for kind, _, _ in found] not in (["text"], ["text", "noise"]):
            return
        (_, first, after), (_, before, last) = found[0], found[-1]
        self._head, self._tail = framed[:first], framed[last:]
        self._cut = framed[after:before] if len(found) == 2 else b""
        self._least = len(self._head) + len(self._tail)

    def _is_known(self, framed: bytes) -> bool:
        """Whether learning from this event would come to what is known. Escaped quotes are taken for news."""
        head, tail = self._head, self._tail
        if not head or not framed.startswith(head) or not framed.endswith(tail):
            return False
        return framed.count(b'"', len(head), len(framed) - len(tail)) == self._cut.count(b'"')

    def run(self, data: bytes) -> tuple[list[str], int]:
        """The texts of the leading events that are such events, and how many bytes these take up.

        Args:
            data: what was read; begins with an event.
        """
        head, cut, tail = self._head, self._cut, self._tail
        if not head or not data.startswith(head):
            return [], 0
        if not cut and data.find(b"\n\n") == len(data) - 2:
            return self._single(data)
        begin, end, least, size = len(head), -len(tail), self._least, 0
        texts: list[bytes] = []
        noises: list[bytes] = []
        for block in data.split(b"\n\n")[:-1]:  # behind the last blank line there is nothing, or half an event
            if not block.startswith(head) or not block.endswith(tail) or not least <= len(block) <= LONGEST_EVENT:
                break
            text = block[begin:end]
            if cut:
                text, found, noise = text.partition(cut)
                if not found:
                    break
                noises.append(noise)
            texts.append(text)
            size += len(block) + 2
        strings = _decoded(texts, noises)
        return (strings, size) if strings else ([], 0)

    def _single(self, data: bytes) -> tuple[list[str], int]:
        """The same of one event alone, which is what a read holds while a model is at work."""
        head, tail, size = len(self._head), len(self._tail), len(data) - 2
        if not self._least <= size <= LONGEST_EVENT or not data.endswith(self._tail, 0, size):
            return [], 0
        try:
            return [orjson.loads(b'"%b"' % data[head : size - tail])], size + 2
        except orjson.JSONDecodeError:
            return [], 0


def _decoded(texts: list[bytes], noises: list[bytes]) -> list[str] | None:
    """What is between the quotes of JSON strings, parsed; None if anything there is no such thing.

    The line feed between two strings is illegal within one, so that none can reach into the next.
    """
    try:
        strings: list[str] = orjson.loads(b'["' + b'",\n"'.join(texts + noises) + b'"]')
    except orjson.JSONDecodeError:
        return None
    count = len(texts)
    if len(strings) != count + len(noises) or set(map(type, strings)) != {str}:
        return None  # something ended its string and began another, or an array with the next ones in it
    return strings[:count]


def _strings(field: bytes, noise: bytes) -> re.Pattern[bytes]:
    """Finds both in legal JSON. A bare quote before a name is never inside a string, so nothing else can be found."""
    inside = rb'(?P<%b>(?:[^"\\]|\\.)*+)"'
    pattern = rb'"%b"\s*:\s*"' % re.escape(field) + inside % b"text"
    return re.compile(pattern + (rb'|"%b"\s*:\s*"' % re.escape(noise) + inside % b"noise" if noise else b""))
