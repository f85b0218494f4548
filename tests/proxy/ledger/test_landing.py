"""A batch: all of it once, whatever it is and however often it is brought."""

import orjson
import pytest
import structlog
from sqlalchemy import select

from proxy.ledger.database import Database
from proxy.ledger.landing import land
from proxy.ledger.schema import attempts, journals
from tests.proxy.ledger.books import attempted, charged, landed, rows
from tests.proxy.ledger.stories import COST, SPENT, TARGET, hold, record, story

pytestmark = pytest.mark.anyio


def _payload(**more: object) -> bytes:
    """A request that is over, charged to one account."""
    begun = story(hold())
    window = begun.held[0].standings[0].window
    names = [[COST.account, window], ["concurrency:key:app:slots:ever", None]]
    return orjson.dumps([begun.uid, record(begun, **more), [begun.held[0].id], [[SPENT[0], 0]], [names], []])


def _uid(payload: bytes) -> str:
    return payload.split(b'"')[1].decode()


async def test_a_request_s_row_has_all_that_its_record_says(database: Database) -> None:
    """Times in microseconds, money in pico-dollars, tokens by bucket; an attempt's row beside it."""
    payload = _payload(org="acme", user="jo", session="s1", tags=["a", "b"])
    await land(database, "j", 0, 1, [payload])

    (row,), (attempt,) = await rows(database), await rows(database, attempts)

    assert (row["uid"], row["key"], row["team"], row["org"]) == (_uid(payload), "app", "growth", "acme")
    assert (row["end_user"], row["session"], row["tags"]) == ("jo", "s1", '["a","b"]')
    assert (row["duration"], row["first_byte"], row["overhead"]) == (99_200, 20_500, 400)
    assert (row["input_tokens"], row["output_tokens"], row["cached_tokens"], row["reasoning_tokens"]) == (12, 34, 5, 7)
    assert (row["cost"], row["price"], row["source"]) == (122_500_000, "catalog 2026-11-21", "provider")
    assert (row["outcome"], row["status"], row["attempts"], row["stream"]) == ("ok", 200, 1, 0)
    assert (attempt["ordinal"], attempt["target"], attempt["key"]) == (1, TARGET, "key 1")
    assert (attempt["started"], attempt["ended"], attempt["cost"]) == (100, 99_000, 122_500_000)


async def test_a_request_that_was_denied_says_by_whom(database: Database) -> None:
    """The last policy that was asked, and why."""
    denied = {"policies": [{"policy": "rate", "verdict": "pass"}, {"policy": "budget", "verdict": "deny"}]}
    error = {"kind": "exhausted", "message": "spent"}
    await land(database, "j", 0, 1, [_payload(outcome="denied", error=error, attempts=[], usage=None, **denied)])

    (row,) = await rows(database)

    assert (row["outcome"], row["denied_by"], row["failure"], row["attempts"]) == ("denied", "budget", "exhausted", 0)


async def test_every_attempt_has_a_row_with_its_own_failure(database: Database) -> None:
    """I4."""
    failed = {"target": "a/m", "started_ms": 0.0, "failure": {"kind": "timeout", "message": "", "status": 504}}
    last = record(story())["attempts"][0]
    await land(database, "j", 0, 1, [_payload(attempts=[failed, last])])

    first, second = await rows(database, attempts)

    assert (first["ordinal"], first["failure"], first["status"], first["cost"]) == (1, "timeout", 504, None)
    assert (second["ordinal"], second["failure"]) == (2, None)


async def test_a_batch_that_is_brought_again_changes_nothing(database: Database) -> None:
    """I4, F26: whatever became of the answer to the first time."""
    payloads = [_payload() for _ in range(5)]
    await land(database, "j", 0, 10, payloads)

    place, _ = await land(database, "j", 0, 10, payloads)

    assert place == 10
    assert set((await landed(database)).values()) == {1}
    assert await charged(database) == {COST.account: 5 * SPENT[0]}


async def test_the_next_batch_begins_where_the_last_one_ended(database: Database) -> None:
    """And adds to the same sums."""
    await land(database, "j", 0, 10, [_payload()])
    await land(database, "j", 10, 20, [_payload()])

    places = await database.run(lambda connection: connection.execute(select(journals.c.consumed)).scalars().all())
    assert list(places) == [20]
    assert await charged(database) == {COST.account: 2 * SPENT[0]}


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param({"session": "a\0b"}, id="NUL"),
        pytest.param({"cost": 2**63}, id="more than a long"),
        pytest.param({"status": 2**40}, id="more than an integer"),
        pytest.param({"cost": 1.5}, id="a fraction"),
        pytest.param({"id": 7}, id="a number for a text"),
        pytest.param({"model": ["x"]}, id="a list for a text"),
        pytest.param({"cost": "much"}, id="a text for a number"),
    ],
)
async def test_a_row_that_cannot_be_stored_as_it_is_is_mended_and_the_batch_lands(
    spoilt: dict[str, object], database: Database
) -> None:
    """B20: one of five is bad; all five have their row and their charge."""
    payloads = [_payload() for _ in range(4)]
    payloads.insert(2, _payload(**spoilt))

    await land(database, "j", 0, 10, payloads)

    assert await landed(database) == {_uid(payload): 1 for payload in payloads}
    assert await charged(database) == {COST.account: 5 * SPENT[0]}
    assert not any("\0" in str(cell) for row in await rows(database) for cell in row.values())


async def test_half_a_surrogate_pair_is_no_text_and_costs_no_row(database: Database) -> None:
    """B20: no encoder of ours writes one; a record of somebody else's making may."""
    payload = _payload(session="XX").replace(b'"XX"', b'"\\ud800"')

    await land(database, "j", 0, 1, [payload])

    assert [row["session"] for row in await rows(database)] == ["?"]


async def test_what_nobody_can_read_is_left_out_and_said(database: Database) -> None:
    """The others land, and the log has what it was."""
    payloads = [_payload(), b'["x",{broken', _payload(), _payload(created=None)]

    with structlog.testing.capture_logs() as logs:
        place, refused = await land(database, "j", 0, 10, payloads)

    assert (place, refused) == (10, 2)
    assert len(await landed(database)) == 2
    assert await charged(database) == {COST.account: 3 * SPENT[0]}
    assert [log["event"] for log in logs] == ["ledger_row_lost"] * 2


async def test_one_uid_has_one_row(database: Database) -> None:
    """I4: twice in a journal, or in two journals."""
    payload = _payload()
    await land(database, "j", 0, 10, [payload, payload])
    await land(database, "k", 0, 10, [payload])

    assert set((await landed(database)).values()) == {1}
    assert set((await attempted(database)).values()) == {1}
