"""Calls of the script: what is asked for in one turn of the event loop goes out together, in one write.

At most two calls a turn: one that settles, which a full server carries out too, and one that reserves. Several may be
on their way; what is settled is sent again until it was answered, what is to be reserved waits no longer than the
deadline.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import hiredis
import structlog

from proxy.state.redis.operations import Operation
from proxy.state.redis.scripts import RESERVE, SETTLE, Script
from proxy.state.redis.wire import Wire

DEADLINE = 0.1
"""Seconds that the store may take to answer; a frozen one delays nobody longer than that (F22)."""
_TURN = 0.002
"""Seconds after which what is late is looked at once more: a loop that was busy itself for so long runs its timers
before it reads its sockets, and the answer may lie there."""
FAILURES = 5
"""So many in a row, and nothing is reserved any more until the store has answered again."""
MOST = 64
"""Operations of a call. The server does nothing else meanwhile: a call of so many takes it about a millisecond."""
_UNDER_WAY = 16
"""Calls on their way at a time; more would only wait at the other side."""

FULL = ("OOM",)
"""What is reserved is refused, what is settled is not (F24)."""
_FAULTY = ("ERR", "WRONGTYPE")
"""The call itself failed, and would again. Every other error is the server's state: it is joined anew."""

_pack: Callable[[tuple[str | int, ...]], bytes] = hiredis.pack_command  # type: ignore[assignment]  # stubs: of one
_WAIT = _pack(("WAIT", 1, int(DEADLINE * 500)))
"""Half the deadline: https://redis.io/docs/latest/commands/wait/, 2026-11."""
_log = structlog.get_logger("switchgear")


class _Call(NamedTuple):
    script: Script
    operations: list[Operation]
    since: float


