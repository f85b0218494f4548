"""Amazon's event stream: bytes in any split in, frames out.

A frame is a prelude (its length, that of its headers, a CRC32 of both), headers, a payload, and a CRC32 of all of it,
in network byte order. Source: https://smithy.io/2.0/aws/amazon-eventstream.html, 2026-11.

The peer is hostile: a wrong checksum, a length that cannot be or a header of an unknown kind break the parser for good,
and memory and time stay linear in what came, even one byte at a time.
"""

from collections.abc import Mapping
from struct import Struct
from struct import error as OutOfBytes
from typing import NamedTuple
from zlib import crc32

LONGEST_FRAME = 4 << 20
"""Bytes. The format allows 24 MiB; a frame of Bedrock's holds a few words, or at the most a document or an image."""

Header = bool | int | bytes | str

_PRELUDE = Struct(">III")
_CRC = Struct(">I")
_LENGTH = Struct(">H")
_NUMBERS = {2: Struct(">b"), 3: Struct(">h"), 4: Struct(">i"), 5: Struct(">q"), 8: Struct(">q")}
"""Whole numbers of 1, 2, 4 and 8 bytes, and milliseconds of Unix time."""
_TRUTHS = {0: True, 1: False}
_BYTES, _STRING, _UUID = 6, 7, 9
_HEAD, _FOOT = _PRELUDE.size, _CRC.size
_LEAST = _HEAD + _FOOT
_new = tuple.__new__
"""What ``Frame`` itself calls, a function of Python's further in."""
_KNOWN_AT_MOST = 32
"""Header blocks that are remembered in one stream: those of its kinds of events, which all events of a kind repeat."""


class Frame(NamedTuple):
    """One frame."""

    headers: Mapping[str, Header]
    """By name; ``:message-type``, ``:event-type`` and ``:exception-type`` say what it is."""
    payload: bytes


class Parser:
    """The incremental parser of one stream. Never raises; ``broken`` says why nothing more will come."""

    __slots__ = ("_known", "_need", "_rest", "broken")

    def __init__(self) -> None:
        self.broken: str | None = None
        self._rest = bytearray()
        self._need = _HEAD
        self._known: dict[bytes, Mapping[str, Header]] = {}

    @property
    def between_frames(self) -> bool:
        """Whether all that came was whole."""
        return not self._rest

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes; return the frames that are complete by now."""
        if self.broken is not None:
            return []
        if self._rest:
            self._rest += data
            if len(self._rest) < self._need:
                return []
            data = bytes(self._rest)
        frames: list[Frame] = []
        try:
            end = self._parse(data, frames)
        except (OutOfBytes, ValueError) as fault:
            self.broken = str(fault) if type(fault) is ValueError else "a frame's headers are garbled"
            end = len(data)
        if self._rest or end < len(data):
            self._rest = bytearray(data[end:])
        return frames

    def _parse(self, data: bytes, frames: list[Frame]) -> int:
        """Take the whole frames at the head of the data; how many bytes they are.

        Raises:
            ValueError: what comes next is no frame.
        """
        start, size = 0, len(data)
        while size - start >= _HEAD:
            total, of_headers, expected = _PRELUDE.unpack_from(data, start)
            if crc32(data[start : start + 8]) != expected:
                raise ValueError("the checksum of a frame's head is wrong")
            if total > LONGEST_FRAME:
                raise ValueError("a frame is longer than 4 MiB")
            if of_headers > total - _LEAST:
                raise ValueError("a frame's lengths contradict each other")
            if size - start < total:
                self._need = total
                return start
            end = start + total - _FOOT
            if crc32(data[start + 8 : end], expected) != _CRC.unpack_from(data, end)[0]:  # it goes on from the first
                raise ValueError("the checksum of a frame is wrong")
            payload = start + _HEAD + of_headers
            block = data[start + _HEAD : payload]
            frames.append(_new(Frame, (self._known.get(block) or self._headers(block), data[payload:end])))
            start += total
        self._need = _HEAD
        return start

    def _headers(self, block: bytes) -> Mapping[str, Header]:
        headers = _read_headers(block)
        if len(self._known) < _KNOWN_AT_MOST:
            self._known[block] = headers
        return headers


def _read_headers(block: bytes) -> dict[str, Header]:
    """Raises ValueError or struct.error where these are none."""
    headers: dict[str, Header] = {}
    at = 0
    while at < len(block):
        name, at = _cut(block, at + 1, block[at])
        kind = _cut(block, at, 1)[0][0]
        value, at = _value(block, at + 1, kind)
        text = str(name, "utf-8")
        if text in headers:
            raise ValueError("a frame has a header twice")
        headers[text] = value
    return headers


def _value(block: bytes, at: int, kind: int) -> tuple[Header, int]:
    """A header's value, and where it ends."""
    if kind in (_STRING, _BYTES):
        raw, end = _cut(block, at + _LENGTH.size, _LENGTH.unpack_from(block, at)[0])
        return (str(raw, "utf-8") if kind == _STRING else raw), end
    if kind in _TRUTHS:
        return _TRUTHS[kind], at
    if kind == _UUID:
        return _cut(block, at, 16)
    number = _NUMBERS.get(kind)
    if number is None:
        raise ValueError("a frame has a header of an unknown kind")
    value: int = number.unpack_from(block, at)[0]
    return value, at + number.size


def _cut(block: bytes, at: int, size: int) -> tuple[bytes, int]:
    end = at + size
    if end > len(block):
        raise ValueError("a frame's headers are garbled")
    return block[at:end], end
