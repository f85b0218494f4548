"""JSON schemas as providers take them that compile one to a grammar, and refuse what they cannot compile.

What is not enforced moves into the description, where the model can read it, as Anthropic's own SDK does
(``transform_schema``), and is named.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from translators.base import JsonObject

_NAMED_SCHEMAS = frozenset({"properties", "$defs", "definitions"})


@dataclass(frozen=True, slots=True)
class Grammar:
    """What of JSON Schema a provider takes."""

    enforces: Callable[[str, Any], bool]
    """Whether a keyword of this value, which holds no schema, is taken as it is."""
    lists: Mapping[str, str]
    """Keywords that hold a list of schemas, and what each is called here; one of another name is enforced in part."""
    inner: frozenset[str] = frozenset({"items"})
    """Keywords that hold a schema."""
    silent: frozenset[str] = frozenset()
    """Keywords that constrain nothing, and are left out without a word."""
    closed: bool = False
    """Objects take no properties but those that are named."""

    def compilable(self, schema: Any) -> tuple[Any, list[str]]:
        """A schema that the provider takes, and the keywords that are no longer enforced, sorted."""
        lost: set[str] = set()
        return self._compilable(schema, lost), sorted(lost)

    def _compilable(self, schema: Any, lost: set[str]) -> Any:
        if not isinstance(schema, dict):
            return schema
        result: JsonObject = {}
        words: JsonObject = {}
        for key, value in schema.items():
            if key in _NAMED_SCHEMAS and isinstance(value, dict):
                result[key] = {name: self._compilable(child, lost) for name, child in value.items()}
            elif key in self.lists and isinstance(value, list):
                result[self.lists[key]] = [self._compilable(child, lost) for child in value]
            elif key in self.inner:
                result[key] = self._compilable(value, lost)
            elif self.enforces(key, value):
                result[key] = value
            elif key not in self.silent:
                words[key] = value
        lost.update(words, (key for key, name in self.lists.items() if key != name and key in schema))
        if words:
            said = ", ".join(f"{key}: {value}" for key, value in words.items())
            result["description"] = "\n\n".join(filter(None, (schema.get("description"), f"{{{said}}}")))
        if self.closed and _is_object(schema):
            result["additionalProperties"] = False
            lost.update({"additionalProperties"} if schema.get("additionalProperties") else ())
        return result


def _is_object(schema: JsonObject) -> bool:
    kind = schema.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind) or "properties" in schema
