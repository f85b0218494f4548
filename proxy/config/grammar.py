"""How a grammar of the file's scalars is told: what it is called, what it accepts, what it is read as."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from proxy.config.problems import Wrong, did_you_mean, shown


@dataclass(frozen=True, slots=True)
class Unit:
    """One grammar. Call it with a scalar of the YAML to get the value, or :class:`Wrong`."""

    what: str
    """Completes "expected ..."."""
    examples: tuple[str, ...]
    pattern: str
    """Of the whole text; its groups are the arguments of ``read``."""
    read: Callable[..., Any]
    """Pure; raises ``ValueError`` with the reason for a text that fits the pattern and still means nothing."""
    bare: bool = False
    """A YAML integer will do as well."""

    def __call__(self, value: object) -> Any:
        text = str(value) if self.bare and type(value) is int else value
        match = re.fullmatch(self.pattern, text) if isinstance(text, str) else None
        if match is None:
            raise Wrong(self.expected)
        try:
            return self.read(*match.groups())
        except Wrong as wrong:
            raise Wrong(f"{self.expected} ({wrong.message})", wrong.hint) from None
        except ValueError as reason:
            raise Wrong(f"{self.expected} ({reason})") from None

    @property
    def expected(self) -> str:
        """``expected a duration, e.g. "10s" or "500ms"``."""
        return f"expected {self.what}, e.g. " + " or ".join(f'"{example}"' for example in self.examples)

    def schema(self) -> dict[str, Any]:
        """What an editor can check."""
        text = {"type": "string", "pattern": f"^(?:{self.pattern})$", "examples": list(self.examples)}
        return {"anyOf": [text, {"type": "integer", "minimum": 0}]} if self.bare else text


@dataclass(frozen=True, slots=True)
class Several:
    """One quantity, or a list of them; read as a tuple in rising order, without repeats."""

    one: Unit

    def __call__(self, value: object) -> tuple[Any, ...]:
        return tuple(sorted({self.one(entry) for entry in (value if isinstance(value, list) else [value])}))

    @property
    def examples(self) -> tuple[str, ...]:
        """Of one."""
        return self.one.examples

    def schema(self) -> dict[str, Any]:
        """What an editor can check."""
        one = self.one.schema()
        return {"anyOf": [one, {"type": "array", "items": one}]}


@dataclass(frozen=True, slots=True)
class Words:
    """A word of a closed set, or a list of them; read as a tuple without repeats."""

    what: str
    known: tuple[str, ...]
    convert: Callable[[str], Any] = str
    pattern: str | None = None
    """Words outside the set that will do as well."""

    def __call__(self, value: object) -> tuple[Any, ...]:
        words = value if isinstance(value, list) else [value]
        return tuple(dict.fromkeys(self.convert(self._word(word)) for word in words))

    def _word(self, word: object) -> str:
        if isinstance(word, str) and (word in self.known or (self.pattern and re.fullmatch(self.pattern, word))):
            return word
        hint = did_you_mean(word, self.known) if isinstance(word, str) else ""
        first, second = self.known[:2]
        raise Wrong(f"expected {self.what}, e.g. {first} or [{first}, {second}], got {shown(word)}", hint, show=False)

    def schema(self) -> dict[str, Any]:
        """What an editor can check."""
        words: list[dict[str, Any]] = [{"enum": list(self.known)}]
        words += [{"type": "string", "pattern": f"^(?:{self.pattern})$"}] if self.pattern else []
        word = words[0] if len(words) == 1 else {"anyOf": words}
        return {"anyOf": [word, {"type": "array", "items": word}]}
