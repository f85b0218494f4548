"""Waiting for a slot: in a fair order, never for too long, never too many, and nobody is forgotten."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.claims import EVER, Claim, Queue, Unit
from proxy.engine.queue import LOOK_AGAIN, WaitingRoom
from tests.virtual_time import VirtualLoop

LATE = 1e9


def slot(most: int = 100, wait: float = 5.0, account: str = "concurrency:key:web:slots:ever") -> Claim:
    return Claim(account, Unit.SLOTS, 1, EVER, "concurrency", "key web", queue=Queue(most, wait))


@dataclass
class Place:
    """Somewhere with a few slots, and requests that want one, in virtual time."""

    slots: int = 1
    loop: VirtualLoop = field(default_factory=VirtualLoop)
    room: WaitingRoom = field(default_factory=WaitingRoom)
    served: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def come(
        self, name: str, claim: Claim | None = None, tenant: str = "t", priority: int = 0, deadline: float = LATE
    ) -> "asyncio.Task[None]":
        """A request comes, and gets a slot, waits or is refused."""
        task = self.loop.create_task(self._want(name, claim or slot(), tenant, priority, deadline))
        self.loop.settle()
        return task

    def give_back(self) -> None:
        """A slot is free again, and this worker knows."""
        self.slots += 1
        self.room.released(slot().account)
        self.loop.settle()

    async def _want(self, name: str, claim: Claim, tenant: str, priority: int, deadline: float) -> None:
        if self.room.waiting(claim.account) or not self._take(name):
            while await self.room.wait(claim, tenant, priority, deadline):
                if self._take(name):
                    return
            self.refused.append(name)

    def _take(self, name: str) -> bool:
        if self.slots <= 0:
            return False
        self.slots -= 1
        self.served.append(name)
        return True

    @property
    def waiting(self) -> int:
        return self.room.waiting(slot().account)


@pytest.fixture
def taken() -> Iterator[Place]:
    """A place whose one slot is taken."""
    place = Place(slots=0)
    yield place
    for task in asyncio.all_tasks(place.loop):
        task.cancel()
    place.loop.settle()
    place.loop.close()


def test_whoever_comes_first_goes_first(taken: Place) -> None:
    """Of one tenant and one priority."""
    for name in "abc":
        taken.come(name)
    for _ in "abc":
        taken.give_back()

    assert taken.served == ["a", "b", "c"]


def test_a_higher_priority_goes_before_all_that_wait(taken: Place) -> None:
    """Whenever it came, and whoever's turn it is."""
    for name, priority in (("low", -1), ("plain", 0), ("high", 5), ("higher", 6)):
        taken.come(name, priority=priority)
    for _ in range(4):
        taken.give_back()

    assert taken.served == ["higher", "high", "plain", "low"]


def test_tenants_take_turns(taken: Place) -> None:
    """One that has sent a crowd does not keep out the next one."""
    for name in ("a1", "a2", "a3", "b1", "c1", "b2"):
        taken.come(name, tenant=name[0])
    for _ in range(6):
        taken.give_back()

    assert taken.served == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_who_comes_late_is_in_the_round_that_is_being_served(taken: Place) -> None:
    """A tenant's turns of the past are not owed to it, nor held against it."""
    for name in ("a1", "a2", "a3", "a4"):
        taken.come(name, tenant="a")
    for _ in range(2):
        taken.give_back()
    for name in ("b1", "b2"):
        taken.come(name, tenant="b")
    for _ in range(4):
        taken.give_back()

    assert taken.served == ["a1", "a2", "b1", "a3", "b2", "a4"]


def test_the_turns_of_one_priority_are_not_counted_at_another(taken: Place) -> None:
    """However much has been served at a higher one, a crowd of a lower one still takes turns with who comes later."""
    for name in ("a1", "a2", "a3"):
        taken.come(name, tenant="a")
    for number in range(5):
        taken.come(f"high{number}", tenant="h", priority=1)
    for _ in range(5):
        taken.give_back()
    taken.come("b1", tenant="b")
    for _ in range(4):
        taken.give_back()

    assert taken.served[5:] == ["a1", "b1", "a2", "a3"]


@pytest.mark.parametrize(("wait", "deadline", "seconds"), [(5.0, LATE, 5.0), (5.0, 1002.0, 2.0), (0.5, LATE, 0.5)])
def test_nobody_waits_beyond_the_time_of_the_queue_or_of_the_request(
    wait: float, deadline: float, seconds: float, taken: Place
) -> None:
    """Though it is called again and again to try by itself, that gives it no new time."""
    taken.come("a", slot(wait=wait), deadline=deadline)

    taken.loop.advance(seconds - 0.01)
    assert (taken.refused, taken.waiting) == ([], 1)
    taken.loop.advance(0.02)
    assert (taken.refused, taken.waiting) == (["a"], 0)


