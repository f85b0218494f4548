"""Events that repeat an earlier one but for text and counts are recognised, and nothing that only looks like it."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.translators.providers.gemini.gemini_asks import ask
from translators.facts import Failure, Usage
from translators.framing.splice import LESSONS
from translators.framing.sse import LONGEST_EVENT
from translators.providers.gemini.alike import CountedSplice
from translators.providers.gemini.stream import GeminiDecoder

EVENT = (
    b'{"candidates": [{"content": {"parts": [{"text": "%b"}],"role": "model"},"index": 0}],"usageMetadata": '
    b'{"promptTokenCount": %b,"totalTokenCount": %b,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 9}]},'
    b'"modelVersion": "gemini-2.5-flash","responseId": "r1"}'
)
ENDS = [b"\r\n\r\n", b"\n\n"]


def event(text: bytes, prompt: bytes = b"12", total: bytes = b"345") -> bytes:
    """The data of an event: a text as it stands between its quotes, and its usage."""
    return EVENT % (text, prompt, total)


def framed(*events: bytes, end: bytes = ENDS[0]) -> bytes:
    """Events as they come."""
    return b"".join([b"data: " + data + end for data in events])


def taught(*events: bytes) -> CountedSplice:
    """A splice that has seen these."""
    splice = CountedSplice()
    for data in events or (event(b"a"),):
        splice.learn(data)
    return splice


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("count", [1, 3])
def test_events_that_differ_in_text_and_counts_are_recognised(count: int, end: bytes) -> None:
    """Their texts are read as JSON, all their bytes are counted, and the last one can be had."""
    texts = [b"b", b"", 'ü\\n\\u00e9\\"'.encode()]
    raw = framed(*[event(text, b"98", b"76%d" % i) for i, text in enumerate(texts[:count])], end=end)
    splice = taught()

    assert splice.run(raw) == (["b", "", 'ü\né"'][:count], len(raw))
    news = splice.news()
    assert news is not None
    assert news["usageMetadata"]["totalTokenCount"] == 760 + count - 1
    assert splice.news() is None


def test_events_without_counts_are_recognised_too() -> None:
    """Vertex may give them at the end alone."""
    bare = b'{"candidates": [{"content": {"parts": [{"text": "%b"}]}}]}'
    raw = framed(bare % b"b")

    assert taught(bare % b"a").run(raw) == (["b"], len(raw))
    assert taught(bare % b"a").run(framed(event(b"b"))) == ([], 0)


@pytest.mark.parametrize("counts", [(b"1", b"345"), (b"12", b"3456"), (b"02", b"345"), (b"1e", b"345"), (b"", b"345")])
def test_counts_of_another_length_and_what_is_none_make_another_event(counts: tuple[bytes, bytes]) -> None:
    """A number that begins with 0 is not JSON."""
    assert taught().run(framed(event(b"b", *counts))) == ([], 0)


def test_a_count_of_one_digit_may_be_0() -> None:
    """That is a number."""
    raw = framed(event(b"b", b"0"))

    assert taught(event(b"a", b"7")).run(raw) == (["b"], len(raw))


@pytest.mark.parametrize(
    "counts",
    [(b"12", b"1234567890"), (b"12", b'1,"x": 5'), (b"12", b"-5"), (b"1.5", b"12"), (b"12", b'5,"x\\u00e9": 7')],
)
def test_nothing_is_learnt_where_a_digit_is_not_a_counts(counts: tuple[bytes, bytes]) -> None:
    """Absurd counts (F11), fractions and whatever else has digits between counts are read with care."""
    data = event(b"a", *counts)

    for i in range(len(data)):
        if data[i : i + 1].isdigit():
            other = data[:i] + b"%d" % ((data[i] - 47) % 10) + data[i + 1 :]
            texts, _ = taught(data).run(framed(other))
            assert not texts or b'Count": ' in data[i - 9 : i] or data[i - 1 : i].isdigit()


def test_a_run_ends_with_the_first_event_that_is_another() -> None:
    """And half an event is none yet."""
    raw = framed(event(b"b"), event(b"c"))
    splice, other = taught(), framed(event(b"d").replace(b'"index": 0', b'"index": 1'), event(b"e"))

    assert splice.run(raw + other) == (["b", "c"], len(raw))
    for cut in range(len(framed(event(b"d")))):
        assert splice.run(raw + framed(event(b"d"))[:cut]) == (["b", "c"], len(raw))


def test_one_byte_beside_text_and_counts_makes_another_event() -> None:
    """Wherever it is, and whether it is changed, missing or one too many."""
    whole, splice, first = b"data: " + event(b"b"), taught(), framed(event(b"c"))
    at = whole.index(b'"b"') + 1

    for i in range(len(whole)):
        if i != at:
            for byte in (b"~", b"", b"x", b'"', b"\r"):
                other = whole[:i] + byte + whole[i + 1 :]
                for end in ENDS:
                    assert other == whole or splice.run(other + end) == ([], 0)
                assert other == whole or splice.run(first + other + ENDS[0]) == (["c"], len(first))


@pytest.mark.parametrize("text", [b'b","text":"c', b'b"', b"b\\", b"b\nc", b"b\rc", b"\xff", b"\\ud800", b"\\x"])
def test_no_text_reaches_out_of_its_string(text: bytes) -> None:
    """What is not one string of JSON is left to whoever reads with care."""
    first = framed(event(b"z"))

    assert taught().run(framed(event(text))) == ([], 0)
    assert taught().run(first + framed(event(text), event(b"d"))) == (["z"], len(first))


def test_a_text_may_quote_what_stands_behind_texts() -> None:
    """Its quotes are escaped, and are no ends."""
    quoted = event(b"").partition(b'"text": "')[2].replace(b'"', b'\\"')
    raw = framed(event(quoted), event(b'\\"' + quoted))

    assert [len(text) for text in taught().run(raw)[0]] == [len(quoted.replace(b"\\", b"")) + more for more in (0, 1)]


def test_lessons_are_few_and_what_is_known_is_none() -> None:
    """A stream of which no two events are alike costs little more than its reading."""
    splice = taught(*[event(b"a")] * 3 * LESSONS, event(b"a", b"1"))
    assert splice.run(framed(event(b"b", b"2")))[0] == ["b"]

    for number in range(LESSONS + 1):
        splice.learn(event(b"a").replace(b"r1", b"r1%d" % number))
    assert splice.run(framed(event(b"b").replace(b"r1", b"r1%d" % LESSONS))) == ([], 0)


@pytest.mark.parametrize("data", [b'{"n":1}', b'{"text":"a","text":"b"}', b'{"text":1}', b'{\n"text":"a"}'])
def test_nothing_is_learnt_where_it_is_not_plain_which_string_is_the_text(data: bytes) -> None:
    """None, several, no string, or over several lines."""
    assert taught(data).run(framed(data.replace(b"a", b"c"))) == ([], 0)


def test_what_is_named_is_another_event_and_what_was_forgotten_is_unknown() -> None:
    """Gemini's events have no names."""
    splice = taught()
    forgetful = taught()
    forgetful.forget()

    assert splice.run(b"event: x\r\n" + framed(event(b"b"))) == ([], 0)
    assert forgetful.run(framed(event(b"b"))) == ([], 0)


