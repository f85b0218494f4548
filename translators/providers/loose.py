"""Loosely typed JSON, read with care: what a dialect did not check, and what an upstream may have made up."""

from typing import Any

from translators.base import JsonObject

_ABSURD = 1_000_000_000
"""Tokens; no context window is within two orders of magnitude."""


def obj(value: Any) -> JsonObject:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def objs(value: Any) -> list[JsonObject]:
    """The objects of a list; none where it is no list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def count(value: Any) -> int | None:
    """A number of tokens; None if it is none: missing, negative, absurd, or a boolean (F11)."""
    return value if type(value) is int and 0 <= value <= _ABSURD else None


def part(value: Any, whole: int) -> int:
    """A number of tokens that are in another one; 0 if it is none, and no more than the whole (F11)."""
    return min(count(value) or 0, whole)
