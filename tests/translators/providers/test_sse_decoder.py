"""The skeleton of a decoder, seen through a wire format of its own: numbers, added up."""

from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translators.base import Decoder
from translators.facts import Failure, FailureKind
from translators.framing.splice import Splice
from translators.framing.sse import LONGEST_EVENT, Event
from translators.providers.sse_decoder import SseDecoder, is_json

REFUSED = Failure(FailureKind.OVERLOADED, "Refused.", 503)


class Sums(SseDecoder):
    """Each event is a digit and comes out as the sum so far; 0 ends the stream, anything else breaks it."""

    __slots__ = ("_sum",)

    def __init__(self) -> None:
        super().__init__(Splice(b"text"))
        self._sum = 0

    @property
    def produced(self) -> int:
        return self._sum

    def _take(self, event: Event) -> bytes:
        if event.name == "error" or len(event.data) > 1 or not event.data.isdigit():
            return self._fail(REFUSED)
        number = int(event.data)
        self._sum += number
        self.started, self.finished = True, number == 0
        return b"%d " % self._sum

    def _pass_on(self, texts: list[str], data: bytes) -> bytes:
        raise AssertionError("nothing was taught")

    def _error_in(self, document: Any) -> Failure | None:
        return REFUSED if "error" in document else None


class SumsThatMayRunOut(Sums):
    """A sum over ten may just stop, and a full stop ends any."""

    __slots__ = ()

    _LAST_WORD: ClassVar[bytes | None] = b"."

    def _take(self, event: Event) -> bytes:
        if event.data != b".":
            return super()._take(event)
        self.finished = True
        return b"."

    def _run_out(self) -> bytes:
        if self._sum <= 10:
            return super()._run_out()
        self.finished = True
        return b"enough"


def run(decoder: Decoder, *pieces: bytes) -> tuple[bytes, bool, bool, Failure | None]:
    """All there is to see of a stream."""
    out = b"".join([decoder.feed(piece) for piece in pieces]) + decoder.close()
    return out, decoder.started, decoder.finished, decoder.failure


def kind_of(decoder: Decoder) -> FailureKind | None:
    """Of its failure, where it has one."""
    return None if decoder.failure is None else decoder.failure.kind


def test_events_come_out_as_soon_as_they_are_complete() -> None:
    """And none before, wherever the bytes are cut."""
    decoder = Sums()

    assert [decoder.feed(piece) for piece in (b" \n", b"data: 1\n\ndata: 2\n\nda", b"ta: 3\n", b"\n")] == [
        b"",
        b"1 3 ",
        b"",
        b"6 ",
    ]
    assert (decoder.started, decoder.finished, decoder.failure, decoder.usage) == (True, False, None, None)


def test_nothing_comes_out_after_the_terminal_event() -> None:
    """Neither from the same bytes nor from later ones."""
    assert run(Sums(), b"data: 1\n\ndata: 0\n\ndata: 5\n\n", b"data: 6\n\n") == (b"1 1 ", True, True, None)


def test_nothing_comes_out_after_a_failure() -> None:
    """What came before it stays."""
    raw = b"data: 1\n\nevent: error\ndata: 1\n\ndata: 5\n\n"

    assert run(Sums(), raw, b"data: 0\n\n") == (b"1 ", True, False, REFUSED)


@pytest.mark.parametrize("bad", [b"data: \xff\n\n", b"data: 1" + b"0" * LONGEST_EVENT])
def test_invalid_framing_is_garbled_after_what_was_right(bad: bytes) -> None:
    """F8: the events before it go out."""
    decoder = Sums()

    assert decoder.feed(b"data: 1\n\n" + bad[:8]) == b"1 "
    assert decoder.feed(bad[8:]) == b""
    assert kind_of(decoder) is FailureKind.GARBLED
    assert decoder.feed(b"\n\ndata: 0\n\n") + decoder.close() == b""
    assert not decoder.finished


@pytest.mark.parametrize("raw", [b"", b"\n\n", b": ping\n\n", b"data: 1\n\n", b"data: 1\n\ndata: {"])
def test_an_end_without_a_terminal_event_is_a_break(raw: bytes) -> None:
    """F6: the model may have done its work; half an event is none."""
    decoder = Sums()
    run(decoder, raw)

    assert not decoder.finished
    assert decoder.failure is not None
    assert (decoder.failure.kind, decoder.failure.reached_model) == (FailureKind.UNREACHABLE, True)


