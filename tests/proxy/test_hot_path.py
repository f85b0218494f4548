"""What a request costs, counted: tasks, awaits, timers, JSON documents, writes, calls. Never a time: no chance in it.

All of it is real but for the network beyond 127.0.0.1: application, protocol, transport, and records that are shared
with other workers. One connection on either side, kept.
"""

import json
import os
import socket
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from proxy.observe.records import RECORDS
from tests.counting import CountingAsyncio, CountingUvloop, Loop, Seen, Tally
from tests.proxy.hot_stage import MARK, REQUESTS, WARM_UP, Case, play
from tests.rig.wires import anthropic_answer, anthropic_events, openai_answer, openai_events


def _start_threads() -> None:
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()


def _connect() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()):
        pass


def _keep() -> None:
    with closing(sqlite3.connect(":memory:")) as store:
        store.execute("SELECT 1")


NEVER: dict[str, Callable[[], object]] = {
    "threads": _start_threads,
    "connections": _connect,
    "json": lambda: json.loads(json.dumps("")),
    "sqlite": _keep,
    "files": lambda: Path(os.devnull).write_bytes(b"line"),
}
"""What no request does on the thread that serves, and a deed that would be it: threads, or work handed to one; new
connections; JSON the slow way; a store; files. Log and records are written for many requests together."""


class Row(NamedTuple):
    """Figures of one request."""

    tasks: int
    """The server's own, and no other."""
    steps: int
    """Of that task: its start, and one for each await that had to wait."""
    futures: int
    """One for each of those awaits."""
    timers: int
    """Deadlines that are set for this request alone; the others are looked after by a timer of the connection's."""
    loads: int
    """JSON documents read."""
    dumps: int
    """JSON documents written. One is the log's line, most of which is known once plain."""
    to_client: int
    """Writes to the client's socket."""
    to_upstream: int
    """Writes to the upstream's."""
    calls: int
    """Calls of Python functions, and resumptions of coroutines, at most: one or two above what CPython 3.11 makes.

    Keep it so: it may go down with any commit, and up only with one whose message says what the calls are good for.
    """


TABLE = {
    "whole, chain off": Row(1, 2, 1, 0, 2, 1 + 1, 1, 1, 200),
    "whole": Row(1, 2, 1, 0, 2, 1 + 1, 1, 1, 206),
    # What it may take at most, four claims reserved and settled, x-ratelimit-*, and their numbers in the record.
    "whole, four limits": Row(1, 2, 1, 0, 2, 1 + 1, 1, 1, 244),
    # The body comes in a read of its own: it is waited for (a step, a future), and has a deadline (a timer).
    "whole, in two reads": Row(1, 3, 2, 1, 2, 1 + 1, 1, 1, 221),
    # Both the request, its texts first, and the answer are written anew.
    "whole, anthropic": Row(1, 2, 1, 0, 2, 3 + 1, 1, 1, 246),
    # Six reads, each awaited and passed on in one write; the timer is that of the keep-alive comments.
    # loads: the request; the first two events, three in the read that is learnt from, one for each of the three reads
    # that are spliced; the last three: finish, usage, and [DONE], which is none. dumps: the request, and the usage.
    "stream": Row(1, 7, 6, 1, 1 + 2 + 3 + 3 + 3, 2 + 1, 6, 1, 499),
    # loads: the request; the first four events, learnt from at once, one for each of the four reads that are spliced,
    # the last three. dumps: the request and its texts, the head of all chunks (before it is known, and after),
    # 13 texts, the finish (what it adds, and its reason), and the usage.
    "stream, anthropic": Row(1, 7, 6, 1, 1 + 4 + 4 + 3, 2 + 2 + 13 + 2 + 1 + 1, 6, 1, 512),
    # Nothing is read and nobody is asked. dumps: the error, and its line in the log, which is not plain.
    "refused": Row(1, 1, 0, 0, 0, 2, 1, 0, 68),
}


