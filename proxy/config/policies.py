"""Compiles a written chain: finds each policy's class, and reads its options by what the class itself declares.

A policy's ``Options`` is a plain dataclass; the shape that pydantic checks is made from it, so that built-in policies
and a third party's are read, explained and documented in one way.
"""

import dataclasses
from importlib import import_module
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import Field, create_model

from policies import POLICIES
from policies.base import Policy
from policies.strategy import Strategy
from policies.when import When
from proxy.config.document import Common, WhenSection
from proxy.config.limits import Limits
from proxy.config.problems import Expanded, Path, Wrong, did_you_mean, shown
from proxy.config.reading import Reading
from proxy.config.scalars import Number, Switch, Whole, unit
from proxy.config.schema import PolicyConfig
from proxy.config.section import Section
from proxy.config.units import UNITS

WRITABLE = tuple(name for name in POLICIES if name != "access")
"""``access`` is in front of every chain: an open door must not be a matter of forgetting a line."""

_SCALARS: dict[Any, Any] = {int: Whole, float: Number, bool: Switch}
_BOUNDS = ("gt", "ge", "lt", "le")


def options_shape(cls: type[Policy]) -> type[Section]:
    """The section that a policy's options are written as.

    Whole numbers are counts, so they are not negative, unless the field's metadata has bounds (``{"ge": 1}``).

    Raises:
        TypeError, NameError, AttributeError: the class declares no options, or of a type that cannot be resolved.
    """
    return _shape(cls.Options, f"{cls.__name__}Options", cls.__doc__)


def _shape(options: type[Any], name: str, doc: str | None) -> type[Section]:
    hints = get_type_hints(options, include_extras=True)
    shape: dict[str, Any] = {}
    for option in dataclasses.fields(options):
        hint = hints[option.name]
        bounds = {name: option.metadata[name] for name in _BOUNDS if name in option.metadata}
        bounds = bounds or ({"ge": 0} if hint is int else {})
        shape[option.name] = (Annotated[_checked(hint), Field(**bounds)] if bounds else _checked(hint), _field(option))
    return create_model(name, __base__=Section, __doc__=doc, **shape)


def _made(options: type[Any], section: Any) -> Any:
    """The dataclass that a section was made from, with what is written there.

    Raises:
        ValueError: the class refuses it.
    """
    hints, written = get_type_hints(options), {}
    for option in dataclasses.fields(options):
        value = getattr(section, option.name)
        written[option.name] = _made(_nested(hints[option.name]), value) if isinstance(value, Section) else value
    return options(**written)


def _nested(kind: Any) -> Any:
    """The dataclass in the type of an option that may be a mapping itself."""
    return next(part for part in (kind, *get_args(kind)) if dataclasses.is_dataclass(part))


def _field(option: "dataclasses.Field[Any]") -> Any:
    description = option.metadata.get("help")
    if option.default is not dataclasses.MISSING:
        return Field(default=option.default, description=description)
    if option.default_factory is not dataclasses.MISSING:
        return Field(default_factory=option.default_factory, description=description)
    return Field(description=description)


def _checked(kind: Any) -> Any:
    """A dataclass's type as pydantic should check it."""
    if kind in _SCALARS:
        return _SCALARS[kind]
    origin, args = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _shape(kind, kind.__name__, kind.__doc__)
    if origin is Annotated:
        named = next((part for part in args[1:] if isinstance(part, str) and part in UNITS), None)
        return Annotated[args[0], *unit(named)] if named else kind
    if origin is tuple:
        items = tuple(part if part is ... else _checked(part) for part in args)
        return Annotated[tuple[items], Field(strict=False)]  # type: ignore[valid-type]
    if origin in (Union, UnionType):
        return Union[tuple(part if part is NoneType else _checked(part) for part in args)]  # noqa: UP007 - made at run time
    return kind