def test_a_wire_format_may_know_of_another_proper_end() -> None:
    """It says what is left, after the last event that lacked its blank line."""
    assert run(SumsThatMayRunOut(), b"data: 8\n\ndata: 3") == (b"8 11 enough", True, True, None)

    short = SumsThatMayRunOut()
    assert run(short, b"data: 8\n\n")[0] == b"8 "
    assert kind_of(short) is FailureKind.UNREACHABLE


@pytest.mark.parametrize(
    ("last", "end"),
    [
        (b"data: 0", (b"1 1 ", True, True, None)),
        (b"data: 0\r\n", (b"1 1 ", True, True, None)),
        (b"event: error\ndata: 0", (b"1 ", True, False, REFUSED)),
    ],
)
def test_a_last_event_may_lack_its_blank_line(last: bytes, end: tuple[Any, ...]) -> None:
    """Some servers leave it out."""
    assert run(Sums(), b"data: 1\n\n" + last) == end


def test_a_last_word_that_is_no_json_may_lack_its_blank_line_where_it_is_known() -> None:
    """Of other wire formats it is half an event."""
    knows, knows_not = SumsThatMayRunOut(), Sums()

    assert run(knows, b"data: 1\n\ndata: .") == (b"1 .", True, True, None)
    assert run(knows_not, b"data: 1\n\ndata: .")[0] == b"1 "
    assert kind_of(knows_not) is FailureKind.UNREACHABLE


@pytest.mark.parametrize("raw", [b'{"error": 1}', b' \r\n{\n\n"error": 1\n\n}', b'["error"]'])
def test_an_error_in_the_place_of_a_stream_is_read(raw: bytes) -> None:
    """In one piece or byte by byte, and whatever looks like an event in it."""
    for pieces in ([raw], [raw[i : i + 1] for i in range(len(raw))]):
        assert run(Sums(), *pieces) == (b"", False, False, REFUSED)


@pytest.mark.parametrize("raw", [b'{"sum": 1}', b'{"error":', b"<html>\n\ndata: 0\n\n</html>"])
def test_anything_else_in_the_place_of_a_stream_is_garbled(raw: bytes) -> None:
    """No event is read out of it."""
    decoder = Sums()

    assert run(decoder, raw[:1], raw[1:])[0] == b""
    assert kind_of(decoder) is FailureKind.GARBLED
    assert not decoder.finished


def test_what_stands_in_the_place_of_a_stream_is_kept_up_to_a_mebibyte() -> None:
    """S: a body without an end costs no memory; one byte more, and it has failed before its end."""
    decoder = Sums()

    decoder.feed(b"{" + b" " * (LONGEST_EVENT - 1))
    assert decoder.failure is None
    decoder.feed(b" ")
    assert kind_of(decoder) is FailureKind.GARBLED
    assert run(decoder, b'"error": 1}')[0] == b""


def test_only_the_first_character_tells_a_stream() -> None:
    """Once it is one, a bracket at the start of a read is the rest of an event."""
    assert run(Sums(), b"\n", b"data: 1\n\n", b"<\n", b"{\ndata: 0\n\n") == (b"1 1 ", True, True, None)


PIECES = st.sampled_from(
    [b"data: 1\n\n", b"data: 0\n\n", b"event: error\n", b"data: ", b"7", b"\n", b"\r", b": \n\n", b"{", b"}", b"\xff"]
)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=10).map(b"".join), st.data())
def test_every_stream_ends_in_exactly_one_way_at_any_split(raw: bytes, data: st.DataObject) -> None:
    """I11: finished or failed; the cuts do not show."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=6)))
    whole = run(Sums(), raw)

    assert whole[2] is (whole[3] is None)
    assert run(Sums(), *[raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]) == whole


@pytest.mark.parametrize(
    ("data", "answer"),
    [(b"{}", True), (b" 1\n", True), (b"", False), (b"{", False), (b"[" * 5000 + b"]" * 5000, False)],
)
def test_json_is_told_from_the_rest(data: bytes, answer: bool) -> None:
    """Nested too deeply is not JSON, since nothing could read it."""
    assert is_json(data) is answer
