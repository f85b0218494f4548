"""Journals of workers that are gone: what they finished is written, what they left open is charged in full."""

from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.ledger.database import Database
from proxy.ledger.frames import SETTLED, framed
from proxy.ledger.journal import Journal
from proxy.ledger.recovery import Recovered, recover
from proxy.ledger.schema import attempts
from tests.proxy.ledger.books import attempted, charged, landed, rows
from tests.proxy.ledger.stories import BOUND, COST, SLOTS, SPENT, TOKENS, Desk, hold, story

pytestmark = pytest.mark.anyio
SMALL = 2 * 2**20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of all journals."""
    return tmp_path / "journal"


@pytest.fixture
def leave(folder: Path) -> Callable[..., Desk]:
    """Makes a journal; what is then done with its desk is what its worker left behind."""
    journals = []

    def make(*, shared: bool = False) -> Desk:
        journals.append(Journal(folder, SMALL))
        return Desk(journals[-1], shared)

    return make


def _gone(*desks: Desk) -> None:
    """The workers are gone, without having written anything."""
    for desk in desks:
        desk.journal.close(consumed=False)


def _files(folder: Path) -> list[Path]:
    """All that is left of all journals."""
    return sorted(folder.rglob("*"))


async def test_what_was_over_has_its_row_and_its_charge(
    database: Database, folder: Path, leave: Callable[..., Desk]
) -> None:
    """H5: the journal is the ledger's outbox, and the store is told again of what it may not have heard."""
    desk = leave(shared=True)
    served = desk.serve(3)
    _gone(desk)

    found = await recover(folder, database)

    assert await landed(database) == {begun.uid: 1 for begun in served}
    assert await charged(database) == {COST.account: 3 * SPENT[0], TOKENS.account: 3 * SPENT[1]}
    assert set(found) == {Recovered(begun.held[0].id, SPENT, shared=True) for begun in served}
    assert _files(folder) == []


async def test_what_was_sent_and_not_over_costs_what_was_held(
    database: Database, folder: Path, leave: Callable[..., Desk]
) -> None:
    """F30: it may have been billed in full. Its slot is free again."""
    desk = leave(shared=True)
    begun = desk.send()
    _gone(desk)

    found = await recover(folder, database)

    (row,) = await rows(database)
    assert (row["uid"], row["outcome"], row["source"], row["cost"]) == (begun.uid, "crashed", "held", BOUND[0] * 10**6)
    assert (row["id"], row["key"], row["team"], row["tags"]) == ("req-1", "app", "growth", '["blue"]')
    assert row["holds"] == begun.held[0].id
    assert await attempted(database) == {(begun.uid, 1): 1}
    assert await charged(database) == {COST.account: BOUND[0], TOKENS.account: BOUND[1]}
    assert SLOTS.account not in await charged(database)
    assert found == [Recovered(begun.held[0].id, (BOUND[0], BOUND[1], 0), shared=True, crashed=True)]


async def test_a_hold_that_was_asked_for_and_never_used_is_given_up(
    database: Database, folder: Path, leave: Callable[..., Desk]
) -> None:
    """``I`` without ``D``: nothing was sent, and nobody knows whether the store held anything."""
    desk, begun = leave(), story(hold())
    desk.journal.intend(begun, begun.held[0])
    _gone(desk)

    assert await recover(folder, database) == [Recovered(begun.held[0].id, None, shared=True)]
    assert await landed(database) == {}


async def test_of_several_attempts_on_one_hold_the_last_one_may_have_cost_it(
    database: Database, folder: Path, leave: Callable[..., Desk]
) -> None:
    """A hold is used again only after an attempt that was not billed."""
    desk, begun = leave(), story(hold())
    desk.send(begun)
    desk.send(begun)
    _gone(desk)

    await recover(folder, database)

    assert [row["cost"] for row in await rows(database, attempts)] == [0, BOUND[0] * 10**6]
    assert await charged(database) == {COST.account: BOUND[0], TOKENS.account: BOUND[1]}


async def test_an_earlier_hold_of_a_request_that_crashed_is_charged_as_well(
    database: Database, folder: Path, leave: Callable[..., Desk]
) -> None:
    """I3, F30: a hold that only made another one larger is no smaller for that; its attempts cost what is charged."""
    desk, begun, more = leave(shared=True), story(hold()), (50, 20, 0)
    desk.send(begun)
    begun.held.append(hold(more))
    desk.send(begun)
    _gone(desk)

    found = await recover(folder, database)

    assert [row["cost"] for row in await rows(database, attempts)] == [50 * 10**6, BOUND[0] * 10**6]
    assert await charged(database) == {COST.account: BOUND[0] + 50, TOKENS.account: BOUND[1] + 20}
    first, second = begun.held
    assert found == [
        Recovered(first.id, (BOUND[0], BOUND[1], 0), shared=True, crashed=True),
        Recovered(second.id, more, shared=True, crashed=True),
    ]