class ChainReader:
    """Reads chains of one document."""

    def __init__(self, reading: Reading, limits: Limits) -> None:
        self._reading, self._limits = reading, limits

    def chain(self, entries: Any, path: Path) -> tuple[PolicyConfig, ...]:
        """The entries that can be read; what is wrong with the others is reported."""
        read = [self._entry(entry, (*path, index)) for index, entry in enumerate(self._reading.items(entries, path))]
        self._one_scorer(read, path)
        good = [((*path, index, entry.name), entry) for index, entry in enumerate(read) if entry is not None]
        self._limits.check(good)
        return tuple([entry for _, entry in good])

    def _entry(self, entry: Any, path: Path) -> PolicyConfig | None:
        name, value = self._named(entry, path)
        if name is None:
            return None
        key = isinstance(entry, dict)
        where = (*path, name) if key else path
        try:
            cls = _class(name)
            shape = options_shape(cls)
        except Wrong as wrong:
            self._reading.problem(where, wrong.message + wrong.hint, key=key)
            return None
        except (TypeError, NameError, AttributeError) as fault:
            self._reading.problem(where, f"its options cannot be made out: {fault}", key=key)
            return None
        return self._policy(name, cls, shape, value, where)

    def _named(self, entry: Any, path: Path) -> tuple[str | None, Any]:
        if isinstance(entry, str) and entry and not isinstance(entry, Expanded):
            return entry, {}
        if isinstance(entry, dict) and len(entry) == 1:
            ((name, value),) = entry.items()
            return name, {} if value is None else value
        hint = "; `when` and `shadow` go among its options" if isinstance(entry, dict) else f", got {shown(entry)}"
        self._reading.problem(path, f'expected one policy, e.g. "retry" or "retry: {{attempts: 3}}"{hint}')
        return None, None

    def _policy(
        self, name: str, cls: type[Policy], shape: type[Section], value: Any, path: Path
    ) -> PolicyConfig | None:
        if not isinstance(value, dict):
            if cls.shorthand is None:
                self._reading.problem(path, f"expected a mapping of options, got {shown(value)}")
                return None
            value = {cls.shorthand: value}
        both = create_model("Both", __base__=(shape, Common))
        before = len(self._reading.source.problems)
        section = self._reading.section(both, value, path)
        if section is None:
            return None
        try:
            options = _made(cls.Options, section)
        except ValueError as fault:
            if len(self._reading.source.problems) == before:  # else it may be about what could not be read
                self._reading.problem(path, str(fault))
            return None
        when, shadow = getattr(section, "when", None), getattr(section, "shadow", False)
        return PolicyConfig(name, cls, options, _when(when), shadow, self._reading.source.place(path, key=True))

    def _one_scorer(self, entries: list[PolicyConfig | None], path: Path) -> None:
        """Two rankings have no sum. One that only watches ranks nothing."""
        first = None
        for index, entry in enumerate(entries):
            if entry is None or entry.shadow or not issubclass(entry.cls, Strategy):
                continue
            if first is not None:
                where = self._reading.source.known((*path, index, entry.name))
                self._reading.problem(where, f"a second scorer: {first.name} ranks the targets already", key=True)
            first = first or entry


def _when(section: WhenSection | None) -> When | None:
    if section is None:
        return None
    patterns = {name: tuple(getattr(section, name)) for name in ("model", "key", "team", "tag")}
    return When(**patterns, stream=section.stream)


def _class(name: str) -> type[Policy]:
    if name == "access":
        raise Wrong("implicit: it is in front of every chain and cannot be written")
    if name in POLICIES:
        return POLICIES[name]
    if "." not in name:
        raise Wrong("unknown policy", did_you_mean(name, WRITABLE) or f"; known are {', '.join(WRITABLE)}")
    module, _, attribute = name.rpartition(".")
    try:
        cls = getattr(import_module(module), attribute)
    except Exception as fault:  # noqa: BLE001 - a third party's module may fail in any way when it is imported
        raise Wrong(f"cannot be imported: {type(fault).__name__}: {str(fault)[:200]}") from None
    if not (isinstance(cls, type) and issubclass(cls, Policy)):
        raise Wrong("no policy: it does not derive from policies.base.Policy")
    return cls
