"""Every decoder, fed what no upstream should send: no crash, no false finish, and the same however it is cut."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.invariants import decoded
from tests.fuzz.samples import STREAMS

WIRES = [pytest.param(*wire, id=" ".join(wire)) for wire in STREAMS]
STATES = ("started", "finished", "failure", "usage", "memento")
FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def cut(raw: bytes, places: list[int]) -> list[bytes]:
    """The same bytes in pieces."""
    bounds = [0, *sorted(place % (len(raw) + 1) for place in places), len(raw)]
    return [raw[start:end] for start, end in pairwise(bounds)]


@pytest.mark.parametrize(("provider", "api"), WIRES)
def test_a_sample_is_a_whole_stream(provider: str, api: str) -> None:
    """Text, thinking, a tool call, usage and an end: else the fuzzers would start from nothing."""
    reader, chunks = decoded(provider, api, STREAMS[provider, api])

    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    assert reader.failure is None
    assert "".join(delta.get("content") or "" for delta in deltas).startswith("Grüß ")
    assert "".join(delta.get("reasoning_content") or "" for delta in deltas).startswith("Hm")
    calls = [call for delta in deltas for call in delta.get("tool_calls") or () if call.get("id")]
    assert calls[0]["function"]["name"] == "f"
    assert reader.usage is not None
    assert chunks[-1]["usage"]["prompt_tokens"] == 7


@pytest.mark.parametrize(("provider", "api"), WIRES)
@given(places=st.lists(st.integers(0, 10**5), max_size=30))
@FEW
def test_how_a_stream_is_cut_never_shows(provider: str, api: str, places: list[int]) -> None:
    """I11."""
    raw = b"".join(STREAMS[provider, api])
    whole, expected = decoded(provider, api, [raw])

    reader, chunks = decoded(provider, api, cut(raw, places))

    assert chunks == expected
    assert [getattr(reader, state) for state in STATES] == [getattr(whole, state) for state in STATES]


@pytest.mark.parametrize(("provider", "api"), WIRES)
@given(end=st.integers(0, 10**5))
@FEW
def test_a_stream_cut_short_is_no_end(provider: str, api: str, end: int) -> None:
    """F5, F6: whatever is missing of its last event, and of all that comes before."""
    events = STREAMS[provider, api]
    raw = b"".join(events)
    last = len(raw) - len(events[-1])
    short = raw[: end % (last + 1)]

    reader, chunks = decoded(provider, api, [short])

    ended = [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"] if choice.get("finish_reason")]
    whole_but_for_its_last_word = api in ("openai", "converse") and reader.finished
    assert reader.failure is not None or whole_but_for_its_last_word
    assert not ended or reader.finished or api == "openai"


@pytest.mark.parametrize(("provider", "api"), WIRES)
@given(data=st.data())
@FEW
def test_events_in_any_order_do_not_break_a_decoder(provider: str, api: str, data: st.DataObject) -> None:
    """Left out, doubled, swapped."""
    events = STREAMS[provider, api]
    order = data.draw(st.lists(st.integers(0, len(events) - 1), max_size=2 * len(events)))

    decoded(provider, api, [events[place] for place in order])


@pytest.mark.parametrize(("provider", "api"), WIRES)
@given(data=st.data())
@FEW
def test_bytes_that_are_not_what_they_were_do_not_break_a_decoder(provider: str, api: str, data: st.DataObject) -> None:
    """Flipped, replaced by the edges of what JSON can say, nested, grown."""
    raw = bytearray(b"".join(STREAMS[provider, api]))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(raw)))
        width = data.draw(st.integers(0, 12))
        raw[place : place + width] = data.draw(st.one_of(st.binary(max_size=6), st.sampled_from(ODD)))

    decoded(provider, api, [bytes(raw)])


ODD = [
    b"null",
    b"true",
    b"-1",
    b"1e400",
    b"99999999999999999999",
    b'""',
    b"[]",
    b"{}",
    b'"\\ud800"',
    b"[" * 300,
    b"\xff\xfe",
    b"\r",
    b"\n\n",
    b"\r\n\r\n",
    b"data: ",
    b"event: error\n",
    b'{"error":{"message":"x"}}',
    b"\x00" * 16,
]
"""What parsers trip over."""