def test_an_event_is_no_longer_than_any_other_may_be() -> None:
    """The parser refuses it, and how a stream is cut must not show."""
    longest = LONGEST_EVENT - len(b"data: " + event(b""))

    assert taught().run(framed(event(b"x" * longest)))[1] == LONGEST_EVENT + 4
    assert taught().run(framed(event(b"x" * (longest + 1)))) == ([], 0)


class Forgetful(CountedSplice):
    """Learns nothing, so that every event is read with care."""

    __slots__ = ()

    def learn(self, data: bytes, name: str = "") -> None:
        """Not at all."""


def end_of(decoder: GeminiDecoder, pieces: list[bytes]) -> tuple[bytes, list[Usage | None], Failure | None, int]:
    """All there is to see of a stream, and the usage after each read where it is asked for."""
    out, usages = b"", []
    for position, piece in enumerate(pieces):
        out += decoder.feed(piece)
        if position % 3 == 0:
            usages.append(decoder.usage)
    out += decoder.close()
    return out, [*usages, decoder.usage], decoder.failure, decoder.produced


PART = st.sampled_from(
    [b'"text": "b"', b'"text": ""', b'"text": "\\"}],"', b'"text": "t","thought": true', b'"text": 1', b'"text": "\\x"']
)
SAID = st.builds(
    lambda part, prompt, total, more: (
        b"data: " + event(b"", prompt, total).replace(b'"text": ""', part).replace(b'"index": 0', b'"index": 0' + more)
    ),
    st.one_of(st.just(b'"text": "a"'), PART),
    st.sampled_from([b"12", b"13", b"1", b"012"]),
    st.sampled_from([b"345", b"346", b"99999999999"]),
    st.sampled_from([b"", b"", b"", b',"finishReason": "STOP"', b',"tokenCount": 5']),
)


@settings(deadline=None, max_examples=300)
@given(st.lists(SAID, max_size=12), st.sampled_from(ENDS), st.lists(st.integers(0, 4000), max_size=6))
def test_what_is_recognised_comes_to_what_care_would_come_to(events: list[bytes], end: bytes, cuts: list[int]) -> None:
    """Texts, thoughts between them, usage at any time, the end: in one read for each event, and in any others."""
    raw = b"".join([data + end for data in events])
    places = sorted({0, len(raw), *[cut for cut in cuts if cut < len(raw)]})
    others = [raw[begin:stop] for begin, stop in pairwise(places)]
    request = ask(stream=True, stream_options={"include_usage": True})

    for pieces in ([data + end for data in events], others):
        careful = GeminiDecoder(request)
        careful._alike = careful._splice = Forgetful()
        assert end_of(GeminiDecoder(request), pieces) == end_of(careful, pieces)
