"""Whether a value is what type hints say, unknown keys and lazily typed iterables included.

The vendors' SDKs type requests as ``TypedDict``, which pydantic validates leniently: unknown keys fall away, and an
``Iterable`` is not looked into until somebody iterates.
"""

import collections.abc
import types
import typing
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import typing_extensions

_PLAIN = (str, int, float, bool)
_WRAPPERS = (typing.Annotated, typing_extensions.Required, typing_extensions.NotRequired)


def faults(value: Any, hint: Any, at: str = "") -> list[str]:
    """What is wrong with a value, by path; of a union's members the nearest one's faults."""
    return list(_faults(value, hint, at))


def _faults(value: Any, hint: Any, at: str) -> Iterator[str]:
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any or hint is object:
        return
    if hint is None or hint is type(None):
        yield from [f"{at}: not null"] if value is not None else []
    elif origin in _WRAPPERS:
        yield from _faults(value, inner[0], at)
    elif origin in (typing.Union, types.UnionType):
        yield from _nearest(value, inner, at)
    elif origin is typing.Literal:
        yield from [f"{at}: {value!r} is none of {inner}"] if value not in inner else []
    elif typing_extensions.is_typeddict(hint):
        yield from _faults_of_dict(value, hint, at)
    elif origin is not None:
        yield from _faults_of_many(value, origin, inner, at)
    else:
        yield from _faults_of_plain(value, hint, at)


def _faults_of_many(value: Any, origin: Any, inner: tuple[Any, ...], at: str) -> Iterator[str]:
    if isinstance(origin, type) and issubclass(origin, collections.abc.Mapping):
        yield from _faults_of_mapping(value, inner, at)
    elif origin.__name__ == "SequenceNotStr" or issubclass(origin, collections.abc.Iterable):
        yield from _faults_of_list(value, inner, at)
    else:
        yield f"{at}: a {origin.__name__} is nothing that JSON has"


def _nearest(value: Any, members: tuple[Any, ...], at: str) -> Iterator[str]:
    found = [faults(value, member, at) for member in members]
    if [] not in found:
        yield from max(found, key=lambda some: (_depth(some), -len(some)))


def _depth(found: list[str]) -> int:
    return max(line.partition(": ")[0].count(".") + line.partition(": ")[0].count("[") for line in found)


def _faults_of_dict(value: Any, hint: Any, at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at}: no object"
        return
    hints = typing_extensions.get_type_hints(hint)
    yield from (f"{at}.{name}: missing" for name in sorted(hint.__required_keys__ - value.keys()))
    for name, inner in value.items():
        if name in hints:
            yield from _faults(inner, hints[name], f"{at}.{name}")
        else:
            yield f"{at}.{name}: unknown to {hint.__name__}"


def _faults_of_mapping(value: Any, inner: tuple[Any, ...], at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at}: no object"
        return
    for name, entry in value.items():
        yield from _faults(entry, inner[1] if inner else Any, f"{at}.{name}")


def _faults_of_list(value: Any, inner: tuple[Any, ...], at: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{at}: no array"
        return
    for place, entry in enumerate(value):
        yield from _faults(entry, inner[0] if inner else Any, f"{at}[{place}]")


def _faults_of_plain(value: Any, hint: type, at: str) -> Iterator[str]:
    if isinstance(value, bool) and hint is not bool:
        yield f"{at}: a boolean"
    elif hint is float and isinstance(value, int):
        return
    elif not isinstance(value, hint) or hint not in _PLAIN:
        yield f"{at}: {value!r} is no {hint.__name__}"
