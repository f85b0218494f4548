"""Patterns of names: ``*`` stands for any run of characters, everything else for itself.

No regular expression and no backtracking: between the fixed ends each piece is looked for once, left to right. Taking
the leftmost place for a piece never spoils a later one, so no choice has to be taken back.
"""

from collections.abc import Iterable


def matches(pattern: str, name: str) -> bool:
    """Whether the whole of ``name`` fits the pattern; upper and lower case differ."""
    if "*" not in pattern:
        return pattern == name
    first, *pieces, last = pattern.split("*")
    if len(name) < len(first) + len(last) or not (name.startswith(first) and name.endswith(last)):
        return False
    place, end = len(first), len(name) - len(last)
    for piece in pieces:
        place = name.find(piece, place, end)
        if place < 0:
            return False
        place += len(piece)
    return True


def matches_any(patterns: Iterable[str], name: str) -> bool:
    """Whether at least one of the patterns fits."""
    for pattern in patterns:  # noqa: SIM110 - a generator would nearly double what this costs each request
        if pattern == "*" or matches(pattern, name):
            return True
    return False
