"""The log: one JSON object a line, nothing in it that tricks a terminal, and no line that a log shipper would cut."""

import asyncio
import errno
import io
import json
import logging
import os
import subprocess
import sys
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from proxy.observe import log
from proxy.observe.log import LINE_LIMIT, Output, RecordLog, line
from tests.rig.waiting import until

pytestmark = pytest.mark.anyio

RECORD: dict[str, Any] = {"event": "request", "id": "req_1", "outcome": "ok", "status": 200, "attempts": []}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The server's own."""
    return "asyncio"


class Pipe(io.BytesIO):
    """Counts how often it is written to."""

    writes = 0

    def write(self, data: Any) -> int:
        self.writes += 1
        return super().write(data)

    @property
    def records(self) -> list[dict[str, Any]]:
        """What was written, line by line."""
        return [json.loads(line) for line in self.getvalue().splitlines()]


class Full(io.BytesIO):
    """A disk that is full at the first write, and not at those after it."""

    def __init__(self, disk: Pipe) -> None:
        super().__init__()
        self._disk, self._full = disk, True

    def write(self, data: Any) -> int:
        full, self._full = self._full, False
        if full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._disk.write(data)


@pytest.mark.parametrize(
    "trick",
    ["\r\n", "\x1b[2J", "\x00", "\x7f", "\x9b31m", "\u2028", "\u2029", "\u200e", "\u202e", "\u2066", "\u061c"],
    ids=ascii,
)
def test_what_would_trick_a_reader_is_escaped_and_not_lost(trick):
    """S10: line breaks, escapes, separators and direction marks come out as escapes, and back as what they were."""
    text = log.line({"user": f"before{trick}after"}).decode()

    assert text.isprintable()
    assert json.loads(text) == {"user": f"before{trick}after"}


def test_other_languages_stay_readable():
    """Only what tricks is escaped."""
    assert log.line({"user": "Zoë 北京 🚀"}).decode() == '{"user":"Zoë 北京 🚀"}'


def test_what_json_does_not_know_is_shown_as_python_shows_it():
    """A log call never fails for its facts."""
    assert json.loads(log.line({"error": ValueError("x")})) == {"error": "ValueError('x')"}


async def test_lines_are_gathered_and_written_at_once_in_their_order():
    """One write for many requests is what makes a line per request cheap."""
    pipe = Pipe()
    records = RecordLog(pipe)
    for number in range(100):
        records.write(line(RECORD | {"id": f"req_{number}"}))

    assert pipe.writes == 0
    records.close()

    assert [record["id"] for record in pipe.records] == [f"req_{number}" for number in range(100)]
    assert pipe.writes == 1


async def test_a_line_does_not_wait_for_company_for_ever():
    """Alone, too, it is written, by the loop's own timer; and the next one as well."""
    pipe = Pipe()
    records = RecordLog(pipe)
    for number in (1, 2):
        records.write(line(RECORD))
        written = partial(lambda lines: len(pipe.getvalue().splitlines()) == lines, number)
        await asyncio.to_thread(until, written, "the line was written")

    assert pipe.records == [RECORD, RECORD]


async def test_what_cannot_be_written_is_not_kept():
    """A full disk must not fill the memory too; the next lines are written again."""
    pipe = Pipe()
    records = RecordLog(Full(pipe))
    for number in (1, 2):
        records.write(line(RECORD | {"id": f"req_{number}"}))
        with suppress(OSError):
            records.flush()

    assert [record["id"] for record in pipe.records] == ["req_2"]


def test_nothing_to_write_is_nothing_written():
    """Closing an idle log leaves no empty line."""
    pipe = Pipe()
    RecordLog(pipe).close()

    assert pipe.getvalue() == b""


