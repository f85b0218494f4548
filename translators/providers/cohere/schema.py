"""JSON schemas as structured outputs take them.

Cohere's page lists what is not supported: ``allOf``, ``oneOf``, ``not``, ranges, lengths, ``uniqueItems``, anchors and
look-aheads in patterns, and all formats but four (https://docs.cohere.com/docs/structured-outputs, 2026-11). Such
limits move into the description, where the model can read them. What is then no longer enforced is named.
"""

from typing import Any

from translators.providers.grammar import Grammar

_UNENFORCED = frozenset(
    {
        *("allOf", "not", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minItems", "maxItems", "uniqueItems", "contains", "minLength", "maxLength"),
        *("minProperties", "maxProperties", "patternProperties", "propertyNames", "dependentRequired", "if"),
    }
)
_FORMATS = frozenset({"date-time", "uuid", "date", "time"})
_NO_PATTERN = ("^", "$", "?=", "?!")


def compilable(schema: Any) -> tuple[Any, list[str]]:
    """A schema that the API takes, and the keywords that are no longer enforced, sorted."""
    return _GRAMMAR.compilable(schema)


def _is_enforced(key: str, value: Any) -> bool:
    if key == "format":
        return value in _FORMATS
    if key == "pattern":
        return not any(sign in str(value) for sign in _NO_PATTERN)
    return key not in _UNENFORCED


_GRAMMAR = Grammar(
    _is_enforced,
    lists={"anyOf": "anyOf", "oneOf": "anyOf"},
    inner=frozenset({"items", "additionalProperties"}),
)
