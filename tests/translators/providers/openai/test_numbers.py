"""Indexes of streamed tool calls, as vendors give them and as clients need them."""

from typing import Any

import pytest

from translators.providers.openai.numbers import Numbers


def opening(call_id: str, index: int | None = None, name: str = "f") -> dict[str, Any]:
    """The first piece of a call."""
    given = {} if index is None else {"index": index}
    return {**given, "id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}


def piece(index: int | None = None, **more: Any) -> dict[str, Any]:
    """A later one."""
    return ({} if index is None else {"index": index}) | {"function": {"arguments": "{"}} | more


CASES = {
    "right ones stay": ([opening("a", 0), piece(0), opening("b", 1), piece(1), piece(0)], [0, 0, 1, 1, 0], False),
    "in any order": ([opening("b", 1), opening("a", 0), piece(1)], [1, 0, 1], False),
    "with a gap": ([opening("a", 3), piece(3), opening("b", 7)], [3, 3, 7], False),
    "none": ([opening("a"), piece(), opening("b"), piece()], [0, 0, 1, 1], True),
    "none after the first": ([opening("a", 0), piece(), opening("b", 1), piece()], [0, 0, 1, 1], True),
    "all 0": ([opening("a", 0), opening("b", 0), opening("c", 0)], [0, 1, 2], True),
    "all 0, in pieces": ([opening("a", 0), piece(0), opening("b", 0), piece(0), piece(0)], [0, 0, 1, 1, 1], True),
    "all 0, and then a right one": ([opening("a", 0), opening("b", 0), opening("c", 1), piece(1)], [0, 1, 2, 2], True),
    "the id in each piece": ([opening("a", 0), piece(0, id="a"), opening("a", 0)], [0, 0, 0], False),
    "an id for each piece": ([opening("a", 0), piece(0, id="x"), piece(0, id="y")], [0, 0, 0], False),
    "an empty id in each piece": ([opening("a", 0), piece(0, id=""), piece(0, id=None)], [0, 0, 0], False),
    "no id at all": ([piece(0), piece(0), piece(1)], [0, 0, 1], False),
}


@pytest.mark.parametrize(("calls", "indexes", "mended"), CASES.values(), ids=CASES.keys())
def test_each_call_has_an_index_of_its_own(calls: list[dict[str, Any]], indexes: list[int], mended: bool) -> None:
    """And each of its pieces that of its call; what is right is left as it is."""
    numbers = Numbers()

    assert (True in [numbers.number(call) for call in calls]) is mended
    assert [call["index"] for call in calls] == indexes


@pytest.mark.parametrize("odd", [None, True, "0", 1.5, [], {}])
def test_an_index_that_is_none_is_given(odd: Any) -> None:
    """Whatever stands in its place."""
    call = {**opening("a"), "index": odd}

    assert Numbers().number(call)
    assert call["index"] == 0
    assert type(call["index"]) is int
