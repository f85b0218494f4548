"""Schemas for providers that compile them: what is kept, what is said in words, what is named."""

from typing import Any

import pytest

from translators.providers.grammar import Grammar

TYPED = Grammar(lambda key, _: key in {"type", "description", "required"}, {"anyOf": "anyOf", "oneOf": "anyOf"})
CLOSED = Grammar(
    lambda key, _: key == "type", {}, inner=frozenset({"not"}), silent=frozenset({"additionalProperties"}), closed=True
)


@pytest.mark.parametrize(
    ("schema", "taken", "lost"),
    [
        (True, True, []),
        ({"type": "string"}, {"type": "string"}, []),
        ({"minLength": 2}, {"description": "{minLength: 2}"}, ["minLength"]),
        (
            {"type": "string", "description": "A city", "minLength": 2, "pattern": "^x"},
            {"type": "string", "description": "A city\n\n{minLength: 2, pattern: ^x}"},
            ["minLength", "pattern"],
        ),
        ({"oneOf": [{"type": "null"}]}, {"anyOf": [{"type": "null"}]}, ["oneOf"]),
        ({"anyOf": "x"}, {"description": "{anyOf: x}"}, ["anyOf"]),
        ({"items": {"maximum": 1}}, {"items": {"description": "{maximum: 1}"}}, ["maximum"]),
        ({"properties": {"minLength": {"type": "string"}}}, {"properties": {"minLength": {"type": "string"}}}, []),
        ({"$defs": {"a": {"not": {}}}}, {"$defs": {"a": {"description": "{not: {}}"}}}, ["not"]),
    ],
)
def test_what_is_not_enforced_is_said_and_named(schema: Any, taken: Any, lost: list[str]) -> None:
    """At any depth; names of properties are no keywords."""
    assert TYPED.compilable(schema) == (taken, lost)


@pytest.mark.parametrize(
    ("schema", "taken", "lost"),
    [
        ({"type": "object"}, {"type": "object", "additionalProperties": False}, []),
        (
            {"type": ["object", "null"], "additionalProperties": True},
            {"type": ["object", "null"], "additionalProperties": False},
            ["additionalProperties"],
        ),
        ({"not": {"properties": {}}}, {"not": {"properties": {}, "additionalProperties": False}}, []),
        ({"type": "array"}, {"type": "array"}, []),
    ],
)
def test_objects_are_closed_where_they_have_to_be(schema: Any, taken: Any, lost: list[str]) -> None:
    """And that is named where the client had them open."""
    assert CLOSED.compilable(schema) == (taken, lost)


def test_a_schema_stays_as_the_client_wrote_it() -> None:
    """Another attempt reads it again."""
    schema = {"type": "object", "properties": {"a": {"minLength": 2}}}

    CLOSED.compilable(schema)

    assert schema == {"type": "object", "properties": {"a": {"minLength": 2}}}
