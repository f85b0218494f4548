"""What a journal is made of: frames of a kind, a length and a checksum. Nothing of it needs the database.

A frame is only written after the one before it. So what a killed process leaves is whole but for the last one, and the
checksum tells where that is; after a power cut it tells which pages never came to the disk.
"""

from collections.abc import Iterator
from struct import Struct
from zlib import crc32

HEAD = Struct("<BII")
"""Kind, length of the payload, CRC-32 of kind and payload."""
HEAD_SIZE = HEAD.size
INTENT, DISPATCH, SETTLED = b"IDS"

Frame = tuple[int, bytes, int]
"""Kind, payload, and where the next frame begins."""


def framed(kind: int, payload: bytes) -> bytes:
    """A frame."""
    return HEAD.pack(kind, len(payload), crc32(payload, kind)) + payload


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
        if check and crc32(payload, kind) != checksum:
            return
        yield kind, payload, start
