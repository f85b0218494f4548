"""What a journal is made of: frames of a kind, a length and a checksum. Nothing of it needs the database.

A frame is only written after the one before it. So what a killed process leaves is whole but for the last one. After a
power cut pages may be missing anywhere: they read as zeros, and no payload, being JSON, has a zero in it. So the
checksum need not go over all of it, which would cost a request as much as all the rest of its journal.
"""

from collections.abc import Iterator
from struct import Struct
from zlib import crc32

HEAD = Struct("<BII")
"""Kind, length of the payload, and the CRC-32 of both and of the payload's last bytes."""
HEAD_SIZE = HEAD.size
TAIL = 32
"""So many bytes of a payload are under its checksum."""
INTENT, DISPATCH, SETTLED = b"IDS"

Frame = tuple[int, bytes, int]
"""Kind, payload, and where the next frame begins."""


def framed(kind: int, payload: bytes) -> bytes:
    """A frame."""
    size = len(payload)
    return HEAD.pack(kind, size, crc32(payload[-TAIL:], size << 8 | kind)) + payload


def settled(data: bytes) -> tuple[list[bytes], int]:
    """The payloads of requests that are over, out of what this process wrote itself and need not doubt; and where the
    next frame begins.

    Args:
        data: begins with a frame; the last one may be cut.
    """
    found, begin, size, unpack = [], HEAD_SIZE, len(data), HEAD.unpack_from
    while begin <= size:
        kind, length, _ = unpack(data, begin - HEAD_SIZE)
        end = begin + length
        if not kind or end > size:
            break
        if kind == SETTLED:
            found.append(data[begin:end])
        begin = end + HEAD_SIZE
    return found, begin - HEAD_SIZE


def frames(data: bytes) -> Iterator[Frame]:
    """The frames in order, up to the end or the first one that is not whole. A kind of 0 is room never used.

    Args:
        data: begins with a frame.
    """
    start, size = 0, len(data)
    while start + HEAD_SIZE <= size:
        kind, length, checksum = HEAD.unpack_from(data, start)
        begin = start + HEAD_SIZE
        start = begin + length
        if not kind or start > size:
            return
        payload = data[begin:start]
        if crc32(payload[-TAIL:], length << 8 | kind) != checksum or b"\0" in payload:
            return
        yield kind, payload, start
