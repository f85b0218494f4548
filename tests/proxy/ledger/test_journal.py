"""The journal: whole frames whatever happens, and room for what is under way before anything new is begun."""

import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import structlog

from proxy.ledger.frames import DISPATCH, HEAD_SIZE, INTENT, SETTLED, framed, frames
from proxy.ledger.journal import FRAME_LIMIT, SYNC_SECONDS, Journal
from proxy.ledger.segments import orphans
from tests.proxy.ledger.stories import BOUND, COST, SPENT, TARGET, Desk, hold, record, story
from tests.rig.waiting import until

SMALL = 2 * 2**20


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A small one, of eight files."""
    opened = Journal(tmp_path / "journal", SMALL)
    yield opened
    opened.close(consumed=False)


def _decoded(payload: bytes) -> list[object]:
    """One document, or one a line."""
    documents = [orjson.loads(line) for line in payload.split(b"\n")]
    return documents if len(documents) > 1 else documents[0]


def _written(journal: Journal) -> list[tuple[int, list[object]]]:
    """All frames from the beginning, decoded."""
    found, place = [], journal.first
    while place != journal.head:
        data, at = journal.read(place, 2**20)
        for kind, payload, end in frames(data):
            found.append((kind, _decoded(payload)))
            place = at + end
    return found


def test_a_request_is_an_intent_a_dispatch_and_an_end(journal: Journal) -> None:
    """H5: with who, what and how much, so that a row can be made whatever follows."""
    desk = Desk(journal, shared=True)
    begun = desk.send()
    desk.settle(begun)

    (i, intent), (d, sent), (s, over) = _written(journal)

    assert (i, d, s) == (INTENT, DISPATCH, SETTLED)
    assert intent == [begun.uid, begun.held[0].id]
    way, own = sent
    names = [list(name) for name in zip(way[-1], own[10], strict=True)]
    assert way[:-1] == ["app", "growth", None, "fast", "chat", False, "default", "c0ffee", TARGET]
    assert own[:4] == [begun.uid, 1, begun.created, "req-1"]
    assert own[7:10] == [BOUND[0], begun.held[0].id, list(BOUND)]
    assert names[0] == [COST.account, begun.held[0].standings[0].window]
    assert names[2][1] is None
    assert over[1] == record(begun)
    assert over[2:] == [[begun.held[0].id], [list(SPENT)], [names], [begun.held[0].id]]


def test_an_account_s_name_may_hold_anything(journal: Journal) -> None:
    """Per cent signs, quotes and backslashes of a configuration's names come back as they were."""
    from dataclasses import replace

    begun = story(hold())
    name = 'budget:tag:100%s "off" \\n {0}:cost:ever'
    begun.held[0].claims = (replace(COST, account=name), *begun.held[0].claims[1:])
    Desk(journal).settle(begun)

    ((_, over),) = _written(journal)

    assert over[4][0][0][0] == name


def test_a_hold_that_was_given_up_is_not_charged(journal: Journal) -> None:
    """VOID: the request has its row, and no account is charged."""
    desk = Desk(journal)
    desk.settle(desk.send(), posted=None)

    assert _written(journal)[-1][1][2:] == [[], [], [], []]


def test_of_two_holds_the_second_dispatch_names_the_first_as_well(journal: Journal) -> None:
    """F30: both are open until the request is over, so a crash costs both."""
    desk, begun = Desk(journal), story(hold())
    desk.send(begun)
    begun.held.append(hold())
    desk.send(begun)

    way, own = _written(journal)[1][1]

    assert own[1] == 2
    assert own[11] == [[begun.held[0].id, list(BOUND), [list(name) for name in zip(way[-1], own[10], strict=True)]]]


@pytest.mark.parametrize("cut", [1, HEAD_SIZE - 1, HEAD_SIZE, HEAD_SIZE + 3])
def test_a_frame_that_is_cut_ends_the_reading_and_spoils_none_before_it(cut: int) -> None:
    """What a power cut leaves of the last page."""
    whole, torn = framed(SETTLED, b"[1]"), framed(SETTLED, b"[2222]")

    assert [payload for _, payload, _ in frames(whole + torn[:cut] + bytes(64))] == [b"[1]"]


