"""When an upstream wants to be asked again: one answer out of a dozen spellings of it.

Explicit words win (``retry-after-ms``, then ``retry-after``); else the longest reset among the limits that are used up.
Dates are measured against the answer's own ``date`` header, since nothing here has a clock. What cannot be read is
ignored: a header must never be able to break a retry.

Sources: RFC 9110 10.2.3 and 5.6.7; OpenAI https://platform.openai.com/docs/guides/rate-limits (``6m0s``, ``12ms``);
Anthropic https://docs.claude.com/en/api/rate-limits (RFC 3339); OpenRouter and GitHub (Unix times), 2026-11. Google
says it in an error's details, as ``google.rpc.RetryInfo``: https://cloud.google.com/apis/design/errors#error_details.
"""

import re
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

_LONGEST = 64  # characters; no honest value is longer
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][0-9]{1,3})?")
_PART = r"([0-9]+(?:\.[0-9]+)?)(ns|us|µs|ms|s|m|h|d)"
_PARTS = re.compile(_PART)
_DURATION = re.compile(rf"(?:{_PART})+")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SECONDS = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)s")
_HTTP_DATE = re.compile(r"[A-Za-z]{3}, ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT")
_RFC3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2}(?:\.[0-9]{1,9})?)"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNIX_SECONDS, _UNIX_MILLISECONDS = 1e9, 1e12
"""From here on a number is a moment and no wait: thirty years is not a wait, and 2001 is over."""


def parse(headers: Mapping[str, str]) -> float | None:
    """Seconds to stay away, >= 0; None where the answer does not say, or not in a usable way. Pure.

    Args:
        headers: of the upstream's answer; lower-case names.
    """
    now = _moment(headers.get("date", ""))
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after", "").strip()
    explicit = _number(value)
    if explicit is None:
        explicit = _until(_moment(value), now)
    return explicit if explicit is not None else max(_resets(headers, now), default=None)


def in_details(details: Any) -> float | None:
    """Seconds to stay away by an error's details: a ``retryDelay`` such as ``48s``; None where there is none. Pure."""
    for detail in details if isinstance(details, list) else ():
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        found = _SECONDS.fullmatch(delay) if isinstance(delay, str) else None
        if found:
            return float(found[1])
    return None


def _resets(headers: Mapping[str, str], now: float | None) -> Iterator[float]:
    """The resets of all limits that are not known to have something left (the others did not cause the refusal)."""
    for name, value in headers.items():
        if name.startswith("x-ratelimit-reset"):
            left = headers.get(name.replace("reset", "remaining", 1), "0")
        elif name.startswith("anthropic-ratelimit-") and name.endswith("-reset"):
            left = headers.get(name.removesuffix("reset") + "remaining", "0")
        else:
            continue
        seconds = _reset(value.strip(), now)
        if seconds is not None and not _number(left):
            yield seconds


def _reset(value: str, now: float | None) -> float | None:
    """One reset: a number, a duration such as ``6m0s``, or a moment as Unix time or RFC 3339."""
    number = _number(value)
    if number is not None and number >= _UNIX_SECONDS:
        return _until(number / 1000 if number >= _UNIX_MILLISECONDS else number, now)
    if number is not None:
        return number
    if len(value) <= _LONGEST and _DURATION.fullmatch(value):
        return sum(float(amount) * _UNITS[unit] for amount, unit in _PARTS.findall(value))
    return _until(_moment(value), now)


def _number(value: str) -> float | None:
    if len(value) > _LONGEST or not _NUMBER.fullmatch(value.strip()):
        return None
    number = float(value)
    return number if isfinite(number) else None


def _until(moment: float | None, now: float | None) -> float | None:
    return moment - now if moment is not None and now is not None and moment >= now else None


def _moment(value: str) -> float | None:
    """Unix seconds of an HTTP date (RFC 9110's one legal form for senders) or an RFC 3339 date."""
    if http := _HTTP_DATE.fullmatch(value):
        day, name, year, hour, minute, second = http.groups()
        if name not in _MONTHS:
            return None
        return _unix(int(year), _MONTHS.index(name) + 1, int(day), _clock(hour, minute, second))
    if iso := _RFC3339.fullmatch(value):
        year, month, day, hour, minute, second, sign, east_hours, east_minutes = iso.groups()
        east = _clock(east_hours, east_minutes, "0") if sign else 0.0
        local = _unix(int(year), int(month), int(day), _clock(hour, minute, second))
        return local + east if sign == "-" else local - east
    return None


def _clock(hour: str, minute: str, second: str) -> float:
    return int(hour) * 3600 + int(minute) * 60 + float(second)


def _unix(year: int, month: int, day: int, seconds: float) -> float:
    """Days from the civil date; the years begin in March, so that the leap day is a year's last.

    http://howardhinnant.github.io/date_algorithms.html#days_from_civil
    """
    year, month = (year - 1, month + 9) if month <= 2 else (year, month - 3)
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + day - 719469
    return days * 86400 + seconds
