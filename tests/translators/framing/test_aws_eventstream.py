"""Amazon's event stream at every byte split (F8, I11), checked against botocore's own parser."""

import struct
import uuid
from collections.abc import Iterable
from random import Random
from typing import Any
from zlib import crc32

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rig.frames import EVENT, framed
from translators.framing.aws_eventstream import LONGEST_FRAME, Frame, Parser

HELLO = framed(b'{"role":"assistant"}', EVENT | {":event-type": "messageStart"})
TEXT = framed(b'{"text":"Hi"}', EVENT | {":event-type": "contentBlockDelta"})

NAMES = st.text(min_size=1, max_size=20).filter(lambda name: len(name.encode()) < 256)
VALUES: dict[int, st.SearchStrategy[Any]] = {
    0: st.just(True),
    1: st.just(False),
    2: st.integers(-(2**7), 2**7 - 1),
    3: st.integers(-(2**15), 2**15 - 1),
    4: st.integers(-(2**31), 2**31 - 1),
    5: st.integers(-(2**63), 2**63 - 1),
    6: st.binary(max_size=40),
    7: st.text(max_size=40),
    8: st.integers(0, 2**53),
    9: st.uuids().map(lambda value: value.bytes),
}


@st.composite
def headers(draw: st.DrawFn) -> bytes:
    """The headers of a frame, of every kind that there is."""
    block = b""
    for name in draw(st.lists(NAMES, max_size=4, unique=True)):
        kind = draw(st.sampled_from(sorted(VALUES)))
        value = draw(VALUES[kind])
        encoded = name.encode()
        block += bytes([len(encoded)]) + encoded + bytes([kind]) + written(kind, value)
    return block


def written(kind: int, value: Any) -> bytes:
    """A header's value as the format has it."""
    if kind in (0, 1):
        return b""
    if kind in (6, 7):
        raw = value.encode() if kind == 7 else value
        return struct.pack(">H", len(raw)) + raw
    if kind == 9:
        return bytes(value)
    return struct.pack({2: ">b", 3: ">h", 4: ">i", 5: ">q", 8: ">q"}[kind], value)


def frame_of(block: bytes, payload: bytes) -> bytes:
    """A frame of a header block that is written already."""
    head = struct.pack(">II", 16 + len(block) + len(payload), len(block))
    body = head + struct.pack(">I", crc32(head)) + block + payload
    return body + struct.pack(">I", crc32(body))


def frames(pieces: Iterable[bytes]) -> tuple[list[Frame], str | None]:
    """What a parser makes of some pieces."""
    parser = Parser()
    found = [frame for piece in pieces for frame in parser.feed(piece)]
    return found, parser.broken


def botocores(raw: bytes) -> list[Frame]:
    """What botocore makes of the same bytes."""
    buffer = EventStreamBuffer()
    buffer.add_data(raw)
    return [Frame(event.headers, event.payload) for event in buffer]


@settings(deadline=None)
@given(st.lists(st.tuples(headers(), st.binary(max_size=200)), max_size=6), st.data())
def test_frames_are_what_botocore_reads_at_any_split(parts: list[tuple[bytes, bytes]], data: st.DataObject) -> None:
    """Headers of every kind, payloads of any bytes."""
    raw = b"".join(frame_of(block, payload) for block, payload in parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    pieces = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]

    assert frames(pieces) == (botocores(raw), None)


def test_frames_are_read_byte_by_byte_and_at_each_cut() -> None:
    """No place is special."""
    raw = HELLO + TEXT + TEXT
    expected = (botocores(raw), None)

    assert len(expected[0]) == 3
    assert frames(raw[i : i + 1] for i in range(len(raw))) == expected
    for cut in range(len(raw) + 1):
        assert frames([raw[:cut], b"", raw[cut:]]) == expected


@settings(deadline=None)
@given(st.integers(0, 8 * len(TEXT) - 1))
def test_a_flipped_bit_breaks_the_stream(bit: int) -> None:
    """Wherever it is; the frame before it is good, and nothing comes after."""
    flipped = bytearray(TEXT)
    flipped[bit // 8] ^= 1 << bit % 8

    found, broken = frames([HELLO, bytes(flipped), TEXT])

    assert found == botocores(HELLO)
    assert broken is not None


@settings(deadline=None)
@given(st.lists(st.binary(max_size=64), max_size=10))
def test_garbage_never_raises(pieces: list[bytes]) -> None:
    """Whatever comes: frames, or a reason why none will."""
    parser = Parser()
    for piece in pieces:
        parser.feed(piece)

    assert parser.broken is None or parser.feed(TEXT) == []


@pytest.mark.parametrize(
    "block",
    [
        b"\x05ab",
        b"\x01a",
        b"\x01a\x07",
        b"\x01a\x07\x00\x05ab",
        b"\x01a\x04\x00",
        b"\x01a\x09\x00",
        b"\x01a\x0a",
        b"\x01\xff\x00",
        b"\x01a\x07\x00\x01\xff",
        b"\x01a\x00\x01a\x01",
    ],
)
def test_headers_that_are_none_break_the_stream(block: bytes) -> None:
    """Cut off, of an unknown kind, not UTF-8, or twice: the checksums may be right all the same."""
    found, broken = frames([HELLO, frame_of(block, b"x")])

    assert len(found) == 1
    assert broken is not None
    assert "header" in broken or "utf-8" in broken


def test_lengths_that_contradict_each_other_break_the_stream() -> None:
    """The headers cannot be longer than the frame."""
    head = struct.pack(">II", 20, 5)

    assert frames([head + struct.pack(">I", crc32(head))])[1] == "a frame's lengths contradict each other"


def test_a_frame_that_is_too_long_is_refused_by_its_head() -> None:
    """Nothing is kept of it."""
    head = struct.pack(">II", LONGEST_FRAME + 1, 0)

    assert frames([head + struct.pack(">I", crc32(head))])[1] == "a frame is longer than 4 MiB"


def test_the_longest_frame_is_read() -> None:
    """To the byte, in pieces."""
    raw = frame_of(b"", Random(1).randbytes(LONGEST_FRAME - 16))

    found, broken = frames(raw[i : i + 65_536] for i in range(0, len(raw), 65_536))

    assert broken is None
    assert found == [Frame({}, raw[12:-4])]


def test_a_stream_of_many_kinds_of_headers_is_read() -> None:
    """Only so many are remembered; none is confused with another."""
    raw = [framed(b"x", {"id": uuid.UUID(int=number).hex}) for number in range(100)]

    found, broken = frames([b"".join(raw) * 2])

    assert broken is None
    assert [frame.headers["id"] for frame in found] == [uuid.UUID(int=number).hex for number in range(100)] * 2


def test_half_a_frame_shows() -> None:
    """So that a stream that was cut off can be told from one that ended."""
    parser = Parser()
    parser.feed(HELLO)
    assert parser.between_frames

    parser.feed(TEXT[:5])
    assert not parser.between_frames
