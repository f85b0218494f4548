"""JSON schemas as structured outputs take them.

Cohere's page lists what is not supported: ``allOf``, ``oneOf``, ``not``, ranges, lengths, ``uniqueItems``, anchors and
look-aheads in patterns, and all formats but four (https://docs.cohere.com/docs/structured-outputs, 2026-11). Such
limits move into the description, where the model can read them. What is then no longer enforced is named.
"""

from typing import Any

from translators.base import JsonObject

_NAMED_SCHEMAS = frozenset({"properties", "$defs", "definitions"})
_SCHEMA_LISTS = {"anyOf": "anyOf", "oneOf": "anyOf"}
_INNER = frozenset({"items", "additionalProperties"})
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
    lost: set[str] = set()
    return _kept(schema, lost), sorted(lost)


def _kept(schema: Any, lost: set[str]) -> Any:
    if not isinstance(schema, dict):
        return schema
    result: JsonObject = {}
    words: JsonObject = {}
    for key, value in schema.items():
        if key in _NAMED_SCHEMAS and isinstance(value, dict):
            result[key] = {name: _kept(child, lost) for name, child in value.items()}
        elif key in _SCHEMA_LISTS and isinstance(value, list):
            result[_SCHEMA_LISTS[key]] = [_kept(child, lost) for child in value]
        elif key in _INNER:
            result[key] = _kept(value, lost)
        elif _is_enforced(key, value):
            result[key] = value
        else:
            words[key] = value
    lost.update(words, {"oneOf"} & schema.keys())
    if words:
        said = ", ".join(f"{key}: {value}" for key, value in words.items())
        result["description"] = "\n\n".join(filter(None, (schema.get("description"), f"{{{said}}}")))
    return result


def _is_enforced(key: str, value: Any) -> bool:
    if key == "format":
        return value in _FORMATS
    if key == "pattern":
        return not any(sign in str(value) for sign in _NO_PATTERN)
    return key not in _UNENFORCED
