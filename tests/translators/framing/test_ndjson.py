"""Newline-delimited JSON: every legal form at every split, and peers that know no measure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators.framing.ndjson import LONGEST_LINE, Lines

RAW = '{"a":"ü"}\r\n\n  \r\n{"b":1}\n\t{"c":2} \n{"d'.encode()
WHOLE = ['{"a":"ü"}'.encode(), b'{"b":1}', b'{"c":2}']


@given(st.lists(st.integers(0, len(RAW)), max_size=12))
def test_a_split_never_shows(cuts: list[int]) -> None:
    """LF, CRLF, blank lines and white space around; inside a letter of several bytes too."""
    places = sorted(cuts)
    lines = Lines()

    found = [line for a, b in zip([0, *places], [*places, len(RAW)], strict=True) for line in lines.feed(RAW[a:b])]

    assert found == WHOLE
    assert lines.close() == b'{"d'


def test_a_line_comes_when_it_is_whole_and_not_before() -> None:
    """And what is left is told at the end, once nothing more can come."""
    lines = Lines()

    assert lines.feed(b'{"a":') == []
    assert lines.feed(b"1}\n{}") == [b'{"a":1}']
    assert lines.close() == b"{}"
    assert Lines().close() == b""


@pytest.mark.parametrize("size", [1 << 12, LONGEST_LINE * 2])
def test_a_line_without_end_breaks_the_parser(size: int) -> None:
    """And at most a line's length of it is kept."""
    lines, piece = Lines(), b"x" * size

    for _ in range(LONGEST_LINE // size + 2):
        assert lines.feed(piece) == []

    assert lines.broken == "a line is longer than 1 MiB"
    assert lines.feed(b"\n{}\n") == []
    assert lines.close() == b""


def test_a_long_line_breaks_it_though_it_ends() -> None:
    """Those before it were whole."""
    lines = Lines()

    assert lines.feed(b"{}\n" + b"x" * (LONGEST_LINE + 1) + b"\n{}\n") == [b"{}"]
    assert lines.broken is not None


def test_the_longest_line_is_one() -> None:
    """With its end, or without."""
    longest = b"x" * LONGEST_LINE

    assert Lines().feed(longest + b"\n") == [longest]
    lines = Lines()
    assert lines.feed(longest) == []
    assert lines.close() == longest