def _http(kind: bytes, length: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\n%b\r\n\r\n%b" % (kind, length, body)


def _whole(body: bytes) -> tuple[bytes, ...]:
    return (_http(b"application/json", b"content-length: %d" % len(body), body),)


def _stream(events: list[bytes], prelude: int) -> tuple[bytes, ...]:
    """Six reads: all up to the first text, four of three texts each, and the rest."""
    texts, end = events[prelude : prelude + 12], events[prelude + 12 :]
    reads = [events[:prelude], texts[:3], texts[3:6], texts[6:9], texts[9:], end]
    first, *others = (b"%x\r\n%b\r\n" % (len(read), read) for read in map(b"".join, reads))
    opened = _http(b"text/event-stream", b"transfer-encoding: chunked", first)
    return (opened, *others[:-1], others[-1] + b"0\r\n\r\n")


TEXTS = [MARK.decode(), *("When ", "would ", MARK.decode()) * 4]
COMPLETION = _whole(openai_answer("A load break switch with fuses suffices for small transformers.").body)
CASES = {
    "whole, chain off": Case("unchained", COMPLETION),
    "whole": Case("native", COMPLETION),
    "whole, four limits": Case("limited", COMPLETION),
    "whole, in two reads": Case("native", COMPLETION, apart=True),
    "whole, anthropic": Case("anthropic", _whole(anthropic_answer("Fuses suffice for small transformers.").body)),
    "stream": Case("native", _stream(openai_events({"content": text} for text in TEXTS), 2), stream=True),
    "stream, anthropic": Case("anthropic", _stream(anthropic_events(TEXTS), 4), stream=True),
    "refused": Case("native", status=401, key="sk-of-nobody"),
}
UNSEEN: dict[type[Loop], tuple[str, ...]] = {CountingUvloop: ("to_client", "to_upstream"), CountingAsyncio: ()}
"""The loops, and what cannot be seen on each."""


class Played(NamedTuple):
    """All cases on one loop."""

    found: dict[str, Seen]
    unseen: tuple[str, ...]
    log: bytes
    shared: Path


@pytest.fixture(scope="module", params=UNSEEN, ids=["uvloop", "asyncio"])
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Once for all tests."""
    shared = tmp_path_factory.mktemp("shared")
    found, log = play(request.param, CASES, shared)
    return Played(found, UNSEEN[request.param], log, shared)


def _complaint(figure: str, expected: str, who: dict[str, int]) -> str:
    most = sorted(who.items(), key=lambda one: -one[1])[:12]
    by = ", ".join(f"{name} {times / REQUESTS:g}" for name, times in most)
    return f"{figure}: expected {expected} per request, seen {sum(who.values()) / REQUESTS:g} ({by or 'nobody'})"


@pytest.mark.parametrize("name", TABLE)
def test_a_request_costs_what_the_table_says(played: Played, name: str) -> None:
    """Each figure, to the last one; the table is what may be changed on purpose."""
    seen, row = played.found[name], TABLE[name]._asdict()
    most = row.pop("calls")
    exactly = {figure: count for figure, count in row.items() if figure not in played.unseen} | dict.fromkeys(NEVER, 0)

    wrong = [
        _complaint(figure, str(count), seen[figure])
        for figure, count in exactly.items()
        if sum(seen[figure].values()) != count * REQUESTS
    ]
    if sum(seen["calls"].values()) > most * REQUESTS:
        wrong.append(_complaint("calls", f"at most {most}", seen["calls"]))
    assert not wrong, f"{name}: " + "; ".join(wrong)


def test_what_is_done_for_many_requests_together_is_done(played: Played) -> None:
    """Each request has its line in the log, and each that was served its record where all workers find it."""
    each = WARM_UP + REQUESTS
    with closing(sqlite3.connect(played.shared / RECORDS)) as records:
        kept = records.execute("SELECT max(until) FROM batch").fetchone()[0]

    assert played.log.count(b'"event":"request"') == each * len(CASES)
    assert kept == each * (len(CASES) - 1)


@pytest.mark.parametrize("figure", NEVER)
def test_what_never_happens_would_be_seen(figure: str) -> None:
    """A zero in the table means that it was looked for."""
    tally = Tally(test_what_never_happens_would_be_seen.__code__)

    tally.open()
    NEVER[figure]()
    tally.close()

    assert sum(tally.seen[figure].values()) > 0
