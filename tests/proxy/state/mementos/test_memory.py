"""What every store of mementos promises: kept at once, found by its tenant alone, bounded, forgotten in the end."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from proxy.state.mementos.bounds import Bounds
from proxy.state.mementos.memory import MemoryMementos
from proxy.state.mementos.shared import SharedMementos
from translators.base import Memento

pytestmark = pytest.mark.anyio

HOUR, ENTRIES, SIZE, LARGEST = 3600.0, 8, 2000, 1000
BOUNDS = Bounds(HOUR, ENTRIES, SIZE, LARGEST)
GROWTH, SALES = "team growth", "team sales"
SIGNED = {"reasoning_details": [{"type": "reasoning.text", "text": "Hm. 💡", "signature": "c2ln"}]}


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The one loop there is."""
    return "asyncio"


@pytest.fixture
def clock() -> Clock:
    """Of the store."""
    return Clock()


@pytest.fixture(params=["memory", "shared"])
async def mementos(request: Any, clock: Clock, tmp_path: Path) -> AsyncIterator[MemoryMementos | SharedMementos]:
    """Each implementation, with bounds that a test can reach."""
    if request.param == "memory":
        store: MemoryMementos | SharedMementos = MemoryMementos(clock, BOUNDS)
    else:
        store = SharedMementos(tmp_path / "mementos", clock, BOUNDS)
    yield store
    await store.close()


def thought(text: str) -> dict[str, Any]:
    return {"reasoning_content": text}


async def test_what_is_kept_is_found_by_each_of_its_calls(mementos) -> None:
    """Whole and unchanged; clients may send the calls back in any order, or not all of them."""
    await mementos.keep(GROWTH, Memento(("call_1", "call_2"), SIGNED))

    assert await mementos.recall(GROWTH, ["call_2"]) == {"call_2": SIGNED}
    assert await mementos.recall(GROWTH, ["unknown", "call_2", "call_1"]) == {"call_1": SIGNED, "call_2": SIGNED}


async def test_another_tenants_memento_does_not_exist(mementos) -> None:
    """B8: not by an id that was guessed, nor by one that both have."""
    await mementos.keep(GROWTH, Memento(("call_1", "call_2"), SIGNED))
    await mementos.keep(SALES, Memento(("call_1",), thought("Ha.")))

    assert await mementos.recall(SALES, ["call_1", "call_2"]) == {"call_1": thought("Ha.")}
    assert await mementos.recall("key growth", ["call_1", "call_2"]) == {}
    assert await mementos.recall(GROWTH, ["call_1"]) == {"call_1": SIGNED}


async def test_what_was_found_is_the_finders_own(mementos) -> None:
    """Whoever changes it changes nobody else's."""
    await mementos.keep(GROWTH, Memento(("call_1",), SIGNED))

    found = await mementos.recall(GROWTH, ["call_1"])
    found["call_1"]["reasoning_details"].clear()

    assert await mementos.recall(GROWTH, ["call_1"]) == {"call_1": SIGNED}


@pytest.mark.parametrize("memento", [Memento((), SIGNED), Memento(("call_1",), {})], ids=["no calls", "no fields"])
async def test_nothing_is_kept_of_nothing(mementos, memento) -> None:
    """A translator may say so in either way."""
    await mementos.keep(GROWTH, memento)

    assert await mementos.recall(GROWTH, ["call_1"]) == {}


async def test_a_memento_is_forgotten_after_an_hour_without_use(mementos, clock) -> None:
    """To the second; what is in use lives on."""
    await mementos.keep(GROWTH, Memento(("idle",), SIGNED))
    await mementos.keep(GROWTH, Memento(("used",), SIGNED))
    clock.now += HOUR - 1
    assert await mementos.recall(GROWTH, ["used"]) == {"used": SIGNED}
    await mementos.keep(GROWTH, Memento(("new",), SIGNED))  # what is noted of a use is noted by now
    clock.now += 1

    assert set(await mementos.recall(GROWTH, ["idle", "used", "new"])) == {"used", "new"}


