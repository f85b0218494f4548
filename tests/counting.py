"""Counts what a thread does while it serves: tasks, timers, JSON documents, writes, calls. Counts, never times.

What is called from Python is seen by a profiling hook (``sys.setprofile``), what is asked of the event loop by the loop
itself, a subclass of the real one. No timer rings while it is counted: what is done ten times a second for all requests
together never falls to one of them, and every figure is the same on every machine.
"""

import asyncio
import gc
import json
import os
import selectors
import socket
import sqlite3
import sys
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import orjson
import uvloop

HOUR = 3600.0
MACHINERY = {str(Path(asyncio.__file__).with_name(f"{name}.py")) for name in ("base_events", "events", "transports")}
MACHINERY |= {str(Path(asyncio.__file__).with_name("selector_events.py")), selectors.__file__}
"""What asyncio's own loop does in Python, and uvloop in C: no calls of a request's."""
PYTHON = dict.fromkeys((threading.Thread.start.__code__, ThreadPoolExecutor.submit.__code__), "threads")
PYTHON |= dict.fromkeys((json.JSONDecoder.decode.__code__, json.JSONEncoder.encode.__code__), "json")
BUILTINS: dict[Any, str] = {orjson.loads: "loads", orjson.dumps: "dumps"}
BUILTINS |= dict.fromkeys((open, print, os.open, os.write), "files")
SOCKETS = dict.fromkeys(("connect", "connect_ex"), "connections") | dict.fromkeys(("send", "sendmsg"), "to_client")
FIGURES = (
    *("tasks", "steps", "futures", "timers", "loads", "dumps", "to_client", "to_upstream", "calls"),
    *("threads", "connections", "json", "sqlite", "files"),
)

Seen = dict[str, dict[str, int]]
"""By figure: who did it, and how often."""


class Tally:
    """What is done between ``open`` and ``close``.

    Args:
        steps: the coroutine whose beginnings and resumptions are counted as steps.
        ours: a file of the test itself, whose doings do not count.
    """

    def __init__(self, steps: CodeType, ours: str = "") -> None:
        self._steps, self._ours = steps, (__file__, ours)
        self._opened = False
        self.seen: Seen = {}

    def open(self) -> None:
        """Count from here on, from nought. What finalisers do is nobody's: garbage waits."""
        self.seen = {figure: {} for figure in FIGURES}
        gc.collect()
        gc.disable()
        self._opened = True
        sys.setprofile(self._hook)

    def close(self) -> None:
        """Count no more."""
        sys.setprofile(None)
        self._opened = False
        gc.enable()

    def note(self, figure: str, who: str) -> None:
        """One more of a figure."""
        if self._opened:
            self.seen[figure][who] = self.seen[figure].get(who, 0) + 1

    def asked(self, figure: str, frame: FrameType | None) -> None:
        """One more of a figure, unless the test itself asks for it."""
        frame = _outside(frame)
        if frame.f_code.co_filename not in self._ours:
            self.note(figure, frame.f_code.co_qualname)

    def _hook(self, frame: FrameType, event: str, arg: Any) -> None:
        if event == "call":
            self._called(frame, frame.f_code)
        elif event == "c_call":
            figure = _figure(frame, arg)
            if figure is not None:
                self.asked(figure, frame)

    def _called(self, frame: FrameType, code: CodeType) -> None:
        if code.co_filename in MACHINERY or code.co_filename in self._ours:
            return
        self.note("calls", code.co_qualname)
        if code is self._steps:
            self.note("steps", code.co_qualname)
        elif code in PYTHON:
            self.asked(PYTHON[code], frame.f_back)


def _figure(frame: FrameType, function: Any) -> str | None:
    """What a call of a C function counts as."""
    owner = function.__self__
    if isinstance(owner, sqlite3.Connection | sqlite3.Cursor):
        return "sqlite"
    if type(owner).__module__ == "_io":
        return "files"
    if not isinstance(owner, socket.socket):
        return BUILTINS.get(function)
    figure = SOCKETS.get(function.__name__)
    upstream = figure == "to_client" and _outside(frame).f_globals["__name__"].startswith("proxy.upstream.")
    return "to_upstream" if upstream else figure


def _outside(frame: FrameType | None) -> FrameType:
    """The innermost frame that is not the loop's."""
    while frame is not None and frame.f_code.co_filename in MACHINERY and frame.f_back is not None:
        frame = frame.f_back
    assert frame is not None
    return frame


def _name(work: object) -> str:
    return str(getattr(work, "__qualname__", type(work).__name__))


class _Counting:
    """What both loops count."""

    tally: Tally

    def create_future(self) -> "asyncio.Future[Any]":
        self.tally.asked("futures", sys._getframe(1))
        return super().create_future()  # type: ignore[misc]

    def _task(self, loop: Any, work: Coroutine[Any, Any, Any], context: Context | None = None) -> "asyncio.Task[Any]":
        self.tally.note("tasks", _name(work))
        return asyncio.Task(work, loop=loop, context=context)


class CountingUvloop(_Counting, uvloop.Loop):
    """uvloop. Its ``call_at`` goes by ``call_later``; its writes are invisible, being C's from the first line on."""

    def call_later(self, delay: float, callback: Any, *args: Any, context: Any = None) -> Any:
        self.tally.note("timers", _name(callback))
        return super().call_later(delay + HOUR, callback, *args, context=context)


class CountingAsyncio(_Counting, asyncio.SelectorEventLoop):
    """asyncio's own. Its ``call_later`` goes by ``call_at``."""

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> Any:
        self.tally.note("timers", _name(callback))
        return super().call_at(when + HOUR, callback, *args, context=context)


Loop = CountingUvloop | CountingAsyncio


def loop(kind: type[Loop], tally: Tally) -> Loop:
    """A new loop that counts for ``tally``. Debug mode would add calls of its own."""
    new = kind()
    new.tally = tally
    new.set_debug(False)
    new.set_task_factory(new._task)
    return new
