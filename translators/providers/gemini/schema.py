"""JSON schemas as Gemini's structured output takes them.

"While the full JSON Schema may be sent, not all features are supported": a list of keywords is enforced, the rest is
ignored, and nothing but other ``$`` keywords may stand beside a ``$ref``
(https://ai.google.dev/api/generate-content#GenerationConfig ``responseJsonSchema``, 2026-11). What is not enforced
is named. Schemas of functions need none of this: ``parametersJsonSchema`` takes them as they are.
"""

from typing import Any

from translators.base import JsonObject

_ENFORCED = frozenset(
    {
        *("$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems"),
        *("minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties", "additionalProperties"),
        *("required", "propertyOrdering"),
    }
)
_SILENT = frozenset({"$schema", "$comment", "default", "examples", "example", "deprecated", "strict"})
"""They constrain nothing."""
_NAMED_SCHEMAS = frozenset({"properties", "$defs", "definitions"})
_SCHEMA_LISTS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_SCHEMAS = frozenset({"items", "additionalProperties", "not"})
_BESIDE_REFERENCE = frozenset({"title", "description", "default", "examples", "deprecated"})


def enforceable(schema: Any) -> tuple[Any, list[str]]:
    """A schema that the API takes, and the keywords that it does not enforce, sorted."""
    lost: set[str] = set()
    return _walk(schema, lost), sorted(lost)


def _walk(schema: Any, lost: set[str]) -> Any:
    if not isinstance(schema, dict):
        return schema
    schema = _plain(schema)
    if "$ref" in schema:
        beside = {key for key in schema if not key.startswith("$")}
        lost.update(beside - _BESIDE_REFERENCE)
        schema = {key: value for key, value in schema.items() if key not in beside}
    lost.update(schema.keys() - _ENFORCED - _SILENT)
    return {key: _child(key, value, lost) for key, value in schema.items()}


def _plain(schema: JsonObject) -> JsonObject:
    """What has a plainer form that is enforced: a constant is an enumeration of one, ``allOf`` of one is that one."""
    if "const" in schema and type(schema["const"]) in (str, int, float) and "enum" not in schema:
        schema = {**schema, "enum": [schema["const"]]}
        del schema["const"]
    both = schema.get("allOf")
    if isinstance(both, list) and len(both) == 1 and isinstance(both[0], dict):
        rest = {key: value for key, value in schema.items() if key != "allOf"}
        if rest.keys().isdisjoint(both[0]):
            return rest | both[0]
    return schema


def _child(key: str, value: Any, lost: set[str]) -> Any:
    if key in _NAMED_SCHEMAS and isinstance(value, dict):
        return {name: _walk(child, lost) for name, child in value.items()}
    if key in _SCHEMA_LISTS and isinstance(value, list):
        return [_walk(child, lost) for child in value]
    return _walk(value, lost) if key in _SCHEMAS else value
