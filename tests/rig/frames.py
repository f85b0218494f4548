"""Frames of Amazon's event stream, for tests that speak it: https://smithy.io/2.0/aws/amazon-eventstream.html."""

import struct
from collections.abc import Mapping
from zlib import crc32

EVENT: Mapping[str, str] = {":content-type": "application/json", ":message-type": "event"}
"""What the headers of all events have in common."""


def framed(payload: bytes, headers: Mapping[str, str]) -> bytes:
    """One frame; its headers are strings."""
    block = b"".join(_header(name.encode(), value.encode()) for name, value in headers.items())
    head = struct.pack(">II", 16 + len(block) + len(payload), len(block))
    body = head + struct.pack(">I", crc32(head)) + block + payload
    return body + struct.pack(">I", crc32(body))


def _header(name: bytes, value: bytes) -> bytes:
    return bytes([len(name)]) + name + b"\x07" + struct.pack(">H", len(value)) + value