def test_no_more_wait_than_may(taken: Place) -> None:
    """The next one is refused at once; once one is served there is room again."""
    for name in "abc":
        taken.come(name, slot(most=2))
    assert taken.refused == ["c"]

    taken.give_back()
    taken.come("d", slot(most=2))
    assert (taken.served, taken.refused, taken.waiting) == (["a"], ["c"], 2)


def test_who_has_tried_in_vain_has_the_same_place_again(taken: Place) -> None:
    """A slot that somebody else took meanwhile costs the turn, not the place, though the line be full."""
    for name in "ab":
        taken.come(name, slot(most=2))
    taken.room.released(slot().account)  # but another worker is quicker
    taken.loop.settle()
    assert taken.waiting == 2

    taken.give_back()
    assert taken.served == ["a"]


def test_who_was_alone_and_tried_in_vain_goes_before_who_came_meanwhile(taken: Place) -> None:
    """A line that was empty for a moment has not forgotten whom it called."""
    first = asyncio.Event()

    async def slowly() -> None:
        assert await taken.room.wait(slot(), "t", 0, LATE)
        await first.wait()  # the store takes its time to refuse
        assert await taken.room.wait(slot(), "t", 0, LATE)
        taken.served.append("slow")

    task = taken.loop.create_task(slowly())
    taken.loop.settle()
    taken.room.released(slot().account)
    taken.loop.settle()
    taken.come("quick")
    first.set()
    taken.loop.settle()
    taken.give_back()

    assert taken.served == ["slow"]
    assert task.done()


def test_a_slot_that_another_worker_gave_back_is_found(taken: Place) -> None:
    """Nobody tells us: the first in line looks by itself, within a tenth of a second."""
    taken.come("a")
    taken.come("b")
    taken.slots = 1

    taken.loop.advance(LOOK_AGAIN)

    assert taken.served == ["a"]


@pytest.mark.parametrize("called", [False, True])
def test_who_leaves_leaves_no_ghost(called: bool, taken: Place) -> None:
    """A request that is cancelled, even at the moment of its turn, is not in line, and its turn goes on (I12, I13)."""
    task = taken.come("a")
    taken.come("b")
    if called:
        taken.slots += 1
        taken.room.released(slot().account)  # a's turn, and it does not know yet
    task.cancel()
    taken.loop.settle()

    assert taken.waiting == 1 - called
    assert taken.served == ["b"] * called


def test_accounts_have_lines_of_their_own(taken: Place) -> None:
    """A slot of one is no slot of another."""
    taken.come("other", slot(account="concurrency:key:job:slots:ever"))
    taken.come("a")
    taken.give_back()

    assert taken.served == ["a"]
    assert taken.room.waiting("concurrency:key:job:slots:ever") == 1


def test_nothing_ticks_while_nobody_waits(taken: Place) -> None:
    """An idle server is idle."""
    taken.come("a")
    taken.give_back()
    taken.loop.advance(2 * LOOK_AGAIN)

    assert taken.loop.next_timer is None
    assert taken.waiting == 0


Steps = st.lists(
    st.one_of(
        st.tuples(st.just("come"), st.sampled_from("abc"), st.integers(0, 1)),
        st.tuples(st.just("back"), st.none(), st.none()),
        st.tuples(st.just("leave"), st.integers(0, 20), st.none()),
        st.tuples(st.just("pass"), st.sampled_from([0.05, 0.5, 3.0]), st.none()),
        st.tuples(st.just("steal"), st.none(), st.none()),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(steps=Steps, slots=st.integers(0, 2))
def test_whatever_happens_no_wake_up_is_lost_and_the_line_is_bounded(steps, slots) -> None:  # type: ignore[no-untyped-def]
    """At every moment: never a free slot while somebody waits, never more than may, nobody too long, no ghost (I12)."""
    place, tasks, taken, claim = Place(slots), [], 0, slot(most=4, wait=2.0)
    for number, (step, what, priority) in enumerate(steps):
        before = len(place.served)
        if step == "come":
            tasks.append(place.come(str(number), claim, what, priority))
        elif step == "back" and taken:
            taken -= 1
            place.give_back()
        elif step == "leave" and what < len(tasks):
            tasks[what].cancel()
            place.loop.settle()
        elif step == "pass":
            place.loop.advance(what)
        elif step == "steal":  # a turn that comes to nothing
            place.room.released(claim.account)
            place.loop.settle()
        taken += len(place.served) - before
        assert place.slots == 0 or place.waiting == 0
        assert place.waiting <= 4
        waiting = [task for task in tasks if not task.done()]
        assert len(waiting) == place.waiting
    place.loop.advance(2.0 + LOOK_AGAIN)

    assert place.waiting == 0
    assert all(task.done() for task in tasks)
    assert len(place.served) == len(set(place.served))
    place.loop.close()
