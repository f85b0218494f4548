"""Plain requests: a row as it stands in the journal, the same as any other's, and as safe."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from proxy.ledger import fresh
from proxy.ledger.database import Database
from proxy.ledger.frames import settled
from proxy.ledger.fresh import Settled
from proxy.ledger.journal import Journal
from proxy.ledger.landing import land
from proxy.ledger.recovery import Recovered, recover
from proxy.ledger.schema import attempts
from proxy.ledger.statements import TOGETHER
from tests.proxy.ledger.books import charged, landed, rows
from tests.proxy.ledger.stories import BOUND, COST, SPENT, TOKENS, Desk, plain

pytestmark = pytest.mark.anyio
SMALL = 2 * 2**20


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Of a worker that will be killed."""
    return Desk(Journal(tmp_path / "journal", SMALL), shared=True)


def _in_file(journal: Journal) -> list[bytes]:
    data, _ = journal.read(journal.first, 2**20)
    return settled(data)[0]


def _in_memory(journal: Journal) -> list[Settled]:
    return journal.fresh.take(journal.first, journal.head) or []


async def _row(database: Database, over: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A request's row and its attempt's, without what no two have in common."""
    await land(database, "j", 0, 1, over)
    (request,), (attempt,) = await rows(database), await rows(database, attempts)
    own = ("uid", "created", "holds", "tags")
    return {k: v for k, v in request.items() if k not in own}, {k: v for k, v in attempt.items() if k not in own}


@pytest.mark.parametrize("written", [_in_file, _in_memory])
async def test_its_row_says_what_its_record_would(written: Any, database: Database, tmp_path: Path, desk: Desk) -> None:
    """Column by column, and what its accounts are charged; out of the file as out of memory."""
    desk.settle_plain(desk.send(plain()))
    over = written(desk.journal)
    other = Desk(Journal(tmp_path / "other", SMALL))
    other.settle(other.send(plain()))
    rendered = Database(f"sqlite+aiosqlite:///{tmp_path / 'rendered.db'}")
    await rendered.migrate()

    assert len(over) == 1
    assert await _row(database, over) == await _row(rendered, _in_file(other.journal))
    assert await charged(database) == await charged(rendered) == {COST.account: SPENT[0], TOKENS.account: SPENT[1]}
    await rendered.close()
    for each in (desk, other):
        each.journal.close(consumed=True)


async def test_many_of_a_kind_land_as_each_by_itself_would(database: Database, desk: Desk) -> None:
    """I4: several rows go in one statement; one that is there already, or twice in the batch, is there once."""
    served = [plain(f"req-{number}") for number in range(2 * TOGETHER + 3)]
    for each in served:
        desk.settle_plain(desk.send(each))
    over = _in_memory(desk.journal)
    await land(database, "other", 0, 1, over[:3])

    await land(database, "j", 0, 1, [*over, *over[5:8]])

    there = {row["uid"]: row for row in await rows(database)}
    assert await landed(database) == {each.uid: 1 for each in served}
    for each in served:
        row = there[each.uid]
        assert (row["id"], row["holds"], row["cost"]) == (each.call.id, each.held[0].id, 122_500_000)
        assert (row["key"], row["model"], row["chain"], row["config"]) == ("app", "fast", "default", "c0ffee")
        assert (row["target"], row["source"], row["upstream_key"]) == ("openai/gpt-5", "provider", "key 1")
    desk.journal.close(consumed=True)


async def test_it_has_one_row_and_its_attempt_is_seen_all_the_same(database: Database, desk: Desk) -> None:
    """I4: every attempt can be found by who looks for attempts."""
    desk.settle_plain(desk.send(plain()))

    _, attempt = await _row(database, _in_file(desk.journal))

    assert (attempt["ordinal"], attempt["key"], attempt["started"], attempt["ended"]) == (1, "key 1", 100, 99_000)
    assert (attempt["cost"], attempt["failure"], attempt["waited"]) == (122_500_000, None, None)
    desk.journal.close(consumed=True)


async def test_a_killed_worker_s_plain_requests_are_taken_over(database: Database, tmp_path: Path, desk: Desk) -> None:
    """H5, F30: those that were over cost what they took, the one under way what was held."""
    over = [desk.send(plain(f"req-{number}")) for number in range(3)]
    for each in over:
        desk.settle_plain(each)
    open_one = desk.send(plain())
    desk.journal.close(consumed=False)

    found = await recover(tmp_path / "journal", database)

    assert await landed(database) == {each.uid: 1 for each in (*over, open_one)}
    assert await charged(database) == {
        COST.account: 3 * SPENT[0] + BOUND[0],
        TOKENS.account: 3 * SPENT[1] + BOUND[1],
    }
    assert set(found) == {
        *(Recovered(each.held[0].id, SPENT, shared=True) for each in over),
        Recovered(open_one.held[0].id, (*BOUND[:2], 0), shared=True, crashed=True),
    }


@pytest.mark.parametrize("written", [_in_file, _in_memory])
@pytest.mark.parametrize("odd", [pytest.param("a\0b", id="NUL"), pytest.param("ok", id="too large")])
async def test_one_that_cannot_be_stored_as_it_is_is_mended(
    odd: str, written: Any, database: Database, desk: Desk
) -> None:
    """B20: its batch lands with it, and all of it is charged."""
    served = [plain(), plain(odd), plain()]
    if odd == "ok":
        served[1].created = 2**43
    for each in served:
        desk.settle_plain(desk.send(each))

    await land(database, "j", 0, 1, written(desk.journal))

    assert await landed(database) == {each.uid: 1 for each in served}
    assert (await charged(database))[COST.account] == 3 * SPENT[0]
    desk.journal.close(consumed=True)


async def test_what_memory_has_no_room_for_is_read_from_the_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """F27: a database that is away; once it is back nothing is there twice, and memory serves again."""
    monkeypatch.setattr(fresh, "MOST", 3)
    journal = desk.journal
    for _ in range(5):
        desk.settle_plain(desk.send(plain()))
    place, goal = journal.first, journal.head

    assert journal.fresh.take(place, goal) is None
    assert journal.fresh.begin == goal
    desk.settle_plain(desk.send(plain()))
    data, at = journal.read(place, goal - place)
    read, length = settled(data)
    journal.consumed(at + length)
    kept = journal.fresh.take(at + length, journal.head)

    assert len(read) == 5
    assert [orjson.loads(fresh.payload_of(one).split(b"\n")[1])[1] for one in kept or []] == [desk.sent[-1].uid]
    journal.close(consumed=True)


async def test_what_a_failing_database_did_not_take_is_given_again(desk: Desk) -> None:
    """F27: with all that ended meanwhile, until it has landed."""
    journal = desk.journal
    desk.settle_plain(desk.send(plain()))
    first = journal.fresh.take(journal.first, journal.head)
    desk.settle_plain(desk.send(plain()))
    head = journal.head
    again = journal.fresh.take(journal.first, head)
    desk.settle_plain(desk.send(plain()))
    journal.consumed(head)

    assert [len(first or []), len(again or [])] == [1, 2]
    assert len(journal.fresh.take(head, journal.head) or []) == 1
    journal.close(consumed=True)
