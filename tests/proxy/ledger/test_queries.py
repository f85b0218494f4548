"""What is asked of the ledger: usage, open windows, settled holds, rows that do not agree; and what it lets go of."""

import time
from functools import partial

import orjson
import pytest

from policies.base import Principal
from policies.claims import Standing
from proxy.ledger import audit, queries
from proxy.ledger.database import Database
from proxy.ledger.landing import land
from proxy.ledger.retention import prune
from proxy.ledger.schema import attempts, postings, requests, tries
from proxy.state.store import Sum
from tests.proxy.ledger.books import rows
from tests.proxy.ledger.stories import COST, TARGET, TOKENS, record, story

pytestmark = pytest.mark.anyio
DAY = 86_400
NOON = 1_795_262_400
"""2026-11-21, 12:00 UTC."""


async def _fill(database: Database, *given: dict[str, object], postings: list[list[object]] | None = None) -> None:
    """A batch of requests that differ from an ordinary one in this."""
    payloads = []
    amounts, names = [entry[2] for entry in postings or []], [entry[:2] for entry in postings or []]
    for one in given:
        who = Principal(str(one.pop("key", "app")), one.pop("team", None))  # type: ignore[arg-type]
        begun = story(who=who)
        begun.created = int(one.get("created", NOON))  # type: ignore[call-overload]
        payloads.append(orjson.dumps([begun.uid, record(begun, **one), ["aa bb"], [amounts], [names], []]))
    await land(database, begun.uid, 0, 1, payloads)


async def test_usage_is_summed_up_by_whatever_is_asked_dearest_first(database: Database) -> None:
    """Requests, failures, tokens and pico-dollars."""
    await _fill(
        database, {"key": "a", "cost": 5}, {"key": "b", "cost": 30}, {"key": "a", "outcome": "failed", "cost": 6}
    )

    found = await database.run(partial(queries.usage, by=["key"]))

    assert [(row["key"], row["requests"], row["failed"], row["cost"]) for row in found] == [
        ("b", 1, 0, 30),
        ("a", 2, 1, 11),
    ]
    assert found[1]["input_tokens"] == 24
    assert all(type(cell) is int for row in found for name, cell in row.items() if name != "key")


