"""Recognises events that repeat an earlier one but for their text and their counts of tokens.

A :class:`Splice` knows events that differ in their text alone. Each of Gemini's has the usage so far as well
(https://ai.google.dev/api/generate-content#UsageMetadata, 2026-11), so here the digits of counts may be others too, as
long as they are as many. Nothing that is not JSON ever passes: texts are parsed, and what is around them has the bytes
of an event that was, but for digits in the places of digits. It costs a third of reading each event (measured).
"""

import re
from collections.abc import Callable
from operator import itemgetter

import orjson

from translators.base import JsonObject
from translators.framing.splice import Splice
from translators.framing.sse import LONGEST_EVENT

_COUNT = re.compile(rb'Count": ?([0-9]{1,9})(?![0-9])')
"""A count in legal JSON, where a bare quote behind a word is never inside a string. Larger ones are absurd (F11)."""
_NUMBER = re.compile(rb"[0-9]+")
_DIGITS = bytes.maketrans(b"0123456789", b"0" * 10)
_ZERO = ord("0")
"""No number begins with one but 0 itself (RFC 8259, 6)."""
_CRLF, _LF = b"\r\n\r\n", b"\n\n"
"""How an event ends. Google's end in CRLF, a proxy's may not."""


class CountedSplice(Splice):
    """What the last plain event of a stream looked like: up to its text, between text and counts, counts, the rest."""

    __slots__ = ("_counts", "_firsts", "_news")

    def __init__(self) -> None:
        super().__init__(b"text")
        self._counts = self._news = b""
        self._firsts: Callable[[bytes], tuple[int, ...]] = tuple

    def learn(self, data: bytes, name: str = "") -> None:
        """Take an event as the example of what is plain: it has been read, and says nothing but its text and counts.

        Args:
            data: its data, legal JSON.
            name: its ``event:`` field: Gemini's have none.
        """
        framed = b"data: " + data
        if not self._lessons or name or b"\n" in data or self._text_of(framed) is not None:
            return  # the last where it came in one read with the event that taught this
        self._lessons -= 1
        self._head = b""
        found = list(self._strings.finditer(framed))
        if len(found) == 1:
            first, after = found[0].span("text")
            self._learn_tail(framed[:first], framed[after:])

    def _learn_tail(self, head: bytes, tail: bytes) -> None:
        found = list(_COUNT.finditer(tail))
        begin, end = (found[0].start(1), found[-1].end()) if found else (len(tail), len(tail))
        counts = tail[begin:end]
        if len(_NUMBER.findall(counts)) > len(found):
            return  # what is none of the counts must not change
        self._head, self._cut, self._tail = head, tail[:begin], tail[end:]
        self._counts = counts.translate(_DIGITS)
        firsts = [count.start(1) - begin for count in found if len(count[1]) > 1]
        self._firsts = itemgetter(firsts[0], *firsts) if firsts else tuple

    def forget(self) -> None:
        """Events of another kind came: the next plain one is to be read with care again."""
        self._head = b""

    def run(self, data: bytes) -> tuple[list[str], int]:
        """The texts of the leading events that are such events, and how many bytes these take up."""
        event = data[:-4] if data.endswith(_CRLF) else data[:-2] if data.endswith(_LF) else b"\n"
        if event.find(b"\n") < 0:  # one event, which is what a read holds while a model is at work
            text = self._text_of(event)
            if text is None:
                return [], 0
            self._news = event
            return [text], len(data)
        texts, size, end = [], 0, _CRLF if _CRLF in data else _LF
        for event in data.split(end)[:-1]:  # behind the last blank line there is nothing, or half an event
            text = self._text_of(event)
            if text is None:
                break
            texts.append(text)
            self._news = event
            size += len(event) + len(end)
        return texts, size

    def news(self) -> JsonObject | None:
        """The last event that was recognised since the last time; None if none was."""
        if not self._news:
            return None
        event: JsonObject = orjson.loads(self._news.removeprefix(b"data: "))
        self._news = b""
        return event

    def _text_of(self, event: bytes) -> str | None:
        """The text of such an event; None of any other."""
        head, cut, tail = self._head, self._cut, self._tail
        if not head or not event.startswith(head) or not event.endswith(tail) or len(event) > LONGEST_EVENT:
            return None
        at = event.find(b'"', len(head))
        if not event.startswith(cut, at):  # a quote in the text
            at = event.find(cut, len(head))
        counts = event[at + len(cut) : len(event) - len(tail)]
        if at < 0 or counts.translate(_DIGITS) != self._counts or _ZERO in self._firsts(counts):
            return None
        try:
            text: str = orjson.loads(event[len(head) - 1 : at + 1])
        except orjson.JSONDecodeError:
            return None
        return text
