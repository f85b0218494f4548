"""Checks of single values, in OpenAI's words and codes (RELIABILITY.md (d)).

A check takes a value and the path of its field, and raises :class:`Malformed` or does nothing. JSON's ``true`` is no
number here, and ``1.0`` no integer: Python would take both.
"""

from collections.abc import Callable, Iterable
from math import inf, isfinite
from typing import Any

from translators.base import Malformed
from translators.dialects.errors import quoted

Check = Callable[[Any, str], None]

_TYPES: dict[type, str] = {
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    str: "a string",
    list: "an array",
    dict: "an object",
    type(None): "null",
}


def wrong_type(path: str, expected: str, value: object) -> Malformed:
    """A value of another type than the field has (D10)."""
    message = f"Invalid type for '{quoted(path)}': expected {expected}, but got {_TYPES[type(value)]} instead."
    return Malformed(message, "invalid_type", path)


def wrong_value(path: str, why: str) -> Malformed:
    """A value of the right type that is none of those the field may have."""
    return Malformed(f"Invalid value for '{quoted(path)}': {why}", "invalid_value", path)


def missing(path: str) -> Malformed:
    """A field that has to be there (D11)."""
    return Malformed(f"Missing required parameter: '{path}'.", "missing_required_parameter", path)


def unknown(path: str) -> Malformed:
    """A field that no client may set (D12)."""
    return Malformed(f"Unknown parameter: '{quoted(path)}'.", "unknown_parameter", path[:256])


def boolean(value: Any, path: str) -> None:
    """``true`` or ``false``."""
    if type(value) is not bool:
        raise wrong_type(path, "a boolean", value)


def string(value: Any, path: str) -> None:
    """Any string."""
    if type(value) is not str:
        raise wrong_type(path, "a string", value)


def obj(value: Any, path: str) -> None:
    """Any object."""
    if type(value) is not dict:
        raise wrong_type(path, "an object", value)


def array(value: Any, path: str) -> None:
    """Any array."""
    if type(value) is not list:
        raise wrong_type(path, "an array", value)


def any_of(*types: type) -> Check:
    """A value of one of several JSON types."""
    expected = "one of " + " or ".join(_TYPES[t] for t in types)

    def check(value: Any, path: str) -> None:
        if type(value) not in types:
            raise wrong_type(path, expected, value)

    return check


def integer(low: int | None = None, high: int | None = None) -> Check:
    """An integer between two bounds, both inclusive."""
    least, most = -inf if low is None else low, inf if high is None else high

    def check(value: Any, path: str) -> None:
        if type(value) is not int:
            raise wrong_type(path, "an integer", value)
        if not least <= value <= most:
            raise _out_of_bounds(value, path, least, most, "integer")

    return check


def decimal(low: float, high: float) -> Check:
    """A number between two bounds, both inclusive."""

    def check(value: Any, path: str) -> None:
        if (type(value) is float or type(value) is int) and low <= value <= high:
            return
        if (type(value) is not float and type(value) is not int) or not isfinite(value):
            raise wrong_type(path, "a decimal", value)
        raise _out_of_bounds(value, path, low, high, "decimal")

    return check


def one_of(value: str, allowed: Iterable[str], path: str) -> None:
    """A string out of a closed set."""
    if value not in allowed:
        raise wrong_value(path, f"'{quoted(value)}'. Supported values are: {', '.join(f'{a!r}' for a in allowed)}.")


def length(value: list[Any], path: str, most: int, least: int = 0, what: str = "elements") -> None:
    """How many elements an array has, or how many of the kind ``what`` that are given."""
    if len(value) > most:
        array = "an array" if what == "elements" else f"an array of {what}"
        limit = f"Expected {array} with maximum length {most}, but got {array} with length {len(value)} instead."
        raise Malformed(f"Invalid '{path}': array too long. {limit}", "array_above_max_length", path)
    if len(value) < least:
        limit = f"Expected an array with minimum length {least}, but got an empty array instead."
        raise Malformed(f"Invalid '{path}': empty array. {limit}", "empty_array", path)


def size(value: dict[str, Any], path: str, most: int) -> None:
    """How many properties an object has."""
    if len(value) > most:
        limit = f"Expected an object with at most {most} properties, but got an object with {len(value)} properties"
        message = f"Invalid '{path}': too many properties. {limit} instead."
        raise Malformed(message, "object_above_max_properties", path)


def filled(value: str, path: str) -> None:
    """A string with anything in it."""
    if not value:
        limit = "Expected a string with minimum length 1, but got an empty string instead."
        raise Malformed(f"Invalid '{quoted(path)}': empty string. {limit}", "empty_string", path)


def short(value: str, path: str, most: int) -> None:
    """How many characters a string has."""
    if len(value) > most:
        limit = f"Expected a string with maximum length {most}, but got a string with length {len(value)} instead."
        raise Malformed(f"Invalid '{quoted(path)}': string too long. {limit}", "string_above_max_length", path)


def _out_of_bounds(value: float, path: str, low: float, high: float, noun: str) -> Malformed:
    side, sign, bound = ("below_min", ">=", low) if value < low else ("above_max", "<=", high)
    words = side.replace("_", " ").replace("min", "minimum").replace("max", "maximum")
    limit = f"Expected a value {sign} {bound:g}, but got {quoted(str(value))} instead."
    return Malformed(f"Invalid '{quoted(path)}': {noun} {words} value. {limit}", f"{noun}_{side}_value", path)
