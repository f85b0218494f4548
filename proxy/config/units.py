"""How people write quantities: ``10s``, ``5 in 30s``, ``$500/month``, ``32MiB``. Strict: no sign, no unit left out.

One row of :data:`UNITS` per grammar, found by the second element of an option's annotation (``policies.base``). Its
pattern also goes into the JSON Schema, so it keeps to what Python and ECMA-262 regular expressions share.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, get_args
from zoneinfo import available_timezones

from policies.claims import EVER, Calendar, Outage, Window
from proxy.config.grammar import Several, Unit, Words
from proxy.config.problems import Wrong, did_you_mean
from translators.facts import FailureKind

_WHOLE = "[0-9]{1,15}"
_NUMBER = rf"{_WHOLE}(?:\.[0-9]{{1,12}})?"
_DURATION = rf"({_NUMBER})(ms|s|m|h|d)"
_COUNT = rf"({_NUMBER})([kMB]?)"
_MONEY = rf"\$({_NUMBER})"
_CALENDAR = "|".join(get_args(Calendar))
_WINDOW = rf"(?:/({_CALENDAR})| +in +{_DURATION}| +(ever))"

_SECONDS = {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60), "h": Decimal(3600), "d": Decimal(86400)}
_TIMES = {"": 1, "k": 10**3, "M": 10**6, "B": 10**9}
_BYTES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_WINDOWS = {"s": 1.0, "min": 60.0, "h": 3600.0, "hour": 3600.0, "day": 86400.0}
_PICO = 10**12
_MICRO = 10**6
_MOST = 2**53 - 1
"""The largest amount of an account: beyond it Lua's numbers, which are doubles, skip some (RELIABILITY H1)."""


def _seconds(number: str, unit: str) -> float:
    return float(Decimal(number) * _SECONDS[unit])


def _span(low: str, low_unit: str, high: str, high_unit: str) -> tuple[float, float]:
    ends = _seconds(low, low_unit), _seconds(high, high_unit)
    if ends[0] > ends[1]:
        raise ValueError("the first is the shorter one")
    return ends


def _count(number: str, times: str) -> int:
    count = Decimal(number) * _TIMES[times]
    if count != int(count):
        raise ValueError("it must come to a whole number")
    return int(count)


def _count_in(count: str, number: str, unit: str) -> tuple[int, float]:
    if int(count) == 0 or Decimal(number) == 0:
        raise ValueError("neither may be zero")
    return int(count), _seconds(number, unit)


def _rate(number: str, times: str, window: str) -> tuple[int, float]:
    return _bounded(_count(number, times)), _WINDOWS[window]


def _money(dollars: str) -> int:
    return _micro(Decimal(dollars) * _MICRO)


def _micro(amount: Decimal) -> int:
    if amount != int(amount):
        raise ValueError("it must come to whole millionths of a dollar")
    if amount > _MOST:
        raise ValueError(f"at most ${_MOST // _MICRO}")
    return int(amount)


def _bounded(amount: int) -> int:
    if amount > _MOST:
        raise ValueError(f"at most {_MOST}")
    return amount


def _money_rate(dollars: str, window: str) -> tuple[int, float]:
    return _money(dollars), _WINDOWS[window]


def _window(calendar: Calendar | None, number: str | None, unit: str | None) -> Window:
    if calendar is not None:
        return Window(calendar)
    if number is None or unit is None:
        return EVER
    if Decimal(number) == 0:
        raise ValueError("the time may not be zero")
    return Window(rolling=_seconds(number, unit))


def _count_per_window(
    number: str, times: str, calendar: Calendar | None, length: str | None, unit: str | None, _ever: str | None
) -> tuple[int, Window]:
    return _bounded(_count(number, times)), _window(calendar, length, unit)


def _money_per_window(
    dollars: str, calendar: Calendar | None, length: str | None, unit: str | None, _ever: str | None
) -> tuple[int, Window]:
    return _money(dollars), _window(calendar, length, unit)


def _outage(mode: Any, number: str | None, times: str, length: str, unit: str) -> Outage:
    if number is None:
        return Outage(mode)
    return Outage("open", _bounded(_count(number, times)), _seconds(length, unit))