class Calls:
    """What is to be sent and what is on its way.

    Args:
        clock: monotonic.
        broken: told why, when the server has to be joined anew; :meth:`resume` is called then.
        turned: told when it answers again (True), and when it has failed too often (False).
        strict: each call that reserves waits for one replica.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        broken: Callable[[str], None],
        turned: Callable[[bool], None],
        *,
        strict: bool,
    ) -> None:
        self._clock, self._broken, self._turned, self._strict = clock, broken, turned, strict
        self._settles: deque[Operation] = deque()
        self._reserves: deque[Operation] = deque()
        self._flying: deque[_Call] = deque()
        self._wire: Wire | None = None
        self._scheduled = False
        self._timer: asyncio.TimerHandle | None = None
        self._suspect = False
        """Something seemed late when it was looked at last."""
        self._unsure: list[Any] | None = None
        """A reply that reserved, until a replica has it too."""
        self.ahead = 0.0
        """The store's clock, Unix seconds, less ours."""
        self.epoch = ""
        self.sequence = 0
        """Of the last reply: it only grows, unless the store has lost something."""
        self.failures = FAILURES
        """In a row; as if there had been as many, before the first answer."""
        self.trips = 0
        """Calls that were answered."""
        self.expired = 0
        """Holds that lapsed in these: nobody had settled them in time."""

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as anybody knows."""
        return self._wire is not None

    @property
    def waiting(self) -> int:
        """Operations that are not done."""
        return len(self._settles) + len(self._reserves) + sum(len(call.operations) for call in self._flying)

    def add(self, operation: Operation) -> None:
        """Carry it out; sync, sent at the end of this turn."""
        (self._reserves if operation.reserves else self._settles).append(operation)
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)

    def resume(self, transport: asyncio.Transport, first: Iterable[Operation]) -> None:
        """The server was joined.

        Args:
            transport: to it.
            first: what is to be done before everything else.
        """
        self._settles.extendleft(reversed(list(first)))
        self._wire = Wire(transport, self._replied, self._lost)
        self._flush()

    def fail(self, reason: str) -> None:
        """One more failure. From a certain number on nobody waits any more."""
        self.failures += 1
        if self.failures == FAILURES:
            _log.warning("store_down", reason=reason)
            self.refuse()

    def refuse(self) -> None:
        """Let nobody wait any more until the store answers."""
        self.failures = max(self.failures, FAILURES)
        self._turned(False)
        self._give_up(self._clock())

    def interrupt(self, reason: str) -> None:
        """Stop using this connection; what is on its way is sent again on the next one."""
        wire, self._wire = self._wire, None
        if wire is None:
            return
        wire.cut()
        self._unsure = None
        flying, self._flying = self._flying, deque()
        for call in reversed(flying):
            queue = self._settles if call.script is SETTLE else self._reserves
            queue.extendleft(reversed(call.operations))
        self._watch()
        self._broken(reason)

    def stop(self) -> None:
        """Drop everything."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._wire is not None:
            self._wire.cut()
            self._wire = None
        self._give_up(self._clock())

    def _flush(self) -> None:
        self._scheduled = False
        if self._wire is not None:
            data = self._packed(SETTLE, self._settles)
            if not self._settles:  # else it is catching up: nothing is taken before that is in the books
                data += self._packed(RESERVE, self._reserves)
            if data:
                self._wire.send(data)
        if self._timer is None:
            self._watch()

    def _packed(self, script: Script, queue: deque[Operation]) -> bytes:
        data = b""
        while queue and len(self._flying) < _UNDER_WAY:
            operations = [queue.popleft() for _ in range(min(len(queue), MOST))]
            data += self._command(_Call(script, operations, self._clock()), script.by_digest)
        return data

    def _command(self, call: _Call, begin: tuple[str | int, ...]) -> bytes:
        self._flying.append(call)
        arguments: list[str | int] = [*begin, self.epoch]
        for operation in call.operations:
            arguments += operation.args
        data = _pack(tuple(arguments))
        if self._strict and call.script is RESERVE:
            data += _WAIT
        return data

    def _replied(self, reply: Any) -> None:
        if self._wire is None:
            return
        if self._strict and self._flying[0].script is RESERVE:
            if self._unsure is None:
                self._unsure = [reply]
                return
            (reply, copies), self._unsure = (self._unsure[0], reply), None
            if isinstance(reply, list) and not (isinstance(copies, int) and copies >= 1):
                self._lose(self._flying.popleft())
                return
        call = self._flying.popleft()
        if type(reply) is list:
            self._answered(call, reply)
        else:
            self._error(call, str(reply))
        if (self._settles or self._reserves) and not self._scheduled:
            self._flush()

    def _answered(self, call: _Call, reply: list[Any]) -> None:
        now, sequence = reply[0], reply[1]
        if now < 0:
            self._flying.appendleft(call)
            self.interrupt("other books")
            return
        self.trips += 1
        if self.failures:
            if self.failures >= FAILURES:
                _log.info("store_up")
                self._turned(True)
            self.failures = 0
        self.ahead = now / 1_000_000 - self._clock()
        lost, self.sequence = sequence <= self.sequence, sequence
        for position, operation in enumerate(call.operations, 2):
            operation.answered(reply[position], now)
        if len(reply) > len(call.operations) + 2:
            self.expired += reply[-1]
            _log.warning("holds_expired", count=reply[-1])
        if lost:
            self.sequence = -1  # it is noticed once more on joining, where what it has lost is sent again
            self.interrupt("rolled back")

    def _error(self, call: _Call, message: str) -> None:
        kind = message.partition(" ")[0]
        if kind == "NOSCRIPT" and self._wire is not None:
            self._wire.send(self._command(call, call.script.whole))
        elif kind in FULL and call.script is RESERVE:
            _log.warning("store_full", error=message)
            self._lose(call)
        elif kind in _FAULTY:
            self._isolate(call, message)
        else:
            self._flying.appendleft(call)
            self.fail(message)
            self.interrupt(message)

    def _isolate(self, call: _Call, message: str) -> None:
        """One of its operations is not for the script; the others are."""
        if len(call.operations) == 1 or self._wire is None:
            _log.error("store_refused", operation=call.operations[0].args[0], error=message)
            self._lose(call)
            return
        for operation in call.operations:
            self._wire.send(self._command(_Call(call.script, [operation], call.since), call.script.by_digest))

    def _lose(self, call: _Call) -> None:
        for operation in call.operations:
            operation.lost()

    def _lost(self, wire: Wire) -> None:
        if wire is self._wire:
            self.fail("connection lost")
            self.interrupt("connection lost")

    def _watch(self) -> None:
        """Look again when what waits longest has waited long enough."""
        since = [queue[0].since for queue in (self._reserves, self._flying) if queue]
        if since and self._timer is None:
            wait = max(min(since) + DEADLINE - self._clock(), 0.0)
            self._timer = asyncio.get_running_loop().call_later(wait, self._look)

    def _look(self) -> None:
        self._timer = None
        late = self._clock() - DEADLINE + 0.001  # a timer of the loop's may ring that much early
        suspect, self._suspect = self._suspect, False
        if not suspect and any(queue and queue[0].since <= late for queue in (self._reserves, self._flying)):
            self._suspect = True
            self._timer = asyncio.get_running_loop().call_later(_TURN, self._look)
            return
        if self._flying and self._flying[0].since <= late:
            self.fail("no answer in time")
            self.interrupt("no answer in time")
            self._give_up(late)
        elif self._reserves and self._reserves[0].since <= late:
            self.fail("not connected")
            self._give_up(late)
        self._watch()

    def _give_up(self, late: float) -> None:
        given, self._reserves = (
            [op for op in self._reserves if op.since <= late],
            deque([op for op in self._reserves if op.since > late]),
        )
        for operation in given:
            operation.lost()
