"""Answers as they come over the wire, in any split."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.upstream.answer import HEAD_BYTES, HEAD_LINES, INTERIMS, Answer, Fields
from proxy.upstream.failures import ENCODED, NOT_HTTP, SWITCHES

HEAD = b"HTTP/1.1 200 OK\r\n"
OK = HEAD + b"content-length: 2\r\n\r\nok"
CHUNKED = HEAD + b"transfer-encoding: Chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nx-late: 1\r\n\r\n"
INTERIM = b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"


def _read(*data: bytes, without_body: bool = False) -> Answer:
    answer = Answer()
    answer.expect(without_body=without_body)
    for piece in data:
        if not answer.complete and answer.fault is None:
            answer.feed(piece)
    return answer


@pytest.mark.parametrize(
    ("wire", "body"),
    [
        (OK, b"ok"),
        (CHUNKED, b"hello"),
        (INTERIM + INTERIM + OK, b"ok"),
        (HEAD + b"content-length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n", b""),
        (HEAD + b"content-length: 4\r\n\r\nok\r\n", b"ok\r\n"),
    ],
    ids=["length", "chunked", "interim", "empty", "204", "304", "line break"],
)
def test_an_answer_is_the_same_at_every_split(wire: bytes, body: bytes) -> None:
    """Whole, in two at every place, and byte by byte; its connection may go on."""
    splits = [[wire], [wire[at : at + 1] for at in range(len(wire))]]
    splits += [[wire[:at], wire[at:]] for at in range(1, len(wire))]
    for split in splits:
        answer = _read(*split)
        assert (answer.fault, answer.complete, answer.keep) == (None, True, True)
        assert b"".join(answer.pieces) == body


def test_one_reader_reads_one_answer_after_another() -> None:
    """Nothing of the one before is left."""
    answer = Answer()
    answer.feed(HEAD + b"content-encoding: gzip\r\nkeep-alive: timeout=5\r\ncontent-length: 1\r\n\r\nx")
    assert (answer.gzip, answer.idle_for) == (True, 5.0)

    answer.expect()
    assert (answer.status, answer.complete, answer.pieces) == (0, False, [])
    answer.feed(b"HTTP/1.1 404 No\r\ncontent-length: 2\r\n\r\nno")

    assert (answer.status, answer.gzip, answer.idle_for, answer.pieces) == (404, False, None, [b"no"])


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (b"+OK POP3 ready\r\n\r\n", NOT_HTTP),
        (b"\x16\x03\x01\x00\xf4", NOT_HTTP),
        (b"HTTP/1.1 abc\r\n\r\n", NOT_HTTP),
        (b"HTTP/1.1 099 x\r\n\r\n", NOT_HTTP),
        (b"HTTP/1.1 000 x\r\n\r\n", NOT_HTTP),
        (b"HTTP/2.0 200 OK\r\n\r\n", NOT_HTTP),
        (b"HTTP/0.9 200 OK\r\n\r\n", NOT_HTTP),
        (b"RTSP/1.0 200 OK\r\n\r\n", NOT_HTTP),
        (b"\r\n" + OK, NOT_HTTP),
        (HEAD.replace(b"\r", b"") + b"content-length: 2\r\n\r\nok", NOT_HTTP),
        (HEAD + b"content-length: 2\n\r\nok", NOT_HTTP),
        (HEAD + b"x: y\r\n z\r\n\r\n", NOT_HTTP),
        (HEAD + b"x : y\r\n\r\n", NOT_HTTP),
        (HEAD + b"content-length: 2\r\ncontent-length: 2\r\n\r\nok", NOT_HTTP),
        (HEAD + b"content-length: +2\r\n\r\nok", NOT_HTTP),
        (HEAD + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", NOT_HTTP),
        (HEAD + b"transfer-encoding: gzip\r\n\r\nx", NOT_HTTP),
        (HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n", NOT_HTTP),
        (HEAD + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", NOT_HTTP),
        (b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", NOT_HTTP),
        (HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n", NOT_HTTP),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n2\nok\r\n", NOT_HTTP),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n" + b"f" * 17 + b"\r\n", NOT_HTTP),
        (HEAD + b"x: " + b"y" * HEAD_BYTES, NOT_HTTP),
        (HEAD + b"x: " + b"y" * HEAD_BYTES + b"\r\n\r\n", NOT_HTTP),
        (HEAD + b"x: y\r\n" * (HEAD_LINES + 1) + b"\r\n", NOT_HTTP),
        (INTERIM * (INTERIMS + 1) + OK, NOT_HTTP),
        (b"HTTP/1.1 110 x\r\ncontent-length: 2\r\n\r\nok" + OK, NOT_HTTP),
        (b"HTTP/1.1 101 x\r\n\r\n", SWITCHES),
        (b"HTTP/1.1 101 x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nx", SWITCHES),
        (HEAD + b"content-encoding: br\r\ncontent-length: 2\r\n\r\nok", ENCODED),
        (HEAD + b"content-encoding: gzip\r\ncontent-encoding: gzip\r\n\r\n", ENCODED),
    ],
)
def test_what_is_no_answer_is_refused_with_a_reason(wire: bytes, why: str) -> None:
    """F7, S15: and nothing of it comes out as a body; its connection is not used again."""
    for split in ([wire], [wire[at : at + 1] for at in range(len(wire))]):
        answer = _read(*split)
        assert (answer.fault, answer.keep) == (why, False)
        assert not answer.complete


def test_the_most_that_is_allowed_is_allowed() -> None:
    """The limits themselves pass."""
    room = HEAD_BYTES - len(HEAD + b"content-length: 0\r\nx: \r\n\r\n")
    for head in (
        HEAD + b"content-length: 0\r\n" + b"x: y\r\n" * (HEAD_LINES - 1) + b"\r\n",
        HEAD + b"content-length: 0\r\nx: " + b"y" * room + b"\r\n\r\n",
        INTERIM * INTERIMS + HEAD + b"content-length: 0\r\n\r\n",
    ):
        assert (_read(head).complete, _read(head).fault) == (True, None)


@pytest.mark.parametrize("first", [OK, CHUNKED, b"HTTP/1.1 204 No Content\r\n\r\n"])
@pytest.mark.parametrize("more", [OK, b"H", b"x", b"\r\n", b"\n", b"\0"])
def test_bytes_after_the_end_do_not_become_an_answer(first: bytes, more: bytes) -> None:
    """Response smuggling: the answer stands, its connection does not."""
    answer = _read(first + more)

    assert (answer.complete, answer.keep, answer.fault) == (True, False, None)
    assert b"".join(answer.pieces) in (b"ok", b"hello", b"")


@pytest.mark.parametrize(
    ("wire", "keep"),
    [
        (HEAD + b"connection: close\r\ncontent-length: 2\r\n\r\nok", False),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", False),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n0\r\nconnection: close\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok", True),
    ],
)
def test_a_connection_goes_on_where_its_answer_says_so(wire: bytes, keep: bool) -> None:
    """RFC 9112, 9.3."""
    assert (_read(wire).complete, _read(wire).keep) == (True, keep)


@pytest.mark.parametrize(
    ("fields", "more", "keep"),
    [
        (b"content-length: 5\r\n", b"", True),
        (b"transfer-encoding: chunked\r\n", b"", True),
        (b"x: y\r\n", b"", True),
        (b"connection: close\r\n", b"", False),
        (b"content-length: 5\r\n", b"hello", False),
    ],
)
def test_an_answer_without_a_body_ends_with_its_head(fields: bytes, more: bytes, keep: bool) -> None:
    """To HEAD: whatever its headers announce (RFC 9112, 6.3), and the next answer is read as any other."""
    answer = _read(HEAD + fields + b"\r\n" + more, without_body=True)
    assert (answer.complete, answer.keep, answer.fault, answer.pieces) == (True, keep, None, [])

    answer.expect()
    answer.feed(OK)
    assert (answer.complete, answer.pieces) == (True, [b"ok"])


@pytest.mark.parametrize(
    ("wire", "whole"),
    [
        (HEAD + b"\r\nhel", True),
        (HEAD + b"\r\n", True),
        (HEAD + b"content-length: 5\r\n\r\nhel", False),
        (CHUNKED[:-1], False),
        (HEAD + b"x: y", False),
        (b"", False),
        (HEAD + b"transfer-encoding: gzip\r\n\r\nhel", False),
    ],
)
def test_the_end_of_the_connection_is_an_end_only_where_nothing_else_was_promised(wire: bytes, whole: bool) -> None:
    """RFC 9112, 6.3, 8; such a connection is gone in any case."""
    answer = _read(wire)

    assert (answer.finish(), answer.complete, answer.keep) == (whole, whole, False)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"timeout=5", 5.0),
        (b"max=100, Timeout = 60", 60.0),
        (b"timeout=0", 0.0),
        (b"max=100", None),
        (b"timeout=", None),
        (b"timeout=-1", None),
        (b"timeout=1e9", None),
        (b"timeout=999999999999", None),
    ],
)
def test_the_other_sides_patience_is_read_where_it_makes_sense(value: bytes, seconds: float | None) -> None:
    """``keep-alive: timeout=n``, in seconds."""
    assert _read(HEAD + b"keep-alive: " + value + b"\r\ncontent-length: 2\r\n\r\nok").idle_for == seconds


def test_headers_are_shown_as_promised() -> None:
    """Lower case, trimmed, repeated ones joined, of the final answer only; any byte a header can carry."""
    answer = _read(INTERIM + HEAD + b"X-Many: a\r\nContent-Length:2\r\nx-many:\t b \r\nx-none:\r\nx-l: \xe9:\r\n\r\nok")

    assert answer.headers == {"x-many": "a, b", "content-length": "2", "x-none": "", "x-l": "\u00e9:"}
    assert list(answer.headers) == ["x-many", "content-length", "x-none", "x-l"]
    assert (len(answer.headers), answer.headers.get("link")) == (4, None)


def test_no_header_is_no_header() -> None:
    """A status line alone."""
    assert dict(Fields(HEAD)) == {}


@given(st.lists(st.sampled_from([OK, CHUNKED, INTERIM, HEAD, b"\r\n", b"0\r\n\r\n", b"x"]) | st.binary(), max_size=8))
def test_hostile_bytes_never_raise(wire: list[bytes]) -> None:
    """Whatever comes, in whatever order, also after the end."""
    answer = Answer()
    for piece in wire:
        if piece:
            answer.feed(piece)
    answer.finish()

    assert answer.status == 0 or answer.status >= 200
    assert not (answer.keep and answer.fault)
