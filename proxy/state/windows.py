"""Which window of an account a moment belongs to: one calendar for the stores, the ledger and the command line.

A window's id is part of the name that an account is stored under, so nothing ever has to be set back to zero. An id
never stands for two spans of time: hours and minutes, which a change of the clocks repeats, carry their UTC offset.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from math import ceil, inf
from typing import NamedTuple, cast, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from policies.claims import EVER, Calendar, Window

BUCKETS = 60
"""A rolling window is counted in parts of this many to the window. What came in any part that lies in it, if only with
its end, counts in full, so that no span of the window's length ever sees more than the limit (I14)."""

_MICRO = 1_000_000
_FEW = 1000
_NAME = re.compile(rf"(?:({'|'.join(get_args(Calendar))})@(.+)|([0-9.e+-]+)s|ever)")
_LENGTH = {"minute": 60, "hour": 3600}
_WRITTEN = {"minute": "minutes", "hour": "hours"}
_DIGITS = {"day": 10, "month": 7, "year": 4}
_REST = {"week": "-1", "month": "-01", "year": "-01-01"}
"""What makes a window's id its first day (ISO 8601)."""
_LONGEST = {"day": 1, "week": 7, "month": 31, "year": 366}
"""So many days after its first one a window is over, and the next one not yet."""


class Span(NamedTuple):
    """A window, or the newest part (bucket) of a rolling one. Times are Unix seconds."""

    id: str
    """``2026``, ``2026-11``, ``2026-W47``, ``2026-11-21``, ``2026-11-21T14+01:00``, ``2026-11-21T14:55+01:00``, a
    bucket's number, or ``ever``."""
    start: float
    end: float
    """It begins at ``start`` and is over at ``end``."""


ALWAYS = Span("ever", -inf, inf)
_current: dict[Window, Span] = {}


def window_of(window: Window, now: float) -> Span:
    """The window of a moment (Unix seconds); of a rolling one the bucket that is filled then.

    Raises:
        ValueError: nobody knows the window's zone.
    """
    span = _current.get(window)
    if span is None or not span.start <= now < span.end:
        if len(_current) > _FEW:  # there are as many as the configurations of this process ever named
            _current.clear()
        span = _current[window] = _window_of(window, now)
    return span


def bucket_length(window: Window) -> int:
    """Microseconds of a bucket of a rolling window, rounded up. Its number is the time divided by it: in integers, for
    Lua and Python to agree on it."""
    return max(ceil(window.rolling * _MICRO / BUCKETS), 1)


def bucket_of(length: int, now: float) -> int:
    """Number of the bucket of so many microseconds that is filled now. Those from ``BUCKETS`` before it on count."""
    return int(now * _MICRO) // length


def bucket_end(length: int, number: int) -> float:
    """When a bucket is full: Unix seconds at which the next one begins."""
    return (number + 1) * length / _MICRO


def window_named(name: str) -> Window:
    """The window of a :attr:`Window.name`.

    Raises:
        ValueError: it is none.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"not a window: {name}")
    calendar, zone, seconds = match.groups()
    if seconds is not None:
        return Window(rolling=float(seconds))
    return EVER if calendar is None else Window(cast(Calendar, calendar), zone)


def window_of_account(account: str) -> Window:
    """The window of an account: the last part of its name (:attr:`policies.claims.Claim.account`).

    Raises:
        ValueError: there is none.
    """
    return window_named(account.rpartition(":")[2])


def counts_until(window: Window, window_id: str) -> float:
    """Unix seconds from which on a window, or a bucket of a rolling one, limits nothing any more.

    Raises:
        ValueError: that is no id of such a window.
    """
    if window.calendar is not None:
        return _ends(window.calendar, _zone(window.zone), window_id)
    return bucket_end(bucket_length(window), int(window_id) + BUCKETS) if window.rolling else inf


def _window_of(window: Window, now: float) -> Span:
    if window.calendar is not None:
        return _calendar(window.calendar, _zone(window.zone), now)
    if not window.rolling:
        return ALWAYS
    length = bucket_length(window)
    number = bucket_of(length, now)
    return Span(str(number), bucket_end(length, number - 1), bucket_end(length, number))


def _zone(name: str) -> tzinfo:
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except ZoneInfoNotFoundError:
        raise ValueError(f"not a time zone: {name}") from None


def _calendar(calendar: Calendar, zone: tzinfo, now: float) -> Span:
    local = datetime.fromtimestamp(now, zone)
    length = _LENGTH.get(calendar)
    if length is None:
        first = _first(calendar, local.date())
        return Span(_id(calendar, first), _midnight(first, zone), _midnight(_next(calendar, first), zone))
    offset = local.utcoffset() or timedelta()
    start = now - (now + offset.total_seconds()) % length
    return Span(
        datetime.fromtimestamp(round(start), timezone(offset)).isoformat(timespec=_WRITTEN[calendar]),
        round(start),
        round(start) + length,
    )


def _ends(calendar: Calendar, zone: tzinfo, window_id: str) -> float:
    length = _LENGTH.get(calendar)
    if length is None:
        return _midnight(_next(calendar, date.fromisoformat(window_id + _REST.get(calendar, ""))), zone)
    return datetime.fromisoformat(window_id).timestamp() + length


def _id(calendar: Calendar, first: date) -> str:
    if calendar == "week":
        year, week, _ = first.isocalendar()
        return f"{year}-W{week:02}"
    return first.isoformat()[: _DIGITS[calendar]]


def _first(calendar: Calendar, day: date) -> date:
    """The first day of the week, month or year of a day; the day itself."""
    if calendar == "week":
        return day - timedelta(day.weekday())
    return day.replace(day=1 if calendar != "day" else day.day, month=1 if calendar == "year" else day.month)


def _next(calendar: Calendar, first: date) -> date:
    """The first day of the next one."""
    return _first(calendar, first + timedelta(_LONGEST[calendar]))


def _midnight(day: date, zone: tzinfo) -> float:
    """When a day begins: where the clocks skip midnight at that change, where it comes twice at the first one (PEP 495
    for ``fold=0``)."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()