async def test_days_and_hours_are_utc(database: Database) -> None:
    """A day's last second is not the next one's."""
    await _fill(database, {"created": NOON}, {"created": NOON + DAY // 2 - 1}, {"created": NOON + DAY // 2})

    days = await database.run(partial(queries.usage, by=["day"]))
    hours = await database.run(partial(queries.usage, by=["hour", "model"]))

    assert {row["day"]: row["requests"] for row in days} == {"2026-11-21": 2, "2026-11-22": 1}
    assert {row["hour"] for row in hours} == {"2026-11-21T12", "2026-11-21T23", "2026-11-22T00"}


@pytest.mark.parametrize("by", queries.BY)
async def test_each_label_can_be_asked_for(by: str, database: Database) -> None:
    """On both databases, over rows and over none."""
    assert await database.run(partial(queries.usage, by=[by])) == []
    await _fill(database, {})

    (row,) = await database.run(partial(queries.usage, by=[by]))

    assert (row["requests"], row["cost"]) == (1, 122_500_000)


async def test_by_target_each_attempt_counts_where_it_was_made(database: Database) -> None:
    """A request that fell over belongs to both targets, each with its own cost."""
    failed = {"target": "spare/m", "failure": {"kind": "timeout", "message": "", "status": None}, "cost": 7}
    await _fill(database, {"attempts": [failed, record(story())["attempts"][0]], "cost": 122_500_007})

    targets = await database.run(partial(queries.usage, by=["target"]))
    upstreams = await database.run(partial(queries.usage, by=["upstream"]))

    assert [(row["target"], row["cost"], row["failed"]) for row in targets] == [
        (TARGET, 122_500_000, 0),
        ("spare/m", 7, 1),
    ]
    assert [row["upstream"] for row in upstreams] == ["openai", "spare"]


async def test_a_span_of_time_begins_with_its_first_second_and_ends_before_its_last(database: Database) -> None:
    """So that two spans that meet count nothing twice."""
    await _fill(database, {"created": NOON - 1}, {"created": NOON}, {"created": NOON + 1})

    (row,) = await database.run(partial(queries.usage, since=NOON, until=NOON + 1))

    assert row["requests"] == 1


async def test_a_tenant_sees_its_own_alone(database: Database) -> None:
    """B8: a team's requests, or those of a key that has no team, though another team has a key of that name."""
    await _fill(
        database, {"key": "a", "team": "red"}, {"key": "b", "team": "red"}, {"key": "a"}, {"key": "a", "team": "x"}
    )

    for tenant, count in ((Principal("a", "red"), 2), (Principal("a"), 1), (Principal("b"), 0)):
        (row,) = await database.run(partial(queries.usage, tenant=tenant))
        assert row["requests"] == count


async def test_nothing_is_summed_up_by_what_there_is_not(database: Database) -> None:
    """Labels are names of ours and never anybody's text (B2)."""
    with pytest.raises(ValueError, match="password"):
        await database.run(partial(queries.usage, by=["password"]))


async def test_sums_are_of_windows_that_are_not_over_adjustments_included(database: Database) -> None:
    """H6: what a store is rebuilt from."""
    bucket = NOON  # of a rolling minute's, one second long
    entries = [[COST.account, "2026-11", 50], [COST.account, "2026-10", 70], [TOKENS.account, str(bucket - 61), 3]]
    await _fill(
        database, {}, {}, postings=[*entries, [TOKENS.account, str(bucket), 4], ["x:key:a:cost:ever", "ever", 5]]
    )
    change = audit.Adjustment("adj-1", COST.account, "2026-11", -30, "ops", "a refund")
    first, second = [await database.run(partial(audit.adjust, adjustment=change)) for _ in range(2)]

    found = await database.run(partial(queries.sums, now=float(NOON)))

    assert set(found) == {
        Sum(COST.account, "2026-11", 70),
        Sum(TOKENS.account, str(bucket), 8),
        Sum("x:key:a:cost:ever", "ever", 10),
    }
    assert first == second


async def test_adjustments_are_told_in_order_from_a_number_on(database: Database) -> None:
    """A running server picks up what the command line did."""
    numbers = [
        await database.run(partial(audit.adjust, adjustment=audit.Adjustment(f"adj-{i}", "a", "ever", i, "ops", "why")))
        for i in range(3)
    ]

    found = await database.run(partial(queries.adjustments_since, number=numbers[0]))

    assert [(row["id"], row["amount"], row["who"], row["why"]) for row in found] == [
        ("adj-1", 1, "ops", "why"),
        ("adj-2", 2, "ops", "why"),
    ]


async def test_holds_that_were_settled_lately_are_known(database: Database) -> None:
    """H6: tombstones; by when a request ended, however long before that it began."""
    await _fill(database, {"created": NOON - 5000, "duration_ms": 4_500_000.0}, {"created": NOON - 5000})

    assert await database.run(partial(queries.recent_holds, now=float(NOON))) == ["aa", "bb"]


async def test_rows_that_do_not_agree_are_found(database: Database) -> None:
    """I4: an attempt without a row, and a cost that is not its attempts'."""
    failed = {"target": "spare/m", "failure": {"kind": "timeout", "message": "", "status": None}, "cost": 0}
    await _fill(database, {"attempts": [failed, record(story())["attempts"][0]]}, {"cost": 1}, {})
    assert [one.what for one in await database.run(queries.discrepancies)] == ["cost"]
    await database.run(lambda connection: connection.execute(tries.delete()))

    assert {one.what for one in await database.run(queries.discrepancies)} == {"attempts"}


async def test_the_last_standings_replace_those_before(database: Database) -> None:
    """Memory mode: what the command line shows of a running server."""
    for used in (1, 2):
        known = [(COST, Standing(used, 3, 10, "2026-11", 60.0)), (TOKENS, Standing(0, 0, 5, "7"))][: 3 - used]
        await database.run(partial(audit.note_standings, known=known))

    (row,) = await database.run(queries.last_standings)

    assert (row["account"], row["used"], row["held"], row["cap"], row["unit"]) == (COST.account, 2, 3, 10, "cost")
    assert row["resets"] - row["at"] == 60_000_000


async def test_old_rows_go_piece_by_piece_and_open_windows_stay(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B33: bounded deletes. A budget for ever is not forgotten, a session that nobody goes on with is."""
    monkeypatch.setattr("proxy.ledger.retention.PIECE", 2)
    old = [{"created": NOON - DAY * 10 - i} for i in range(5)]
    accounts = ["budget:key:session:cost:ever", "budget:session:ab12:cost:ever", "rate:key:a:requests:60s"]
    windows = ["ever", "ever", str(NOON)]
    await _fill(database, *old, {"created": NOON}, postings=[[a, w, 1] for a, w in zip(accounts, windows, strict=True)])

    pieces = 0
    while await database.run(partial(prune, retention=DAY * 7, now=float(NOON))):
        pieces += 1
    assert pieces == 2
    assert [row["created"] for row in await rows(database, requests)] == [NOON * 10**6]
    assert len(await rows(database, attempts)) == 1
    assert len(await rows(database, postings)) == 3

    await database.run(partial(prune, retention=DAY * 7, now=time.time() + DAY * 8))

    assert [row["account"] for row in await rows(database, postings)] == ["budget:key:session:cost:ever"]