async def test_a_request_that_nothing_was_held_for_has_a_row_too(
    database: Database, folder: Path, leave: Callable[..., Desk]
) -> None:
    """No policy claims anything: no admitted attempt is without a row all the same (I4)."""
    desk, begun = leave(), story()
    desk.journal.dispatch(begun, "openai/gpt-5", None, None)
    _gone(desk)

    assert await recover(folder, database) == []

    (row,) = await rows(database)
    assert (row["outcome"], row["cost"], row["holds"]) == ("crashed", None, None)


async def test_a_torn_end_costs_the_frame_that_was_torn_and_no_other(
    database: Database, folder: Path, leave: Callable[..., Desk]
) -> None:
    """Its request is one that was sent and not over."""
    desk = leave()
    served, torn = desk.serve(2), desk.send()
    start = desk.journal.head & 0xFFFFFFFF
    desk.settle(torn)
    end = desk.journal.head & 0xFFFFFFFF
    _gone(desk)
    path = next(path for path in _files(folder) if path.suffix)
    with path.open("r+b") as file:
        file.seek((start + end) // 2)
        file.write(bytes(end - (start + end) // 2))

    await recover(folder, database)

    assert await landed(database) == {begun.uid: 1 for begun in (*served, torn)}
    assert [row["outcome"] for row in await rows(database) if row["uid"] == torn.uid] == ["crashed"]


async def test_what_landed_before_the_crash_does_not_land_again(
    database: Database, folder: Path, leave: Callable[..., Desk]
) -> None:
    """I4: the place up to which a journal was read is written in the transaction that wrote the rows."""
    from proxy.ledger.frames import frames
    from proxy.ledger.landing import land

    desk = leave()
    desk.serve(5)
    data, at = desk.journal.read(desk.journal.first, 2**20)
    settled = [(payload, end) for kind, payload, end in frames(data) if kind == SETTLED]
    await land(database, desk.journal.id, at, at + settled[2][1], [payload for payload, _ in settled[:3]])
    _gone(desk)

    await recover(folder, database)
    await recover(folder, database)

    assert set((await landed(database)).values()) == {1}
    assert await charged(database) == {COST.account: 5 * SPENT[0], TOKENS.account: 5 * SPENT[1]}


async def test_a_journal_whose_rows_are_in_and_whose_folder_is_still_there_is_done_away_with(
    database: Database, folder: Path, leave: Callable[..., Desk]
) -> None:
    """A taker that dies between the two: the next one charges nothing twice."""
    desk = leave()
    desk.serve(2)
    desk.send()
    _gone(desk)
    copies = {path: path.read_bytes() for path in _files(folder) if path.is_file()}
    await recover(folder, database)
    first = await charged(database)
    from sqlalchemy import insert

    from proxy.ledger.recovery import END
    from proxy.ledger.schema import journals

    done = insert(journals).values(id=next(iter(copies)).parent.name, consumed=END)
    await database.run(lambda connection: connection.execute(done))
    for path, content in copies.items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)

    await recover(folder, database)

    assert await charged(database) == first
    assert _files(folder) == []


async def test_two_workers_find_each_journal_once(database: Database, folder: Path, leave: Callable[..., Desk]) -> None:
    """F30: siblings take over under a lock."""
    import asyncio

    desks = [leave(shared=True) for _ in range(6)]
    for desk in desks:
        desk.serve(3)
        desk.send()
    _gone(*desks)

    found = await asyncio.gather(recover(folder, database), recover(folder, database))

    assert sorted(one.hold for part in found for one in part) == sorted(
        begun.held[0].id for desk in desks for begun in desk.sent
    )
    assert set((await landed(database)).values()) == {1}
    assert (await charged(database))[COST.account] == 6 * (3 * SPENT[0] + BOUND[0])


async def test_a_damaged_frame_in_the_middle_leaves_the_other_files_readable(
    database: Database, folder: Path, leave: Callable[..., Desk]
) -> None:
    """A page that never came to the disk takes what follows in its file, not in the next one."""
    desk = leave()
    while desk.journal.head >> 32 < 3:
        desk.serve()
    _gone(desk)
    path = next(path for path in _files(folder) if path.suffix)
    content = bytearray(path.read_bytes())
    content[: len(framed(SETTLED, b"[]"))] = b"\xff" * len(framed(SETTLED, b"[]"))
    path.write_bytes(content)

    await recover(folder, database)

    there = await landed(database)
    assert set(there.values()) == {1}
    assert desk.sent[-1].uid in there
