"""The journal of one worker: what was begun and what came of it, written where no crash can take it (RELIABILITY H5).

Three kinds of frames. ``I``: a hold is about to be asked for. ``D``: an attempt is about to be sent; with all that a
row needs should nothing follow. ``S``: a request is over; its decision record, and what each account was charged. It is
the ledger's outbox too: :mod:`proxy.ledger.writer` reads it.

Payloads are JSON: ``I`` [uid, hold]; ``S`` [uid, record, holds, their amounts, their names, those of the holds that a
shared store was asked for], or two lines for a plain request (:mod:`proxy.ledger.plain`); ``D`` two lines as well:
[key, team, org, model, endpoint, stream, chain, config, target, the hold's accounts], which many have in common; [uid,
ordinal, created, id, user, session, tags, bound, hold, amounts, windows, earlier holds as [hold, amounts, names]].
Names are [account, window], one for each amount; slots, which are no sum, have no window.
"""

import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from zlib import crc32

import orjson
import structlog

from policies.claims import Claim, Unit
from proxy.engine.story import Held, Story
from proxy.ledger import plain
from proxy.ledger.frames import DISPATCH, HEAD, HEAD_SIZE, INTENT, SETTLED, TAIL
from proxy.ledger.fresh import Fresh
from proxy.ledger.segments import Segment, create

SEGMENT_SIZE = 8 * 2**20
SEGMENTS = 8
"""A small journal has so many files, smaller ones."""
FRAME_LIMIT = 65_536
RESERVE = 8192
"""Bytes kept free for what is under way, each: its end can then be written down whatever the disk says."""
SYNC_SECONDS = 0.1
"""What a power cut can take, in time. A crash of the process takes nothing."""
NAMES = 4096
"""Sets of claims whose names are remembered as JSON, and so many kinds of dispatches."""
MASK = 2**32 - 1

_Windows = tuple[str, ...]
_Way = tuple[object, ...]
_Begun = tuple[int, int, bytes, tuple[str, ...], Sequence[str | None]]
"""Of a request: the file that its oldest frame is in, how often it was sent, its frames, the holds it asked for, the
windows of its last hold."""
_log = structlog.get_logger("switchgear")


