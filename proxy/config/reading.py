"""Checks one piece of the document against its shape, and turns what pydantic finds into problems with a place.

Pieces are read one by one, so that a mistake in one hides none in another.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from types import NoneType
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from proxy.config.problems import Path, Problem, Wrong, did_you_mean, shown, spelled
from proxy.config.source import Source

ReadFile = Callable[[str], str]
T = TypeVar("T", bound=BaseModel)

_SECRET_FIELDS = {"api_key", "api_keys", "secret", "state", "ledger"}
_SECRET_PARTS = {
    ("headers",),
    ("transport", "proxy"),
    ("auth", "access_key_id"),
    ("auth", "secret_access_key"),
    ("auth", "session_token"),
    ("auth", "credentials"),
    ("auth", "client_secret"),
}
"""Of an upstream."""
_EXPECTED: Mapping[str, str] = {
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "finite_number": "expected a number",
    "bool_type": "expected true or false",
    "string_type": "expected a string",
    "list_type": "expected a list",
    "tuple_type": "expected a list",
    "dict_type": "expected a mapping",
    "model_type": "expected a mapping",
    "too_short": "expected at least one entry",
    "literal_error": "expected {expected}",
    "greater_than": "expected more than {gt:g}",
    "greater_than_equal": "expected at least {ge:g}",
    "less_than": "expected less than {lt:g}",
    "less_than_equal": "expected at most {le:g}",
}


class Reading:
    """The document being read: its source, the problems so far, the warnings so far."""

    def __init__(self, source: Source, read_file: ReadFile) -> None:
        self.source, self._context = source, {"read_file": read_file}
        self._warnings: list[Problem] = []

    def problem(self, path: Path, message: str, *, key: bool = False) -> None:
        """Something is wrong there; ``key`` says that it is the key and not its value."""
        self.source.problem(path, message, key=key)

    def warn(self, path: Path, message: str, *, key: bool = False) -> None:
        """Something there is probably not what was meant."""
        self._warnings.append(Problem(*self.source.place(path, key=key), spelled(self.source.known(path)), message))

    def quoted(self, path: Path) -> str:
        """The string at a path as the file has it: never what a variable holds."""
        return self.source.quoted(path)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """In the file's order."""
        return tuple(sorted(self._warnings))

    def section(self, shape: type[T], value: Any, path: Path) -> T | None:
        """Read a section; None if it cannot be read even without the keys that are wrong by themselves."""
        try:
            return shape.model_validate(value, context=self._context)
        except ValidationError as error:
            errors = error.errors(include_url=False)
        for detail in errors:
            self._report(shape, detail, path)
        try:
            return shape.model_validate(_pruned(value, errors), context=self._context)
        except ValidationError:
            return None

    def mapping(self, value: Any, path: Path, name: Any) -> dict[str, Any]:
        """The entries of a mapping with free keys, whose names are of the type ``name``."""
        if not isinstance(value, dict):
            self.problem(path, f"expected a mapping, got {shown(value)}")
            return {}
        adapter = TypeAdapter(name)
        for key in value:
            try:
                adapter.validate_python(key)
            except ValidationError as error:
                self.problem((*path, key), self._message(error.errors()[0], show=True), key=True)
        return value

    def items(self, value: Any, path: Path) -> list[Any]:
        """The entries of a list."""
        if not isinstance(value, list):
            self.problem(path, f"expected a list, got {shown(value)}")
            return []
        return value

    def _report(self, shape: type[BaseModel], detail: ErrorDetails, path: Path) -> None:
        location = [step for step in detail["loc"] if step != "[key]"]
        written = self._written(path, location)
        if detail["type"] == "extra_forbidden":
            known = _keys_of(shape, location[:-1])
            hint = did_you_mean(str(location[-1]), known) or f"; known are {', '.join(known)}"
            self.problem(written, f"unknown key{hint}", key=True)
        elif detail["type"] == "missing":
            self.problem((*written, location[-1]), "required, but not written")
        else:
            message = self._message(detail, show=not _is_secret(written))
            self.problem(written, message, key="[key]" in detail["loc"])

    def _written(self, path: Path, location: Iterable[str | int]) -> Path:
        """The path as the file has it: short forms leave out steps that the long form goes through."""
        for step in location:
            if (*path, step) in self.source.places:
                path = (*path, step)
        return path

    def _message(self, detail: ErrorDetails, *, show: bool) -> str:
        context, value = detail.get("ctx", {}), detail["input"]
        fault = context.get("error")
        if isinstance(fault, Wrong):
            return fault.message + (f", got {shown(value)}" if fault.show and show else "") + fault.hint
        template = _EXPECTED.get(detail["type"])
        message = template.format(**context) if template else detail["msg"]
        hint = did_you_mean(value, _words(context.get("expected"))) if isinstance(value, str) else ""
        scalar = show or isinstance(value, list | dict | None)
        return message + (f", got {shown(value)}" if scalar else "") + hint


def _is_secret(path: Path) -> bool:
    of_upstream = path[0] == "upstreams" and any(path[2 : 2 + len(part)] == part for part in _SECRET_PARTS)
    return of_upstream or not _SECRET_FIELDS.isdisjoint(map(str, path))


def _words(expected: object) -> list[str]:
    """The choices of a pydantic ``literal_error``: ``'target' or 'upstream'``."""
    return expected.split("'")[1::2] if isinstance(expected, str) else []


def _pruned(value: Any, errors: Iterable[ErrorDetails]) -> Any:
    """The value without the parts that are wrong, as far as these are keys of mappings."""
    value = deepcopy(value)
    for detail in errors:
        inner, steps = value, [step for step in detail["loc"] if step != "[key]"]
        for step in steps[:-1]:
            inner = inner[step] if _has(inner, step) else inner
        if steps and isinstance(inner, dict):
            inner.pop(steps[-1], None)
    return value


def _has(value: Any, step: Any) -> bool:
    if isinstance(value, dict):
        return step in value
    return isinstance(value, list) and isinstance(step, int) and step < len(value)


def _keys_of(shape: Any, location: Iterable[str | int]) -> list[str]:
    """The keys that are known at a place inside a section."""
    for step in location:
        shape = shape.model_fields[step].annotation if _is_section(shape) else get_args(shape)[-1]
        shape = next((part for part in get_args(shape) if NoneType in get_args(shape) and _is_section(part)), shape)
    return list(shape.model_fields)


def _is_section(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, BaseModel)