def _money_outage(mode: Any, dollars: str | None, length: str, unit: str) -> Outage:
    return Outage(mode) if dollars is None else Outage("open", _money(dollars), _seconds(length, unit))


def _zone(name: str) -> str:
    zones = available_timezones()
    if name not in zones:
        raise Wrong("there is no such zone", did_you_mean(name, zones))
    return name


def _token_price(dollars: str, tokens: str) -> int:
    price = Decimal(dollars) * _PICO / _TIMES[tokens]
    if price != int(price):
        raise ValueError("it must come to whole pico-dollars per token")
    return int(price)


def _size(number: str, unit: str) -> int:
    size = Decimal(number) * _BYTES[unit]
    if size != int(size):
        raise ValueError("it must come to whole bytes")
    return int(size)


def _percent(number: str) -> float:
    if Decimal(number) > 100:
        raise ValueError("at most 100%")
    return float(Decimal(number) / 100)


_PERCENT = Unit("a percentage", ("80%",), rf"({_NUMBER})%", _percent)
_MODES = "(leased_only|closed|local)"

UNITS: Mapping[str, Unit | Several | Words] = {
    "duration": Unit("a duration", ("10s", "500ms", "2m"), _DURATION, _seconds),
    "duration..duration": Unit("two durations", ("200ms..2s",), rf"{_DURATION}\.\.{_DURATION}", _span),
    "count in duration": Unit("a count within a duration", ("5 in 30s",), rf"({_WHOLE}) +in +{_DURATION}", _count_in),
    "count": Unit("a count", ("1000", "200k", "1.5M"), _COUNT, _count, bare=True),
    "rate": Unit("a count per time", ("600/min", "200k/min"), rf"{_COUNT}/(s|min|h|hour|day)", _rate),
    "count per window": Unit(
        "a count per calendar window, in a time, or ever",
        ("1000/day", "1000 in 24h", "5M ever"),
        rf"{_COUNT}{_WINDOW}",
        _count_per_window,
    ),
    "money": Unit("an amount", ("$0.50", "$20"), _MONEY, _money),
    "money rate": Unit("an amount per time", ("$1/min", "$20/hour"), rf"{_MONEY}/(s|min|h|hour|day)", _money_rate),
    "money per window": Unit(
        "an amount per calendar window, in a time, or ever",
        ("$500/month", "$20 in 24h", "$100 ever"),
        rf"{_MONEY}{_WINDOW}",
        _money_per_window,
    ),
    "outage": Unit(
        "what holds in an outage",
        ("leased_only", "closed", "local", "open 500 for 60s"),
        rf"(?:{_MODES}|open +{_COUNT} +for +{_DURATION})",
        _outage,
    ),
    "money outage": Unit(
        "what holds in an outage",
        ("leased_only", "closed", "local", "open $5 for 60s"),
        rf"(?:{_MODES}|open +{_MONEY} +for +{_DURATION})",
        _money_outage,
    ),
    "time zone": Unit("a time zone", ("UTC", "Europe/Berlin"), r"([A-Za-z][A-Za-z0-9_+/-]{0,63})", _zone),
    "token price": Unit("a price of tokens", ("$1.25/M", "$0.002/k"), rf"\$({_NUMBER})/([kM])", _token_price),
    "size": Unit("a size", ("32MiB", "512KiB"), rf"({_NUMBER})(B|[kMG]B|[KMG]iB)", _size),
    "percent": _PERCENT,
    "percentages": Several(_PERCENT),
    "per": Words(
        "whom to count by",
        ("key", "user", "team", "org", "session", "model", "upstream", "target", "ip", "global"),
        pattern="tag:[A-Za-z0-9_.-]{1,64}",
    ),
    "failure kinds": Words("kinds of failure", tuple(sorted(FailureKind)), FailureKind),
}
"""Seconds are floats; a rate is ``(amount, seconds)``, what is per window ``(amount, Window)``; money is integer
micro-dollars, pico-dollars per token; a percentage is a fraction of 1; words and lists are tuples."""
