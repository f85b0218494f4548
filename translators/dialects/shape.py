"""How complex a JSON document is: its depth, its nodes, the length of its numbers (D8).

orjson reads 1024 levels but writes only 254, and takes a number of any length (measured, 3.13.0), so this is looked at
before anything else is done with a document.
"""

import re
from typing import Any

from translators.base import Malformed

DEEPEST = 64
MOST_NODES = 200_000
LONGEST_NUMBER = 64
"""Characters: digits, sign, point and exponent."""

_STEP = 8
_RUN = b"0" * (LONGEST_NUMBER // _STEP)
_NUMERIC = bytes(48 if chr(byte) in "0123456789.eE+-" else 32 for byte in range(256))
_LONG_NUMBER = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|([0-9.eE+-]{%d,})' % (LONGEST_NUMBER + 1), re.DOTALL)


def check_shape(raw: bytes, document: Any, flat: list[Any] | None = None) -> int:
    """Check a document and say how deep it is, three levels at least.

    Args:
        raw: the document as it came, legal JSON.
        document: the same, parsed.
        flat: one of its values, if that is known to be an array of objects with nothing in them.

    Raises:
        Malformed: ``json_too_complex``.
    """
    depth = 3
    if type(document) is not dict or _has_more_than(document, flat):
        depth = max(depth, depth_of(document, DEEPEST + 1))
    if depth > DEEPEST:
        raise too_complex(f"it is nested deeper than {DEEPEST} levels")
    # Every node but the first stands after a comma, a colon or an opening bracket: two bytes at least.
    if len(raw) > 2 * MOST_NODES and raw.count(b",") + raw.count(b"[") + raw.count(b":") > MOST_NODES:
        _count(document)
    if has_long_number(raw):
        raise too_complex(f"a number has more than {LONGEST_NUMBER} digits")
    return depth


def _has_more_than(document: dict[str, Any], flat: list[Any] | None) -> bool:
    """Whether there is any array or object in it but this one."""
    for value in document.values():  # noqa: SIM110 - a generator would nearly double what this costs each request
        if (type(value) is dict or type(value) is list) and value is not flat:
            return True
    return False


def has_long_number(raw: bytes) -> bool:
    """Whether a number is longer than 64 characters, in a document that may be JSON.

    Such a number covers eight neighbours in every eighth byte, whatever its offset, which is seldom seen in text.
    """
    if _RUN not in raw[::_STEP].translate(_NUMERIC):
        return False
    return any(found.group(1) for found in _LONG_NUMBER.finditer(raw))


def depth_of(document: Any, enough: int) -> int:
    """How many arrays and objects are inside one another; not counted further than ``enough``."""
    level = [document] if type(document) is dict or type(document) is list else []
    depth = 0
    while level and depth < enough:
        depth += 1
        level = [
            child
            for node in level
            for child in (node.values() if type(node) is dict else node)
            if type(child) is dict or type(child) is list
        ]
    return depth


def too_complex(why: str) -> Malformed:
    """A document that nobody writes by hand, nor an SDK."""
    return Malformed(f"We could not parse the JSON body of your request: {why}.", "json_too_complex")


def _count(document: Any) -> None:
    nodes, level = 1, [document]
    while level:
        level = [child for node in level for child in (node.values() if type(node) is dict else node)]
        nodes += len(level)
        if nodes > MOST_NODES:
            raise too_complex(f"it has more than {MOST_NODES} values")
        level = [node for node in level if type(node) is dict or type(node) is list]