async def test_a_record_of_the_limit_stays_whole():
    """Up to the limit nothing is cut."""
    room = LINE_LIMIT - len(log.line(RECORD | {"user": ""}))
    pipe = Pipe()
    records = RecordLog(pipe)
    records.write(line(whole := RECORD | {"user": "x" * room}))
    records.write(line(RECORD | {"user": "x" * (room + 1)}))
    records.close()

    assert pipe.records[0] == whole
    assert pipe.records[1] == RECORD | {"user": None, "cut": True} | dict.fromkeys(
        ("policies", "ended_by", "tags"), None
    )


async def test_a_long_record_loses_the_attempts_policies_first():
    """Where the request went, and how that ended, stays; the record by id has the rest."""
    notes = [{"policy": "strategy", "verdict": "score", "target": f"up/model-{number}"} for number in range(200)]
    attempt = {"target": "up/model-1", "failure": None}
    pipe = Pipe()
    records = RecordLog(pipe)
    records.write(line(RECORD | {"policies": [{"policy": "access"}], "attempts": [attempt | {"policies": notes}]}))
    records.close()

    assert pipe.records == [RECORD | {"policies": [{"policy": "access"}], "attempts": [attempt], "cut": True}]


@pytest.mark.parametrize("field", ["attempts", "error"])
async def test_no_record_makes_a_line_that_is_longer_than_the_limit(field):
    """What cannot be made shorter is left out; which request it was, and how it ended, is not."""
    pipe = Pipe()
    records = RecordLog(pipe)
    records.write(line(RECORD | {field: [{"target": "x" * 3 * LINE_LIMIT}]}))
    records.close()

    (written,) = pipe.getvalue().splitlines()
    assert len(written) <= LINE_LIMIT
    assert json.loads(written) == {name: RECORD[name] for name in ("event", "id", "outcome", "status")} | {"cut": True}


def _logged(level: str, script: str) -> list[dict[str, Any]]:
    """What a process of its own logs: ``configure`` is for a whole process."""
    begin = f"import logging; from proxy.observe import log; log.configure({level!r})\n"
    done = subprocess.run([sys.executable, "-c", begin + script], capture_output=True, check=True, timeout=60)
    assert done.stderr == b""
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_events_are_json_lines_with_time_and_level():
    """As any log shipper reads them."""
    (line,) = _logged("info", "log.event('listening', url='http://127.0.0.1:4000')")

    assert (line["event"], line["level"], line["url"]) == ("listening", "info", "http://127.0.0.1:4000")
    assert line["timestamp"].endswith("Z")


def test_the_level_is_obeyed():
    """Events below it do not appear."""
    script = "import structlog; log.event('quiet'); structlog.get_logger('x').error('loud')"

    assert [line["event"] for line in _logged("warning", script)] == ["loud"]


def test_other_libraries_log_in_the_same_form():
    """uvicorn's own complaints, and whatever else uses ``logging``, are JSON lines too; their chatter is none."""
    script = "l = logging.getLogger('uvicorn.error'); l.info('chatter'); l.error('two\\nlines %s', 1)"
    (line,) = _logged("debug", script)

    assert (line["event"], line["level"]) == ("two\nlines 1", "error")


@pytest.mark.parametrize("logger", ["structlog.get_logger('x')", "logging.getLogger('x')"], ids=["ours", "theirs"])
def test_a_traceback_stays_in_its_line(logger):
    """However long, it is a string of one object."""
    script = f"import structlog\ntry: 1 / 0\nexcept ZeroDivisionError: {logger}.exception('broken')"
    (line,) = _logged("info", script)

    assert (line["event"], line["level"]) == ("broken", "error")
    assert "ZeroDivisionError" in line["exception"]
    assert "Traceback" in line["exception"]


def test_a_level_that_is_none_is_refused():
    """Before anything is changed."""
    handlers = logging.getLogger().handlers[:]

    with pytest.raises(KeyError):
        log.configure("loud")

    assert logging.getLogger().handlers == handlers


def test_a_reader_that_has_gone_costs_the_line_and_nothing_else():
    """A log shipper that dies must not take the server along."""
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb", buffering=0) as gone:
        out = Output(gone)
        out.write(b"{}\n")
        out.flush()

    out.write(b"{}\n")
    assert out.lost == 2
