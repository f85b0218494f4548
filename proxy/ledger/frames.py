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
TAIL = 96
"""So many bytes of a payload are under its checksum."""
INTENT, DISPATCH, SETTLED = b"IDS"

Frame = tuple[int, bytes, int]
"""Kind, payload, and where the next frame begins."""


def framed(kind: int, payload: bytes) -> bytes:
    """A frame."""
    size = len(payload)
    return HEAD.pack(kind, size, crc32(payload[-TAIL:], size << 8 | kind)) + payload


def frames(data: bytes, *, check: bool = True) -> Iterator[Frame]:
    """The frames in order, up to the end or the first one that is not whole. A kind of 0 is room never used.

    Args:
        data: begins with a frame.
        check: their checksums; what this process wrote itself need not be doubted.
    """
    start, size = 0, len(data)
    while start + HEAD_SIZE <= size:
        kind, length, checksum = HEAD.unpack_from(data, start)
        begin = start + HEAD_SIZE
        start = begin + length
        if not kind or start > size:
            return
        payload = data[begin:start]
        if check and (crc32(payload[-TAIL:], length << 8 | kind) != checksum or b"\0" in payload):
            return
        yield kind, payload, start