def test_a_frame_whose_head_or_end_is_wrong_by_one_bit_is_not_read() -> None:
    """They are under the checksum, the kind too."""
    frame = framed(SETTLED, b'["a",1]')
    for bit in range(8 * len(frame)):
        wrong = bytearray(frame)
        wrong[bit // 8] ^= 1 << bit % 8
        assert list(frames(bytes(wrong) + bytes(64))) == []


def test_a_frame_with_a_page_missing_is_not_read() -> None:
    """What never came to the disk reads as zeros, and no JSON has one."""
    frame = framed(SETTLED, orjson.dumps(["x" * 9000]))
    torn = frame[:4096] + bytes(4096) + frame[8192:]

    assert [payload for _, payload, _ in frames(frame)] == [frame[HEAD_SIZE:]]
    assert list(frames(torn)) == []


def test_frames_go_on_in_the_next_file(journal: Journal) -> None:
    """Nothing is cut at a file's end, and nothing is left out."""
    served = Desk(journal).serve(300)

    over = [body for kind, body in _written(journal) if kind == SETTLED]

    assert journal.head >> 32 > 1
    assert [body[0] for body in over] == [begun.uid for begun in served]


def test_files_that_the_ledger_has_go_and_what_is_under_way_is_written_again(journal: Journal) -> None:
    """A request that lasts is found by a recovery, however many files have gone since it was begun."""
    desk = Desk(journal, shared=True)
    long = desk.send()
    for _ in range(10):
        desk.serve(200)
        journal.consumed(journal.head)
        until(lambda: not journal.full, "there was room again")

    files = lambda: sorted((journal._holder.folder).glob("*.segment"))  # noqa: E731
    until(lambda: int(files()[0].stem) >= (journal.head >> 32) - 1, "files that are done were gone")
    kept = [kind for kind, payload in _read(files()) if long.uid.encode() in payload]

    assert kept == [INTENT, DISPATCH]
    assert journal.lost == 0


def _read(paths: list[Path]) -> Iterator[tuple[int, bytes]]:
    for path in paths:
        for kind, payload, _ in frames(path.read_bytes()):
            yield kind, payload


def test_a_journal_is_full_before_what_is_under_way_has_no_room(journal: Journal) -> None:
    """F27: admission stops; every request that was begun is written down to its end."""
    desk, begun = Desk(journal), [story(hold())]
    while not journal.full:
        begun.append(desk.send())
        desk.serve(3)
    for each in begun:
        desk.settle(each)

    assert journal.lost == 0
    assert journal.under_way == 0


def test_refusals_take_no_room_that_is_kept_for_what_was_sent(journal: Journal) -> None:
    """F27: a full journal refuses, and refusals have rows as well; but the ends of what was sent come first."""
    desk = Desk(journal)
    begun = [desk.send() for _ in range(5)]
    while not journal.full:
        desk.serve()
    for _ in range(600):
        refused = story()
        journal.settle(refused, orjson.dumps(record(refused, outcome="denied", attempts=[])))
    for each in begun:
        desk.settle(each)

    assert journal.lost == 0
    assert journal.unnoted > 0


def test_a_full_journal_has_room_again_once_the_ledger_caught_up(journal: Journal) -> None:
    """F27."""
    desk = Desk(journal)
    while not journal.full:
        desk.serve()

    journal.consumed(journal.head)

    until(lambda: not journal.full, "there was room again")
    desk.serve()


@pytest.fixture
def no_log() -> Iterator[None]:
    """Nothing is logged, for pytest keeps that in a file."""
    with structlog.testing.capture_logs():
        yield


def test_a_disk_without_room_stops_admission_and_no_end_is_lost(tmp_path: Path, no_log: None) -> None:
    """F28: the files are there before they are needed; here a limit of the process takes the disk's place."""
    journal = Journal(tmp_path / "journal", SMALL)
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    desk = Desk(journal)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, limits[1]))
        open_ones = [desk.send() for _ in range(20)]
        while not journal.full:
            desk.serve()
        for each in open_ones:
            desk.settle(each)
        assert journal.lost == 0
        assert not [path for path in journal._holder.folder.iterdir() if path.stat().st_size == 0 and path.suffix]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    until(lambda: not journal.full, "the disk has room again, and so has the journal")
    journal.close(consumed=False)


def test_without_room_and_with_go_on_rows_are_counted_as_lost(journal: Journal) -> None:
    """``when_full: go_on`` serves on; the figure says what it cost."""
    desk = Desk(journal)
    while not journal.lost:
        desk.serve()

    assert journal.full


def test_a_record_that_is_too_long_is_cut_to_what_its_row_is_made_of(journal: Journal) -> None:
    """No request is lost for a policy that has much to say."""
    begun = story(hold())
    notes = [{"policy": "budget", "verdict": "pass", "why": "x" * 1000}] * 200
    Desk(journal).settle(begun, policies=notes)

    ((_, over),) = _written(journal)

    assert len(orjson.dumps(over)) < FRAME_LIMIT
    assert "policies" not in over[1]
    assert over[1]["cost"] == 122_500_000


def test_a_living_worker_s_journal_is_nobody_else_s(tmp_path: Path, journal: Journal) -> None:
    """Its lock goes with the process and no earlier."""
    assert list(orphans(tmp_path / "journal")) == []


def test_a_journal_that_is_in_the_ledger_leaves_nothing_behind(tmp_path: Path) -> None:
    """A clean end: no folder to take over."""
    journal = Journal(tmp_path / "journal", SMALL)
    Desk(journal).serve(3)

    journal.close(consumed=True)

    assert list((tmp_path / "journal").iterdir()) == []


def test_whoever_waits_for_an_end_is_told_once(journal: Journal) -> None:
    """The writer sleeps while nothing happens."""
    told: list[int] = []
    journal.stir = lambda: told.append(1)

    Desk(journal).serve(3)

    assert told == [1]
    assert SYNC_SECONDS <= 0.1