async def test_the_least_recently_used_go_first(mementos, clock) -> None:
    """The number of calls is bounded."""
    for number in range(ENTRIES):
        clock.now += HOUR / 100
        await mementos.keep(GROWTH, Memento((f"call_{number}",), thought(str(number))))
    clock.now += HOUR / 7
    await mementos.recall(GROWTH, ["call_0"])

    await mementos.keep(SALES, Memento(("another",), SIGNED))

    calls = [f"call_{number}" for number in range(ENTRIES)]
    assert list(await mementos.recall(GROWTH, calls)) == ["call_0", *calls[2:]]
    assert await mementos.recall(SALES, ["another"]) == {"another": SIGNED}


async def test_the_size_of_all_is_bounded(mementos, clock) -> None:
    """Few long ones push out as much as many short ones."""
    for name in ("one", "two", "three"):
        clock.now += 1
        await mementos.keep(GROWTH, Memento((name,), thought("x" * (SIZE // 3))))
    assert list(await mementos.recall(GROWTH, ["one", "two", "three"])) == ["two", "three"]

    clock.now += 1
    await mementos.keep(GROWTH, Memento(("short",), thought("x")))

    assert list(await mementos.recall(GROWTH, ["two", "three", "short"])) == ["two", "three", "short"]


@pytest.mark.parametrize(
    "memento",
    [
        Memento(("call_1",), thought("x" * LARGEST)),
        Memento(("call_1", *(f"other_{number}" for number in range(9))), thought("x" * (LARGEST // 9))),
        Memento(("call_1", "x" * LARGEST), thought("x")),
    ],
    ids=["a long text", "a text for many calls", "a long id"],
)
async def test_one_answer_cannot_push_out_all_others(mementos, memento) -> None:
    """S15: an upstream may send what it likes; too much of it is not kept."""
    await mementos.keep(GROWTH, Memento(("before",), SIGNED))

    await mementos.keep(GROWTH, memento)

    assert await mementos.recall(GROWTH, ["before", "call_1"]) == {"before": SIGNED}


async def test_what_is_nested_too_deeply_is_not_kept(mementos) -> None:
    """S15: orjson reads deeper than it writes."""
    deep: Any = []
    for _ in range(300):
        deep = [deep]

    await mementos.keep(GROWTH, Memento(("call_1",), {"reasoning_details": deep}))

    assert await mementos.recall(GROWTH, ["call_1"]) == {}


async def test_an_id_that_comes_again_with_another_memento_is_nobodys(mementos) -> None:
    """Some models number their calls: one conversation must not think what another one thought."""
    await mementos.keep(GROWTH, Memento(("functions.search:0", "functions.search:1"), thought("about cats")))
    await mementos.keep(GROWTH, Memento(("functions.search:0",), thought("about dogs")))
    await mementos.keep(GROWTH, Memento(("functions.search:0",), thought("about dogs")))

    known = await mementos.recall(GROWTH, ["functions.search:0", "functions.search:1"])

    assert known == {"functions.search:1": thought("about cats")}


async def test_an_id_that_comes_again_with_the_same_memento_is_still_its_own(mementos, clock) -> None:
    """And is kept as long as a new one."""
    await mementos.keep(GROWTH, Memento(("call_1",), SIGNED))
    clock.now += HOUR - 1
    await mementos.keep(GROWTH, Memento(("call_1",), SIGNED))
    clock.now += HOUR - 1

    assert await mementos.recall(GROWTH, ["call_1"]) == {"call_1": SIGNED}


async def test_an_id_that_was_forgotten_can_be_had_again(mementos, clock) -> None:
    """An hour later it is a new one."""
    await mementos.keep(GROWTH, Memento(("call_1",), thought("about cats")))
    clock.now += HOUR
    await mementos.keep(GROWTH, Memento(("call_1",), thought("about dogs")))

    assert await mementos.recall(GROWTH, ["call_1"]) == {"call_1": thought("about dogs")}


async def test_ids_may_hold_anything(mementos) -> None:
    """They are upstreams' and clients' text."""
    odd = ["", "'; DROP TABLE memento; --", "%", "*", "ключ", "a\nb", '"', "\\", "x" * 500]
    for name in odd:
        await mementos.keep(GROWTH, Memento((name,), thought(name[:9])))

    assert await mementos.recall(GROWTH, odd[1:]) == {name: thought(name[:9]) for name in odd[1:]}


async def test_the_same_call_twice_is_one(mementos) -> None:
    """In an answer, and in a question."""
    await mementos.keep(GROWTH, Memento(("call_1", "call_1"), SIGNED))

    assert await mementos.recall(GROWTH, ["call_1", "call_1"]) == {"call_1": SIGNED}
