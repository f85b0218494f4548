"""What repeats an earlier event is recognised, and nothing that only looks like it."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translators.base import ChatRequest
from translators.facts import Failure, Usage
from translators.framing.splice import LESSONS, Splice
from translators.framing.sse import LONGEST_EVENT
from translators.providers.anthropic import AnthropicDecoder
from translators.providers.openai.stream import OpenAIDecoder
from translators.providers.sse_decoder import SseDecoder
from translators.providers.vendors import VENDORS

ASK = ChatRequest("chatcmpl-ours", 7, b"", {"messages": []}, "smart", stream=True, include_usage=True)


def event(text: bytes, number: int = 0) -> bytes:
    """The data of an event: a text as it stands between its quotes, and something beside it."""
    return b'{"n":%d,"text":"%b","z":1}' % (number, text)


def framed(*events: bytes) -> bytes:
    """Events as they come."""
    return b"".join([b"data: " + data + b"\n\n" for data in events])


def taught(*events: bytes, noise: bytes = b"") -> Splice:
    """A splice that has seen these."""
    splice = Splice(b"text", noise)
    for data in events:
        splice.learn(data)
    return splice


def test_events_that_differ_in_their_text_alone_are_recognised() -> None:
    """Their texts are read as JSON, and all their bytes are counted."""
    raw = framed(event(b"b"), event(b""), event('ü\\n\\u00e9\\"'.encode()))

    assert taught(event(b"a")).run(raw) == (["b", "", 'ü\né"'], len(raw))


def test_the_name_of_an_event_is_part_of_it() -> None:
    """Another one, or none, is another event."""
    splice = Splice(b"text")
    splice.learn(event(b"a"), "delta")
    named = b"event: delta\n" + framed(event(b"b"))

    assert splice.run(named) == (["b"], len(named))
    assert splice.run(framed(event(b"b"))) == splice.run(named.replace(b"delta", b"omega")) == ([], 0)


def test_a_run_ends_with_the_first_event_that_is_another() -> None:
    """And half an event is none yet."""
    raw = framed(event(b"b"), event(b"c"))
    splice = taught(event(b"a"))

    assert splice.run(raw + framed(event(b"d", number=1), event(b"e"))) == (["b", "c"], len(raw))
    for cut in range(len(framed(event(b"d")))):
        assert splice.run(raw + framed(event(b"d"))[:cut]) == (["b", "c"], len(raw))


def test_one_byte_beside_the_text_makes_another_event() -> None:
    """Wherever it is, and whether it is changed, missing or one too many."""
    whole, splice, first = b"data: " + event(b"b"), taught(event(b"a")), framed(event(b"c"))
    at = whole.index(b'"b"') + 1

    for i in range(len(whole)):
        if i != at:
            for other in (whole[:i] + b"~" + whole[i + 1 :], whole[:i] + whole[i + 1 :]):
                assert splice.run(other + b"\n\n") == ([], 0)
                assert splice.run(first + other + b"\n\n") == (["c"], len(first))


@pytest.mark.parametrize(
    "text",
    [
        b'b","text":"c',
        b'b","c',
        b'b"',
        b"b\\",
        b'b",\n"c',
        b"b\nc",
        b"b\rc",
        b"\xff",
        b"\\ud800",
        b"\\x",
    ],
)
def test_no_text_reaches_out_of_its_string(text: bytes) -> None:
    """What is not one string of JSON is left to whoever reads with care, and so is all that came with it."""
    assert taught(event(b"a")).run(framed(event(b"z"), event(text), event(b"d"))) == ([], 0)


def test_no_text_makes_up_for_another() -> None:
    """One that escapes its closing quote, and one with a quote too many, are two strings together, but not theirs."""
    assert taught(event(b"a")).run(framed(event(b"x\\"), event(b',"y'))) == ([], 0)


def test_no_text_takes_the_next_ones_into_an_array_of_its_own() -> None:
    """As many entries as events, but one of them is an array: ``["a", ["b", "c", "d"], "e"]``."""
    assert taught(event(b"a")).run(framed(event(b'a",["b'), event(b"c"), event(b'd"],"e'))) == ([], 0)


def test_the_head_of_a_text_is_no_end_of_another() -> None:
    """An event shorter than what is around the text is none, though it begins and ends like one."""
    splice = taught(b'"text":"a""text":"')

    assert splice.run(b'data: "text":"\n\n') == ([], 0)
    assert taught(b'{"text":"a"').run(b'data: {"text":"\n\n') == ([], 0)


def test_noise_behind_the_text_may_differ() -> None:
    """It is read too, and told to nobody."""
    splice = taught(b'{"text":"a","noise":"xyz"}', noise=b"noise")
    raw = framed(b'{"text":"b","noise":""}', b'{"text":"c","noise":"\\"q"}')

    assert splice.run(raw) == (["b", "c"], len(raw))
    assert splice.run(framed(b'{"text":"b","noise":"\xff"}')) == ([], 0)
    assert splice.run(framed(b'{"text":"b","noise":"x","y":"z"}')) == ([], 0)
    assert splice.run(framed(b'{"text":"b"}')) == ([], 0)


@pytest.mark.parametrize(
    "data",
    [b'{"n":1}', b'{"text":"a","text":"b"}', b'{"noise":"x","text":"a"}', b'{"text":1}', b'{\n"text":"a"}'],
)
def test_nothing_is_learnt_where_it_is_not_plain_which_string_is_the_text(data: bytes) -> None:
    """None, several, behind the noise, no string, or over several lines."""
    assert taught(data, noise=b"noise").run(framed(data.replace(b"a", b"c"))) == ([], 0)


def test_a_name_inside_of_a_string_is_no_field() -> None:
    """Quotes are escaped there."""
    splice = taught(b'{"x":"\\"text\\":\\"no\\"","text":"a"}')
    raw = framed(b'{"x":"\\"text\\":\\"no\\"","text":"b"}')

    assert splice.run(raw) == (["b"], len(raw))


def test_what_was_learnt_last_holds() -> None:
    """A stream goes over to another kind of event and stays with it."""
    splice = taught(event(b"a"), event(b"a", number=1))

    assert splice.run(framed(event(b"b"))) == ([], 0)
    assert splice.run(framed(event(b"b", number=1)))[0] == ["b"]


def test_noise_may_begin_and_end() -> None:
    """Events with it are learnt after those without, and the other way round."""
    noisy, quiet = b'{"text":"a","noise":"x"}', b'{"text":"a"}'

    assert taught(noisy, quiet, noise=b"noise").run(framed(quiet))[0] == ["a"]
    assert taught(quiet, noisy, noise=b"noise").run(framed(noisy))[0] == ["a"]


def test_lessons_are_few_and_what_is_known_is_none() -> None:
    """A stream of which no two events are alike costs no more than its reading."""
    splice = taught(*[event(b"a", number=1)] * LESSONS, *[event(b"b", number=1)] * LESSONS, event(b"a", number=2))
    assert splice.run(framed(event(b"b", number=2)))[0] == ["b"]

    for number in range(LESSONS):
        splice.learn(event(b"a", number))
    splice.learn(event(b"a", number=LESSONS))
    assert splice.run(framed(event(b"b", number=LESSONS))) == ([], 0)


def test_an_event_is_no_longer_than_any_other_may_be() -> None:
    """The parser refuses it, and how a stream is cut must not show."""
    longest = LONGEST_EVENT - len(b"data: " + event(b""))
    splice = taught(event(b"a"))

    assert splice.run(framed(event(b"x" * longest)))[1] == LONGEST_EVENT + 2
    assert splice.run(framed(event(b"x" * (longest + 1)))) == ([], 0)


class Forgetful(Splice):
    """Learns nothing, so that every event is read with care."""

    __slots__ = ()

    def learn(self, data: bytes, name: str = "") -> None:
        """Not at all."""


End = tuple[bytes, bool, bool, Failure | None, Usage | None, int]


def end_of(decoder: SseDecoder, pieces: list[bytes]) -> End:
    """All there is to see of a stream."""
    out = b"".join([decoder.feed(piece) for piece in pieces]) + decoder.close()
    return out, decoder.started, decoder.finished, decoder.failure, decoder.usage, decoder.produced


def with_care(decoder: SseDecoder) -> SseDecoder:
    """The decoder without what it learns."""
    decoder._splice = Forgetful(b"")
    return decoder


TEXTS = st.lists(
    st.sampled_from(
        [
            b"a",
            b"b c",
            "é".encode(),
            b'\\"',
            b"\\n",
            b"\\u00e9",
            b"\\\\",
            b"\\",
            b'"',
            b'","',
            b"}",
            b"\xff",
            b"\n",
            b"\r",
        ]
    ),
    max_size=3,
).map(b"".join)
PLAIN = st.sampled_from([b"a", b"b c", "é".encode(), b'\\"', b"\\n", b""])
ANTHROPIC = (
    b"event: content_block_delta\n"
    b'data: {"type":"content_block_delta","index":%b,"delta":{"type":"%b","text":"%b"%b}}\n\n'
)
OPENAI = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m",'
    b'"choices":[{"index":%b,"delta":{"%b":"%b"%b},"finish_reason":null}]}\n\n'
)
"""Place, kind, text, and what follows it."""


def events(
    template: bytes, kinds: list[bytes], rests: list[bytes], others: list[bytes]
) -> st.SearchStrategy[list[bytes]]:
    """Mostly plain events of a template, some odd ones, and others of the wire."""
    usual = PLAIN.map(lambda text: template % (b"0", kinds[0], text, b""))
    odd = st.builds(
        lambda place, kind, text, rest: template % (place, kind, text, rest),
        st.sampled_from([b"0", b"1", b"0.0", b'"0"']),
        st.sampled_from(kinds),
        TEXTS,
        st.sampled_from([b"", *rests]),
    )
    return st.lists(st.one_of(usual, usual, usual, odd, st.sampled_from(others)), max_size=12)


ANTHROPIC_EVENTS = events(
    ANTHROPIC,
    [b"text_delta", b"thinking_delta", b"of_tomorrow"],
    [b',"text":"x"', b',"x":1', b"}"],
    [
        b'event: ping\ndata: {"type":"ping"}\n\n',
        b": comment\n\n",
        framed(b'{"type":"content_block_start","index":1,"content_block":{"type":"text","text":"s"}}'),
        framed(b'{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}'),
        b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    ],
)
OPENAI_EVENTS = events(
    OPENAI,
    [b"content", b"refusal", b"reasoning"],
    [b',"content":"x"', b',"role":"assistant"', b"}"],
    [
        OPENAI.replace(b"}]}", b'}],"obfuscation":"pad"}') % (b"0", b"content", b"n", b""),
        OPENAI.replace(b"}]}", b'}],"obfuscation":"padding"}') % (b"0", b"content", b"o", b""),
        OPENAI.replace(b"null", b'"stop"') % (b"0", b"content", b"", b""),
        b": comment\n\n",
        b'data: {"error":{"message":"Overloaded"}}\n\n',
        b"data: [DONE]\n\n",
    ],
)
WIRES: list[tuple[Callable[[ChatRequest], SseDecoder], st.SearchStrategy[list[bytes]]]] = [
    (AnthropicDecoder, ANTHROPIC_EVENTS),
    (lambda ask: OpenAIDecoder(ask, VENDORS["openai"]), OPENAI_EVENTS),
]


@pytest.mark.parametrize(("decoder", "stream"), WIRES, ids=["anthropic", "openai"])
def test_what_was_learnt_never_shows(
    decoder: Callable[[ChatRequest], SseDecoder], stream: st.SearchStrategy[list[bytes]]
) -> None:
    """Any stream, in any split, comes to the same bytes and the same end as if each event were read with care."""

    @settings(deadline=None, max_examples=300)
    @given(stream, st.data())
    def compared(blocks: list[bytes], data: st.DataObject) -> None:
        raw = b"".join(blocks)
        ends = [0]
        for block in blocks:
            ends.append(ends[-1] + len(block))
        between = st.one_of(st.sampled_from(ends), st.integers(0, len(raw)))
        cuts = sorted(data.draw(st.lists(between, max_size=8)))
        pieces = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]

        assert end_of(decoder(ASK), pieces) == end_of(with_care(decoder(ASK)), [raw])

    compared()
