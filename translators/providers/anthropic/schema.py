"""JSON schemas as structured outputs take them.

The API compiles a schema to a grammar and answers a 400 to what it cannot compile: objects must be closed, and limits
of number, length and pattern are unknown (https://platform.claude.com/docs/en/build-with-claude/structured-outputs,
2026-11; the vendor's own SDK, ``transform_schema``). What is then no longer enforced is named.
"""

from typing import Any

from translators.providers.grammar import Grammar

_KEPT = frozenset({"$ref", "type", "enum", "const", "title", "description", "required", "default"})
_FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"},
)


def compilable(schema: Any) -> tuple[Any, list[str]]:
    """A schema that the API takes, and the keywords that are no longer enforced, sorted."""
    return _GRAMMAR.compilable(schema)


def _is_enforced(key: str, value: Any) -> bool:
    if key == "minItems":
        return value in (0, 1)
    return key in _KEPT or (key == "format" and value in _FORMATS)


_GRAMMAR = Grammar(
    _is_enforced,
    lists={"anyOf": "anyOf", "allOf": "allOf", "oneOf": "anyOf"},
    silent=frozenset({"$schema", "$id", "$comment", "additionalProperties"}),  # the last: closed in any case
    closed=True,
)