class Journal:
    """Writes things down. Sync, never waits, never fails; where there is no room, ``full`` says so in advance.

    Places in it are numbers that grow: a file's number, and how far into it.

    Args:
        folder: of all workers' journals.
        size: bytes that this one may come to.

    Raises:
        OSError: nothing can be written there.
    """

    def __init__(self, folder: Path, size: int) -> None:
        self._size = max(min(SEGMENT_SIZE, size // SEGMENTS), 4 * FRAME_LIMIT)
        self._most = max(size // self._size, 3)
        self._holder = create(folder, uuid.uuid4().hex)
        self._made = 1
        self._segment = Segment(self._holder.folder, self._made, self._size)
        self._map, self._at = self._segment.map, 0
        self._older: deque[Segment] = deque()
        self._ready: deque[Segment] = deque()
        self._retired: deque[Segment] = deque()
        self._open: dict[str, _Begun] = {}
        self._known: dict[tuple[Claim, ...], tuple[_Windows, bytes]] = {}
        self._ways: dict[_Way, tuple[bytes, Sequence[int]]] = {}
        self.fresh = Fresh(self.first)
        """Its end, still in memory."""
        self.full = False
        self.lost = 0
        """Frames that there was no room for: none but with ``when_full: go_on``."""
        self.unnoted = 0
        """Requests that were never sent, and ended while all room was kept for the ends of those that were."""
        self.stir: Callable[[], None] | None = None
        """Called once at the next frame that ends a request; who wants to know sets it each time."""
        self._wake, self._closing = threading.Event(), False
        self._prepare()
        self._keeper = threading.Thread(target=self._keep, name="journal", daemon=True)
        self._keeper.start()

    @property
    def id(self) -> str:
        """Its name in the ledger."""
        return self._holder.id

    @property
    def first(self) -> int:
        """The place where it begins."""
        return 1 << 32

    @property
    def head(self) -> int:
        """The place after the last frame."""
        return self._segment.number << 32 | self._at

    @property
    def bytes_held(self) -> int:
        """What is in files that the ledger does not have yet, or keeps for the next start."""
        return len(self._older) * self._size + self._at

    @property
    def under_way(self) -> int:
        """Requests that were begun and are not over."""
        return len(self._open)

    def intend(self, story: Story, held: Held) -> None:
        """A hold is about to be asked for from a shared store."""
        frame = self._append(INTENT, f'["{story.uid}","{held.id}"]'.encode())
        self._note(story.uid, frame, 0, (held.id,), ())

    def dispatch(self, story: Story, target: str, held: Held | None, bound: int | None) -> None:
        """An attempt is about to be sent; see :class:`proxy.engine.ports.Books`."""
        call, uid, before = story.call, story.uid, self._open.get(story.uid)
        claims = None if held is None else held.claims
        key = call.principal.key, call.model, call.endpoint, call.stream, story.chain, story.version, target, claims
        way, slots = self._ways.get(key) or self._way(key, story, claims)
        windows: list[str | None] = [] if held is None else [standing.window for standing in held.standings]
        for place in slots:
            windows[place] = None
        hold, amounts = (None, ()) if held is None else (held.id, held.amounts)
        ordinal, tags = 1 if before is None else before[1] + 1, [*call.tags] if call.tags else None
        earlier = self._earlier(story.held[:-1]) if len(story.held) > 1 else ()
        own = (
            uid,
            ordinal,
            story.created,
            call.id,
            call.user,
            call.session,
            tags,
            bound,
            hold,
            amounts,
            windows,
            earlier,
        )
        frame = self._append(DISPATCH, way + orjson.dumps(own))
        if before is None:
            self._open[uid] = self._segment.number, 1, frame, (), windows
        else:
            self._note(uid, frame, 1, (), windows)
        need = len(self._open) * RESERVE + 2 * FRAME_LIMIT + self._at
        if need > self._size and need > (len(self._ready) + 1) * self._size:
            self.full = True
            self._wake.set()

    def common(self, example: Story) -> bytes:
        """For :meth:`settle_plain`; see :class:`proxy.engine.ports.Books`."""
        return plain.common(example)

    def settle_plain(self, story: Story, common: bytes, moments: plain.Moments) -> None:
        """A plain request is over; see :class:`proxy.engine.ports.Books`."""
        begun = self._open.pop(story.uid, None)
        _, _, _, asked, windows = self._unsent(story) if begun is None else begun
        own = plain.values(story, moments, windows, asked)
        self._append(SETTLED, common + orjson.dumps(own))
        self.fresh.add((common, own))
        if self.stir is not None:
            stir, self.stir = self.stir, None
            stir()

    def settle(self, story: Story, line: bytes) -> None:
        """A request is over; see :class:`proxy.engine.ports.Books`."""
        uid, before = story.uid, self._open.pop(story.uid, None)
        asked = before[3] if before is not None else ()
        if len(line) > FRAME_LIMIT // 2:
            line = _cut(line)
        if (before is None or not before[1]) and self._scarce(len(line)):
            self.unnoted += 1
            return
        posted = [hold for hold in story.held if hold.posted is not None]
        ids, amounts = [hold.id for hold in posted], [hold.posted for hold in posted]
        names = [orjson.Fragment(self._names(hold)) for hold in posted]
        payload = orjson.dumps((uid, orjson.Fragment(line), ids, amounts, names, asked))
        self._append(SETTLED, payload)
        self.fresh.add(payload)
        if self.stir is not None:
            stir, self.stir = self.stir, None
            stir()

    def read(self, start: int, most: int) -> tuple[bytes, int]:
        """What was written from a place on, in one file.

        Args:
            start: a place where a frame begins.
            most: bytes to read at most; a frame may be cut at the end.

        Returns:
            The bytes, and the place where they begin: past files that ended before it.
        """
        number, at = start >> 32, start & MASK
        for segment in (*self._older, self._segment):
            if segment.number < number:
                continue
            if segment.number > number:
                number, at = segment.number, 0
            end = self._at if segment is self._segment else self._size
            data = segment.map[at : min(at + most, end)]
            if segment is self._segment or (data and data[0]):  # a kind of 0: the rest of the file was too short
                return data, number << 32 | at
        return b"", self.head

    def consumed(self, place: int) -> None:
        """All before a place is in the ledger. Files before it are given up but for the last one, whose holds a store
        that lags behind may have to be told of again; what is not over yet is written down once more."""
        self.fresh.landed(place)
        while self._older and self._older[0].number < (place >> 32) - 1:
            segment = self._older.popleft()
            for uid, (number, sent, frames, asked, windows) in tuple(self._open.items()):
                if number > segment.number:
                    break
                del self._open[uid]
                self._copy(frames)
                self._open[uid] = self._segment.number, sent, frames, asked, windows
            self._retired.append(segment)
            self._wake.set()

    def close(self, *, consumed: bool) -> None:
        """Stop. What the ledger does not have is left for the next start.

        Args:
            consumed: the ledger has everything.
        """
        self._closing = True
        self._wake.set()
        self._keeper.join()
        for segment in (*self._older, *self._retired, self._segment, *self._ready):
            segment.sync()
            segment.close(remove=False)
        self._holder.release(remove=consumed and not self._open)

    def _scarce(self, size: int) -> bool:
        """Whether so many bytes more would take what is kept for requests that were sent."""
        room = (len(self._ready) + 1) * self._size - self._at - size
        if room >= len(self._open) * RESERVE + 2 * FRAME_LIMIT:
            return False
        self.full = True
        self._wake.set()
        return True

    def _unsent(self, story: Story) -> _Begun:
        """What would be known of a request if it had been sent."""
        windows = [standing.window for standing in story.held[-1].standings] if story.held else ()
        return self._segment.number, 0, b"", (), windows

    def _note(self, uid: str, frame: bytes, sent: int, asked: tuple[str, ...], windows: Sequence[str | None]) -> None:
        """Keep a frame of a request that is not over."""
        number, times, frames, holds, _ = self._open.get(uid, (self._segment.number, 0, b"", (), ()))
        self._open[uid] = number, times + sent, frames + frame, holds + asked, windows

    def _append(self, kind: int, payload: bytes) -> bytes:
        """Write a frame (:func:`proxy.ledger.frames.framed`: here without its call); returns it."""
        size = len(payload)
        frame = HEAD.pack(kind, size, crc32(payload[-TAIL:], size << 8 | kind)) + payload
        end = self._at + size + HEAD_SIZE
        if end > self._size:
            self._copy(frame)
        else:
            self._map[self._at : end] = frame
            self._at = end
        return frame

    def _copy(self, frames: bytes) -> None:
        """Write frames, all in one file."""
        if self._at + len(frames) > self._size and not self._turn():
            self.lost += 1
            self.fresh.forget()
            return
        end = self._at + len(frames)
        self._map[self._at : end] = frames
        self._at = end

    def _turn(self) -> bool:
        """Go on in the next file."""
        self._wake.set()
        if not self._ready:
            self.full = True
            return False
        self._older.append(self._segment)
        self._segment = self._ready.popleft()
        self._map, self._at = self._segment.map, 0
        return True

    def _way(self, key: _Way, story: Story, claims: tuple[Claim, ...] | None) -> tuple[bytes, Sequence[int]]:
        """What is said of a dispatch that others have in common with it; and which of its claims are on slots."""
        who, accounts = story.call.principal, [claim.account for claim in claims or ()]
        slots = [place for place, claim in enumerate(claims or ()) if claim.unit is Unit.SLOTS]
        said = orjson.dumps((who.key, who.team, who.org, *key[1:-1], accounts)) + b"\n", slots
        if len(self._ways) >= NAMES:
            self._ways.clear()
        self._ways[key] = said
        return said

    def _earlier(self, held: Iterable[Held]) -> list[tuple[str, tuple[int, ...], orjson.Fragment]]:
        return [(one.id, one.amounts, orjson.Fragment(self._names(one))) for one in held]

    def _names(self, held: Held) -> bytes:
        """Accounts and windows of a hold."""
        windows = tuple([standing.window for standing in held.standings])
        known = self._known.get(held.claims)
        if known is None or known[0] != windows:
            if len(self._known) >= NAMES:
                self._known.clear()
            known = self._known[held.claims] = windows, _names(held.claims, windows)
        return known[1]

    def _keep(self) -> None:
        """The thread: syncs, makes files ready, does away with those that are done."""
        synced = 0
        while not self._closing:
            self._wake.wait(SYNC_SECONDS)
            self._wake.clear()
            head = self.head
            if head != synced:
                self._sync(synced >> 32)
                synced = head
            while self._retired:
                self._retired.popleft().close(remove=True)
            self._prepare()

    def _sync(self, since: int) -> None:
        try:
            for segment in (*self._older, self._segment):
                if segment.number >= since:
                    segment.sync()
        except OSError as fault:
            _log.error("journal_not_synced", error=str(fault))

    def _prepare(self) -> None:
        """Keep room for what is under way, and a file more."""
        need = len(self._open) * RESERVE + 2 * FRAME_LIMIT + self._size
        try:
            while len(self._ready) * self._size < need and len(self._older) + len(self._ready) + 1 < self._most:
                self._ready.append(Segment(self._holder.folder, self._made + 1, self._size))
                self._made += 1
        except OSError as fault:
            if not self.full:
                _log.error("journal_has_no_room", error=str(fault))
        room = len(self._ready) * self._size + self._size - self._at
        self.full = room < len(self._open) * RESERVE + 2 * FRAME_LIMIT


def _names(claims: Iterable[Claim], windows: Iterable[str]) -> bytes:
    names = [
        (claim.account, None if claim.unit is Unit.SLOTS else window)
        for claim, window in zip(claims, windows, strict=True)
    ]
    return orjson.dumps(names)


def _cut(line: bytes) -> bytes:
    """A record that is too long, without what no row is made of."""
    record = orjson.loads(line)
    kept = {name: part for name, part in record.items() if name not in ("policies", "ended_by", "dropped")}
    kept["attempts"] = [{**turn, "policies": [], "failure": _brief(turn)} for turn in record["attempts"]]
    return orjson.dumps(kept)


def _brief(turn: dict[str, object]) -> object:
    failure = turn.get("failure")
    return {**failure, "message": ""} if isinstance(failure, dict) else failure
