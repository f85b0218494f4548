"""Values: objects and words that never change once they are made, at the price of plain ones.

Type checkers hold to it. ``dataclass(frozen=True)`` would set each field through ``object.__setattr__``, which takes
four times as long for three fields and seven times for twelve (measured); a request makes a dozen of such values.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar, dataclass_transform

T = TypeVar("T")

if TYPE_CHECKING:

    @dataclass_transform(frozen_default=True, field_specifiers=(field,))
    def value(cls: type[T]) -> type[T]:
        """Make a class of fields one of values: compared, hashed and shown by what they hold."""

else:
    value = dataclass(slots=True, unsafe_hash=True)


class Word(StrEnum):
    """A closed set of words. Each is hashed as the string that it is: ``Enum``'s own way is a call of a function."""

    __hash__ = str.__hash__
